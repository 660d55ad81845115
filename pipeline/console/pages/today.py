"""The flagged table of a day: the pattern of a page with filters and keyset paging."""

from functools import partial
from typing import BinaryIO

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse

from pipeline import db
from pipeline.console import day_table, downloads, exports, given
from pipeline.console.drawings import columns
from pipeline.console.exports import Export
from pipeline.console.templates import render
from pipeline.console.visits import Viewer
from pipeline.decisions import AuditAction, Role

router = APIRouter()
MOST_URGENT = 5


@router.get("/")
def home(visit: Viewer) -> RedirectResponse:
    """The newest day that has a flag, else the day it is in the configured zone."""
    with visit.transaction() as connection:
        day = db.one(connection, "console_today.newest_day", zone=visit.site.settings.timezone)
    return RedirectResponse(f"/days/{day}", status_code=303)


@router.get("/days/{text}")
def show_day(visit: Viewer, request: Request, text: str) -> HTMLResponse:
    wanted = day_table.asked(visit, text, "after")
    after = day_table.place(request)
    with visit.transaction() as connection:
        rows = day_table.page_of(connection, wanted, after)
        counts = db.run(connection, "console_today.counts", day=wanted.day).fetchone() or {}
        choices = db.run(connection, "console_today.choices", day=wanted.day).fetchone() or {}
        days = db.run(connection, "console_today.month", day=wanted.day).fetchall()
        urgent = db.run(connection, "console_today.urgent", limit=MOST_URGENT).fetchall() if after is None else []
        if visit.may(Role.REVIEWER):
            visit.note(connection, AuditAction.VIEW, f"day {wanted.day}", rows=len(rows[: day_table.PAGE]))
    page = rows[: day_table.PAGE]
    parts = [[row for row in page if row["is_repeat"] is is_repeat] for is_repeat in (False, True)]
    shown = {"wanted": wanted, "parts": parts, "counts": counts, "choices": choices, "urgent": urgent}
    shown["exports"] = list(Export)
    forms = {"words": day_table.WORDS, "sorts": day_table.SORTS, "age": partial(day_table.age, visit.speaker)}
    drawn = columns([d["flags"] for d in days], [d["decided"] for d in days], width=600, height=60)
    shown["month"] = list(zip(days, drawn, strict=True))
    paging = {"next_page": wanted.next_page(rows), "is_first": after is None}
    return render(visit, "today.html", {**shown, **forms, **paging})


@router.get("/days/{text}/export/{kind}")
def export_day(visit: Viewer, text: str, kind: str) -> StreamingResponse:
    """All rows that fit, in a file."""
    wanted = day_table.asked(visit, text)
    export = given.word_of("export", kind, Export)

    def fill(file: BinaryIO) -> None:
        with visit.transaction() as connection:
            rows = day_table.all_rows(connection, wanted, visit)
            count = exports.write(export, file, day_table.EXPORTED, rows, visit.site.settings.zone)
            told = {"format": export.value, "sort": wanted.sort.value, **wanted.set_filters}
            visit.note(connection, AuditAction.EXPORT, f"day {wanted.day}", rows=count, asked=told)

    return downloads.send(export, f"kolwatch-{wanted.day}", fill)
