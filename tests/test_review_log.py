"""The log of decisions only grows, and what a flag is follows from it, whoever writes."""

from typing import Any

import psycopg
import pytest

from pipeline import db
from pipeline.decisions import REASONS, Role
from pipeline.records import DecisionOutcome
from tests.flagged import cluster, raise_flags

YES, NO, EXPERT = "contradicts_guidance", "not_misinformation", "needs_expert"


def decide(connection: db.Connection, flag_id: int, outcome: str | None, **changed: Any) -> int:
    values = {"review": "first", "action": "decide", "undoes": None, "needs_second": False} | changed
    row = connection.execute(
        "INSERT INTO review_decision (flag_id, reviewer, outcome, decided_at, review, action, undoes, needs_second)"
        " VALUES (%(flag_id)s, 'a', %(outcome)s, now(), %(review)s, %(action)s, %(undoes)s, %(needs_second)s)"
        " RETURNING decision_id",
        {**values, "flag_id": flag_id, "outcome": outcome},
    ).fetchone()
    assert row is not None
    return int(row[0])


def state(connection: db.Connection, flag_id: int) -> Any:
    return connection.execute("SELECT status, awaits, outcome FROM flag WHERE flag_id = %s", [flag_id]).fetchone()


@pytest.mark.parametrize(
    ("decisions", "expected"),
    [
        ([], ("open", "first", None)),
        ([("first", YES, False)], ("decided", None, YES)),
        ([("first", YES, True)], ("decided", "second", YES)),
        ([("first", YES, True), ("second", YES, False)], ("decided", None, YES)),
        ([("first", YES, True), ("second", NO, False)], ("decided", "lead", None)),
        ([("first", YES, True), ("second", NO, False), ("lead", NO, False)], ("decided", None, NO)),
        ([("first", EXPERT, True)], ("decided", "lead", EXPERT)),
        ([("first", YES, False), ("first", NO, False)], ("decided", None, NO)),
    ],
)
def test_decisions_make_the_state(connection: db.Connection, decisions: list[Any], expected: Any) -> None:
    [flag] = raise_flags(connection, 1.0)
    for review, outcome, needs_second in decisions:
        decide(connection, flag, outcome, review=review, needs_second=needs_second)
    assert state(connection, flag) == expected


def test_an_undo_takes_back_one_entry_and_a_reopening_all(connection: db.Connection) -> None:
    [flag] = raise_flags(connection, 1.0)
    decide(connection, flag, NO)
    decide(connection, flag, None, action="undo", undoes=decide(connection, flag, YES))
    assert state(connection, flag) == ("decided", None, NO)
    decide(connection, flag, None, action="reopen", review="lead")
    assert state(connection, flag) == ("open", "first", None)
    decide(connection, flag, YES)
    assert state(connection, flag) == ("decided", None, YES)


def test_a_lease_assigns_until_it_is_given_back(connection: db.Connection) -> None:
    [flag] = raise_flags(connection, 1.0)
    connection.execute("INSERT INTO flag_lease VALUES (%s, 'a', 'first', now())", [flag])
    assert state(connection, flag)[0] == "assigned"
    connection.execute("DELETE FROM flag_lease")
    assert state(connection, flag)[0] == "open"


@pytest.mark.parametrize(
    "statement",
    ["UPDATE review_decision SET note = ''", "DELETE FROM review_decision", "TRUNCATE audit_entry",
     "DELETE FROM claim_cluster_change"],
)  # fmt: skip
def test_logs_only_grow(connection: db.Connection, statement: str) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="only grows"), connection.transaction():
        connection.execute(statement.encode())


def test_a_user_who_may_only_add_decisions_settles_flags_too(connection: db.Connection) -> None:
    [flag] = raise_flags(connection, 1.0)
    connection.execute("CREATE ROLE adds_only; GRANT INSERT ON review_decision TO adds_only; SET ROLE adds_only")
    connection.execute(
        "INSERT INTO review_decision (flag_id, reviewer, outcome, decided_at) VALUES (%s, 'a', %s, now())", [flag, YES]
    )
    connection.execute("RESET ROLE")
    assert state(connection, flag) == ("decided", None, YES)


def test_a_claim_belongs_to_one_cluster(connection: db.Connection) -> None:
    flags = raise_flags(connection, 1.0, 2.0)
    cluster(connection, *flags)
    with pytest.raises(psycopg.errors.UniqueViolation), connection.transaction():
        cluster(connection, flags[0])


def test_every_outcome_has_reasons_and_every_role_covers_itself() -> None:
    assert set(REASONS) == set(DecisionOutcome)
    assert all(role.covers(role) and Role.ADMIN.covers(role) for role in Role)
    assert not Role.LEAD.covers(Role.OPERATOR)


def test_a_flag_keeps_what_trends_are_made_of(connection: db.Connection) -> None:
    raise_flags(connection, 1.0, platform="weibo", account="account-9")
    connection.execute(
        "INSERT INTO account_observation SELECT account_key, make_timestamptz(2026, 11, day, 0, 0, 0), day * 10000,"
        " false, make_date(2026, 11, day) FROM account, unnest(ARRAY[10, 30]) AS day WHERE account_id = 'account-9'"
    )
    [flag] = raise_flags(connection, 1.0, platform="weibo", account="account-9")
    decide(connection, flag, YES, needs_second=True)
    second = decide(connection, flag, NO, review="second")
    kept = (
        "SELECT platform, tier, posted_at::date::text, first_outcome, second_outcome, decided_at"
        " FROM flag WHERE flag_id = %s"
    )
    found = connection.execute(kept, [flag]).fetchone()
    assert found is not None
    assert found[:5] == ("weibo", "mid", "2026-11-20", YES, NO)
    assert found[5] is not None
    decide(connection, flag, None, action="undo", undoes=second, review="second")
    assert (connection.execute(kept, [flag]).fetchone() or ())[3:5] == (YES, None)
