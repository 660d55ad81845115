"""What is flagged, what a close keeps, and what is forgotten."""

from datetime import date, timedelta

import msgspec
import pytest

from pipeline import steps
from pipeline.site import Site
from pipeline.source_settings import SourceSettings
from tests import world
from tests.stepping import A_DAY, FATES, TABLE, changed_judge, collect, deliver, rows, tell, video, work

# ---- flag and close -----------------------------------------------------------------------------------


def test_no_second_flag_where_a_person_has_decided(site: Site) -> None:
    deliver(site, A_DAY[1])
    work(site)
    rows(site, "UPDATE flag SET status = 'decided' RETURNING 1")
    tell(site, world.ToldJudge({"大蒜水": ["WHO-003"]}, version="two", model_sha256="two"))
    steps.judge_due(site)
    assert steps.raise_flags(site) == {"flagged": 0}


def test_the_priority_is_the_product_of_its_stored_factors(site: Site) -> None:
    deliver(site, *A_DAY)
    work(site)
    for priority, factors in rows(site, "SELECT priority, factors FROM flag"):
        product = 1.0
        for factor in factors.values():
            product *= factor
        assert priority == pytest.approx(product, abs=1e-3)
        assert factors["reach"] == 1.0


def test_a_closed_day_stays_as_it_was_until_it_is_closed_again(site: Site) -> None:
    deliver(site, *A_DAY)
    work(site)
    assert steps.close_day(site, world.DAY).flagged == 2
    deliver(site, video(5, "喝白酒杀菌，越喝越健康", liked_count="99万"), name="late.jsonl")
    work(site)
    late = "SELECT rank, platform_post_id, is_late, is_after_close FROM flagged_posts_daily ORDER BY rank"
    assert rows(site, late) == [(1, "1", False, False), (2, "2", False, False), (3, "5", True, True)]
    assert steps.close_day(site, world.DAY).late == 1
    assert [row[1:] for row in rows(site, late)] == [("5", True, False), ("1", False, False), ("2", False, False)]


def test_closing_forgets_the_bytes_of_what_was_dropped_and_keeps_the_count(site: Site) -> None:
    deliver(site, *A_DAY)
    work(site)
    report = steps.close_day(site, world.DAY)
    assert rows(site, "SELECT count(*) FROM raw_record") == [(4,)]
    assert report.fates == {"flagged": 2, "maybe": 1, "not_health": 1, "quarantined": 1}


@pytest.mark.parametrize("order", [1, -1])
def test_a_post_both_kept_and_dropped_on_a_day_counts_once_as_kept(site: Site, order: int) -> None:
    deliver(site, *(A_DAY[1], video(2, "今天天气真好出门走一走吧"))[::order])
    work(site)
    assert rows(site, "SELECT platform_post_id, reason FROM dropped_post") == [("2", "not_health")]
    assert rows(site, FATES, world.DAY) == [("2", "flagged")]
    assert steps.close_day(site, world.DAY).fates == {"flagged": 1}


@pytest.mark.parametrize(("edit", "fate"), [("包饺子放点醋更香呀", "flagged"), ("炸一炸更香呀", "failed")])
def test_a_post_edited_on_its_day_counts_once_by_what_weighs_most(site: Site, edit: str, fate: str) -> None:
    deliver(site, A_DAY[1], video(2, edit))
    work(site)
    assert rows(site, "SELECT count(*) FROM post_version") == [(2,)]
    assert rows(site, FATES, world.DAY) == [("2", fate)]


def test_a_post_that_two_sources_drop_counts_once_as_deleted(site: Site) -> None:
    dropped = "INSERT INTO dropped_post VALUES ('douyin', '2', '2026-11-20', %s, %s, NULL) RETURNING 1"
    for source, reason in (("a", "not_health"), ("b", "deleted")):
        rows(site, dropped, source, reason)
    assert rows(site, FATES, world.DAY) == [("2", "deleted")]


def test_a_dropped_post_that_came_twice_leaves_no_bytes_behind(site: Site) -> None:
    deliver(site, A_DAY[3], video(4, "今天天气真好出门走一走吧", liked_count="77"))
    work(site)
    steps.close_day(site, world.DAY)
    assert rows(site, "SELECT count(*) FROM raw_record") == [(0,)]


def test_a_source_that_only_repeats_itself_has_delivered(site: Site) -> None:
    deliver(site, A_DAY[3])
    collect(site)
    deliver(site, A_DAY[3], day=LATER)
    collect(site, LATER)
    assert steps.close_day(site, LATER).problems == []


def test_rows_over_the_budget_are_counted_and_stay(site: Site) -> None:
    site.__dict__["settings"] = msgspec.structs.replace(
        site.settings, report=msgspec.structs.replace(site.settings.report, daily_budget=1)
    )
    deliver(site, *A_DAY)
    work(site)
    assert steps.close_day(site, world.DAY).below_capacity == 1
    assert len(rows(site, TABLE, world.DAY)) == 2


def test_the_report_names_what_an_operator_should_look_at(site: Site) -> None:
    deliver(site, *A_DAY)
    collect(site)
    problems = "\n".join(steps.close_day(site, world.DAY).problems)
    assert "1 of 5 records cannot be read (20.0%)" in problems
    assert "3 posts are due: not judged or flagged yet" in problems
    assert "douyin delivered nothing for 2026-11-21" in steps.close_day(site, date(2026, 11, 21)).problems[0]


def test_the_share_that_cannot_be_read_is_of_all_that_a_source_delivered(site: Site) -> None:
    dropped = [video(n, f"今天天气真好出门走一走吧{n}") for n in range(1, 121)]
    kept = [video(n, f"包饺子放点醋更香呀{n}") for n in range(200, 220)]
    sources = {n: SourceSettings(format="douyin-mediacrawler", path=f"{n}/{{date}}/*.jsonl") for n in ("one", "two")}
    site.__dict__["settings"] = msgspec.structs.replace(site.settings, source=sources)
    for name, broken in (("two", [b"{broken"]), ("one", [])):
        path = site.settings.root / name / world.DAY.isoformat() / "a.jsonl"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"\n".join([*dropped, *kept, *broken]))
        steps.collect(site, name, *site.interval(world.DAY))
    steps.judge_due(site)
    for _ in range(2):  # the bytes of what was dropped go when the day is closed
        report = steps.close_day(site, world.DAY)
        assert (report.problems, report.fates["quarantined"]) == ([], 1)


def test_what_is_old_and_was_never_flagged_is_forgotten(site: Site) -> None:
    deliver(site, *A_DAY)
    work(site)
    assert steps.forget_old(site, world.DAY + timedelta(days=400)) == {}.fromkeys(
        ("raw", "drops", "documents", "versions", "posts", "texts", "observations", "accounts"), 0
    )
    assert steps.forget_old(site, world.DAY + timedelta(days=401)) == {
        "raw": 5,
        "drops": 1,
        "documents": 1,
        "versions": 1,
        "posts": 1,
        "texts": 1,
        "observations": 0,
        "accounts": 0,
    }
    assert len(rows(site, TABLE, world.DAY)) == 2


COUNTED = """
INSERT INTO account_observation (account_key, observed_at, follower_count, lower_bound, collected_for)
SELECT account_key, d, 500, false, d FROM account, unnest(%s::date[]) AS d RETURNING 1
"""


def test_an_account_without_posts_is_forgotten_and_old_counts_of_others(site: Site) -> None:
    deliver(site, A_DAY[2])
    work(site)
    rows(site, COUNTED, [EARLIER, world.DAY])
    forgotten = steps.forget_old(site, world.DAY + timedelta(days=400))
    assert (forgotten["observations"], forgotten["accounts"]) == (1, 0)
    forgotten = steps.forget_old(site, world.DAY + timedelta(days=401))
    assert (forgotten["posts"], forgotten["accounts"]) == (1, 1)
    assert rows(site, "SELECT count(*) FROM account_observation") == [(0,)]


def test_a_whole_day_without_airflow(site: Site) -> None:
    deliver(site, *A_DAY)
    run = steps.run_day(site, world.DAY)
    assert (run.report.flagged, run.failures) == (2, {})
    assert steps.run_day(site, world.DAY).report.flagged == 2


DECISION = """
INSERT INTO review_decision (flag_id, reviewer, outcome, reason, decided_at)
VALUES (%s, 'a', %s, 'unspecified', %s) RETURNING 1
"""


@pytest.mark.parametrize(
    ("outcomes", "decided_at", "history"),
    [
        (["contradicts_guidance"], "2026-11-19 12:00+00", 1.1),
        (["not_misinformation"], "2026-11-19 12:00+00", 1.0),
        (["contradicts_guidance", "not_misinformation"], "2026-11-19 12:00+00", 1.0),
        (["contradicts_guidance"], "2026-11-21 12:00+00", 1.0),
        ([], "", 1.0),
    ],
)
def test_only_flags_that_a_person_confirmed_in_time_weigh_on_the_account(
    site: Site, outcomes: list[str], decided_at: str, history: float
) -> None:
    deliver(site, A_DAY[0], day=date(2026, 11, 19))
    work(site, date(2026, 11, 19))
    [(flag_id,)] = rows(site, "SELECT flag_id FROM flag WHERE guidance_id = 'WHO-002'")
    for outcome in outcomes:
        rows(site, DECISION, flag_id, outcome, decided_at)
    deliver(site, A_DAY[1])
    work(site)
    assert rows(site, "SELECT (factors->>'history')::float FROM flag WHERE guidance_id = 'WHO-001'") == [(history,)]


# ---- the day of a flag --------------------------------------------------------------------------------

DAYS_OF_FLAGS = "SELECT day, is_late, is_after_close FROM flagged_posts_daily ORDER BY day, rank"
EARLIER, LATER = date(2026, 11, 19), date(2026, 11, 21)


def test_a_post_that_repeats_a_rejudged_text_later_belongs_to_its_own_day(site: Site) -> None:
    deliver(site, A_DAY[2], day=EARLIER)
    work(site, EARLIER)
    changed_judge(site, version="judge-two")
    steps.rejudge(site, EARLIER, on=world.DAY)
    steps.judge_due(site)
    steps.raise_flags(site)
    deliver(site, video(33, "包饺子也许放点醋更香呀"), day=LATER)
    work(site, LATER)
    assert rows(site, DAYS_OF_FLAGS) == [(world.DAY, False, False), (LATER, False, False)]


def test_rejudging_takes_no_text_that_was_never_judged_from_its_day(site: Site) -> None:
    deliver(site, A_DAY[1])
    collect(site)
    steps.rejudge(site, EARLIER, on=LATER)
    steps.judge_due(site)
    steps.raise_flags(site)
    assert rows(site, DAYS_OF_FLAGS) == [(world.DAY, False, False)]


def test_a_flag_that_moves_to_an_earlier_closed_day_comes_late(site: Site) -> None:
    deliver(site, A_DAY[1])
    work(site)
    steps.close_day(site, world.DAY)
    steps.close_day(site, EARLIER)
    deliver(site, A_DAY[1], day=EARLIER)
    work(site, EARLIER)
    assert rows(site, DAYS_OF_FLAGS) == [(EARLIER, True, True)]


def test_a_later_judges_flag_does_not_take_over_a_row_of_a_closed_day(site: Site) -> None:
    deliver(site, video(5, "大蒜水能杀死病毒，喝白酒也行"))
    tell(site, world.ToldJudge({"大蒜水": ["WHO-001"]}))
    work(site)
    steps.close_day(site, world.DAY)
    tell(site, world.ToldJudge({"喝白酒": ["WHO-002"]}, version="two", model_sha256="two"))
    steps.judge_due(site)
    steps.raise_flags(site)
    assert rows(site, "SELECT guidance_id, is_after_close, other_flags FROM flagged_posts_daily") == [
        ("WHO-001", False, 1)
    ]


def test_urgent_flags_are_told_until_somebody_has_been_told(site: Site) -> None:
    deliver(site, *A_DAY)
    work(site)
    message, flag_ids = steps.untold_urgent(site)
    assert message == "1 new flags of severity S4 in the table of 2026-11-20"
    assert steps.untold_urgent(site) == (message, flag_ids)
    steps.mark_told(site, flag_ids)
    assert steps.untold_urgent(site) == ("", [])


def test_a_text_that_is_judged_but_not_flagged_yet_is_due(site: Site) -> None:
    deliver(site, A_DAY[1])
    collect(site)
    steps.judge_due(site)
    assert rows(site, FATES, world.DAY) == [("2", "due")]
    assert not steps.is_idle(site)
