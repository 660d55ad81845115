"""The sample days through a scheduler that does what it is told to: nothing twice, nothing hidden."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from http import HTTPStatus
from pathlib import Path

import msgspec
import pytest

from pipeline.errors import DatabaseError, ServiceError
from pipeline.local import run as main
from pipeline.local.api import ApiError, Client, Run
from pipeline.local.sample import SAMPLE_DAYS, Hooks, Sample, sample_dags, sample_span
from pipeline.local.supervisor import Supervisor
from pipeline.settings import Settings
from pipeline.source_settings import SourceSettings

SETTINGS = Settings(
    source={
        "douyin": SourceSettings(format="douyin-mediacrawler", path="sample/drop/douyin/{date}/*.jsonl"),
        "tiktok": SourceSettings(format="tiktok-researchapi", path="sample/drop/tiktok/{date}/*.json"),
        "own": SourceSettings(format="tiktok-researchapi", path="/srv/drop/{date}/*.json"),
        "off": SourceSettings(format="tiktok-researchapi", path="sample/drop/tiktok/{date}/*.json", enabled=False),
    }
)


class Scheduler(Client):
    """Ends each run as soon as it is looked at a second time."""

    def __init__(self) -> None:
        super().__init__(9, "", lambda: None)
        self.known: dict[tuple[str, str], Run] = {}
        self.failing: set[str] = set()
        self.busy: list[str] = []
        self.asked: list[str] = []
        self.paused: set[str] = set()

    def dags(self) -> dict[str, bool]:
        return {dag: dag in self.paused for dag in ("collect_douyin", "collect_tiktok", "flag_claims", "report_daily")}

    def unpause(self, dag_id: str) -> None:
        self.paused.discard(dag_id)
        self.asked.append(f"unpause {dag_id}")

    def outstanding(self, dag_id: str, first: datetime, last: datetime) -> int:
        done = [run for run in self.known.values() if run.dag_id == dag_id and run.state != "failed"]
        return len(SAMPLE_DAYS) - len(done)

    def backfill(self, dag_id: str, first: datetime, last: datetime) -> None:
        if dag_id in self.busy:
            self.busy.remove(dag_id)
            raise ApiError("POST /api/v2/backfills", HTTPStatus.CONFLICT, "already running")
        self.asked.append(f"backfill {dag_id}")
        for day in SAMPLE_DAYS:
            self._add(dag_id, f"backfill__{day}", datetime.combine(day, datetime.min.time(), SETTINGS.zone))

    def trigger(self, dag_id: str, run_id: str, conf: dict[str, object]) -> None:
        self.asked.append(f"{dag_id} {conf.get('day', '')}".strip())
        self._add(dag_id, run_id, None)

    def runs(self, dag_id: str, **filters: str | list[str]) -> list[Run]:
        prefix = str(filters.get("run_id_prefix_pattern", ""))
        found = [run for run in self.known.values() if dag_id in ("~", run.dag_id) and run.run_id.startswith(prefix)]
        shown = [run for run in found if "state" not in filters or run.state in filters["state"]]
        for run in found:
            state = "failed" if run.dag_id in self.failing else "success"
            self.known[run.dag_id, run.run_id] = msgspec.structs.replace(run, state=state)
        return shown

    def reason(self, run: Run) -> str:
        return "collect: SourceError: the folder is gone"

    def _add(self, dag_id: str, run_id: str, start: datetime | None) -> None:
        self.known[dag_id, run_id] = Run(dag_id, run_id, "queued", start)


@dataclass
class Desk:
    """A sample run with its scheduler and what was said and closed."""

    scheduler: Scheduler
    said: list[str] = field(default_factory=list)
    closed: list[date] = field(default_factory=list)

    def run(self, home: Path, is_idle: Callable[[], bool] = lambda: True, settings: Settings = SETTINGS) -> int:
        hooks = Hooks(
            prepare=lambda _: None,
            is_idle=lambda _: is_idle(),
            show=lambda _, day: f"[table of {day}]",
            closed=lambda _, day: self.closed.append(day),
        )
        return Sample(settings, self.scheduler, Supervisor(home, self.said.append), hooks).run()


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr("pipeline.local.supervisor.PAUSE", 0.0)
    monkeypatch.setattr("pipeline.local.sample.PATIENCE", 0.0)
    return Desk(Scheduler())


def test_collects_judges_closes_and_shows(desk: Desk, tmp_path: Path) -> None:
    assert desk.run(tmp_path) == 0
    reports = [f"report_daily {day}" for day in SAMPLE_DAYS]
    assert desk.scheduler.asked == ["backfill collect_douyin", "backfill collect_tiktok", *reports]
    assert desk.closed == list(SAMPLE_DAYS)
    assert desk.said[-1].endswith("[table of 2026-11-20]")


def test_a_second_time_starts_nothing_and_shows_the_same(desk: Desk, tmp_path: Path) -> None:
    desk.run(tmp_path)
    shown = desk.said[-1]
    desk.scheduler.asked.clear()
    assert desk.run(tmp_path) == 0
    assert desk.scheduler.asked == []
    assert desk.said[-1] == shown


def test_a_source_that_fails_is_named_and_holds_back_no_other(desk: Desk, tmp_path: Path) -> None:
    desk.scheduler.failing = {"collect_douyin"}
    assert desk.run(tmp_path) == 1
    assert "collect_douyin failed for 2026-11-18: collect: SourceError: the folder is gone" in desk.said
    assert not any("collect_tiktok failed" in text for text in desk.said)
    assert desk.closed == list(SAMPLE_DAYS)


def test_a_failed_source_is_tried_again_the_next_time(desk: Desk, tmp_path: Path) -> None:
    desk.scheduler.failing = {"collect_douyin"}
    desk.run(tmp_path)
    desk.scheduler.failing = set()
    desk.scheduler.asked.clear()
    assert desk.run(tmp_path) == 0
    assert desk.scheduler.asked[0] == "backfill collect_douyin"
    assert "backfill collect_tiktok" not in desk.scheduler.asked


def test_waits_for_a_backfill_that_is_still_counted_as_running(desk: Desk, tmp_path: Path) -> None:
    desk.scheduler.busy = ["collect_tiktok", "collect_tiktok"]
    assert desk.run(tmp_path) == 0
    assert desk.scheduler.asked.count("backfill collect_tiktok") == 1


def test_starts_the_judge_where_nothing_else_does(desk: Desk, tmp_path: Path) -> None:
    answers = iter([False, False, False, True])
    assert desk.run(tmp_path, is_idle=lambda: next(answers)) == 0
    assert "flag_claims" in desk.scheduler.asked


def test_a_database_that_comes_back_is_waited_for(desk: Desk, tmp_path: Path) -> None:
    answers = iter([DatabaseError("gone"), DatabaseError("gone"), None])

    def is_idle() -> bool:
        if error := next(answers):
            raise error
        return True

    assert desk.run(tmp_path, is_idle=is_idle) == 0


def test_a_database_that_stays_away_ends_the_job(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.local.sample.OUTAGE", 0.0)

    def is_idle() -> bool:
        raise DatabaseError("gone")

    with pytest.raises(DatabaseError, match="gone"):
        desk.run(tmp_path, is_idle=is_idle)


def test_gives_up_judging_that_never_ends_but_shows_what_there_is(desk: Desk, tmp_path: Path) -> None:
    desk.scheduler.failing = {"flag_claims"}
    assert desk.run(tmp_path, is_idle=lambda: False) == 1
    assert desk.scheduler.asked.count("flag_claims") == 5
    assert any(text.startswith("flag_claims has run 5 times and texts are still due") for text in desk.said)
    assert desk.said[-1].endswith("[table of 2026-11-20]")


def test_a_paused_dag_is_taken_up_only_for_work(desk: Desk, tmp_path: Path) -> None:
    desk.scheduler.paused = {"collect_douyin"}
    desk.run(tmp_path)
    assert "unpause collect_douyin" in desk.scheduler.asked
    desk.scheduler.paused = {"collect_douyin"}
    desk.run(tmp_path)
    assert desk.scheduler.paused == {"collect_douyin"}


def test_sources_of_your_own_are_not_backfilled_with_sample_days(desk: Desk, tmp_path: Path) -> None:
    assert sample_dags(SETTINGS) == ["collect_douyin", "collect_tiktok"]
    own = msgspec.structs.replace(SETTINGS, source={"own": SETTINGS.source["own"]})
    assert desk.run(tmp_path, settings=own) == 0
    assert desk.scheduler.asked == []


def test_the_span_is_the_local_days() -> None:
    first, last = sample_span(SETTINGS)
    assert first.isoformat() == "2026-11-18T00:00:00+08:00"
    assert last.isoformat() == "2026-11-20T23:59:59+08:00"


def test_a_clock_before_the_sample_days_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.0)
    hooks = Hooks(prepare=lambda _: None, is_idle=lambda _: True, show=lambda _, day: str(day))
    settings = msgspec.structs.replace(SETTINGS, home=tmp_path / "home")
    with pytest.raises(ServiceError, match=r"before the end of the sample days.*set the clock right"):
        main.main_job(settings, True, print, hooks)
    assert not (tmp_path / "home").exists()
