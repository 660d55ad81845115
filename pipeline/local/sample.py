"""The bundled sample drop, sent through the scheduler: collected by a backfill, judged, reported, shown."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from http import HTTPStatus

from pipeline.errors import DatabaseError
from pipeline.local.api import ApiError, Client, Run
from pipeline.local.supervisor import Supervisor
from pipeline.settings import Settings

SAMPLE_DAYS = (date(2026, 11, 18), date(2026, 11, 19), date(2026, 11, 20))
SAMPLE_FOLDER = "sample/"
PREFIX = "sample__"
SAY_EVERY = 10.0
MOST_JUDGE_RUNS = 5
PATIENCE = 5.0
SETTLE = 30.0
OUTAGE = 60.0


@dataclass(frozen=True)
class Hooks:
    """What the main job calls for the parts that are not about processes."""

    prepare: Callable[[Settings], None]
    """Migrate the database and load the guidance."""
    is_idle: Callable[[Settings], bool]
    """Whether nothing is due any more: no text to judge and no flag to raise."""
    show: Callable[[Settings, date], str]
    """The table of a day, for the terminal."""
    closed: Callable[[Settings, date], None] = lambda _settings, _day: None
    """Told of each day that this run has closed."""


@dataclass
class Sample:
    """One way through the sample days; what an earlier run has done is not done again."""

    settings: Settings
    client: Client
    supervisor: Supervisor
    hooks: Hooks
    failed: bool = False

    def run(self) -> int:
        """The exit status: 1 if a run failed; the others are done all the same."""
        known = self.client.dags()
        wanted = sample_dags(self.settings)
        dags = [dag for dag in wanted if dag in known]
        self.failed = len(dags) < len(wanted)
        if not dags:
            self.say("no source reads the sample drop; waiting for what the schedule brings")
            return int(self.failed)
        collected = self.collect(dags)
        self.judge()
        self.report(again=collected)
        self.say(f"the table of {SAMPLE_DAYS[-1]}:\n{self.hooks.show(self.settings, SAMPLE_DAYS[-1])}")
        return int(self.failed)

    def say(self, text: str) -> None:
        self.supervisor.say(text)

    # ---- collect ------------------------------------------------------------------------------------------

    def collect(self, dags: list[str]) -> bool:
        """Backfill what these DAGs have not done of the sample days; True if that was anything."""
        first, last = sample_span(self.settings)
        due = {dag: self.client.outstanding(dag, first, last) for dag in dags}
        waiting = [dag for dag, count in due.items() if count]
        if waiting:
            days = f"{SAMPLE_DAYS[0]} to {SAMPLE_DAYS[-1]}"
            self.say(f"backfilling {sum(due.values())} runs of {len(waiting)} collect DAGs for {days}")
        anything = bool(waiting)
        told = time.monotonic()
        while True:
            waiting = [dag for dag in waiting if not self.start_backfill(dag, first, last)]
            runs = self.runs_between(dags, first, last)
            if not waiting and all(run.finished for run in runs):
                break
            anything = True
            if time.monotonic() - told > SAY_EVERY:
                told = time.monotonic()
                self.say(f"collecting: {sum(run.finished for run in runs)} of {len(runs)} runs have ended")
            self.supervisor.pause()
        self.tell_failed(runs)
        states = Counter(run.state for run in runs)
        self.say(f"collected: {', '.join(f'{count} runs {state}' for state, count in sorted(states.items()))}")
        return anything

    def start_backfill(self, dag: str, first: datetime, last: datetime) -> bool:
        """False while the scheduler still counts an earlier backfill of the DAG as running."""
        if not self.client.outstanding(dag, first, last):
            return True
        self.unpause(dag)
        try:
            self.client.backfill(dag, first, last)
        except ApiError as error:
            if error.status != HTTPStatus.CONFLICT:
                raise
            return False
        return True

    def runs_between(self, dags: list[str], first: datetime, last: datetime) -> list[Run]:
        bounds = {"logical_date_gte": first.isoformat(), "logical_date_lte": last.isoformat()}
        found = self.client.runs("~", dag_id_prefix_pattern="collect_", **bounds)
        return [run for run in found if run.dag_id in dags]

    # ---- judge --------------------------------------------------------------------------------------------

    def judge(self) -> None:
        """Wait until nothing is due; where neither event nor timer starts a run, start one."""
        told = quiet_since = time.monotonic()
        started: list[str] = []
        while not self.is_idle():
            if self.client.active("flag_claims"):
                quiet_since = time.monotonic()
            elif time.monotonic() - quiet_since > PATIENCE:
                if len(started) == MOST_JUDGE_RUNS:
                    self.give_up_judging(started)
                    return
                started.append(self.start_run("flag_claims", "idle", {}))
                quiet_since = time.monotonic()
            if time.monotonic() - told > SAY_EVERY:
                told = time.monotonic()
                self.say("judging: texts are still due")
            self.supervisor.pause()
        self.say("judged: nothing is due any more")

    def is_idle(self) -> bool:
        """Ask the database, again for a while if it does not answer, as it may be coming back."""
        deadline = time.monotonic() + OUTAGE
        while True:
            try:
                return self.hooks.is_idle(self.settings)
            except DatabaseError:
                if time.monotonic() > deadline:
                    raise
            self.supervisor.pause()

    def give_up_judging(self, started: list[str]) -> None:
        self.say(f"flag_claims has run {len(started)} times and texts are still due")
        runs = self.client.runs("flag_claims", run_id_prefix_pattern=started[-1])
        self.tell_failed(runs)
        self.failed = True

    # ---- report -------------------------------------------------------------------------------------------

    def report(self, *, again: bool) -> None:
        """Close each day that has no successful report yet, or all of them if there is something new."""
        open_days = {day: run_id for day in SAMPLE_DAYS if (run_id := self.start_report(day, again=again))}
        if open_days:
            self.say(f"closing {', '.join(map(str, open_days))}")
        for day, run_id in open_days.items():
            run = self.finished_run("report_daily", run_id)
            self.tell_failed([run])
            if run.state == "success":
                self.hooks.closed(self.settings, day)

    def start_report(self, day: date, *, again: bool) -> str:
        """The run started for a day; empty if none is needed."""
        earlier = self.client.runs("report_daily", run_id_prefix_pattern=f"{PREFIX}{day}")
        if not again and any(run.state == "success" for run in earlier):
            return ""
        return self.start_run("report_daily", str(day), {"day": str(day)})

    # ---- runs ---------------------------------------------------------------------------------------------

    def start_run(self, dag: str, name: str, conf: dict[str, object]) -> str:
        """Trigger a DAG under a name of its own; the number tells it from earlier ones."""
        self.unpause(dag)
        earlier = self.client.runs(dag, run_id_prefix_pattern=f"{PREFIX}{name}__")
        run_id = f"{PREFIX}{name}__{len(earlier) + 1}"
        self.client.trigger(dag, run_id, conf)
        return run_id

    def finished_run(self, dag: str, run_id: str) -> Run:
        while True:
            [run] = self.client.runs(dag, run_id_prefix_pattern=run_id)
            if run.finished:
                return run
            self.supervisor.pause()

    def unpause(self, dag: str) -> None:
        if self.client.dags().get(dag):
            self.client.unpause(dag)

    def tell_failed(self, runs: list[Run]) -> None:
        """Name each run that failed and why; the rest goes on."""
        for run in runs:
            if run.state == "failed":
                self.failed = True
                self.say(f"{run.dag_id} failed for {self.name_of(run)}: {self.client.reason(run)}")

    def name_of(self, run: Run) -> str:
        start = run.data_interval_start
        return str(start.astimezone(self.settings.zone).date()) if start else run.run_id

    def settle(self) -> None:
        """Let what the schedule has started come to its end, for a while; what does not is taken up by the next run."""
        self.supervisor.wait(lambda: not self.client.active("~"), SETTLE)


def sample_dags(settings: Settings) -> list[str]:
    """The collect DAGs that read the bundled drop."""
    found = [
        name for name, source in settings.source.items() if source.enabled and source.path.startswith(SAMPLE_FOLDER)
    ]
    return [f"collect_{name}" for name in found]


def sample_span(settings: Settings) -> tuple[datetime, datetime]:
    """From the first moment of the sample days to their last; the intervals to backfill start in between."""
    first = datetime.combine(SAMPLE_DAYS[0], time_of_day(), settings.zone)
    after = datetime.combine(SAMPLE_DAYS[-1] + timedelta(days=1), time_of_day(), settings.zone)
    return first, after - timedelta(seconds=1)
