"""The command `kolwatch`. The only place that prints: data on standard output, everything else on standard error."""

import logging
import sys
from datetime import date, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console

from pipeline import db, display, report, settings, steps
from pipeline.cli import guidance, judging, quarantine
from pipeline.cli.shared import AsJson, configured_site, fail_clearly, say, show
from pipeline.errors import SourceError
from pipeline.records import Platform, Severity
from pipeline.settings import PROJECT, Settings
from pipeline.site import Site

app = typer.Typer(
    name="kolwatch",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help=(
        "Finds health claims of key opinion leaders on Chinese platforms that contradict WHO guidance, for reviewers "
        "who decide.\n\nStart with `kolwatch up` (everything, with Airflow) or `kolwatch run --date 2026-11-20` (one "
        "day, without). Settings are in kolwatch.toml. Exit status: 0 done, 1 something failed, 2 wrong usage."
    ),
)
app.add_typer(judging.app)
app.add_typer(guidance.app, name="guidance")
app.add_typer(quarantine.app, name="quarantine")

Day = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="A local day such as 2026-11-20.")]


def main() -> None:
    """Run the command line."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s", stream=sys.stderr)
    app()


# ---- the whole job ------------------------------------------------------------------------------------


@app.command()
@fail_clearly
def up(
    once: Annotated[bool, typer.Option("--once", help="Stop everything when the sample days are done.")] = False,
) -> int:
    """Run everything on this machine: database, Airflow, the sample days through the scheduler, then the schedule.

    Stays up until Ctrl-C. A second call goes on from where the first one was.
    """
    from pipeline.local import run, sample

    hooks = sample.Hooks(prepare=_prepare, is_idle=_is_idle, show=_sample_table)
    return run.main_job(settings.load(), once, say, hooks)


def _prepare(ready: Settings) -> None:
    site = Site(ready)
    steps.migrate(site)
    steps.load_guidance(site)
    site.engine.dispose()


def _is_idle(ready: Settings) -> bool:
    site = Site(ready)
    try:
        return steps.is_idle(site)
    finally:
        site.engine.dispose()


def _sample_table(ready: Settings, day: date) -> str:
    site = Site(ready)
    try:
        rows = report.day_table(site.engine, day)
    finally:
        site.engine.dispose()
    console = Console(width=200)
    with console.capture() as captured:
        console.print(display.day_table(day, rows))
    expected = PROJECT / "sample" / "expected.jsonl"
    where = f"Ask again with `kolwatch table --date {day}`, or query the view flagged_posts_daily"
    return "\n".join([captured.get(), *display.differences_from(expected, day, rows), where])


@app.command(name="run")
@fail_clearly
def run_day(
    on: Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="The local day, such as 2026-11-20.")],
) -> int:
    """Do the whole job for one day without Airflow: collect, judge, flag, close; the same steps, the same table.

    A day that has not ended is not closed.
    """
    day = _begun(on, "--date")
    is_over = day < _today()
    with configured_site() as site:
        steps.migrate(site)
        steps.load_guidance(site)
        done = steps.run_day(site, day, is_over=is_over)
        show(display.day_table(day, report.day_table(site.engine, day)))
    say(str(done.report))
    if not is_over:
        say(f"{day} has not ended, so it is not closed and its table can still change; run it again when it has ended")
    for source, error in done.failures.items():
        say(f"kolwatch: collect {source} failed: {error}")
    return int(bool(done.failures))


@app.command()
@fail_clearly
def table(
    on: Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="The local day, such as 2026-11-20.")],
    platform: Annotated[Platform | None, typer.Option(help="Only this platform, such as douyin.")] = None,
    severity: Annotated[Severity | None, typer.Option(help="Only this severity.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most this many rows.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the flagged table of a day, most urgent first."""
    with configured_site() as site:
        rows = report.day_table(site.engine, on.date(), platform=platform, severity=severity, limit=limit)
    if as_json:
        for row in rows:
            print(display.jsonable(row))
    else:
        show(display.day_table(on.date(), rows))


# ---- step by step -------------------------------------------------------------------------------------


@app.command()
@fail_clearly
def collect(
    source: Annotated[str, typer.Option(help="A source of kolwatch.toml.")],
    since: Day,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day; the same if left out.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most this many records a day.")] = None,
    reread: Annotated[bool, typer.Option("--reread", help="Also files that were read before.")] = False,
) -> int:
    """Collect what a source delivered for one day or several; a day that fails holds up no other."""
    last = _begun(until, "--until") if until else _begun(since, "--since")
    if last < since.date():
        raise typer.BadParameter(f"--until {last} is before --since {since.date()}")
    days = [since.date() + timedelta(days=n) for n in range((last - since.date()).days + 1)]
    status = 0
    with configured_site() as site:
        for day in days:
            try:
                counts = steps.collect(site, source, *site.interval(day), limit=limit, reread=reread)
            except SourceError as error:
                say(f"kolwatch: {day}: {error}")
                status = 1
            else:
                print(display.jsonable({"source": source, "day": day, **counts}))
    return status


@app.command()
@fail_clearly
def flag() -> None:
    """Judge every text that is due and raise flags."""
    with configured_site() as site:
        print(display.jsonable(steps.judge_due(site) | steps.raise_flags(site)))


@app.command()
@fail_clearly
def close(
    on: Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="The local day, such as 2026-11-20.")],
) -> None:
    """Close a day that has ended: its table keeps the priorities of now until it is closed again."""
    day = _begun(on, "--date")
    if day == _today():
        raise typer.BadParameter(f"--date {day} has not ended; `kolwatch run --date {day}` shows its table so far")
    with configured_site() as site:
        print(steps.close_day(site, day))


@app.command()
@fail_clearly
def rejudge(
    since: Day,
    position: Annotated[str | None, typer.Option(help="Only texts near this position, such as WHO-053.")] = None,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day of what is found; today.")] = None,
) -> None:
    """Make the texts since a day due again; `kolwatch flag` or the next scheduled run judges them."""
    day = _begun(on, "--on") if on else _today()
    with configured_site() as site:
        print(display.jsonable({"due": steps.rejudge(site, since.date(), day, position), "day": day}))


def _today() -> date:
    return datetime.now(settings.load().zone).date()  # noqa: TID251 - the edge knows the clock


def _begun(on: datetime, option: str) -> date:
    """A day that is not to come, in the configured time zone."""
    if on.date() > _today():
        zone = settings.load().timezone
        raise typer.BadParameter(f"{option} {on.date()} is still to come; in {zone} it is {_today()}")
    return on.date()


@app.command()
@fail_clearly
def sources(as_json: AsJson = False) -> None:
    """Show each source with the last day collected, the last success and the last error."""
    with configured_site() as site, db.transaction(site.engine) as connection:
        states = {row["source"]: row for row in report.source_states(connection)}
        names = dict.fromkeys([*site.settings.source, *states])
    empty = {"last_day": None, "last_success_at": None, "last_error": None}
    rows = [{"source": name} | empty | dict(states.get(name, {})) for name in names]
    for row in rows:
        if row["last_success_at"] is not None:
            row["last_success_at"] = row["last_success_at"].astimezone(site.settings.zone)
    if as_json:
        for row in rows:
            print(display.jsonable(row))
    else:
        show(display.table("Sources", list(rows[0]) if rows else ["source"], (list(row.values()) for row in rows)))


@app.command()
@fail_clearly
def migrate() -> None:
    """Bring the database to this version's schema. Safe to run again."""
    with configured_site() as site:
        print(steps.migrate(site))


@app.command()
@fail_clearly
def doctor() -> int:
    """Say what is installed, reachable and healthy, and what to do about what is not."""
    from pipeline import doctor as examination

    checks = examination.examine()
    for check in checks:
        print(f"{'ok  ' if check.is_well else 'FAIL'}  {check.name}: {check.finding}")
    return int(not all(check.is_well for check in checks))
