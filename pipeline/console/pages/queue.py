"""The queue: the next flag on lease, and what waits for a lead."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from pipeline import db, review
from pipeline.console import given
from pipeline.console.flag_page import look
from pipeline.console.templates import render
from pipeline.console.visits import Lead, Reviewer, Visit
from pipeline.decisions import AuditAction

router = APIRouter(prefix="/queue")
PAGE = 50


@router.get("")
def show_next(visit: Reviewer, request: Request) -> Response:
    """Lease the next flag and show it; `done` names the flag that was decided before, to undo it."""
    given.only(request, ["done"])
    done = given.text(request, "done")
    with visit.transaction() as connection:
        before = _before(visit, connection, given.number(done, "flag")) if done else None
        lease = review.next_in_queue(connection, visit.site.settings.review, visit.reviewer)
        if lease is None:
            left = db.run(connection, "console_queue.left", reviewer=visit.reviewer.name).fetchone()
            return render(visit, "queue.html", {"left": left, "before": before})
        shown = look(visit, connection, lease.flag_id, queue=True, draft=None)
    return render(visit, "flag.html", shown | {"before": before})


def _before(visit: Visit, connection: db.Connection, flag_id: int) -> dict[str, Any] | None:
    values = {"flag_id": flag_id, "reviewer": visit.reviewer.name, "seconds": visit.site.settings.review.undo_seconds}
    found = db.run(connection, "console_flag.mine_to_undo", **values).fetchone()
    return {"flag_id": flag_id, **found} if found else None


@router.post("/{text}/renew")
def renew(visit: Reviewer, text: str) -> Response:
    """Lengthen the lease of a flag; the answer says until when, for the script of its page."""
    flag_id = given.number(text, "flag")
    with visit.transaction() as connection:
        lease = review.renew(connection, visit.site.settings.review, visit.reviewer, flag_id)
    minutes = visit.site.settings.review.lease_minutes
    return JSONResponse({"until": visit.speaker.moment(lease.leased_until), "seconds": minutes * 60})


@router.get("/disagreements")
def show_disagreements(visit: Lead, request: Request) -> Response:
    """Where two people disagreed, or one asked for an expert."""
    given.only(request, ["after"])
    deadly, priority, flag_id = given.cursor(request) or (None, None, None)
    values = {"deadly": deadly, "priority": priority, "flag_id": flag_id, "limit": PAGE + 1}
    with visit.transaction() as connection:
        rows = db.run(connection, "console_queue.disagreements", **values).fetchall()
        visit.note(connection, AuditAction.VIEW, "disagreements", rows=len(rows[:PAGE]))
    shown = {"rows": rows[:PAGE], "next_page": _next_page(rows), "is_first": flag_id is None}
    return render(visit, "disagreements.html", shown, HTTPStatus.OK)


def _next_page(rows: list[dict[str, Any]]) -> str | None:
    if len(rows) <= PAGE:
        return None
    last = rows[PAGE - 1]
    after = f"{str(last['severity'] == 'S4').lower()}~{last['priority']!r}~{last['flag_id']}"
    return f"/queue/disagreements?{urlencode({'after': after})}"
