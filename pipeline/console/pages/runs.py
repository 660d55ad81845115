"""How collecting goes: the sources with their counts, and the records that could not be read."""

import zlib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from pipeline import db, land
from pipeline.console import given
from pipeline.console.errors import PageError
from pipeline.console.languages import message
from pipeline.console.templates import render
from pipeline.console.visits import Operator, Visit
from pipeline.decisions import AuditAction
from pipeline.display import duration, excerpt
from pipeline.errors import ConfigError, SourceError
from pipeline.local.run import api_port

router = APIRouter(prefix="/runs")
DAYS = 7
FIRST = date.min + timedelta(days=2 * DAYS)
"""No day before this one can be counted back from."""
PAGE = 50
SHOWN_BYTES = 8000


@router.get("")
def show_runs(visit: Operator, request: Request) -> HTMLResponse:
    """Every source that is configured or was once, and what came of its last days up to `day`."""
    given.only(request, ["day"])
    chosen = given.text(request, "day")
    asked = given.day(chosen) if chosen else None
    if asked and asked < FIRST:
        raise PageError("{text} is no date. Write it like 2026-11-20.", text=asked)
    with visit.transaction() as connection:
        newest = db.one(connection, "console_runs.newest_day", zone=visit.site.settings.timezone)
        last = asked or newest
        days = [last - timedelta(days=age) for age in range(DAYS)]
        counts = db.run(connection, "console_runs.counts", first=days[-1], last=last).fetchall()
        states = db.run(connection, "console_runs.states").fetchall()
        unread = db.run(connection, "console_runs.unread").fetchall()
    shown = {
        "sources": _sources(visit, states),
        "days": days,
        "counts": _by_source(counts),
        "unread": unread,
        "earlier": last - timedelta(days=DAYS),
        "later": min(newest, last + timedelta(days=DAYS)) if last < newest else None,
        "airflow": airflow(visit),
    }
    return render(visit, "runs.html", shown)


def _sources(visit: Visit, states: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    known = {row["source"]: row for row in states}
    configured = visit.site.settings.source
    return [
        {"name": name, "settings": configured.get(name), "state": known.get(name), "lag": _lag(known.get(name))}
        for name in dict.fromkeys([*configured, *known])
    ]


def _lag(state: Mapping[str, Any] | None) -> str:
    return duration(state["lag"]) if state else ""


def _by_source(counts: Sequence[Mapping[str, Any]]) -> dict[str, dict[date, Mapping[str, Any]]]:
    found: dict[str, dict[date, Mapping[str, Any]]] = {}
    for row in counts:
        found.setdefault(row["source"], {})[row["day"]] = row
    return found


def airflow(visit: Visit) -> str | None:
    """Where Airflow's pages are: as configured, else those of a `kolwatch up` that runs in this home."""
    settings = visit.site.settings
    if settings.console.airflow:
        return settings.console.airflow.rstrip("/")
    port = api_port(settings.home)
    return f"http://127.0.0.1:{port}" if port else None


# ---- quarantine -----------------------------------------------------------------------------------------


@router.get("/quarantine")
def show_quarantine(visit: Operator, request: Request) -> HTMLResponse:
    """The records that cannot be read, the newest first."""
    given.only(request, ["source", "reason", "before", "read"])
    chosen = {name: given.text(request, name) for name in ("source", "reason")}
    before, read = (given.text(request, name) for name in ("before", "read"))
    place = given.number(before, "record") if before else None
    with visit.transaction() as connection:
        values = {**chosen, "before": place, "limit": PAGE + 1}
        rows = db.run(connection, "console_runs.quarantined", **values).fetchall()
        unread = db.run(connection, "console_runs.unread").fetchall()
    filters = {name: value for name, value in chosen.items() if value}
    more = {**filters, "before": rows[PAGE - 1]["raw_id"]} if len(rows) > PAGE else None
    shown = {
        "rows": rows[:PAGE],
        "chosen": chosen,
        "choices": {name: sorted({row[name] for row in unread}) for name in chosen},
        "read": given.number(read, "record") if read else None,
        "is_first": place is None,
        "next_page": f"/runs/quarantine?{urlencode(more)}" if more else None,
    }
    return render(visit, "quarantine.html", shown)


@router.get("/quarantine/{text}")
def show_record(visit: Operator, request: Request, text: str) -> HTMLResponse:
    """One record as it was received, with what no text is as escapes."""
    given.only(request, ["tried"])
    raw_id = given.number(text, "record")
    with visit.transaction() as connection:
        row = db.run(connection, "console_runs.record", raw_id=raw_id).fetchone()
        if row is None:
            raise PageError("Record {record} is not in quarantine.", HTTPStatus.NOT_FOUND, record=raw_id)
        visit.note(connection, AuditAction.VIEW, f"record {raw_id}")
    shown = {
        "row": row,
        "body": beginning(row["body"]),
        "context": excerpt(row["context"], SHOWN_BYTES) if row["context"] else "",
        "is_configured": row["source"] in visit.site.settings.source,
        "tried": given.text(request, "tried"),
    }
    return render(visit, "record.html", shown)


def beginning(packed: bytes) -> str:
    """The first of a record's bytes, without unpacking the rest, which may be huge."""
    body = zlib.decompressobj().decompress(packed, SHOWN_BYTES + 1)
    return excerpt(body[:SHOWN_BYTES], SHOWN_BYTES) + ("\n…" if len(body) > SHOWN_BYTES else "")


@router.post("/quarantine/{text}/replay")
def replay(visit: Operator, text: str) -> RedirectResponse:
    """Read a record again, with today's code and settings."""
    raw_id = given.number(text, "record")
    try:
        counts = land.replay_quarantine(visit.site, raw_id)
    except (ConfigError, SourceError) as error:
        template = message("Record {record} could not be read: {error}")
        raise PageError(template, HTTPStatus.CONFLICT, record=raw_id, error=error) from error
    if not counts["records"]:
        raise PageError("Record {record} is not in quarantine.", HTTPStatus.NOT_FOUND, record=raw_id)
    with visit.transaction() as connection:
        visit.note(connection, AuditAction.MANAGE, f"record {raw_id}", replayed=dict(counts))
    where = f"/{raw_id}?tried=yes" if counts["quarantined"] else f"?read={raw_id}"
    return RedirectResponse(f"/runs/quarantine{where}", HTTPStatus.SEE_OTHER)
