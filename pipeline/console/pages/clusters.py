"""The stories of a period: clusters of one claim, with who carried them; leads merge and split them."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from pipeline import db, regroup
from pipeline.console import given
from pipeline.console.errors import PageError
from pipeline.console.growth import growth
from pipeline.console.templates import render
from pipeline.console.visits import Lead, Viewer, Visit
from pipeline.decisions import AuditAction, Role

router = APIRouter(prefix="/clusters")
Field = Annotated[str, Form()]
PERIODS = ("1", "7", "14", "30")
PAGE = 25
WORDINGS = 50
DAYS_OF_ONE = 30
CLAIM = re.compile(r"([0-9a-f]{64})~([0-9]{1,9})~([0-9]{1,9})")


@router.get("")
def show_stories(visit: Viewer, request: Request) -> HTMLResponse:
    """The clusters that had flagged posts in the `days` up to `day`, those with most posts first."""
    given.only(request, ["day", "days", "position", "after"])
    days, asked, after = given.text(request, "days") or "7", given.text(request, "day"), given.text(request, "after")
    if days not in PERIODS:
        raise PageError("{name} cannot be {found}; it can be {known}.",
                        name="days", found=days, known=", ".join(PERIODS))  # fmt: skip
    posts, cluster = _place(after) if after else (None, None)
    position = given.text(request, "position")
    with visit.transaction() as connection:
        last = given.day(asked) if asked else _newest(visit, connection)
        period = {"first": _before(last, int(days) - 1), "last": last}
        values = {"position": position, "after_posts": posts, "after_cluster": cluster, "limit": PAGE + 1}
        rows = db.run(connection, "console_clusters.stories", **period, **values).fetchall()
        positions = [row["guidance_id"] for row in db.run(connection, "console_clusters.positions", **period)]
        _note(visit, connection, "clusters")
    drawn = max(int(days), 7)
    for row in rows:
        row["columns"] = growth({date.fromisoformat(d): n for d, n in row["growth"].items()}, last, drawn, 24)
    shown = {"rows": rows[:PAGE], "day": last, "days": days, "periods": PERIODS, "position": position}
    paging = {"positions": positions, "is_first": after is None, "next_page": _next(rows, days, asked, position)}
    return render(visit, "clusters.html", shown | paging)


@router.get("/{text}")
def show_cluster(visit: Viewer, request: Request, text: str) -> Response:
    """One story; a cluster that was merged leads to where its claims went."""
    given.only(request, ["after"])
    cluster_id, after = given.number(text, "cluster"), given.text(request, "after")
    content_hash, start, end = _claim(after) if after else (None, None, None)
    with visit.transaction() as connection:
        row = db.run(connection, "console_clusters.cluster", cluster_id=cluster_id).fetchone()
        if row is None:
            raise PageError("There is no cluster {cluster}.", HTTPStatus.NOT_FOUND, cluster=cluster_id)
        if row["merged_into"]:
            return RedirectResponse(f"/clusters/{row['merged_into']}", HTTPStatus.SEE_OTHER)
        shown = _story(visit, connection, cluster_id)
        place = {"hash": content_hash, "start": start, "end": end, "limit": WORDINGS + 1}
        wordings = db.run(connection, "console_clusters.wordings", cluster_id=cluster_id, **place).fetchall()
        _note(visit, connection, f"cluster {cluster_id}")
    more = f"/clusters/{cluster_id}?after={_key(wordings[WORDINGS - 1])}" if len(wordings) > WORDINGS else None
    shown |= {"row": row, "wordings": [{**w, "key": _key(w)} for w in wordings[:WORDINGS]], "is_first": after is None}
    return render(visit, "cluster.html", {**shown, "next_page": more})


def _story(visit: Visit, connection: db.Connection, cluster_id: int) -> dict[str, Any]:
    where = {"cluster_id": cluster_id}
    numbers = db.run(connection, "console_clusters.numbers", **where).fetchone() or {}
    last = numbers["last_day"] or _newest(visit, connection)
    after = _before(last, DAYS_OF_ONE)
    flags = db.run(connection, "console_clusters.flags", **where).fetchall()
    by_day = db.run(connection, "console_clusters.by_day", **where, after=after).fetchall()
    leads = visit.may(Role.LEAD)
    positions = sorted({flag["guidance_id"] for flag in flags})
    near = {**where, "positions": positions, "after": after}
    return {
        "numbers": numbers,
        "flags": flags,
        "growth": growth({found["day"]: found["posts"] for found in by_day}, last, DAYS_OF_ONE, 60),
        "platforms": db.run(connection, "console_clusters.by_platform", **where).fetchall(),
        "accounts": db.run(connection, "console_clusters.accounts", **where).fetchall(),
        "changes": db.run(connection, "console_clusters.changes", **where).fetchall(),
        "leads": leads,
        "near": db.run(connection, "console_clusters.near", **near).fetchall() if leads else [],
    }


@router.post("/{text}/merge")
def merge(visit: Lead, text: str, into: Field = "", note: Field = "") -> Response:
    cluster_id, other = given.number(text, "cluster"), given.number(into.strip(), "cluster")
    with visit.transaction() as connection:
        regroup.merge(connection, visit.reviewer, cluster_id, other, note)
    return RedirectResponse(f"/clusters/{other}", HTTPStatus.SEE_OTHER)


@router.post("/{text}/split")
def split(
    visit: Lead, text: str, claim: Annotated[Sequence[str], Form()] = (), note: Field = ""
) -> Response:  # fmt: skip
    cluster_id, claims = given.number(text, "cluster"), [_claim(key) for key in claim]
    with visit.transaction() as connection:
        regroup.split(connection, visit.reviewer, cluster_id, claims, note)
    return RedirectResponse(f"/clusters/{cluster_id}", HTTPStatus.SEE_OTHER)


@router.post("/changes/{text}/undo")
def undo(visit: Lead, text: str) -> Response:
    change_id = given.number(text, "change")
    with visit.transaction() as connection:
        regroup.undo(connection, visit.reviewer, change_id)
        row = db.run(connection, "regroup.change", change_id=change_id).fetchone() or {}
    return RedirectResponse(f"/clusters/{row['from_cluster']}", HTTPStatus.SEE_OTHER)


# ---- addresses ------------------------------------------------------------------------------------------


def _newest(visit: Visit, connection: db.Connection) -> date:
    found: date = db.one(connection, "console_clusters.newest_day", zone=visit.site.settings.timezone)
    return found


def _before(day: date, days: int) -> date:
    try:
        return day - timedelta(days=days)
    except OverflowError:
        raise PageError("{text} is no date. Write it like 2026-11-20.", text=day) from None


def _note(visit: Visit, connection: db.Connection, subject: str) -> None:
    if visit.may(Role.REVIEWER) or visit.may(Role.OPERATOR):
        visit.note(connection, AuditAction.VIEW, subject)


def _place(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([0-9]{1,9})~([0-9]{1,18})", text)
    if found is None:
        raise PageError("{found} is no place in this list. Start from its first page.", found=text)
    return int(found[1]), int(found[2])


def _key(claim: Mapping[str, Any]) -> str:
    return f"{claim['content_hash'].hex()}~{claim['start_offset']}~{claim['end_offset']}"


def _claim(text: str) -> regroup.Claim:
    found = CLAIM.fullmatch(text)
    if found is None:
        raise PageError("{found} is no place in this list. Start from its first page.", found=text[: given.LONGEST])
    return bytes.fromhex(found[1]), int(found[2]), int(found[3])


def _next(rows: Sequence[Mapping[str, Any]], days: str, day: str | None, position: str | None) -> str | None:
    if len(rows) <= PAGE:
        return None
    last = rows[PAGE - 1]
    filters = {name: value for name, value in (("day", day), ("position", position)) if value}
    after = f"{last['posts']}~{last['cluster_id']}"
    return f"/clusters?{urlencode({'days': days, **filters, 'after': after})}"
