"""What WHO says, position by position, and how the flags that rest on each were decided."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from pipeline import db
from pipeline.console import given
from pipeline.console.errors import PageError
from pipeline.console.shares import share
from pipeline.console.templates import render
from pipeline.console.visits import Viewer
from pipeline.records import Severity

router = APIRouter(prefix="/guidance")
PAGE = 25


@router.get("")
def show_positions(visit: Viewer, request: Request) -> HTMLResponse:
    """All positions by topic."""
    given.only(request, ["topic", "severity", "retired"])
    chosen: dict[str, Any] = {
        "topic": given.text(request, "topic"),
        "severity": given.word(request, "severity", Severity),
        "retired": given.text(request, "retired") is not None,
    }
    with visit.transaction() as connection:
        rows = db.run(connection, "console_guidance.positions", **chosen).fetchall()
        topics = [row["topic"] for row in db.run(connection, "console_guidance.topics")]
    shown = {"rows": [_with_precision(row) for row in rows], "topics": topics, "chosen": chosen, "severities": Severity}
    return render(visit, "guidance.html", shown)


@router.get("/{guidance_id}")
def show_position(visit: Viewer, request: Request, guidance_id: str) -> HTMLResponse:
    """One position with its versions, and the flags that rest on it."""
    given.only(request, ["before"])
    before = given.text(request, "before")
    place = given.number(before, "flag") if before else None
    wanted = {"guidance_id": guidance_id.replace("\0", "")}
    with visit.transaction() as connection:
        versions = db.run(connection, "console_guidance.versions", **wanted).fetchall()
        if not versions:
            name = guidance_id[: given.LONGEST]
            raise PageError("There is no position {position}.", HTTPStatus.NOT_FOUND, position=name)
        related = db.run(connection, "console_guidance.related", guidance_ids=versions[0]["related"]).fetchall()
        counts = db.run(connection, "console_guidance.counts", **wanted).fetchone() or {}
        flags = db.run(connection, "console_guidance.flags", **wanted, before=place, limit=PAGE + 1).fetchall()
    shown = {
        "row": versions[0],
        "changes": list(zip(versions, [*versions[1:], None], strict=True)),
        "related": related,
        "counts": _with_precision(counts),
        "flags": flags[:PAGE],
        "is_first": place is None,
        "next_page": _next_page(versions[0]["guidance_id"], flags),
    }
    return render(visit, "position.html", shown)


def _with_precision(row: Mapping[str, Any]) -> dict[str, Any]:
    """What people confirmed of what they could decide."""
    return {**row, "precision": share(row["contradicting"], row["contradicting"] + row["mistaken"])}


def _next_page(guidance_id: str, flags: Sequence[Mapping[str, Any]]) -> str | None:
    return f"/guidance/{guidance_id}?before={flags[PAGE - 1]['flag_id']}" if len(flags) > PAGE else None
