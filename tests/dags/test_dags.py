"""The DAGs as Airflow reads them: which there are, in what order they run, and what they may not do."""

import ast
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pendulum
import pytest

from pipeline import steps
from pipeline.settings import PROJECT, NotifySettings, Settings

FIRST_SOURCES = ("qzone_export", "qzone_msglist", "wechat_mp", "wechat_freepublish", "wechat_channels")
SECOND_SOURCES = ("youku_ytdlp", "tiktok_ytdlp", "douyin_downloader", "xiaohongshu_downloader")
SOURCES = (*FIRST_SOURCES, "youku", "tiktok", "douyin", "xiaohongshu", *SECOND_SOURCES)
EXPECTED = {
    **{f"collect_{source}": ["collect"] for source in SOURCES},
    "flag_claims": ["shards", "judge", "raise_flags", "tell_urgent", "all_went_well"],
    "report_daily": ["pick_day", "close", "tell", "forget_old"],
    "load_guidance": ["load"],
}
FILES = sorted((PROJECT / "dags").glob("*.py"))


def test_exactly_the_expected_dags_load(dagbag: Any) -> None:
    assert dagbag.import_errors == {}
    assert set(dagbag.dag_ids) == set(EXPECTED)


@pytest.mark.parametrize("dag_id", EXPECTED)
def test_the_order_of_the_tasks(dagbag: Any, dag_id: str) -> None:
    tasks = [task.task_id for task in dagbag.dags[dag_id].topological_sort()]
    assert sorted(tasks) == sorted(EXPECTED[dag_id])
    position = {task: n for n, task in enumerate(tasks)}
    wanted = EXPECTED[dag_id][:3]
    assert [position[task] for task in wanted] == sorted(position[task] for task in wanted)


@pytest.mark.parametrize("dag_id", EXPECTED)
def test_every_dag_says_what_it_does_and_who_owns_it(dagbag: Any, dag_id: str) -> None:
    dag = dagbag.dags[dag_id]
    assert dag.doc_md
    assert "kolwatch" in dag.tags
    assert dag.catchup is False
    assert dag.max_active_runs == 1
    assert {task.owner for task in dag.tasks} == {"kolwatch"}
    assert all(task.retries >= 1 for task in dag.tasks)


@pytest.mark.parametrize("dag_id", [d for d in EXPECTED if d.startswith("collect_") or d == "report_daily"])
def test_an_interval_is_a_whole_day_and_never_empty(dagbag: Any, dag_id: str) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    as_scheduled = DagSerialization.from_dict(DagSerialization.to_dict(dagbag.dags[dag_id]))
    run_after = pendulum.datetime(2026, 11, 21, 3)
    interval = as_scheduled.timetable.infer_manual_data_interval(run_after=run_after)
    assert (interval.end - interval.start).total_seconds() == 86_400
    assert interval.start.astimezone(steps.load_settings().zone).date().isoformat() == "2026-11-20"


def test_collect_without_an_interval_says_what_to_do(dagbag: Any) -> None:
    body = dagbag.dags["collect_douyin"].task_dict["collect"].python_callable
    with pytest.raises(ValueError, match="backfill it"):
        body("douyin")


def test_only_a_day_that_has_ended_is_closed(dagbag: Any) -> None:
    pick = dagbag.dags["report_daily"].task_dict["pick_day"].python_callable
    run = SimpleNamespace(run_after=pendulum.datetime(2026, 11, 20, 16, 30))  # the 21st in Shanghai
    assert pick({"day": "2026-11-20"}, dag_run=run) == "2026-11-20"
    assert pick({"day": None}, pendulum.datetime(2026, 11, 19, 16, 30), run) == "2026-11-20"
    for day in ("2026-11-21", "2027-01-01"):
        with pytest.raises(ValueError, match=rf"{day} has not ended \(in Asia/Shanghai it is 2026-11-21\)"):
            pick({"day": day}, dag_run=run)


@pytest.mark.parametrize(("dag_id", "name", "bad"), [("collect_douyin", "limit", -1), ("report_daily", "day", "soon")])
def test_a_wrong_parameter_is_refused_before_anything_runs(dagbag: Any, dag_id: str, name: str, bad: Any) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    with pytest.raises(ParamValidationError):
        dagbag.dags[dag_id].params.get_param(name).resolve(bad)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_dag_file_is_short_and_imports_only_airflow_and_the_steps(path: Any) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") < 80
    imported = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            imported |= {f"{node.module}.{name.name}" for name in node.names}
        elif isinstance(node, ast.Import):
            imported |= {name.name for name in node.names}
    ours = {name for name in imported if name.startswith("pipeline")}
    assert ours <= {"pipeline.steps"}
    assert {name.split(".")[0] for name in imported} <= {
        "airflow",
        "pipeline",
        "datetime",
        "html",
        "logging",
        "notices",
    }


def test_reading_the_dags_loads_no_model_library(airflow_home: Any) -> None:
    code = (
        f"import sys; sys.path.append({str(PROJECT / 'dags')!r}); from airflow.dag_processing.dagbag import DagBag;"
        f"bag = DagBag(dag_folder={str(PROJECT / 'dags')!r}); assert len(bag.dags) == {len(EXPECTED)};"
        "print(*{'torch', 'transformers', 'onnxruntime', 'gensim', 'sklearn'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1:] in ([], [""])


def test_notices_go_over_the_channels_of_the_settings(dagbag: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import notices

    chosen = Settings(notify=NotifySettings(webhook_connection="team_webhook", email_to=("a@example.org",)))
    monkeypatch.setattr(steps, "load_settings", lambda: chosen)
    channels: list[Any] = notices.notifiers("3 flags <b>\nmore")
    webhook, mail = channels
    assert webhook.json == {"text": "3 flags <b>\nmore"}
    assert (mail.subject, "&lt;b&gt;" in mail.html_content) == ("kolwatch: 3 flags <b>", True)
