"""How flags and decisions went over a period, in figures and charts that can be shared by their address."""

from datetime import timedelta
from functools import partial
from typing import Any

from babel.dates import format_timedelta
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from pipeline import db
from pipeline.console import drawings, trends
from pipeline.console.languages import Speaker
from pipeline.console.recent import Recent
from pipeline.console.templates import render
from pipeline.console.visits import Viewer
from pipeline.decisions import AuditAction, Role
from pipeline.records import DecisionOutcome

router = APIRouter()


@router.get("/trends")
def show_trends(visit: Viewer, request: Request) -> HTMLResponse:
    recent: Recent = request.app.state.recent
    with visit.transaction() as connection:
        newest = db.one(connection, "console_trends.newest_day", zone=visit.site.settings.timezone)
        wanted = trends.asked(request, newest)
        figures = recent.get(wanted, lambda: trends.figures(connection, visit, wanted))
        choices = db.run(connection, "console_trends.choices").fetchone()
        if visit.may(Role.LEAD):
            visit.note(connection, AuditAction.VIEW, f"pace of reviewers up to {wanted.last}")
    forms: dict[str, Any] = {"wanted": wanted, "filters": dict(wanted.filters), "words": trends.WORDS}
    days = figures["days"]
    drawn = {
        "choices": choices,
        "columns": drawings.columns(
            [line.flags for line in days], [line.decided for line in days], width=trends.WIDE, height=trends.HIGH
        ),
        "span": partial(_span, visit.speaker),
        "outcomes": DecisionOutcome,
        "few": trends.FEW,
        "sees_reviewers": visit.may(Role.LEAD),
    }
    return render(visit, "trends.html", {**figures, **forms, **drawn})


def _span(speaker: Speaker, seconds: float) -> str:
    """A stretch of time in its largest unit; short, not narrow, which writes minutes and months alike."""
    return format_timedelta(timedelta(seconds=seconds), "minute", locale=speaker.locale, format="short")
