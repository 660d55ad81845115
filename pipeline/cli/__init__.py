"""The command `kolwatch`. The only place that prints: data on standard output, everything else on standard error."""

import logging
import sys
from datetime import date, datetime
from typing import Annotated

import typer
from rich.console import Console

from pipeline import display, report, settings, steps
from pipeline.cli import collecting, decisions, guidance, judging, quarantine, reviewing
from pipeline.cli.shared import AsJson, Day, begun, configured_site, fail_clearly, say, show, today
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
app.add_typer(collecting.app)
app.add_typer(collecting.sources_app, name="sources")
app.add_typer(reviewing.app)
app.add_typer(reviewing.users_app, name="users")
app.add_typer(decisions.app, name="decisions")
app.add_typer(judging.app)
app.add_typer(guidance.app, name="guidance")
app.add_typer(quarantine.app, name="quarantine")


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
    """Run everything on this machine: database, console, Airflow, the sample days through it, then the schedule.

    Stays up until Ctrl-C. A second call goes on from where the first one was.
    """
    from pipeline.local import run, sample

    hooks = sample.Hooks(prepare=_prepare, is_idle=_is_idle, show=_sample_table)
    return run.main_job(settings.load(), once, say, hooks)


def _prepare(ready: Settings) -> None:
    site = Site(ready)
    steps.migrate(site)
    steps.load_guidance(site)
    reviewing.tell_first_admin(site)
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
    day = begun(on, "--date")
    is_over = day < today()
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
    day = begun(on, "--date")
    if day == today():
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
    day = begun(on, "--on") if on else today()
    with configured_site() as site:
        print(display.jsonable({"due": steps.rejudge(site, since.date(), day, position), "day": day}))


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
