"""The command `kolwatch`. The only place that prints: data on standard output, everything else on standard error."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import wraps
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, ParamSpec

import typer
from rich.console import Console

from pipeline import db, display, jsonlines, report, settings, steps
from pipeline import judge as judging
from pipeline.errors import PipelineError, RecordError, SourceError
from pipeline.records import Platform, Severity
from pipeline.settings import PROJECT, Settings
from pipeline.site import Site

P = ParamSpec("P")
SAMPLE_DAY = date(2026, 11, 20)
ASSESS_BATCH = 256

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
guidance_app = typer.Typer(no_args_is_help=True, help="The positions of WHO that claims are compared with.")
quarantine_app = typer.Typer(no_args_is_help=True, help="Records that could not be read; none is lost.")
app.add_typer(guidance_app, name="guidance")
app.add_typer(quarantine_app, name="quarantine")

Day = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="A local day such as 2026-11-20.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON lines instead of a table.")]


def main() -> None:
    """Run the command line."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s", stream=sys.stderr)
    app()


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def _fail_clearly(command: Callable[P, int | None]) -> Callable[P, None]:
    """Turn our errors into a message and exit status 1, and a returned number into the exit status."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            status = command(*args, **kwargs)
        except PipelineError as error:
            _say(f"kolwatch: {error}")
            raise typer.Exit(1) from error
        except BrokenPipeError:
            sys.stdout = None  # the reader has gone; there is nobody to tell
            raise typer.Exit(1) from None
        if status:
            raise typer.Exit(status)

    return run


@contextmanager
def _site() -> Iterator[Site]:
    """The configured site; with the embedded database, the server runs as long as this lasts."""
    from pipeline.local import postgres

    with postgres.serving(settings.load()) as ready:
        site = Site(ready)
        try:
            yield site
        finally:
            site.engine.dispose()


def _show(found: Any) -> None:
    """Print a rich table; wide enough for its claims where the output is no terminal."""
    console = Console() if sys.stdout.isatty() else Console(width=200)
    console.print(found)


# ---- the whole job ------------------------------------------------------------------------------------


@app.command()
@_fail_clearly
def up(
    once: Annotated[bool, typer.Option("--once", help="Stop everything when the sample days are done.")] = False,
) -> int:
    """Run everything on this machine: database, Airflow, the sample days through the scheduler, then the schedule.

    Stays up until Ctrl-C. A second call goes on from where the first one was.
    """
    from pipeline.local import run, sample

    hooks = sample.Hooks(prepare=_prepare, is_idle=_is_idle, show=_sample_table)
    return run.main_job(settings.load(), once, _say, hooks)


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
@_fail_clearly
def run_day(
    on: Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="The local day, such as 2026-11-20.")],
) -> int:
    """Do the whole job for one day without Airflow: collect, judge, flag, close; the same steps, the same table."""
    with _site() as site:
        steps.migrate(site)
        steps.load_guidance(site)
        done = steps.run_day(site, on.date())
        _show(display.day_table(on.date(), report.day_table(site.engine, on.date())))
    _say(str(done.report))
    for source, error in done.failures.items():
        _say(f"kolwatch: collect {source} failed: {error}")
    return int(bool(done.failures))


@app.command()
@_fail_clearly
def table(
    on: Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="The local day, such as 2026-11-20.")],
    platform: Annotated[Platform | None, typer.Option(help="Only this platform, such as douyin.")] = None,
    severity: Annotated[Severity | None, typer.Option(help="Only this severity.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most this many rows.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the flagged table of a day, most urgent first."""
    with _site() as site:
        rows = report.day_table(site.engine, on.date(), platform=platform, severity=severity, limit=limit)
    if as_json:
        for row in rows:
            print(display.jsonable(row))
    else:
        _show(display.day_table(on.date(), rows))


# ---- step by step -------------------------------------------------------------------------------------


@app.command()
@_fail_clearly
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
    last = (until or since).date()
    if last < since.date():
        raise typer.BadParameter(f"--until {last} is before --since {since.date()}")
    days = [since.date() + timedelta(days=n) for n in range((last - since.date()).days + 1)]
    status = 0
    with _site() as site:
        for day in days:
            try:
                counts = steps.collect(site, source, *site.interval(day), limit=limit, reread=reread)
            except SourceError as error:
                _say(f"kolwatch: {day}: {error}")
                status = 1
            else:
                print(display.jsonable({"source": source, "day": day, **counts}))
    return status


@app.command()
@_fail_clearly
def flag() -> None:
    """Judge every text that is due and raise flags."""
    with _site() as site:
        print(display.jsonable(steps.judge_due(site) | steps.raise_flags(site)))


@app.command()
@_fail_clearly
def close(
    on: Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="The local day, such as 2026-11-20.")],
) -> None:
    """Close a day: its table keeps the priorities of now until it is closed again."""
    with _site() as site:
        print(steps.close_day(site, on.date()))


@app.command()
@_fail_clearly
def rejudge(
    since: Day,
    position: Annotated[str | None, typer.Option(help="Only texts near this position, such as WHO-053.")] = None,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day of what is found; today.")] = None,
) -> None:
    """Make the texts since a day due again; `kolwatch flag` or the next scheduled run judges them."""
    with _site() as site:
        day = on.date() if on else datetime.now(site.settings.zone).date()  # noqa: TID251 - the edge knows the clock
        print(display.jsonable({"due": steps.rejudge(site, since.date(), day, position), "day": day}))


@app.command()
@_fail_clearly
def sources(as_json: AsJson = False) -> None:
    """Show each source with the last day collected, the last success and the last error."""
    with _site() as site, db.transaction(site.engine) as connection:
        states = {row["source"]: row for row in report.source_states(connection)}
        names = dict.fromkeys([*site.settings.source, *states])
    empty = {"last_day": None, "last_success_at": None, "last_error": None}
    rows = [{"source": name} | empty | dict(states.get(name, {})) for name in names]
    if as_json:
        for row in rows:
            print(display.jsonable(row))
    else:
        _show(display.table("Sources", list(rows[0]) if rows else ["source"], (list(row.values()) for row in rows)))


@app.command()
@_fail_clearly
def migrate() -> None:
    """Bring the database to this version's schema. Safe to run again."""
    with _site() as site:
        print(steps.migrate(site))


@app.command()
@_fail_clearly
def doctor() -> int:
    """Say what is installed, reachable and healthy, and what to do about what is not."""
    from pipeline import doctor as examination

    checks = examination.examine()
    for check in checks:
        print(f"{'ok  ' if check.is_well else 'FAIL'}  {check.name}: {check.finding}")
    return int(not all(check.is_well for check in checks))


# ---- the judge ----------------------------------------------------------------------------------------


@app.command()
@_fail_clearly
def assess() -> int:
    """Judge texts without a database: JSON lines {"id", "text"} on standard input, one line each on standard output."""
    judge = Site(settings.load()).judge
    status = 0
    lines = enumerate(sys.stdin.buffer, 1)
    while batch := list(islice(lines, ASSESS_BATCH)):
        texts: list[tuple[object, str]] = []
        for number, line in batch:
            try:
                texts.append(jsonlines.read_text(number, line))
            except RecordError as error:
                _say(f"kolwatch: {error.detail}")
                status = 1
        for (text_id, _), found in zip(texts, judge.assess([text for _, text in texts]), strict=True):
            print(jsonlines.written(judging.to_line(text_id, found)))
        sys.stdout.flush()
    return status


@app.command()
@_fail_clearly
def train(
    out: Annotated[Path, typer.Option(help="The model folder to write.")] = PROJECT / "models" / "judge",
    gold: Annotated[Path | None, typer.Option(exists=True, help="Labelled texts to measure on, for the card.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1)] = None,
    seed: Annotated[int | None, typer.Option()] = None,
) -> None:
    """Train the judge from guidance/ (half an hour on two cores), calibrate it and write its card."""
    from pipeline.training import entry

    chosen = {"epochs": epochs, "seed": seed}
    given = {key: value for key, value in chosen.items() if value is not None}
    entry.train(PROJECT, out, _say, gold=gold, **given)


@app.command(name="eval")
@_fail_clearly
def evaluate(gold: Annotated[Path, typer.Argument(exists=True, help="Labelled texts, as JSON lines.")]) -> None:
    """Measure the judge on labelled texts."""
    from pipeline.training.evaluate import evaluate as measure

    for name, value in measure(Site(settings.load()).judge, gold).items():
        print(f"{name:32} {value:g}")


# ---- guidance -----------------------------------------------------------------------------------------


@guidance_app.command(name="load")
@_fail_clearly
def guidance_load() -> None:
    """Add new and changed positions of guidance/ to the database, each as a version."""
    with _site() as site:
        print(display.jsonable(steps.load_guidance(site)))


@guidance_app.command(name="list")
@_fail_clearly
def guidance_list(as_json: AsJson = False) -> None:
    """Show the positions of guidance/."""
    found = Site(settings.load()).guidance.positions.values()
    if as_json:
        for p in found:
            print(
                display.jsonable({"guidance_id": p.guidance_id, "severity": p.severity, "position_zh": p.position_zh})
            )
    else:
        rows = ((p.guidance_id, p.topic, p.severity, p.position_zh, p.verification) for p in found)
        _show(display.table("WHO positions", ("id", "topic", "severity", "position", "verification"), rows))


# ---- quarantine ---------------------------------------------------------------------------------------


@quarantine_app.command(name="list")
@_fail_clearly
def quarantine_list(as_json: AsJson = False) -> None:
    """Show every record that could not be read: file, line and reason."""
    with _site() as site, db.transaction(site.engine) as connection:
        rows = db.run(connection, "collect.quarantined").fetchall()
    if as_json:
        for row in rows:
            print(display.jsonable(row))
    else:
        _show(display.table("Quarantine", list(rows[0]) if rows else ["empty"], (list(row.values()) for row in rows)))


@quarantine_app.command(name="replay")
@_fail_clearly
def quarantine_replay(
    raw_ids: Annotated[list[int] | None, typer.Argument(help="Records to read again; all if none is named.")] = None,
) -> int:
    """Read quarantined records again, after the cause is mended."""
    status = 0
    with _site() as site:
        if not raw_ids:
            with db.transaction(site.engine) as connection:
                raw_ids = [row["raw_id"] for row in db.run(connection, "collect.quarantined")]
        for raw_id in raw_ids:
            counts = steps.replay_quarantine(site, raw_id)
            status |= int(counts["quarantined"] or not counts["records"])
            print(display.jsonable({"raw_id": raw_id, **counts}))
    return status
