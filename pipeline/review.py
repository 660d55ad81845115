"""Writes what people do with flags: leases, decisions, undos, reopenings, golden items.

Every function writes inside the caller's transaction and locks the flag first, so that of two people at the same flag
the second is told who was first. What a flag is waiting for follows from the log by itself (settle_flags in the
database). Errors are ReviewErrors, which a page can show in the reader's language.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any

import msgspec

from pipeline import db
from pipeline.decisions import REASONS, REOPENING, Decision, Lease, Reason, Review, ReviewAction, Role, SkipReason, User
from pipeline.errors import ReviewError
from pipeline.normalise import UNWRITABLE
from pipeline.records import DecisionOutcome
from pipeline.settings import ReviewSettings

MOST_LOST_RACES = 20
LONGEST_NOTE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a reviewer says of a flag, and up to which entry of its log the page knew (0: none)."""

    flag_id: int
    outcome: DecisionOutcome
    reason: Reason = Reason.UNSPECIFIED
    note: str = ""
    seen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """What is added to the log."""

    flag_id: int
    reviewer: str
    outcome: DecisionOutcome | None = None
    reason: Reason = Reason.UNSPECIFIED
    note: str = ""
    action: ReviewAction = ReviewAction.DECIDE
    review: Review = Review.FIRST
    undoes: int | None = None
    applied_from: int | None = None
    needs_second: bool = False


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag while it is locked."""

    flag_id: int
    awaits: Review | None
    severity: str


# ---- the queue ----------------------------------------------------------------------------------------


def next_in_queue(connection: db.Connection, rules: ReviewSettings, reviewer: User) -> Lease | None:
    """Lease the reviewer the next flag, or give back the one they have; None when nothing is left for them."""
    db.run(connection, "review.drop_lapsed_leases")
    mine = db.run(connection, "review.current_lease", reviewer=reviewer.name).fetchone()
    if mine:
        return renew(connection, rules, reviewer, mine["flag_id"])
    for _ in range(MOST_LOST_RACES):
        found = _golden(connection, rules, reviewer) or _waiting(connection, reviewer)
        if not found:
            return None
        if lease := _lease(connection, rules, reviewer, found):
            return lease
    return None


def _waiting(connection: db.Connection, reviewer: User) -> Mapping[str, Any] | None:
    reviews = [Review.FIRST, Review.SECOND, *([Review.LEAD] if reviewer.role.covers(Role.LEAD) else [])]
    return db.run(connection, "review.take_next", reviewer=reviewer.name, reviews=[r.value for r in reviews]).fetchone()


def _golden(connection: db.Connection, rules: ReviewSettings, reviewer: User) -> Mapping[str, Any] | None:
    if not rules.golden_share:
        return None
    turn = db.one(connection, "review.golden_turn", reviewer=reviewer.name)
    if not is_drawn("golden", f"{reviewer.name}:{turn}", rules.golden_share):
        return None
    return db.run(connection, "review.take_golden", reviewer=reviewer.name).fetchone()


def _lease(connection: db.Connection, rules: ReviewSettings, reviewer: User, found: Mapping[str, Any]) -> Lease | None:
    values = {"flag_id": found["flag_id"], "reviewer": reviewer.name, "purpose": found["awaits"]}
    row = db.run(connection, "review.insert_lease", **values, minutes=rules.lease_minutes).fetchone()
    return _as_lease(row) if row else None


def renew(connection: db.Connection, rules: ReviewSettings, reviewer: User, flag_id: int) -> Lease:
    """Lengthen a lease while its page is in use. Raises ReviewError where it has lapsed and gone back."""
    values = {"flag_id": flag_id, "reviewer": reviewer.name, "minutes": rules.lease_minutes}
    row = db.run(connection, "review.renew_lease", **values).fetchone()
    if row is None:
        raise ReviewError("flag {flag_id} is no longer yours: its lease has lapsed; you can still decide", **values)
    return _as_lease(row)


def release(connection: db.Connection, reviewer: User, flag_id: int, reason: SkipReason | None = None) -> None:
    """Give a flag back; with a reason, the queue does not offer it to this reviewer again for a day."""
    _lock(connection, flag_id)
    if reason:
        db.run(connection, "review.insert_skip", flag_id=flag_id, reviewer=reviewer.name, reason=reason.value)
    db.run(connection, "review.end_leases", flag_ids=[flag_id], reviewer=reviewer.name)


# ---- decisions ----------------------------------------------------------------------------------------


def decide(connection: db.Connection, rules: ReviewSettings, reviewer: User, verdict: Verdict) -> Decision | None:
    """Add a decision to the log and end the lease; None for the answer to a golden item.

    Raises ReviewError, naming who was first, where the log has grown since the page was made.
    """
    if verdict.reason not in REASONS[verdict.outcome]:
        raise ReviewError("{reason} is no reason for {outcome}", reason=verdict.reason, outcome=verdict.outcome)
    flag = _lock(connection, verdict.flag_id)
    leases = db.run(connection, "review.leases_of_flag", flag_id=flag.flag_id).fetchall()
    mine = next((_as_lease(row) for row in leases if row["reviewer"] == reviewer.name), None)
    if mine and mine.purpose is Review.GOLDEN:
        _answer(connection, reviewer, verdict)
        return None
    _check_seen(connection, flag, verdict.seen)
    for row in leases:
        if row["is_in_force"] and row["reviewer"] != reviewer.name and row["purpose"] != Review.GOLDEN:
            raise ReviewError(
                "{reviewer} is looking at flag {flag_id} until {moment}; take the next one from the queue",
                **{"reviewer": row["reviewer"], "flag_id": flag.flag_id, "moment": row["leased_until"]},
            )
    review = _due_review(connection, flag, reviewer)
    entry = _Entry(
        flag_id=flag.flag_id,
        reviewer=reviewer.name,
        outcome=verdict.outcome,
        reason=verdict.reason,
        note=verdict.note,
        review=review,
        needs_second=review is Review.FIRST and needs_second(rules, flag),
    )
    made = _insert(connection, entry)
    db.run(connection, "review.end_leases", flag_ids=[flag.flag_id], reviewer=reviewer.name)
    return made


def undo(connection: db.Connection, rules: ReviewSettings, reviewer: User, flag_id: int) -> Sequence[Decision]:
    """Take back the reviewer's last word on a flag, with what it was applied to; returns the new entries.

    The flag is theirs again. Raises ReviewError where it is too late, or somebody has added something since.
    """
    _lock(connection, flag_id)
    values = {"flag_id": flag_id, "reviewer": reviewer.name, "seconds": rules.undo_seconds}
    if db.run(connection, "review.take_back_golden_answer", **values).rowcount:
        _lease(connection, rules, reviewer, {"flag_id": flag_id, "awaits": Review.GOLDEN.value})
        return []
    last = next(reversed(history(connection, flag_id)), None)
    if not last or last.reviewer != reviewer.name or last.action is not ReviewAction.DECIDE:
        raise ReviewError("the last entry for flag {flag_id} is no decision of yours; nothing was undone", **values)
    if not db.one(connection, "review.is_recent", moment=last.decided_at, seconds=rules.undo_seconds):
        raise ReviewError(
            "the decision on flag {flag_id} is older than {seconds} seconds; ask a lead to reopen it", **values
        )
    made = [_insert(connection, _taking_back(d)) for d in (last, *_applied(connection, last))]
    _lease(connection, rules, reviewer, {"flag_id": flag_id, "awaits": last.review.value})
    return made


def reopen(
    connection: db.Connection, lead: User, flag_id: int, reason: Reason, *, note: str = "", seen: int = 0
) -> Decision:
    """Overturn what was decided, after an appeal or a mistake: the flag is open again, with its history."""
    if reason not in REOPENING:
        raise ReviewError("{reason} is no reason to reopen a flag", reason=reason)
    flag = _lock(connection, flag_id)
    _check_seen(connection, flag, seen)
    if not db.run(connection, "review.standing", flag_id=flag_id).fetchone():
        raise ReviewError("nothing has been decided on flag {flag_id} that could be reopened", flag_id=flag_id)
    entry = _Entry(flag_id=flag_id, reviewer=lead.name, reason=reason, note=note, review=Review.LEAD)
    return _insert(connection, replace(entry, action=ReviewAction.REOPEN))


def history(connection: db.Connection, flag_id: int) -> list[Decision]:
    """The log of a flag, oldest first."""
    return [_as_decision(row) for row in db.run(connection, "review.history", flag_id=flag_id)]


# ---- through the cluster ------------------------------------------------------------------------------


def open_in_cluster(connection: db.Connection, reviewer: User, flag_id: int) -> list[int]:
    """The other flags on the same claim and position that nobody has decided on or is looking at."""
    return [row["flag_id"] for row in _open_in_cluster(connection, reviewer, flag_id)]


def apply_to_cluster(
    connection: db.Connection, rules: ReviewSettings, reviewer: User, decision_id: int, *, count: int
) -> list[Decision]:
    """Decide the same on the open flags of the cluster, which the reviewer was told are `count`.

    Raises ReviewError where they are another number by now.
    """
    row = db.run(connection, "review.decision", decision_id=decision_id).fetchone()
    if row is None or row["reviewer"] != reviewer.name:
        raise ReviewError("decision {decision_id} is none of yours", decision_id=decision_id)
    flag_id = row["flag_id"]
    others = open_in_cluster(connection, reviewer, flag_id)
    db.run(connection, "review.lock_flags", flag_ids=[flag_id, *others])
    if decision_id not in [d["decision_id"] for d in db.run(connection, "review.standing", flag_id=flag_id)]:
        raise ReviewError("decision {decision_id} does not stand any more", decision_id=decision_id)
    found = _open_in_cluster(connection, reviewer, flag_id)
    if [flag["flag_id"] for flag in found] != others or len(others) != count:
        raise ReviewError("there are {now} open flags by now, not {count}; look again", now=len(found), count=count)
    decision = _as_decision(row)
    made = [_apply(connection, rules, decision, Flag(f["flag_id"], Review.FIRST, f["severity"])) for f in found]
    db.run(connection, "review.end_leases", flag_ids=others, reviewer=reviewer.name)
    return made


def _apply(connection: db.Connection, rules: ReviewSettings, decision: Decision, flag: Flag) -> Decision:
    entry = _Entry(
        flag_id=flag.flag_id,
        reviewer=decision.reviewer,
        outcome=decision.outcome,
        reason=decision.reason,
        note=decision.note,
        applied_from=decision.decision_id,
        needs_second=needs_second(rules, flag),
    )
    return _insert(connection, entry)


def _open_in_cluster(connection: db.Connection, reviewer: User, flag_id: int) -> list[Mapping[str, Any]]:
    return list(db.run(connection, "review.open_in_cluster", flag_id=flag_id, reviewer=reviewer.name).fetchall())


def _applied(connection: db.Connection, decision: Decision) -> list[Decision]:
    """What was applied from a decision and can be taken back, locked."""
    query, values = "review.applied_and_last", {"decision_id": decision.decision_id}
    flags = [row["flag_id"] for row in db.run(connection, query, **values)]
    db.run(connection, "review.lock_flags", flag_ids=flags)
    return [_as_decision(row) for row in db.run(connection, query, **values) if row["flag_id"] in flags]


# ---- double review and golden items -------------------------------------------------------------------


def needs_second(rules: ReviewSettings, flag: Flag) -> bool:
    """Whether another person is to decide too: always for some severities, else for a share, the same each time."""
    return flag.severity in rules.second_severities or is_drawn("second", str(flag.flag_id), rules.second_share)


def is_drawn(lot: str, key: str, share: float) -> bool:
    """Draw a share of the keys, the same ones each time."""
    drawn = int.from_bytes(sha256(f"{lot}:{key}".encode()).digest()[:8]) / 2**64
    return drawn < share


def add_golden(connection: db.Connection, lead: User, flag_id: int, outcome: DecisionOutcome, note: str) -> None:
    """Make a flag that people have decided on a golden item: its right outcome is known."""
    flag = _lock(connection, flag_id)
    if flag.awaits is not None:
        raise ReviewError("flag {flag_id} still awaits a review; only decided flags become golden", flag_id=flag_id)
    values = {"flag_id": flag_id, "outcome": outcome.value, "note": _note(note), "added_by": lead.name}
    db.run(connection, "review.insert_golden", **values)


def retire_golden(connection: db.Connection, flag_id: int) -> None:
    """Show a golden item to nobody any more; what was answered stays."""
    db.run(connection, "review.retire_golden", flag_id=flag_id)


def _answer(connection: db.Connection, reviewer: User, verdict: Verdict) -> None:
    values = {"outcome": verdict.outcome.value, "reason": verdict.reason.value, "note": _note(verdict.note)}
    where = {"flag_id": verdict.flag_id, "reviewer": reviewer.name}
    db.run(connection, "review.insert_golden_answer", **where, **values)
    db.run(connection, "review.end_leases", flag_ids=[verdict.flag_id], reviewer=reviewer.name)


# ---- what they have in common -------------------------------------------------------------------------


def _lock(connection: db.Connection, flag_id: int) -> Flag:
    row = db.run(connection, "review.lock_flags", flag_ids=[flag_id]).fetchone()
    if row is None:
        raise ReviewError("there is no flag {flag_id}", flag_id=flag_id)
    return Flag(row["flag_id"], Review(row["awaits"]) if row["awaits"] else None, row["severity"])


def _check_seen(connection: db.Connection, flag: Flag, seen: int) -> None:
    last = next(reversed(history(connection, flag.flag_id)), None)
    if last and last.decision_id != seen:
        raise ReviewError(
            "{reviewer} was first on flag {flag_id}, at {moment}; your decision was not kept, look at theirs",
            **{"reviewer": last.reviewer, "flag_id": flag.flag_id, "moment": last.decided_at},
        )


def _due_review(connection: db.Connection, flag: Flag, reviewer: User) -> Review:
    """Which review the decision is. Raises ReviewError where it is not this reviewer's to make."""
    leads = reviewer.role.covers(Role.LEAD)
    if flag.awaits is Review.LEAD or flag.awaits is None:
        if leads:
            return Review.LEAD
        raise ReviewError("flag {flag_id} is decided, or for a lead to decide", flag_id=flag.flag_id)
    if flag.awaits is Review.SECOND:
        before = db.run(connection, "review.standing", flag_id=flag.flag_id).fetchall()
        if reviewer.name in [row["reviewer"] for row in before]:
            raise ReviewError("the second review of flag {flag_id} is for somebody else", flag_id=flag.flag_id)
    return flag.awaits


def _insert(connection: db.Connection, entry: _Entry) -> Decision:
    values = asdict(entry) | {"note": _note(entry.note)}
    return _as_decision(db.run(connection, "review.insert_decision", **values).fetchone())


def _note(text: str) -> str:
    return UNWRITABLE.sub("\ufffd", text)[:LONGEST_NOTE]


def _taking_back(decision: Decision) -> _Entry:
    return _Entry(
        flag_id=decision.flag_id,
        reviewer=decision.reviewer,
        reason=Reason.UNDONE,
        action=ReviewAction.UNDO,
        review=decision.review,
        undoes=decision.decision_id,
    )


def _as_decision(row: object) -> Decision:
    return msgspec.convert(row, Decision)


def _as_lease(row: Mapping[str, Any]) -> Lease:
    return msgspec.convert({key: row[key] for key in ("flag_id", "reviewer", "purpose", "leased_until")}, Lease)
