"""New and changed guidance over a real database: what becomes due, what is counted, what an expert must see."""

from dataclasses import replace
from datetime import date

import msgspec
import pytest

from pipeline import db, display, report, revise, steps
from pipeline.changes import Change, ChangeKind, screen_words
from pipeline.errors import GuidanceError
from pipeline.records import Expression, Guidance, GuidanceText, Position, Stance
from pipeline.site import Site
from tests import world
from tests.stepping import A_DAY, FATES, TABLE, collect, deliver, rows, tell, video, work

MYTHS = ("发烧吃布洛芬会烧坏脑子", "布洛芬一吃就伤肾", "孩子不能碰布洛芬")
DUE = "SELECT document FROM post_text WHERE judged_version IS NULL ORDER BY document"
MAYBE = "SELECT platform_post_id, guidance_id, needs_expert FROM maybe_posts_daily ORDER BY 1"


def myth(text: str, guidance_id: str) -> GuidanceText:
    return GuidanceText(
        text=text,
        guidance_id=guidance_id,
        stance=Stance.REFUTES,
        expression=Expression.ASSERTS,
        form="title",
        platform=None,
        file="a.yaml",
        line=1,
    )


def guidance(*positions: Position) -> Guidance:
    """The positions of the tests, some in place of others, WHO-004 with three myths about one drug."""
    known = {**world.GUIDANCE.positions, **{p.guidance_id: p for p in positions}}
    others = tuple(myth(f"大蒜水能杀死第{n}种病毒", "WHO-001") for n in range(9))
    texts = tuple(myth(text, "WHO-004") for text in MYTHS if "WHO-004" in known) + others
    return Guidance(known, texts, "changed-guidance")


def edit(site: Site, changed: Guidance) -> None:
    site.__dict__["guidance"] = changed
    site.__dict__.pop("watched", None)


def put_in_force(site: Site, changed: Guidance) -> world.ToldJudge:
    edit(site, changed)
    judge = world.ToldJudge({"大蒜水": ["WHO-001"], "布洛芬": ["WHO-004"]}, version="judge-of-changed-guidance")
    tell(site, judge)
    return judge


@pytest.fixture
def judged(site: Site) -> Site:
    """A site with a day that is judged and flagged, two of whose texts speak of the drug."""
    drug = video(8, "宝宝发烧了给他吃布洛芬行不行"), video(9, "美林就是布洛芬呀姐妹们记住")
    deliver(site, *A_DAY, *drug)
    work(site)
    return site


def test_a_new_position_makes_due_exactly_the_texts_that_its_screen_matches(judged: Site) -> None:
    new = guidance(world.position("WHO-004"))
    edit(judged, new)
    [touched] = revise.guidance_diff(judged).touched
    assert (touched.change, touched.texts, touched.flags) == (Change("WHO-004", ChangeKind.NEW, ()), 2, 0)
    steps.load_guidance(judged)
    judge = put_in_force(judged, new)
    assert steps.judge_due(judged)["judged"] == 2
    assert sorted(judge.seen) == ["宝宝发烧了给他吃布洛芬行不行", "美林就是布洛芬呀姐妹们记住"]
    steps.raise_flags(judged)
    assert {row[1] for row in rows(judged, TABLE, world.DAY)} == {"1", "2", "8", "9"}


def test_a_position_is_judged_as_soon_as_it_is_written_and_flagged_once_it_is_loaded(judged: Site) -> None:
    put_in_force(judged, guidance(world.position("WHO-004")))
    assert steps.judge_due(judged)["judged"] == 2
    assert steps.raise_flags(judged) == {"flagged": 0}
    assert {row[1] for row in rows(judged, MAYBE)} == {"WHO-001"}
    assert {("8", "due"), ("9", "due")} <= set(rows(judged, FATES, world.DAY))
    steps.load_guidance(judged)
    assert steps.raise_flags(judged)["flagged"] == 2
    assert {("8", "flagged"), ("9", "flagged")} <= set(rows(judged, FATES, world.DAY))


def test_a_retired_position_makes_due_exactly_the_texts_compared_with_it(judged: Site) -> None:
    retired = guidance(replace(world.position("WHO-001"), retired=date(2026, 11, 21)))
    edit(judged, retired)
    [touched] = revise.guidance_diff(judged).touched
    assert (touched.change, touched.texts, touched.flags) == (Change("WHO-001", ChangeKind.RETIRED, ("retired",)), 2, 1)
    put_in_force(judged, retired)
    assert judged.watched == ["WHO-002", "WHO-003"]
    revise.register_judge(judged)
    assert [text for (text,) in rows(judged, DUE)] == ["包饺子也许放点醋更香呀", "大蒜水能杀死病毒"]


def test_a_changed_wording_makes_nothing_due(judged: Site) -> None:
    reworded = guidance(world.position("WHO-001", wording="吃大蒜防不了感染。"))
    edit(judged, reworded)
    [touched] = revise.guidance_diff(judged).touched
    assert (touched.change, touched.texts) == (Change("WHO-001", ChangeKind.CHANGED, ("position_zh",)), 0)
    assert steps.load_guidance(judged)["changed"] == 1
    assert revise.guidance_diff(judged).touched == []
    put_in_force(judged, reworded)
    assert steps.judge_due(judged) == {"judged": 0}


def test_where_nothing_tells_a_position_every_text_is_due(judged: Site) -> None:
    put_in_force(judged, replace(guidance(world.position("WHO-005")), texts=()))
    assert steps.judge_due(judged)["judged"] == 5


def test_a_word_that_is_as_frequent_elsewhere_tells_nothing() -> None:
    texts = tuple(
        myth(text, "WHO-004" if n < 2 else "WHO-001") for n, text in enumerate(["药甲", "药乙", "药丙", "药丁"])
    )
    found = screen_words(Guidance({}, texts, "v"), ["WHO-004"], list)
    assert found == {"WHO-004": frozenset()}
    rare = screen_words(Guidance({}, (*texts, *(myth("别的", "WHO-001") for _ in range(4))), "v"), ["WHO-004"], list)
    assert rare == {"WHO-004": frozenset("甲乙")}


def test_an_unknown_position_says_where_to_look(site: Site) -> None:
    with pytest.raises(GuidanceError, match="no WHO-999; `kolwatch guidance list`"):
        revise.position(site, "WHO-999")


# ---- positions that nobody has confirmed --------------------------------------------------------------


@pytest.fixture
def unconfirmed(site: Site) -> Site:
    """A site where WHO-001 is known from memory only."""
    site.__dict__["guidance"] = guidance(replace(world.position("WHO-001"), verification="K"))
    steps.load_guidance(site)
    deliver(site, *A_DAY)
    work(site)
    return site


def test_an_unconfirmed_position_raises_no_row_but_a_maybe_that_needs_an_expert(unconfirmed: Site) -> None:
    assert [row[1] for row in rows(unconfirmed, TABLE, world.DAY)] == ["1"]
    assert rows(unconfirmed, MAYBE) == [("2", "WHO-001", True), ("3", "WHO-001", False)]
    assert ("2", "maybe") in rows(unconfirmed, FATES, world.DAY)
    assert steps.is_idle(unconfirmed)


def test_an_unconfirmed_hit_is_listed_beside_the_flag_that_its_post_has(site: Site) -> None:
    held_back = (replace(world.position(i), verification="K") for i in ("WHO-001", "WHO-003"))
    site.__dict__["guidance"] = guidance(*held_back)
    steps.load_guidance(site)
    deliver(site, video(1, "喝白酒不得病，大蒜水也行"))
    work(site)
    rows(site, "UPDATE flag SET status = 'decided' RETURNING 1")
    assert rows(site, "SELECT guidance_id, other_flags FROM flagged_posts_daily") == [("WHO-002", 0)]
    assert rows(site, "SELECT guidance_id, needs_expert, other_claims, claim FROM maybe_posts_daily") == [
        ("WHO-001", True, 1, "大蒜水")
    ]
    assert rows(site, FATES, world.DAY) == [("1", "flagged")]


def test_a_hit_against_a_retired_position_is_neither_maybe_nor_listed(unconfirmed: Site) -> None:
    edit(unconfirmed, guidance(replace(world.position("WHO-001"), verification="K", retired=date(2026, 11, 21))))
    steps.load_guidance(unconfirmed)
    assert rows(unconfirmed, MAYBE) == [("3", "WHO-001", False)]
    assert ("2", "not_flagged") in rows(unconfirmed, FATES, world.DAY)


def test_a_hit_against_a_position_that_is_not_loaded_hides_no_other_of_its_post(site: Site) -> None:
    deliver(site, video(1, "醋也许更香呀"), video(1, "姜也许更香呀"))
    collect(site)
    steps.judge_due(site)
    not_loaded = (
        "UPDATE claim_stance AS c SET guidance_id = 'WHO-004', probability = 0.4 FROM post_text AS t"
        " WHERE t.content_hash = c.content_hash AND starts_with(t.document, '姜') RETURNING 1"
    )
    assert rows(site, not_loaded) == [(1,)]
    assert rows(site, "SELECT guidance_id, other_claims FROM maybe_posts_daily") == [("WHO-001", 0)]


def test_a_maybe_against_a_position_that_is_not_loaded_is_due_and_a_maybe_once_it_is(site: Site) -> None:
    deliver(site, *A_DAY[2:4])
    collect(site)
    steps.judge_due(site)
    rows(site, "UPDATE claim_stance SET guidance_id = 'WHO-004' RETURNING 1")
    assert (rows(site, MAYBE), rows(site, FATES, world.DAY)) == ([], [("3", "due"), ("4", "not_health")])
    assert "1 posts are due" in steps.close_day(site, world.DAY).problems[0]
    edit(site, guidance(world.position("WHO-004")))
    steps.load_guidance(site)
    assert rows(site, MAYBE) == [("3", "WHO-004", False)]
    assert ("3", "maybe") in rows(site, FATES, world.DAY)


def test_once_somebody_vouches_for_it_its_flags_come_late_to_the_days_that_are_closed(unconfirmed: Site) -> None:
    confirmed = replace(world.position("WHO-001"), verification="K", verified_by="Dr Example, 2026-11-21")
    edit(unconfirmed, guidance(confirmed))
    steps.load_guidance(unconfirmed)
    steps.close_day(unconfirmed, world.DAY)
    assert steps.raise_flags(unconfirmed) == {"flagged": 1, "flagged_S3": 1}
    assert rows(unconfirmed, MAYBE) == [("3", "WHO-001", False)]
    late = (
        "SELECT rank, platform_post_id, is_late, is_after_close FROM flagged_posts_daily WHERE day = %s ORDER BY rank"
    )
    assert rows(unconfirmed, late, world.DAY) == [(1, "1", False, False), (2, "2", True, True)]


def test_a_site_may_flag_against_unconfirmed_positions_too(unconfirmed: Site) -> None:
    chosen = msgspec.structs.replace(unconfirmed.settings.report, flag_unconfirmed=True)
    unconfirmed.__dict__["settings"] = msgspec.structs.replace(unconfirmed.settings, report=chosen)
    assert not steps.is_idle(unconfirmed)
    assert steps.raise_flags(unconfirmed)["flagged"] == 1
    assert {row[1] for row in rows(unconfirmed, TABLE, world.DAY)} == {"1", "2"}


def test_a_flag_against_a_position_the_model_was_not_trained_on_says_so(site: Site) -> None:
    tell(site, world.ToldJudge({"大蒜水": ["WHO-001"], "喝白酒": ["WHO-002"]}, untrained=["WHO-001", "WHO-777"]))
    deliver(site, *A_DAY)
    collect(site)
    steps.judge_due(site)
    steps.raise_flags(site)
    table = report.day_table(site.engine, world.DAY)
    assert [(row["guidance_id"], row["is_untrained"]) for row in table] == [("WHO-002", False), ("WHO-001", True)]
    shown = list(display.day_table(world.DAY, table).columns[4].cells)
    assert [str(cell).partition(" 大蒜")[0] for cell in shown] == ["WHO-002", "WHO-001 (untrained)"]


# ---- several judges, and days long past ---------------------------------------------------------------


def test_a_worker_whose_judge_was_replaced_leaves_what_is_due_to_the_new_one(judged: Site) -> None:
    new = guidance(world.position("WHO-004"))
    steps.load_guidance(judged)
    old_parts = judged.judge_parts
    put_in_force(judged, new)
    revise.register_judge(judged)
    assert len(rows(judged, DUE)) == 2
    with db.transaction(judged.engine) as connection:
        assert revise.is_in_force(judged, connection)
        judged.__dict__["judge_parts"] = old_parts
        assert not revise.is_in_force(judged, connection)
    judged.__dict__["judge_parts"] = {k: v for k, v in judged.judge.parts.items() if k != "model"}
    assert steps.judge_due(judged)["judged"] == 2


def test_a_text_said_again_within_the_last_days_is_compared_with_a_new_position(site: Site) -> None:
    drug = video(8, "宝宝发烧了给他吃布洛芬行不行")
    deliver(site, drug, day=date(2026, 11, 1))
    work(site, date(2026, 11, 1))
    deliver(site, drug, *A_DAY)
    work(site)
    put_in_force(site, guidance(world.position("WHO-004")))
    assert steps.judge_due(site)["judged"] == 1


def test_rejudging_for_a_new_position_takes_old_texts_that_hold_its_words(site: Site) -> None:
    deliver(site, video(8, "宝宝发烧了给他吃布洛芬行不行"), *A_DAY, day=date(2026, 11, 1))
    work(site, date(2026, 11, 1))
    deliver(site, video(20, "今天的大蒜水真不好喝呀"))
    work(site)
    put_in_force(site, guidance(world.position("WHO-004")))
    assert steps.judge_due(site) == {"judged": 0}
    assert steps.rejudge(site, date(2026, 10, 1), world.DAY, "WHO-004") == 1
    with pytest.raises(GuidanceError, match="no WHO-999"):
        steps.rejudge(site, date(2026, 10, 1), world.DAY, "WHO-999")


def test_rejudging_one_position_takes_only_texts_near_it(site: Site) -> None:
    spirits = ("喝白酒能防病", "白酒杀菌护身", "白酒漱口不感染")
    texts = tuple(myth(text, "WHO-002") for text in spirits) + guidance().texts
    edit(site, replace(world.GUIDANCE, texts=texts))
    deliver(site, *A_DAY)
    work(site)
    assert steps.rejudge(site, date(2026, 11, 1), date(2026, 12, 24), guidance_id="WHO-002") == 1


def test_a_retired_position_raises_no_flags_for_what_comes_later(site: Site) -> None:
    deliver(site, A_DAY[1], day=date(2026, 11, 1))
    collect(site, date(2026, 11, 1))
    steps.judge_due(site)
    edit(site, guidance(replace(world.position("WHO-001"), retired=date(2026, 11, 21))))
    steps.load_guidance(site)
    assert steps.raise_flags(site) == {"flagged": 0}


def test_a_position_that_left_guidance_is_told_as_gone(judged: Site) -> None:
    remaining = {i: p for i, p in world.GUIDANCE.positions.items() if i != "WHO-001"}
    edit(judged, replace(world.GUIDANCE, positions=remaining))
    [touched] = revise.guidance_diff(judged).touched
    assert (touched.change.guidance_id, touched.change.kind, touched.texts) == ("WHO-001", ChangeKind.GONE, 2)
