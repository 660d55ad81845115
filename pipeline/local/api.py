"""The little of Airflow's REST API (v2) that the main job needs, over loopback."""

import json
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from pipeline.errors import ServiceError

TIMEOUT = 30
PATIENCE = 90.0
PAGE = 1000
FINISHED = ("success", "failed")
NEEDED = ("metadatabase", "scheduler", "dag_processor")


class ApiError(ServiceError):
    """Airflow refused a request."""

    def __init__(self, request: str, status: int, detail: str) -> None:
        super().__init__(f"Airflow does not do {request}: {status} {detail}")
        self.status = status


class Run(msgspec.Struct, frozen=True):
    """One run of a DAG."""

    dag_id: str
    run_id: str = msgspec.field(name="dag_run_id")
    state: str
    data_interval_start: datetime | None = None

    @property
    def finished(self) -> bool:
        return self.state in FINISHED


class Client:
    """Talks to one Airflow as the user admin; patient while it, or its database, is being started again."""

    def __init__(self, port: int, password: str, pause: Callable[[], None]) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self._port = port
        self._password = password
        self._pause = pause
        self._token = ""

    def answers(self) -> bool:
        """Whether the API server takes requests."""
        return bool(self._health())

    def healthy(self) -> bool:
        """Whether the database, the scheduler and the DAG processor have all been heard of lately."""
        found = self._health()
        return all((found.get(name) or {}).get("status") == "healthy" for name in NEEDED)

    def _health(self) -> dict[str, Any]:
        try:
            status, found = self._send("GET", "/api/v2/monitor/health", None)
        except (OSError, HTTPException):
            return {}
        return found if status == HTTPStatus.OK else {}

    def dags(self) -> dict[str, bool]:
        """The DAGs that Airflow has read, and whether each is paused."""
        found = self._call("GET", f"/api/v2/dags?limit={PAGE}")["dags"]
        return {dag["dag_id"]: dag["is_paused"] for dag in found}

    def import_errors(self) -> list[str]:
        """What is wrong with DAG files: the file and the last line of the trace."""
        found = self._call("GET", f"/api/v2/importErrors?limit={PAGE}")["import_errors"]
        return [f"{error['filename']}: {error['stack_trace'].strip().splitlines()[-1]}" for error in found]

    def unpause(self, dag_id: str) -> None:
        self._call("PATCH", f"/api/v2/dags/{quote(dag_id)}", {"is_paused": False})

    def outstanding(self, dag_id: str, first: datetime, last: datetime) -> int:
        """How many runs a backfill of this span would start: those never made and those that failed."""
        return len(self._call("POST", "/api/v2/backfills/dry_run", _backfill(dag_id, first, last))["backfills"])

    def backfill(self, dag_id: str, first: datetime, last: datetime) -> None:
        """Have the scheduler run what is outstanding for the intervals that start in this span."""
        self._call("POST", "/api/v2/backfills", _backfill(dag_id, first, last))

    def trigger(self, dag_id: str, run_id: str, conf: dict[str, object]) -> None:
        """Start a run under this name, unless there is one."""
        body = {"logical_date": None, "dag_run_id": run_id, "conf": conf}
        try:
            self._call("POST", f"/api/v2/dags/{quote(dag_id)}/dagRuns", body)
        except ApiError as error:
            if error.status != HTTPStatus.CONFLICT:
                raise

    def active(self, dag_id: str) -> list[Run]:
        return self.runs(dag_id, state=["queued", "running"])

    def runs(self, dag_id: str, **filters: str | list[str]) -> list[Run]:
        """Runs of a DAG (`~` for any) that match Airflow's filters, oldest first."""
        found: list[Run] = []
        while True:
            query = urlencode({"limit": PAGE, "offset": len(found), "order_by": "id", **filters}, doseq=True)
            page = self._call("GET", f"/api/v2/dags/{quote(dag_id, safe='~')}/dagRuns?{query}")
            found += msgspec.convert(page["dag_runs"], list[Run])
            if not page["dag_runs"] or len(found) >= page["total_entries"]:
                return found

    def reason(self, run: Run) -> str:
        """Why a run failed: its failed task and the last error in that task's log."""
        tasks = self._call("GET", f"{_path(run)}/taskInstances?limit={PAGE}")["task_instances"]
        failed = [task for task in tasks if task["state"] == "failed"]
        if not failed:
            return "no task of it failed; see Airflow's page of the run"
        task = failed[0]
        query = urlencode({"map_index": task["map_index"], "full_content": "true"})
        log = self._call("GET", f"{_path(run)}/taskInstances/{task['task_id']}/logs/{task['try_number']}?{query}")
        return f"{task['task_id']}: {_last_error(log['content'])}"

    def _call(self, method: str, path: str, body: object = None) -> Any:
        deadline, renewed = time.monotonic() + PATIENCE, False
        while True:
            try:
                status, found = self._send(method, path, body)
            except (OSError, HTTPException) as error:
                status, found = HTTPStatus.SERVICE_UNAVAILABLE, {"detail": f"no answer: {error}"}
            if status < HTTPStatus.BAD_REQUEST:
                return found
            if status == HTTPStatus.UNAUTHORIZED and not renewed:
                self._token, renewed = "", True
            elif status < HTTPStatus.INTERNAL_SERVER_ERROR or time.monotonic() > deadline:
                raise ApiError(f"{method} {path.partition('?')[0]}", status, str(found.get("detail", found)))
            else:
                self._pause()

    def _send(self, method: str, path: str, body: object) -> tuple[int, Any]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if path.startswith("/api/") and not path.startswith("/api/v2/monitor"):
            headers["Authorization"] = f"Bearer {self._token or self._log_in()}"
        connection = HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            return response.status, _decode(response.read())
        finally:
            connection.close()

    def _log_in(self) -> str:
        status, found = self._send("POST", "/auth/token", {"username": "admin", "password": self._password})
        if status != HTTPStatus.CREATED:
            raise ApiError("the log-in", status, str(found.get("detail", found)))
        self._token = found["access_token"]
        return self._token


def _backfill(dag_id: str, first: datetime, last: datetime) -> dict[str, object]:
    return {
        "dag_id": dag_id,
        "from_date": first.isoformat(),
        "to_date": last.isoformat(),
        "reprocess_behavior": "failed",
        "max_active_runs": 3,
    }


def _path(run: Run) -> str:
    return f"/api/v2/dags/{quote(run.dag_id)}/dagRuns/{quote(run.run_id, safe='')}"


def _decode(content: bytes) -> Any:
    try:
        return json.loads(content) if content else {}
    except ValueError:
        return {"detail": content[:200].decode("utf-8", "replace")}


def _last_error(content: Sequence[dict[str, Any] | str]) -> str:
    """The last event of a task's log that says what went wrong."""
    for event in reversed(content):
        if isinstance(event, dict):
            for detail in event.get("error_detail") or []:
                return f"{detail['exc_type']}: {detail['exc_value']}"
    texts = [event.get("event", "") if isinstance(event, dict) else event for event in content]
    return next((text for text in reversed(texts) if text.strip()), "its log is empty")
