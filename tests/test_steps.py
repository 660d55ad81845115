"""The steps over a real database: what is due, what is flagged, what a close keeps."""

import json
import os
import zlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pipeline import db, steps
from pipeline.errors import ConfigError, SourceError
from pipeline.settings import ScopeSettings, Settings, SourceSettings
from pipeline.site import Site
from tests import world
from tests.sources.samples import DOUYIN

CONFIG = Settings(
    source={"douyin": SourceSettings(format="douyin-mediacrawler", path="drop/{date}/*.jsonl")},
    scope=ScopeSettings(min_characters=4),
)


def _tell(site: Site, judge: world.ToldJudge) -> None:
    site.__dict__["judge"] = judge
    site.__dict__["judge_parts"] = {key: value for key, value in judge.parts.items() if key != "model"}


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    found = Site(msgspec.structs.replace(CONFIG, root=tmp_path, database_url=database_url))
    _tell(found, world.ToldJudge({"大蒜水": ["WHO-001"], "喝白酒": ["WHO-002", "WHO-003"]}))
    found.__dict__["guidance"] = world.GUIDANCE
    found.__dict__["screen"] = lambda folded: "天气" not in folded
    yield found
    found.engine.dispose()


def video(number: int, text: str, **changed: Any) -> bytes:
    record = {**DOUYIN, "aweme_id": str(number), "title": text, "desc": text, **changed}
    return json.dumps(record, ensure_ascii=False).encode()


def deliver(site: Site, *lines: bytes, day: date = world.DAY, name: str = "one.jsonl") -> Path:
    path = site.settings.root / "drop" / day.isoformat() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def collect(site: Site, day: date = world.DAY, **options: Any) -> dict[str, int]:
    return steps.collect(site, "douyin", *site.interval(day), **options)


def work(site: Site, day: date = world.DAY) -> None:
    collect(site, day)
    steps.judge_due(site)
    steps.raise_flags(site)


def rows(site: Site, query: str, *values: object) -> list[tuple[Any, ...]]:
    with db.transaction(site.engine) as connection:
        return connection.execute(query, values).fetchall()


TABLE = (
    "SELECT rank, platform_post_id, claim, guidance_id, severity, other_flags FROM flagged_posts_daily WHERE day = %s"
)
FATES = "SELECT platform_post_id, fate FROM posts_seen_daily WHERE day = %s ORDER BY 1, 2"
A_DAY = (
    video(1, "邻居说早上喝白酒就不会得病"),
    video(2, "大蒜水能杀死病毒"),
    video(3, "包饺子也许放点醋更香呀"),
    video(4, "今天天气真好出门走一走吧"),
    b"{broken",
)


# ---- collect ------------------------------------------------------------------------------------------


def test_a_day_is_collected_judged_and_flagged(site: Site) -> None:
    deliver(site, *A_DAY)
    work(site)
    assert rows(site, TABLE, world.DAY) == [
        (1, "1", "喝白酒", "WHO-002", "S4", 1),
        (2, "2", "大蒜水", "WHO-001", "S3", 0),
    ]
    fates = [("", "quarantined"), ("1", "flagged"), ("2", "flagged"), ("3", "maybe"), ("4", "not_health")]
    assert rows(site, FATES, world.DAY) == fates


def test_running_everything_again_changes_nothing(site: Site) -> None:
    deliver(site, *A_DAY)
    work(site)
    before = rows(site, "SELECT * FROM flagged_posts_daily ORDER BY day, rank")
    assert collect(site) == {"files": 0, "records": 0, "files_unchanged": 1}
    assert collect(site, reread=True)["unchanged"] == 5
    work(site)
    assert rows(site, "SELECT * FROM flagged_posts_daily ORDER BY day, rank") == before


def test_a_file_that_has_grown_is_read_again(site: Site) -> None:
    deliver(site, A_DAY[0])
    collect(site)
    deliver(site, *A_DAY)
    assert collect(site)["stored"] == 4


def test_a_broken_file_fails_after_everything_else_is_stored(site: Site) -> None:
    (site.settings.root / "drop" / "2026-11-20").mkdir(parents=True)
    (site.settings.root / "drop" / "2026-11-20" / "cut.jsonl.gz").write_bytes(b"\x1f\x8bnot gzip")
    site.__dict__["settings"] = msgspec.structs.replace(
        site.settings, source={"douyin": SourceSettings(format="douyin-mediacrawler", path="drop/{date}/*")}
    )
    deliver(site, *A_DAY[:2])
    with pytest.raises(SourceError, match=r"cut\.jsonl\.gz"):
        collect(site)
    assert rows(site, "SELECT count(*) FROM post") == [(2,)]
    [(error,)] = rows(site, "SELECT last_error FROM source_state")
    assert "cut.jsonl.gz" in error


def test_a_limit_stops_and_leaves_the_file_unread(site: Site) -> None:
    deliver(site, *A_DAY)
    assert collect(site, limit=2)["records"] == 2
    assert collect(site)["stored"] == 3


def test_an_unknown_source_names_those_there_are(site: Site) -> None:
    with pytest.raises(ConfigError, match=r"\[source\.weibo\]; its sources are: douyin"):
        steps.collect(site, "weibo", *site.interval(world.DAY))


def test_the_day_is_the_local_date_of_the_interval(site: Site) -> None:
    deliver(site, A_DAY[1])
    start = datetime.fromisoformat("2026-11-19T16:00:00+00:00")
    steps.collect(site, "douyin", start, start + timedelta(days=1))
    assert rows(site, "SELECT collected_for FROM post_version") == [(world.DAY,)]


def test_a_deletion_is_recorded_and_erases_nothing(site: Site) -> None:
    deliver(site, A_DAY[1], day=date(2026, 11, 19))
    work(site, date(2026, 11, 19))
    with db.transaction(site.engine) as connection:
        connection.execute("INSERT INTO dropped_post VALUES ('douyin', '2', '2026-11-20', 'douyin', 'deleted', NULL)")
    assert rows(site, "SELECT rank, is_deleted FROM flagged_posts_daily") == [(1, True)]


def test_a_quarantined_record_can_be_replayed(site: Site) -> None:
    deliver(site, b'{"aweme_id": "9", "desc": "\xe5\xa4\xa7\xe8\x92\x9c", "create_time": "never"}')
    collect(site)
    [(raw_id,)] = rows(site, "SELECT raw_id FROM quarantine")
    assert steps.replay_quarantine(site, raw_id)["quarantined"] == 1
    with db.transaction(site.engine) as connection:
        mended = zlib.compress(video(9, "大蒜水包治百病，家家都要备"))
        connection.execute("UPDATE raw_record SET body = %s", [mended])
    assert steps.replay_quarantine(site, raw_id)["quarantined"] == 0
    assert rows(site, "SELECT platform_post_id FROM post") == [("9",)]
    assert steps.replay_quarantine(site, raw_id)["records"] == 0


# ---- judge --------------------------------------------------------------------------------------------


def test_a_text_said_twice_is_judged_once(site: Site) -> None:
    deliver(site, video(1, "大蒜水能杀死病毒"), video(2, "大蒜水能杀死病毒"))
    work(site)
    assert site.judge.seen == ["大蒜水能杀死病毒"]  # type: ignore[attr-defined]
    assert len(rows(site, TABLE, world.DAY)) == 2


def test_a_text_the_judge_breaks_on_holds_up_no_other(site: Site) -> None:
    deliver(site, video(1, "爆炸一样的大蒜水很长很长"), A_DAY[1])
    work(site)
    assert rows(site, FATES, world.DAY) == [("1", "failed"), ("2", "flagged")]
    assert "ArithmeticError" in rows(site, "SELECT judge_error FROM post_text WHERE judge_error IS NOT NULL")[0][0]


def test_a_broken_judge_fails_the_run_and_marks_no_text(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(site, *A_DAY)
    collect(site)
    monkeypatch.setattr(steps, "HARMLESS", "炸")
    deliver(site, video(8, "爆炸一样的大蒜水很长很长"), name="two.jsonl")
    collect(site)
    with pytest.raises(ArithmeticError):
        steps.judge_due(site)
    assert rows(site, "SELECT count(*) FROM post_text WHERE judge_error IS NOT NULL OR judged_version IS NOT NULL") == [
        (0,)
    ]


def test_a_judge_that_is_known_is_opened_only_for_work(site: Site) -> None:
    deliver(site, *A_DAY)
    work(site)
    del site.__dict__["judge"]
    assert steps.judge_due(site) == {"judged": 0}
    assert "judge" not in site.__dict__


def test_shards_are_as_many_as_there_is_work_for(site: Site) -> None:
    assert steps.judge_shards(site) == []
    deliver(site, *A_DAY)
    collect(site)
    assert steps.judge_shards(site) == [0]


def test_workers_skip_what_another_is_at(site: Site) -> None:
    deliver(site, *A_DAY)
    collect(site)
    with db.transaction(site.engine) as other:
        taken = db.run(other, "judge.take_due", batch_size=2).fetchall()
        assert steps.judge_due(site)["judged"] == 3 - len(taken)
    assert steps.judge_due(site)["judged"] == len(taken)


def changed_judge(site: Site, **parts: Any) -> world.ToldJudge:
    judge = world.ToldJudge({"大蒜水": ["WHO-001"], "放点醋": ["WHO-003"]}, **parts)
    _tell(site, judge)
    return judge


def test_a_new_model_judges_the_last_days_again_and_no_older_ones(site: Site) -> None:
    deliver(site, video(7, "很久以前的一个视频大蒜水"), day=date(2026, 11, 1))
    deliver(site, *A_DAY)
    work(site, date(2026, 11, 1))
    work(site)
    judge = changed_judge(site, version="judge-two", model_sha256="model-two")
    steps.judge_due(site)
    steps.raise_flags(site)
    assert len(judge.seen) == 3
    assert [row[1] for row in rows(site, TABLE, world.DAY)] == ["1", "2", "3"]


def test_a_change_of_wording_makes_nothing_due(site: Site) -> None:
    deliver(site, *A_DAY)
    work(site)
    judge = changed_judge(site, version="judge-reworded")
    assert steps.judge_due(site) == {"judged": 0}
    assert judge.seen == []


def test_what_a_rejudge_finds_belongs_to_its_own_day(site: Site) -> None:
    deliver(site, *A_DAY)
    work(site)
    changed_judge(site, version="judge-two")
    assert steps.rejudge(site, since=date(2026, 11, 1), on=date(2026, 12, 24)) == 3
    steps.judge_due(site)
    steps.raise_flags(site)
    assert [row[1] for row in rows(site, TABLE, date(2026, 12, 24))] == ["3"]
    assert [row[1] for row in rows(site, TABLE, world.DAY)] == ["1", "2"]


def test_rejudging_one_position_takes_only_texts_near_it(site: Site) -> None:
    deliver(site, *A_DAY)
    work(site)
    assert steps.rejudge(site, date(2026, 11, 1), date(2026, 12, 24), guidance_id="WHO-002") == 1


# ---- flag and close -----------------------------------------------------------------------------------


def test_no_second_flag_where_a_person_has_decided(site: Site) -> None:
    deliver(site, A_DAY[1])
    work(site)
    rows(site, "UPDATE flag SET status = 'decided' RETURNING 1")
    _tell(site, world.ToldJudge({"大蒜水": ["WHO-003"]}, version="two", model_sha256="two"))
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
    assert "3 posts are not judged yet" in problems
    assert "douyin delivered nothing for 2026-11-21" in steps.close_day(site, date(2026, 11, 21)).problems[0]


def test_what_is_old_and_was_never_flagged_is_forgotten(site: Site) -> None:
    deliver(site, *A_DAY)
    work(site)
    assert steps.forget_old(site, world.DAY + timedelta(days=400)) == {}.fromkeys(
        ("raw", "drops", "versions", "posts", "texts"), 0
    )
    assert steps.forget_old(site, world.DAY + timedelta(days=401)) == {
        "raw": 5,
        "drops": 1,
        "versions": 1,
        "posts": 1,
        "texts": 1,
    }
    assert len(rows(site, TABLE, world.DAY)) == 2


def test_a_whole_day_without_airflow(site: Site) -> None:
    deliver(site, *A_DAY)
    run = steps.run_day(site, world.DAY)
    assert (run.report.flagged, run.failures) == (2, {})
    assert steps.run_day(site, world.DAY).report.flagged == 2


DECISION = """
INSERT INTO review_decision (flag_id, reviewer, outcome, reason, decided_at)
VALUES (%s, 'a', %s, '', %s) RETURNING 1
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


def test_an_unknown_format_holds_back_no_other_source(site: Site) -> None:
    wrong = SourceSettings(format="myspace", path="*")
    site.__dict__["settings"] = msgspec.structs.replace(site.settings, source={"one": wrong, **site.settings.source})
    deliver(site, *A_DAY)
    run = steps.run_day(site, world.DAY)
    assert (run.report.flagged, list(run.failures)) == (2, ["one"])


def test_a_failure_that_quotes_hostile_bytes_can_be_noted(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise SourceError("it said a\x00b\x1b[31m\ud800")

    monkeypatch.setattr(steps, "_collect_documents", fail)
    with pytest.raises(SourceError):
        collect(site)
    assert rows(site, "SELECT last_error FROM source_state") == [("it said a\ufffdb\ufffd[31m\ufffd",)]


def test_a_file_whose_name_is_not_utf8_is_read(site: Site) -> None:
    folder = site.settings.root / "drop" / "2026-11-20"
    folder.mkdir(parents=True)
    Path(os.fsdecode(os.fsencode(folder) + b"/\xb4\xf3.jsonl")).write_bytes(A_DAY[1] + b"\n")
    assert collect(site)["stored"] == 1
    assert collect(site)["files_unchanged"] == 1
