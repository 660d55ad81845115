"""Commands of what comes in: collect a source, see how the sources stand, try one before it is scheduled."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import Annotated, Any

import typer

from pipeline import db, display, land, load, report, settings, steps
from pipeline.cli.shared import AsJson, begun, configured_site, fail_clearly, now, say, show, today
from pipeline.errors import ConfigError, SourceError
from pipeline.records import ParsedPost
from pipeline.site import Site

SHOWN_POSTS = 3
SHOWN_WIDTH = 100
NOT_ONE = "give each format a source of its own to settle it"

app = typer.Typer()
sources_app = typer.Typer(invoke_without_command=True)


@app.command()
@fail_clearly
def collect(
    source: Annotated[str, typer.Option(help="A source of kolwatch.toml.")],
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The first day, such as 2026-11-20; today.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day; the same if left out.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most this many records a day.")] = None,
    reread: Annotated[bool, typer.Option("--reread", help="Also files that were read before.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and count as it would; write nothing.")] = False,
) -> int:
    """Collect what a source delivered for one day or several; a day that fails holds up no other."""
    first = begun(since, "--since") if since else today()
    last = begun(until, "--until") if until else first
    if last < first:
        raise typer.BadParameter(f"--until {last} is before --since {first}")
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    status = 0
    with configured_site() as site:
        for day in days:
            try:
                if dry_run:
                    counts = {"dry_run": True, **land.preview(site, source, *site.interval(day), limit=limit).counts}
                else:
                    counts = steps.collect(site, source, *site.interval(day), limit=limit, reread=reread)
            except SourceError as error:
                say(f"kolwatch: {day}: {error}")
                status = 1
            else:
                print(display.jsonable({"source": source, "day": day, **counts}))
    return status


@sources_app.callback()
@fail_clearly
def sources(context: typer.Context, as_json: AsJson = False) -> None:
    """Show each source: how far it has been collected, how far that is behind, its last success and last error."""
    if context.invoked_subcommand:
        return
    with configured_site() as site, db.transaction(site.engine) as connection:
        states = {row["source"]: dict(row) for row in report.source_states(connection)}
        rows = [_state(site, name, states.get(name, {})) for name in dict.fromkeys([*site.settings.source, *states])]
    if as_json:
        for row in rows:
            print(display.jsonable(row))
    else:
        cells = ([*row.values()] for row in (row | {"lag": display.duration(row["lag"])} for row in rows))
        show(display.table("Sources", list(rows[0]) if rows else ["source"], cells))


def _state(site: Site, name: str, state: dict[str, Any]) -> dict[str, Any]:
    """How a source stands; `lag` is in seconds from the watermark to now."""
    configured = site.settings.source.get(name)
    watermark, success = state.get("watermark"), state.get("last_success_at")
    return {
        "source": name,
        "transport": configured.transport if configured else None,
        "format": configured.format if configured else None,
        "last_day": state.get("last_day"),
        "last_success_at": success and success.astimezone(site.settings.zone),
        "watermark": watermark and watermark.astimezone(site.settings.zone),
        "lag": watermark and max(0, int((now() - watermark).total_seconds())),
        "last_error": state.get("last_error"),
    }


@sources_app.command(name="check")
@fail_clearly
def sources_check(
    names: Annotated[list[str] | None, typer.Argument(help="Sources of kolwatch.toml; all if none is named.")] = None,
    on: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="The day whose delivery is read; today.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Check the configuration of sources and show three posts of each as they are understood. Writes nothing.

    Needs no database, and reads from the beginning.
    """
    site = Site(settings.load())
    day = begun(on, "--date") if on else today()
    status = 0
    for name in names or list(site.settings.source):
        try:
            found = land.preview(site, name, *site.interval(day), limit=SHOWN_POSTS, from_start=True)
        except (ConfigError, SourceError) as error:
            say(f"kolwatch: {name}: {error}")
            status = 1
            continue
        rows = [{"source": name, **row} for record in found.records for row in _understood(record, site.settings.zone)]
        _show_posts(name, day, rows, as_json)
        if guesses := sorted({record.guess for record in found.records if record.guess}):
            advice = f'say format = "{guesses[0]}" to settle it'
            say(f"{name}: reads like {' and '.join(guesses)}; {advice if len(guesses) == 1 else NOT_ONE}")
    return status


def _show_posts(name: str, day: date, rows: Sequence[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        for row in rows:
            print(display.jsonable(row))
    elif not rows:
        say(f"{name}: well configured; nothing was delivered for {day} (another day: --date 2026-11-20)")
    else:
        for row in rows:
            show(display.table(f"{name}: {row['becomes']}", ["member", "value"], _members(row)))


def _members(row: dict[str, Any]) -> Sequence[Sequence[object]]:
    return [(key, display.shortened(value, SHOWN_WIDTH)) for key, value in row.items() if value not in (None, "", {})]


def _understood(record: load.ReadRecord, zone: tzinfo) -> Iterator[dict[str, Any]]:
    """What a record says and what becomes of it: `judged`, a drop's reason or an error."""
    where = {"origin": record.fragment.origin, "line": record.fragment.line}
    if record.error:
        yield {"becomes": record.error.reason, **where, "detail": record.error.detail}
    for post in record.kept:
        yield {"becomes": "judged", **where, **_told(post.parsed, zone), "document": post.document}
    for drop in record.dropped:
        yield {"becomes": drop.reason.value, **where, **_told(drop.item, zone)}


def _told(post: ParsedPost, zone: tzinfo) -> dict[str, Any]:
    return {
        "platform": post.platform.value,
        "platform_post_id": post.platform_post_id,
        "account_id": post.account_id,
        "account_name": post.account_name,
        "followers": display.count(post.follower_count),
        "posted_at": post.posted_at and post.posted_at.astimezone(zone),
        "url": post.url,
        "title": post.title,
        "text": post.text,
        "transcript": post.transcript,
        "reposted_text": post.reposted_text,
        "counts": {metric.value: display.count(count) for metric, count in post.counts.items()},
        "is_truncated": post.is_truncated or None,
        "is_sponsored": post.is_sponsored,
    }
