"""One account: how many follow it, and what became of its flags. Viewers see it under a pseudonym."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from pipeline import db
from pipeline.console import given
from pipeline.console.drawings import line_points
from pipeline.console.errors import PageError
from pipeline.console.templates import render
from pipeline.console.visits import Viewer
from pipeline.decisions import AuditAction, Role

router = APIRouter(prefix="/accounts")
PAGE = 25
WIDTH, HEIGHT = 440, 60


@router.get("/{text}")
def show_account(visit: Viewer, request: Request, text: str) -> HTMLResponse:
    given.only(request, ["before"])
    key, before = given.number(text, "account"), given.text(request, "before")
    place = given.number(before, "flag") if before else None
    with visit.transaction() as connection:
        row = db.run(connection, "console_accounts.account", account_key=key).fetchone()
        if row is None:
            raise PageError("There is no account {account}.", HTTPStatus.NOT_FOUND, account=key)
        followers = db.run(connection, "console_flag.followers", account_key=key).fetchall()
        flags = db.run(connection, "console_accounts.flags", account_key=key, before=place, limit=PAGE + 1).fetchall()
        shown: dict[str, Any] = {
            "row": row,
            "counts": db.run(connection, "console_accounts.counts", account_key=key).fetchone(),
            "positions": db.run(connection, "console_accounts.positions", account_key=key).fetchall(),
        }
        sees_name = visit.may(Role.REVIEWER) or visit.may(Role.OPERATOR)
        if sees_name:
            visit.note(connection, AuditAction.VIEW, f"account {key}")
    shown |= {
        "sees_name": sees_name,
        "followers": followers[::-1],
        "line": _line(followers[::-1]),
        "width": WIDTH,
        "height": HEIGHT,
        "flags": flags[:PAGE],
        "is_first": place is None,
        "next_page": f"/accounts/{key}?before={flags[PAGE - 1]['flag_id']}" if len(flags) > PAGE else None,
    }
    return render(visit, "account.html", shown)


def _line(seen: Sequence[Mapping[str, Any]]) -> str:
    """The followers as a line, where there are two observations and more."""
    if len(seen) < 2:
        return ""
    moments = [found["observed_at"].timestamp() for found in seen]
    return line_points(moments, [found["follower_count"] for found in seen], width=WIDTH, height=HEIGHT)
