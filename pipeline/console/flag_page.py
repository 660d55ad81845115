"""What the page of a flag shows to a visitor, and what it keeps from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from pipeline import db, review
from pipeline.console.drawings import factor_bars, line_points
from pipeline.console.errors import PageError
from pipeline.console.languages import message
from pipeline.console.passages import passages
from pipeline.console.visits import Visit
from pipeline.decisions import REASONS, REOPENING, AuditAction, Review, Role, SkipReason
from pipeline.records import DecisionOutcome

Row = Mapping[str, Any]

FACTORS = {
    "severity": message("severity of the claim"),
    "probability": message("probability"),
    "reach": message("size of the audience"),
    "engagement": message("reactions"),
    "tier": message("tier of the account"),
    "velocity": message("speed of spread"),
    "history": message("earlier confirmed flags"),
    "sponsored": message("sponsored"),
}
MOST_LOOKED_UP = 1000
"""Posts of an account, and claims of a cluster, whose flags are counted; the page says where there are more."""
REASON_KEYS = ("qwe", "adfgh", "zx", "vb")
"""The keys of the reasons of each outcome, in their order; the number of the outcome gives none."""
CHOICES = [
    (str(number), outcome, list(zip(keys, REASONS[outcome], strict=False)))
    for number, (outcome, keys) in enumerate(zip(DecisionOutcome, REASON_KEYS, strict=True), 1)
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What somebody sent that could not be kept: it is shown again."""

    problem: str
    outcome: str = ""
    reason: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whose turn it is at a flag, seen by one visitor."""

    mine: Row | None
    """The visitor's lease."""
    other: Row | None
    """The lease of somebody else, while it is in force."""
    undoable: Row | None
    is_blind: bool
    """What others decided is kept from the visitor: they are to decide without it."""
    may_decide: bool
    may_apply: bool
    may_reopen: bool
    may_be_golden: bool


def look(visit: Visit, connection: db.Connection, flag_id: int, *, queue: bool, draft: Draft | None) -> dict[str, Any]:
    """Everything that the page of a flag shows, and a note in the audit log. Raises PageError where there is none."""
    row = db.run(connection, "console_flag.flag", flag_id=flag_id, reviewer=visit.reviewer.name).fetchone()
    if row is None:
        raise PageError("There is no flag {flag}.", HTTPStatus.NOT_FOUND, flag=flag_id)
    if visit.may(Role.REVIEWER) or visit.may(Role.OPERATOR):
        visit.note(connection, AuditAction.VIEW, f"flag {flag_id}")
    standing = _standing(visit, connection, row)
    log = review.history(connection, flag_id)
    others = standing.may_decide or standing.may_apply
    return {
        "row": row,
        "standing": standing,
        "queue": queue,
        "draft": draft,
        "log": [] if standing.is_blind else log,
        "seen": log[-1].decision_id if log else 0,
        "open_in_cluster": len(review.open_in_cluster(connection, visit.reviewer, flag_id)) if others else 0,
        **_of_post(connection, row),
        **_of_account(connection, row, standing),
        **_of_cluster(connection, row, standing),
        "choices": CHOICES,
        "skip_reasons": list(zip("5678", SkipReason, strict=True)),
        "reopenings": REOPENING,
        "outcomes": list(DecisionOutcome),
    }


def _standing(visit: Visit, connection: db.Connection, row: Row) -> Standing:
    where = {"flag_id": row["flag_id"], "reviewer": visit.reviewer.name}
    leases = db.run(connection, "console_flag.leases", flag_id=row["flag_id"]).fetchall()
    mine = next((lease for lease in leases if lease["reviewer"] == visit.reviewer.name), None)
    taken = [a for a in leases if a is not mine and a["is_in_force"] and a["purpose"] != Review.GOLDEN]
    seconds = visit.site.settings.review.undo_seconds
    undoable = db.run(connection, "console_flag.mine_to_undo", **where, seconds=seconds).fetchone()
    may_review, leads = visit.may(Role.REVIEWER), visit.may(Role.LEAD)
    is_test = (mine is not None and mine["purpose"] == Review.GOLDEN) or (
        undoable is not None and undoable["is_golden"]
    )
    is_turn = {Review.FIRST: True, Review.SECOND: row["my_decision"] is None, Review.LEAD: leads}
    is_due = row["awaits"] is not None and is_turn[Review(row["awaits"])]
    is_blind = may_review and (is_test or (row["awaits"] == Review.SECOND and row["my_decision"] is None))
    return Standing(
        mine=mine,
        other=None if is_test or not taken else taken[0],
        undoable=undoable,
        is_blind=is_blind,
        may_decide=may_review and (is_due and not taken if not is_test else undoable is None),
        may_apply=may_review and not is_blind and row["my_decision"] is not None,
        may_reopen=leads and not is_blind and row["has_standing"],
        may_be_golden=leads and not is_blind and row["awaits"] is None,
    )


def _of_post(connection: db.Connection, row: Row) -> dict[str, Any]:
    offsets = row["start_offset"], row["end_offset"]
    return {
        "passages": passages(row["document"], row["title_end"], row["text_end"], *offsets, row["reposted_text"]),
        "claim": row["document"][slice(*offsets)],
        "has_link": row["url"].startswith(("https://", "http://")),
        "stances": db.run(connection, "console_flag.stances", content_hash=row["content_hash"]).fetchall(),
        "post_flags": db.run(
            connection, "console_flag.flags_of_post", post_key=row["post_key"], flag_id=row["flag_id"]
        ).fetchall(),
        "factors": FACTORS,
        "bars": factor_bars(row["factors"], middle=230, reach=80, step=22),
    }


def _of_account(connection: db.Connection, row: Row, standing: Standing) -> dict[str, Any]:
    where = {"account_key": row["account_key"]}
    seen = db.run(connection, "console_flag.followers", **where).fetchall()
    oldest_first = seen[::-1]
    others = where | {"post_key": row["post_key"], "limit": MOST_LOOKED_UP}
    flags = db.run(connection, "console_flag.flags_of_account", **others).fetchall()
    return {
        "followers": oldest_first,
        "tier": seen[0]["tier"] if seen else None,
        "follower_line": _line(oldest_first) if seen else "",
        "account_counts": flags[0] if flags else None,
        "account_flags": [_without_outcome(flag) if _tells(standing, row, flag) else flag for flag in flags],
    }


def _tells(standing: Standing, row: Row, flag: Row) -> bool:
    """Whether the end of another flag would tell what was decided on this one: it may have been applied from it."""
    return standing.is_blind and row["cluster_id"] is not None and flag["cluster_id"] == row["cluster_id"]


def _line(seen: Sequence[Row]) -> str:
    moments = [found["observed_at"].timestamp() for found in seen]
    return line_points(moments, [found["follower_count"] for found in seen], width=220, height=40)


def _of_cluster(connection: db.Connection, row: Row, standing: Standing) -> dict[str, Any]:
    if row["cluster_id"] is None:
        return {"cluster": []}
    where = {"cluster_id": row["cluster_id"], "post_key": row["post_key"], "limit": MOST_LOOKED_UP}
    flags = db.run(connection, "console_flag.flags_of_cluster", **where).fetchall()
    return {"cluster": [_without_outcome(flag) for flag in flags] if standing.is_blind else flags}


def _without_outcome(flag: Row) -> Row:
    return {**flag, "outcome": None}
