"""The flagged table of a day, by priority: the pattern of a page with filters and keyset paging."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from pipeline import db
from pipeline.console import given
from pipeline.console.languages import message
from pipeline.console.templates import render
from pipeline.console.visits import Viewer
from pipeline.decisions import AuditAction, Role
from pipeline.records import FlagStatus, Platform, Severity, Tier

router = APIRouter()
PAGE = 50
WORDS = {
    message("platform"): Platform,
    message("severity"): Severity,
    message("tier"): Tier,
    message("status"): FlagStatus,
}
TEXTS = (message("topic"), message("position"))


@router.get("/")
def home(visit: Viewer) -> RedirectResponse:
    """The newest day that has a flag, else the day it is in the configured zone."""
    with visit.transaction() as connection:
        day = db.one(connection, "console_today.newest_day", zone=visit.site.settings.timezone)
    return RedirectResponse(f"/days/{day}", status_code=303)


@router.get("/days/{text}")
def show_day(visit: Viewer, request: Request, text: str) -> HTMLResponse:
    day = given.day(text)
    given.only(request, [*WORDS, *TEXTS, "after"])
    chosen: dict[str, str | None] = {name: given.word(request, name, kind) for name, kind in WORDS.items()}
    chosen |= {name: given.text(request, name) for name in TEXTS}
    after_close, priority, flag_id = given.cursor(request) or (None, None, None)
    with visit.transaction() as connection:
        rows = db.run(
            connection,
            "console_today.page",
            **{"day": day, "after_close": after_close, "priority": priority, "flag_id": flag_id, "limit": PAGE + 1},
            **chosen,
        ).fetchall()
        counts = db.run(connection, "console_today.counts", day=day).fetchone() or {}
        choices = db.run(connection, "console_today.choices", day=day).fetchone() or {}
        if visit.may(Role.REVIEWER):
            visit.note(connection, AuditAction.VIEW, f"day {day}", rows=len(rows[:PAGE]))
    shown = {"day": day, "rows": rows[:PAGE], "counts": counts, "choices": choices, "chosen": chosen, "words": WORDS}
    paging = {"next_page": _next_page(day, chosen, rows), "is_first": flag_id is None}
    return render(visit, "today.html", shown | paging)


def _next_page(day: date, chosen: dict[str, str | None], rows: list[dict[str, Any]]) -> str | None:
    """The address of what comes after these rows, with the same filters."""
    if len(rows) <= PAGE:
        return None
    last = rows[PAGE - 1]
    after = f"{str(last['is_after_close']).lower()}~{last['priority']!r}~{last['flag_id']}"
    filters = {name: str(value) for name, value in chosen.items() if value}
    return f"/days/{day}?{urlencode({**filters, 'after': after})}"
