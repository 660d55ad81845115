"""The queue and decisions over the real database, with people getting in each other's way."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine

from pipeline import db, review
from pipeline.decisions import Decision, Reason, Review, ReviewAction, Role, SkipReason, User
from pipeline.errors import ReviewError
from pipeline.records import DecisionOutcome
from pipeline.review import Verdict
from pipeline.settings import ReviewSettings
from tests.flagged import cluster, raise_flags

YES, NO = DecisionOutcome.CONTRADICTS_GUIDANCE, DecisionOutcome.NOT_MISINFORMATION
RULES = ReviewSettings(second_share=0, second_severities=(), golden_share=0)
TWICE = ReviewSettings(second_share=1, golden_share=0)
LI, WANG = (User(name=name, role=Role.REVIEWER) for name in ("li", "wang"))
LEAD = User(name="zhao", role=Role.LEAD)


def decide(connection: db.Connection, flag_id: int, outcome: Any = YES, who: User = LI, **more: Any) -> Decision:
    verdict = Verdict(flag_id=flag_id, outcome=outcome, seen=more.get("seen", last(connection, flag_id)))
    made = review.decide(connection, more.get("rules", RULES), who, verdict)
    assert made is not None
    return made


def last(connection: db.Connection, flag_id: int) -> int:
    return max((d.decision_id for d in review.history(connection, flag_id)), default=0)


def taken(connection: db.Connection, who: User = LI, rules: ReviewSettings = RULES) -> int | None:
    lease = review.next_in_queue(connection, rules, who)
    return lease.flag_id if lease else None


def state(connection: db.Connection, flag_id: int) -> Any:
    return connection.execute("SELECT status, awaits, outcome FROM flag WHERE flag_id = %s", [flag_id]).fetchone()


def lapse(connection: db.Connection) -> None:
    connection.execute("UPDATE flag_lease SET leased_until = now() - interval '1 second'")


# ---- the queue ----------------------------------------------------------------------------------------


def test_the_most_urgent_comes_first_and_stays_until_it_is_decided(connection: db.Connection) -> None:
    low, high = raise_flags(connection, 1.0, 5.0)
    [deadly] = raise_flags(connection, 2.0, severity="S4")
    assert taken(connection) == taken(connection) == deadly
    assert taken(connection, WANG) == high
    decide(connection, deadly)
    assert taken(connection) == low
    assert taken(connection, LEAD) is None


def test_no_flag_is_leased_to_two(engine: Engine) -> None:
    with db.transaction(engine) as connection:
        flags = raise_flags(connection, *map(float, range(6)))
    start = Barrier(6)

    def take(name: str) -> int | None:
        with db.transaction(engine) as connection:
            connection.execute("SELECT count(*) FROM flag_lease")  # everybody is connected
            start.wait()
            return taken(connection, User(name=name, role=Role.REVIEWER))

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(take, "abcdef"))
    assert sorted(filter(None, found)) == sorted(flags)


def test_a_flag_that_was_leased_meanwhile_is_not_leased_again(connection: db.Connection) -> None:
    [flag] = raise_flags(connection, 1.0)
    wanted = {"flag_id": flag, "purpose": "first", "minutes": 10}
    leased = [db.run(connection, "review.insert_lease", reviewer=name, **wanted).rowcount for name in ("li", "wang")]
    assert leased == [1, 0]


def test_a_lost_race_for_the_last_flag_finds_nothing(engine: Engine) -> None:
    with db.transaction(engine) as connection:
        raise_flags(connection, 1.0)
    with db.transaction(engine) as one, db.transaction(engine) as other:
        assert taken(one) is not None
        assert taken(other, WANG) is None


def test_a_lapsed_lease_comes_back_and_is_not_renewed_when_it_has_gone(connection: db.Connection) -> None:
    [flag] = raise_flags(connection, 1.0)
    lease = review.next_in_queue(connection, RULES, LI)
    assert lease
    longer = review.renew(connection, replace_rules(lease_minutes=30), LI, flag)
    assert longer.leased_until - lease.leased_until == timedelta(minutes=20)
    lapse(connection)
    assert taken(connection, WANG) == flag
    with pytest.raises(ReviewError, match="no longer yours"):
        review.renew(connection, RULES, LI, flag)


def replace_rules(**changed: Any) -> ReviewSettings:
    return msgspec.structs.replace(RULES, **changed)


def test_what_one_skips_goes_to_others(connection: db.Connection) -> None:
    low, high = raise_flags(connection, 1.0, 2.0)
    assert taken(connection) == high
    review.release(connection, LI, high, SkipReason.DISTRESSING)
    assert state(connection, high)[0] == "open"
    assert (taken(connection), taken(connection, WANG)) == (low, high)


def test_what_is_only_given_back_is_offered_again(connection: db.Connection) -> None:
    [flag] = raise_flags(connection, 1.0)
    taken(connection)
    review.release(connection, LI, flag)
    assert taken(connection) == flag


# ---- decisions ----------------------------------------------------------------------------------------


def test_a_decision_is_kept_with_all_that_was_said(connection: db.Connection) -> None:
    [flag] = raise_flags(connection, 1.0)
    taken(connection)
    verdict = Verdict(flag_id=flag, outcome=NO, reason=Reason.JOKE_OR_QUIZ, note="一道题\x00")
    made = review.decide(connection, RULES, LI, verdict)
    assert made
    assert (made.outcome, made.reason, made.note, made.review) == (
        NO,
        Reason.JOKE_OR_QUIZ,
        "一道题\ufffd",
        Review.FIRST,
    )
    assert review.history(connection, flag) == [made]
    assert connection.execute("SELECT count(*) FROM flag_lease").fetchone() == (0,)


def test_the_second_of_two_is_told_who_was_first(engine: Engine) -> None:
    """The second asks while the first one's decision is not committed yet, and has to wait for it."""
    with db.transaction(engine) as connection:
        [flag] = raise_flags(connection, 1.0)

    def attempt() -> str:
        with pytest.raises(ReviewError) as told, db.transaction(engine) as connection:
            decide(connection, flag, who=WANG, seen=0)
        return str(told.value)

    with ThreadPoolExecutor(1) as pool:
        with db.transaction(engine) as first:
            decide(first, flag)
            second = pool.submit(attempt)
            until_somebody_waits(engine)
        assert second.result(10).startswith(f"li was first on flag {flag}")
    with db.transaction(engine) as connection:
        assert [d.reviewer for d in review.history(connection, flag)] == ["li"]


def until_somebody_waits(engine: Engine) -> None:
    for _ in range(200):
        with db.transaction(engine) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            ).fetchone()
        if row != (0,):
            return
        time.sleep(0.02)
    pytest.fail("the second did not wait for the first")


def test_another_s_lease_holds_and_one_s_own_lapsed_lease_loses_nothing(connection: db.Connection) -> None:
    [flag] = raise_flags(connection, 1.0)
    taken(connection)
    with pytest.raises(ReviewError, match="li is looking at flag"):
        decide(connection, flag, who=WANG)
    lapse(connection)
    assert decide(connection, flag).reviewer == "li"


def test_a_reason_must_fit_the_outcome(connection: db.Connection) -> None:
    [flag] = raise_flags(connection, 1.0)
    with pytest.raises(ReviewError, match="appeal is no reason for contradicts_guidance"):
        review.decide(connection, RULES, LI, Verdict(flag_id=flag, outcome=YES, reason=Reason.APPEAL))
    with pytest.raises(ReviewError, match="there is no flag 999"):
        decide(connection, 999)


def test_an_undo_is_a_new_entry_and_gives_the_flag_back(connection: db.Connection) -> None:
    [flag] = raise_flags(connection, 1.0)
    made = decide(connection, flag)
    [undone] = review.undo(connection, RULES, LI, flag)
    assert (undone.action, undone.undoes, undone.outcome) == (ReviewAction.UNDO, made.decision_id, None)
    assert state(connection, flag) == ("assigned", "first", None)
    assert taken(connection) == flag


@pytest.mark.parametrize(("who", "rules", "why"), [
    (WANG, RULES, "no decision of yours"),
    (LI, replace_rules(undo_seconds=0), "older than 0 seconds"),
])  # fmt: skip
def test_an_undo_is_refused_to_others_and_later(
    connection: db.Connection, who: User, rules: ReviewSettings, why: str
) -> None:
    [flag] = raise_flags(connection, 1.0)
    decide(connection, flag)
    with pytest.raises(ReviewError, match=why):
        review.undo(connection, rules, who, flag)
    assert state(connection, flag)[2] == YES


def test_a_reopened_flag_keeps_its_history(connection: db.Connection) -> None:
    [flag] = raise_flags(connection, 1.0)
    made = decide(connection, flag)
    entry = review.reopen(connection, LEAD, flag, Reason.APPEAL, note="申诉材料", seen=made.decision_id)
    assert (entry.action, state(connection, flag)) == (ReviewAction.REOPEN, ("open", "first", None))
    assert taken(connection, WANG) == flag
    decide(connection, flag, NO, WANG)
    assert [d.outcome for d in review.history(connection, flag)] == [YES, None, NO]
    with pytest.raises(ReviewError, match="no reason to reopen"):
        review.reopen(connection, LEAD, flag, Reason.UNDONE)


def test_what_was_never_decided_is_not_reopened(connection: db.Connection) -> None:
    [flag] = raise_flags(connection, 1.0)
    with pytest.raises(ReviewError, match="nothing has been decided"):
        review.reopen(connection, LEAD, flag, Reason.APPEAL)


# ---- double review --------------------------------------------------------------------------------------


def test_two_who_agree_need_no_lead(connection: db.Connection) -> None:
    [flag] = raise_flags(connection, 1.0)
    decide(connection, flag, rules=TWICE)
    assert taken(connection) is None
    lease = review.next_in_queue(connection, TWICE, WANG)
    assert lease
    assert (lease.purpose, lease.is_blind) == (Review.SECOND, True)
    assert decide(connection, flag, who=WANG).review is Review.SECOND
    assert state(connection, flag) == ("decided", None, YES)


def test_two_who_disagree_go_to_a_lead(connection: db.Connection) -> None:
    [flag] = raise_flags(connection, 1.0)
    decide(connection, flag, rules=TWICE)
    with pytest.raises(ReviewError, match="for somebody else"):
        decide(connection, flag)
    decide(connection, flag, NO, WANG)
    with pytest.raises(ReviewError, match="for a lead"):
        decide(connection, flag, who=WANG)
    assert taken(connection) is taken(connection, WANG) is None
    assert taken(connection, LEAD) == flag
    assert decide(connection, flag, NO, LEAD).review is Review.LEAD
    assert state(connection, flag) == ("decided", None, NO)


def test_deadly_ones_are_looked_at_twice(connection: db.Connection) -> None:
    [flag] = raise_flags(connection, 1.0, severity="S4")
    decide(connection, flag, rules=ReviewSettings(second_share=0))
    assert state(connection, flag)[1] == "second"


def test_the_share_is_drawn_the_same_way_each_time() -> None:
    drawn = [review.is_drawn("second", str(n), 0.1) for n in range(2000)]
    assert 150 < sum(drawn) < 250
    assert drawn == [review.is_drawn("second", str(n), 0.1) for n in range(2000)]
    assert not review.is_drawn("second", "1", 0.0)


# ---- golden items ---------------------------------------------------------------------------------------


def test_a_golden_item_looks_like_another_and_decides_nothing(connection: db.Connection) -> None:
    flag, _ = raise_flags(connection, 2.0, 1.0)
    decide(connection, flag, who=WANG)
    review.add_golden(connection, LEAD, flag, NO, "清楚的玩笑")
    rules = replace_rules(golden_share=1)
    assert taken(connection, rules=rules) == flag
    answer = Verdict(flag_id=flag, outcome=YES)
    assert review.decide(connection, rules, LI, answer) is None
    assert review.undo(connection, rules, LI, flag) == []
    assert taken(connection, rules=rules) == flag
    review.decide(connection, rules, LI, answer)
    assert connection.execute("SELECT reviewer, outcome FROM golden_answer").fetchall() == [("li", YES)]
    assert state(connection, flag) == ("decided", None, YES)
    assert taken(connection, rules=rules) != flag


def test_a_golden_item_that_was_left_alone_is_still_no_decision(connection: db.Connection) -> None:
    [flag] = raise_flags(connection, 2.0)
    decide(connection, flag, who=WANG)
    review.add_golden(connection, User(name="qian", role=Role.LEAD), flag, NO, "")
    rules = replace_rules(golden_share=1)
    assert taken(connection, LEAD, rules) == flag
    lapse(connection)
    assert taken(connection, WANG) is None
    assert taken(connection, LEAD, rules) == flag
    lapse(connection)
    assert review.decide(connection, rules, LEAD, Verdict(flag_id=flag, outcome=NO)) is None
    assert state(connection, flag) == ("decided", None, YES)


def test_only_what_is_decided_becomes_golden_and_a_retired_one_is_shown_no_more(connection: db.Connection) -> None:
    [flag] = raise_flags(connection, 2.0)
    with pytest.raises(ReviewError, match="still awaits"):
        review.add_golden(connection, LEAD, flag, NO, "")
    decide(connection, flag, who=WANG)
    review.add_golden(connection, LEAD, flag, NO, "")
    review.retire_golden(connection, flag)
    assert taken(connection, rules=replace_rules(golden_share=1)) is None


# ---- through the cluster --------------------------------------------------------------------------------


@pytest.fixture
def story(connection: db.Connection) -> list[int]:
    """Four flags on one claim: three alike, and one against another position."""
    flags = [*raise_flags(connection, 3.0, 2.0, 1.0), *raise_flags(connection, 1.0, guidance_id="WHO-003")]
    cluster(connection, *flags)
    return flags


def test_a_decision_is_applied_to_the_open_flags_of_its_cluster(connection: db.Connection, story: list[int]) -> None:
    made = decide(connection, story[0])
    assert review.open_in_cluster(connection, LI, story[0]) == story[1:3]
    applied = review.apply_to_cluster(connection, RULES, LI, made.decision_id, count=2)
    assert {(d.flag_id, d.outcome, d.applied_from) for d in applied} == {(f, YES, made.decision_id) for f in story[1:3]}
    assert state(connection, story[3]) == ("open", "first", None)
    assert len(review.undo(connection, RULES, LI, story[0])) == 3
    assert [state(connection, flag)[2] for flag in story] == [None] * 4


def test_an_undo_leaves_alone_what_others_have_gone_on_with(connection: db.Connection, story: list[int]) -> None:
    made = decide(connection, story[0])
    review.apply_to_cluster(connection, RULES, LI, made.decision_id, count=2)
    review.reopen(connection, LEAD, story[1], Reason.MISTAKE, seen=last(connection, story[1]))
    assert {d.flag_id for d in review.undo(connection, RULES, LI, story[0])} == {story[0], story[2]}


def test_a_cluster_that_has_changed_is_counted_again(connection: db.Connection, story: list[int]) -> None:
    made = decide(connection, story[0])
    assert taken(connection, WANG) == story[1]
    with pytest.raises(ReviewError, match="there are 1 open flags by now, not 2"):
        review.apply_to_cluster(connection, RULES, LI, made.decision_id, count=2)
    with pytest.raises(ReviewError, match="none of yours"):
        review.apply_to_cluster(connection, RULES, WANG, made.decision_id, count=1)
    review.undo(connection, RULES, LI, story[0])
    with pytest.raises(ReviewError, match="does not stand"):
        review.apply_to_cluster(connection, RULES, LI, made.decision_id, count=1)


def test_an_error_loses_nothing_that_was_there(engine: Engine) -> None:
    with db.transaction(engine) as connection:
        [flag] = raise_flags(connection, 1.0)
        taken(connection)
    with pytest.raises(ReviewError), db.transaction(engine) as connection:
        decide(connection, flag, who=WANG)
    with db.transaction(engine) as connection:
        assert taken(connection) == flag
        assert decide(connection, flag).reviewer == "li"
