"""Commands of what people decided: take it out for training, and see how right each judge was."""

from datetime import date, datetime
from typing import Annotated

import typer

from pipeline import db, display, jsonlines, users
from pipeline.cli.reviewing import OPERATOR
from pipeline.cli.shared import AsJson, configured_site, fail_clearly, show
from pipeline.console.shares import share
from pipeline.decisions import AuditAction

app = typer.Typer(no_args_is_help=True, help="What people decided on flags.")
Since = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only flags of this day and later.")]


@app.command()
@fail_clearly
def export(since: Since = None) -> None:
    """Print the texts that people decided on as JSON lines, as `kolwatch eval` reads them; no authors, no addresses."""
    from pipeline import feedback

    with configured_site() as site, db.transaction(site.engine) as connection:
        count = 0
        for count, line in enumerate(feedback.decided_texts(connection, _day(since)), 1):  # noqa: B007 - the last one
            print(jsonlines.written(line))
        users.note(connection, OPERATOR, AuditAction.EXPORT, "decided texts", rows=count, since=str(_day(since)))


@app.command()
@fail_clearly
def precision(since: Since = None, as_json: AsJson = False) -> None:
    """Show per judge version how many of its flags people confirmed, with the 95 % interval."""
    with configured_site() as site, db.transaction(site.engine) as connection:
        rows = db.run(connection, "feedback.precision", since=_day(since)).fetchall()
    found = []
    for row in rows:
        told = share(row["confirmed"], row["confirmed"] + row["mistaken"])
        values = (told.value, told.low, told.high, told.n) if told else (None, None, None, 0)
        figures = [value if value is None else round(value, 3) for value in values]
        names = ("precision", "low", "high", "decided")
        found.append(
            {name: row[name] for name in ("judge_version", "model", "flags")} | dict(zip(names, figures, strict=True))
        )
    if as_json:
        for line in found:
            print(display.jsonable(line))
    else:
        columns = ("judge_version", "model", "flags", "precision", "low", "high", "decided")
        show(display.table("Confirmed of those decided", columns, ([line[c] for c in columns] for line in found)))


def _day(since: datetime | None) -> date:
    return since.date() if since else date.min
