"""The requests that Airflow gets from us, against a server that says what Airflow says."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from pipeline.errors import ServiceError
from pipeline.local.api import ApiError, Client, Run

RUN = Run("collect_douyin", "backfill__2026-11-18T16:00:00+00:00", "failed")


class Airflow(HTTPServer):
    """Answers by a table of what Airflow said, and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, tuple[int, object]] = {"POST /auth/token": (201, {"access_token": "t1"})}
        self.asked: list[tuple[str, Any, str | None]] = []
        self.paused: list[int] = []
        self.ailing = 0


class Handler(BaseHTTPRequestHandler):
    server: Airflow

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        size = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(size)) if size else query
        self.server.asked.append((f"{self.command} {path}", body, self.headers.get("Authorization")))
        status, answer = self.server.answers.get(f"{self.command} {path}", (404, {"detail": "Not Found"}))
        if self.server.ailing and path.startswith("/api/"):
            self.server.ailing -= 1
            status, answer = 500, {"detail": "the database is starting up"}
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    do_POST = do_GET  # noqa: N815 - the names that http.server looks for
    do_PATCH = do_GET  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """The test's output is no place for it."""


@pytest.fixture
def airflow() -> Iterator[Airflow]:
    server = Airflow()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def client(airflow: Airflow) -> Client:
    return Client(airflow.server_port, "secret", lambda: airflow.paused.append(len(airflow.asked)))


def test_logs_in_once_and_sends_the_token(airflow: Airflow, client: Client) -> None:
    airflow.answers["GET /api/v2/dags"] = (200, {"dags": [{"dag_id": "flag_claims", "is_paused": True}]})
    assert client.dags() == client.dags() == {"flag_claims": True}
    assert airflow.asked[0] == ("POST /auth/token", {"username": "admin", "password": "secret"}, None)
    assert [token for _, _, token in airflow.asked] == [None, "Bearer t1", "Bearer t1"]


@pytest.mark.parametrize(
    ("scheduler", "healthy"), [({"status": "healthy"}, True), ({"status": "unhealthy"}, False), (None, False)]
)
def test_healthy_means_all_three(airflow: Airflow, client: Client, scheduler: object, healthy: bool) -> None:
    well = {"status": "healthy"}
    found = {"metadatabase": well, "scheduler": scheduler, "dag_processor": well}
    airflow.answers["GET /api/v2/monitor/health"] = (200, found)
    assert client.answers()
    assert client.healthy() is healthy


def test_backfills_again_only_what_failed(airflow: Airflow, client: Client) -> None:
    airflow.answers["POST /api/v2/backfills/dry_run"] = (200, {"backfills": [{}, {}], "total_entries": 2})
    airflow.answers["POST /api/v2/backfills"] = (200, {"id": 1})
    first, last = datetime(2026, 11, 17, 16, tzinfo=UTC), datetime(2026, 11, 20, 15, 59, 59, tzinfo=UTC)
    assert client.outstanding("collect_douyin", first, last) == 2
    client.backfill("collect_douyin", first, last)
    request, body, _ = airflow.asked[-1]
    assert request == "POST /api/v2/backfills"
    assert body["from_date"] == "2026-11-17T16:00:00+00:00"
    assert body["to_date"] == "2026-11-20T15:59:59+00:00"
    assert body["reprocess_behavior"] == "failed"


def test_reads_all_pages_of_runs(airflow: Airflow, client: Client) -> None:
    runs = [{"dag_id": "flag_claims", "dag_run_id": "r1", "state": "running"}]
    airflow.answers["GET /api/v2/dags/flag_claims/dagRuns"] = (200, {"dag_runs": runs, "total_entries": 2})
    assert [run.finished for run in client.active("flag_claims")] == [False, False]
    assert "offset=1" in airflow.asked[-1][1]
    assert "state=queued&state=running" in airflow.asked[-1][1]


def test_tells_why_a_run_failed(airflow: Airflow, client: Client) -> None:
    base = "GET /api/v2/dags/collect_douyin/dagRuns/backfill__2026-11-18T16%3A00%3A00%2B00%3A00/taskInstances"
    task = {"task_id": "collect", "map_index": -1, "try_number": 3, "state": "failed"}
    detail = [{"exc_type": "SourceError", "exc_value": "no such folder: sample/drop"}]
    log = [
        {"event": "::group::Pre Execute"},
        {"event": "Task failed", "error_detail": detail},
        {"event": "::endgroup::"},
    ]
    airflow.answers[base] = (200, {"task_instances": [task]})
    airflow.answers[f"{base}/collect/logs/3"] = (200, {"content": log})
    assert client.reason(RUN) == "collect: SourceError: no such folder: sample/drop"
    airflow.answers[f"{base}/collect/logs/3"] = (200, {"content": ["one line", " "]})
    assert client.reason(RUN) == "collect: one line"
    airflow.answers[base] = (200, {"task_instances": []})
    assert client.reason(RUN).startswith("no task of it failed")


def test_names_broken_dag_files(airflow: Airflow, client: Client) -> None:
    error = {"filename": "collect.py", "stack_trace": "Traceback ...\nNameError: name 'x' is not defined\n"}
    airflow.answers["GET /api/v2/importErrors"] = (200, {"import_errors": [error]})
    assert client.import_errors() == ["collect.py: NameError: name 'x' is not defined"]


def test_a_refusal_carries_status_and_reason(airflow: Airflow, client: Client) -> None:
    airflow.answers["POST /api/v2/backfills"] = (409, {"detail": "already running"})
    with pytest.raises(ApiError, match="does not do POST /api/v2/backfills: 409 already running") as caught:
        client.backfill("collect_douyin", datetime(2026, 11, 18, tzinfo=UTC), datetime(2026, 11, 19, tzinfo=UTC))
    assert caught.value.status == 409
    assert airflow.paused == []


def test_a_run_that_exists_is_not_started_again(airflow: Airflow, client: Client) -> None:
    airflow.answers["POST /api/v2/dags/flag_claims/dagRuns"] = (409, {"detail": "already exists"})
    client.trigger("flag_claims", "r1", {})
    assert airflow.asked[-1][1] == {"logical_date": None, "dag_run_id": "r1", "conf": {}}


def test_waits_while_airflow_has_no_database(airflow: Airflow, client: Client) -> None:
    airflow.answers["GET /api/v2/dags"] = (200, {"dags": []})
    airflow.ailing = 2
    assert client.dags() == {}
    assert len(airflow.paused) == 2


def test_an_expired_token_is_renewed(airflow: Airflow, client: Client) -> None:
    airflow.answers["GET /api/v2/dags"] = (401, {"detail": "expired"})
    with pytest.raises(ApiError, match="401 expired"):
        client.dags()
    assert [request for request, _, _ in airflow.asked] == ["POST /auth/token", "GET /api/v2/dags"] * 2


def test_nobody_there_is_not_healthy_and_an_error_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.local.api.PATIENCE", 0.0)
    nobody = Client(9, "secret", lambda: None)
    assert not nobody.answers()
    assert not nobody.healthy()
    with pytest.raises(ServiceError, match="does not do GET /api/v2/dags: 503 no answer"):
        nobody.dags()
