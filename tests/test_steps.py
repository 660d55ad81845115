"""The steps over a real database: what is collected, what is due, what is judged."""

import os
import zlib
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from pipeline import db, land, steps
from pipeline.errors import ConfigError, SourceError
from pipeline.records import Guidance
from pipeline.site import Site
from pipeline.source_settings import SourceSettings
from tests import world
from tests.stepping import A_DAY, FATES, TABLE, changed_judge, collect, deliver, rows, tell, video, work

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
    assert collect(site) == {"documents": 0, "records": 0, "documents_unchanged": 1}
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


def test_topics_choose_the_positions_that_are_watched(site: Site, shipped: Guidance) -> None:
    def with_topic(topic: str) -> Site:
        scope = msgspec.structs.replace(site.settings.scope, topics=(topic,))
        found = Site(msgspec.structs.replace(site.settings, scope=scope))
        found.__dict__["guidance"] = shipped
        return found

    assert site.watched == ["WHO-001", "WHO-002", "WHO-003"]
    with pytest.raises(ConfigError, match=r"'stars' is no topic of guidance/; they are .*vaccine-safety"):
        _ = with_topic("stars").watched
    assert with_topic("rabies").watched == ["WHO-027", "WHO-028"]


def test_keywords_count_as_health_in_collecting_and_judging_alike(site: Site) -> None:
    def with_keywords(*words: str) -> Site:
        scope = msgspec.structs.replace(site.settings.scope, keywords=words)
        return Site(msgspec.structs.replace(site.settings, scope=scope))

    own, plain = with_keywords("老王家的水晶"), with_keywords()
    assert own.screen("老王家的水晶真管用")
    assert not plain.screen("老王家的水晶真管用")
    assert own.lexicon.version != plain.lexicon.version
    with pytest.raises(ConfigError, match=r"\[scope\] keywords: '#' holds no letter"):
        _ = with_keywords("#").screen


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
    assert land.replay_quarantine(site, raw_id)["quarantined"] == 1
    with db.transaction(site.engine) as connection:
        mended = zlib.compress(video(9, "大蒜水包治百病，家家都要备"))
        connection.execute("UPDATE raw_record SET body = %s", [mended])
    assert land.replay_quarantine(site, raw_id)["quarantined"] == 0
    assert rows(site, "SELECT platform_post_id FROM post") == [("9",)]
    assert land.replay_quarantine(site, raw_id)["records"] == 0


def test_a_record_that_comes_again_mended_leaves_the_quarantine(site: Site) -> None:
    deliver(site, b'{"aweme_id": "9", "desc": "\xe5\xa4\xa7\xe8\x92\x9c", "create_time": "never"}', b"{broken")
    collect(site)
    assert [fate for _, fate in rows(site, FATES, world.DAY)] == ["quarantined", "quarantined"]
    deliver(site, video(9, "大蒜水包治百病，家家都要备"))
    collect(site)
    assert rows(site, FATES, world.DAY) == [("", "quarantined"), ("9", "due")]


def test_a_broken_record_that_comes_after_a_good_one_stays_in_quarantine(site: Site) -> None:
    broken = b'{"aweme_id": "9", "desc": "\xe5\xa4\xa7\xe8\x92\x9c", "create_time": "never"}'
    deliver(site, video(9, "大蒜水包治百病，家家都要备"), broken)
    collect(site)
    collect(site, reread=True)
    assert rows(site, FATES, world.DAY) == [("9", "due"), ("9", "quarantined")]


# ---- judge --------------------------------------------------------------------------------------------


def test_texts_with_claims_can_be_searched_also_those_judged_before_there_was_a_search(site: Site) -> None:
    def found(word: str) -> list[tuple[str]]:
        has = (
            "SELECT document FROM text_words JOIN post_text USING (content_hash) WHERE words @@ %s::tsquery ORDER BY 1"
        )
        return rows(site, has, word)

    deliver(site, *A_DAY)
    work(site)
    assert (found("蒜"), found("醋 & 放"), found("天")) == ([("大蒜水能杀死病毒",)], [("包饺子也许放点醋更香呀",)], [])
    with db.transaction(site.engine) as connection:
        connection.execute("DELETE FROM text_words")
        connection.execute("UPDATE post_text SET is_indexed = false")
    steps.judge_due(site)
    assert (found("蒜"), rows(site, "SELECT DISTINCT is_indexed FROM post_text")) == (
        [("大蒜水能杀死病毒",)],
        [(True,)],
    )


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


def test_going_back_to_an_earlier_judge_makes_the_last_days_due_again(site: Site) -> None:
    first = site.judge
    deliver(site, *A_DAY)
    work(site)
    changed_judge(site, version="judge-two", model_sha256="model-two")
    steps.judge_due(site)
    tell(site, first)  # type: ignore[arg-type]
    assert steps.judge_due(site) == {"judged": 0}  # what it said before holds again
    assert rows(site, "SELECT DISTINCT judged_version FROM post_text") == [(first.version,)]


def test_what_a_rejudge_finds_belongs_to_its_own_day(site: Site) -> None:
    deliver(site, *A_DAY)
    work(site)
    changed_judge(site, version="judge-two")
    assert steps.rejudge(site, since=date(2026, 11, 1), on=date(2026, 12, 24)) == 3
    steps.judge_due(site)
    steps.raise_flags(site)
    assert [row[1] for row in rows(site, TABLE, date(2026, 12, 24))] == ["3"]
    assert [row[1] for row in rows(site, TABLE, world.DAY)] == ["1", "2"]


def test_an_unknown_format_holds_back_no_other_source(site: Site) -> None:
    wrong = SourceSettings(format="myspace", path="*")
    site.__dict__["settings"] = msgspec.structs.replace(site.settings, source={"one": wrong, **site.settings.source})
    deliver(site, *A_DAY)
    run = steps.run_day(site, world.DAY)
    assert (run.report.flagged, list(run.failures)) == (2, ["one"])


def test_a_failure_that_quotes_hostile_bytes_can_be_noted(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise SourceError("it said a\x00b\x1b[31m\ud800")

    monkeypatch.setattr(land._Run, "collect", fail)
    with pytest.raises(SourceError):
        collect(site)
    assert rows(site, "SELECT last_error FROM source_state") == [("it said a\ufffdb\ufffd[31m\ufffd",)]


def test_a_file_whose_name_is_not_utf8_is_read(site: Site) -> None:
    folder = site.settings.root / "drop" / "2026-11-20"
    folder.mkdir(parents=True)
    Path(os.fsdecode(os.fsencode(folder) + b"/\xb4\xf3.jsonl")).write_bytes(A_DAY[1] + b"\n")
    assert collect(site)["stored"] == 1
    assert collect(site)["documents_unchanged"] == 1
