"""Commands of the quarantine: look at what could not be read, and read it again."""

import sys
import zlib
from collections.abc import Sequence
from typing import Annotated

import typer

from pipeline import db, display, land
from pipeline.cli.shared import AsJson, configured_site, fail_clearly, say, show
from pipeline.errors import ConfigError, SourceError

SHOWN_BYTES = 4000
NAMED = 10
"""Records of a message that are named one by one."""

app = typer.Typer(no_args_is_help=True, help="Records that could not be read; none is lost.")


@app.command(name="list")
@fail_clearly
def quarantine_list(as_json: AsJson = False) -> None:
    """Show every record that could not be read: file, line and reason."""
    with configured_site() as site, db.transaction(site.engine) as connection:
        rows = db.run(connection, "collect.quarantined").fetchall()
    if as_json:
        for row in rows:
            print(display.jsonable(row))
    else:
        show(display.table("Quarantine", list(rows[0]) if rows else ["empty"], (list(row.values()) for row in rows)))


@app.command(name="show")
@fail_clearly
def quarantine_show(
    raw_id: Annotated[int, typer.Argument(min=1, max=2**63 - 1, help="A record of `kolwatch quarantine list`.")],
    raw: Annotated[bool, typer.Option("--raw", help="The bytes as received, and nothing else.")] = False,
) -> int:
    """Show a record that could not be read: where it came from, why, and what it holds."""
    with configured_site() as site, db.transaction(site.engine) as connection:
        row = db.run(connection, "collect.quarantined_record", raw_id=raw_id).fetchone()
    if row is None:
        say(f"kolwatch: record {raw_id}: not in quarantine; `kolwatch quarantine list` shows what is")
        return 1
    body = zlib.decompress(row["body"])
    if raw:
        sys.stdout.buffer.write(body)
        return 0
    told = {key: row[key] for key in ("source", "origin", "line", "collected_for", "reason", "detail")}
    show(display.table(f"Record {raw_id}", ["member", "value"], told.items()))
    print(display.excerpt(body, SHOWN_BYTES))
    return 0


@app.command(name="replay")
@fail_clearly
def quarantine_replay(
    raw_ids: Annotated[
        list[int] | None,
        typer.Argument(min=1, max=2**63 - 1, help="Records to read again; all if none is named."),
    ] = None,
) -> int:
    """Read quarantined records again, after the cause is mended; one that fails holds up no other."""
    left: dict[str, list[int]] = {}
    with configured_site() as site:
        if not raw_ids:
            with db.transaction(site.engine) as connection:
                raw_ids = [row["raw_id"] for row in db.run(connection, "collect.quarantined")]
        for raw_id in raw_ids:
            try:
                counts = land.replay_quarantine(site, raw_id)
            except (ConfigError, SourceError) as error:
                left.setdefault(f"{error}; put that right and replay them again", []).append(raw_id)
                continue
            if not counts["records"]:
                left.setdefault("not in quarantine; `kolwatch quarantine list` shows what is", []).append(raw_id)
                continue
            print(display.jsonable({"raw_id": raw_id, **counts}))
            if counts["quarantined"]:
                left.setdefault("still cannot be read; `kolwatch quarantine list` says why", []).append(raw_id)
    for reason, ids in left.items():
        say(f"kolwatch: {_listed(ids)}: {reason}")
    return int(bool(left))


def _listed(raw_ids: Sequence[int]) -> str:
    more = f" and {len(raw_ids) - NAMED} more" if len(raw_ids) > NAMED else ""
    return f"record{'s' * (len(raw_ids) > 1)} {', '.join(map(str, raw_ids[:NAMED]))}{more}"
