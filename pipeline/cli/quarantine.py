"""Commands of the quarantine: look at what could not be read, and read it again."""

from typing import Annotated

import typer

from pipeline import db, display, steps
from pipeline.cli.shared import AsJson, configured_site, fail_clearly, show

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


@app.command(name="replay")
@fail_clearly
def quarantine_replay(
    raw_ids: Annotated[list[int] | None, typer.Argument(help="Records to read again; all if none is named.")] = None,
) -> int:
    """Read quarantined records again, after the cause is mended."""
    status = 0
    with configured_site() as site:
        if not raw_ids:
            with db.transaction(site.engine) as connection:
                raw_ids = [row["raw_id"] for row in db.run(connection, "collect.quarantined")]
        for raw_id in raw_ids:
            counts = steps.replay_quarantine(site, raw_id)
            status |= int(counts["quarantined"] or not counts["records"])
            print(display.jsonable({"raw_id": raw_id, **counts}))
    return status
