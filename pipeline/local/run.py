"""The main job: from platform exports to the day's flagged table, through Airflow, on this machine."""

import contextlib
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import msgspec
import psycopg

from pipeline.errors import ServiceError
from pipeline.local import airflow, console, state
from pipeline.local.api import Client
from pipeline.local.postgres import Server
from pipeline.local.sample import Hooks, Sample, sample_dags, sample_span
from pipeline.local.supervisor import Signals, Stopped, Supervisor, is_running, only_run
from pipeline.settings import Settings, inherited

OTHER_DAGS = ("flag_claims", "report_daily", "load_guidance")
HEALTHY_WITHIN = 300.0
READ_WITHIN = 120.0

Say = Callable[[str], None]


class Migrated(msgspec.Struct, frozen=True):
    """Which Airflow has migrated its database, and to what."""

    airflow: str
    revision: str


def main_job(settings: Settings, once: bool, say: Say, hooks: Hooks) -> int:
    """Do it all, and stay up until Ctrl-C or end when done if `once`; the exit status, 1 if anything failed.

    Raises PipelineError when a part of it does not start; everything is stopped then too.
    """
    _check_clock(settings)
    state.make_home(settings.home)
    signals = Signals()
    timed = _timed(say)
    with only_run(settings.home), signals.caught():
        server = Server(settings)
        try:
            return _with_database(settings, server, once, Supervisor(settings.home, timed, signals), hooks)
        except Stopped:
            timed("stopped before it was done; the next run goes on from here")
            return 1
        finally:
            server.stop()
            timed("all stopped")


def _with_database(settings: Settings, server: Server, once: bool, supervisor: Supervisor, hooks: Hooks) -> int:
    """Airflow's own database is always the embedded one, that of kolwatch unless the environment names another."""
    server.start()
    supervisor.say(f"PostgreSQL is up on port {server.port}")
    server.ensure_database("airflow")
    if not settings.database_url:
        server.ensure_database("kolwatch")
        settings = msgspec.structs.replace(settings, database_url=server.url("kolwatch"))
    supervisor.look_after = lambda: _revive(server, supervisor.say)
    keys = airflow.keys(settings.home)
    port = state.port(settings.home / "airflow" / "port")
    supervisor.environment = inherited() | airflow.environment(settings, server.url("airflow"), port, keys)
    try:
        _migrate(settings, server.url("airflow"), supervisor, hooks)
        _start_console(settings, supervisor)
        client = _start(settings, port, keys, supervisor)
        sample = Sample(settings, client, supervisor, hooks)
        status = sample.run()
        if once:
            sample.settle()
        else:
            _stay(client, supervisor)
        return status
    finally:
        supervisor.stop()


def _revive(server: Server, say: Say) -> None:
    if not server.is_running():
        say("PostgreSQL has ended; starting it again")
        server.start()


def api_port(home: Path) -> int | None:
    """The port of the API server of a run that is going on in this home."""
    return state.recall(home / "airflow" / "port", int) if is_running(home) else None


def _check_clock(settings: Settings) -> None:
    if sample_dags(settings) and time.time() < sample_span(settings)[1].timestamp():
        raise ServiceError(
            f"this machine's clock says {time.strftime('%Y-%m-%d')}, before the end of the sample days, and Airflow "
            "backfills nothing that is to come; set the clock right"
        )


def _timed(say: Say) -> Say:
    began = time.monotonic()
    return lambda text: say(f"[{time.monotonic() - began:5.0f} s] {text}")


def _migrate(settings: Settings, database: str, supervisor: Supervisor, hooks: Hooks) -> None:
    """Both databases, at the same time; Airflow's takes a quarter of a minute even where nothing is to do."""
    note = settings.home / "airflow" / "migrated"
    now = version("apache-airflow-core")
    if state.recall(note, Migrated) == Migrated(now, _revision(database)):
        hooks.prepare(settings)
    else:
        command = airflow.command("db", "migrate")
        supervisor.do("airflow-migrate", command, meanwhile=lambda: hooks.prepare(settings))
        state.remember(note, Migrated(now, _revision(database)))
    supervisor.say("both databases are migrated and the guidance is loaded")


def _start_console(settings: Settings, supervisor: Supervisor) -> None:
    """People can review what is there while Airflow starts."""
    port = console.port(settings)
    supervisor.start({"console": console.command()})
    if not supervisor.wait(lambda: console.answers(settings, port), READ_WITHIN):
        raise ServiceError(f"the review console does not answer; see {settings.home / 'logs' / 'console.log'}")
    supervisor.say(f"the review console is at {console.address(settings, port)}")


def _revision(database: str) -> str:
    """What Airflow's database says it was migrated to; empty for an empty one."""
    with contextlib.closing(psycopg.connect(database.replace("+psycopg", ""), autocommit=True)) as connection:
        try:
            rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        except psycopg.errors.UndefinedTable:
            return ""
    return ",".join(sorted(str(row[0]) for row in rows))


def _start(settings: Settings, port: int, keys: airflow.Keys, supervisor: Supervisor) -> Client:
    """Airflow's processes, waited for until they are healthy and have read all our DAGs."""
    logs = settings.home / "logs"
    client = Client(port, keys.password, supervisor.pause)
    airflow.write_preload(settings.home)
    for services, ready in ((airflow.FIRST, client.answers), (airflow.THEN, client.healthy)):
        supervisor.start({f"airflow-{name}": airflow.command(*words) for name, words in services.items()})
        if not supervisor.wait(ready, HEALTHY_WITHIN):
            raise ServiceError(f"Airflow is not healthy after {HEALTHY_WITHIN:.0f} s; see {logs}")
    passwords = airflow.password_file(settings.home)
    supervisor.say(f"Airflow is healthy at {client.address} (user admin, password in {passwords})")
    wanted = {f"collect_{name}" for name, source in settings.source.items() if source.enabled} | set(OTHER_DAGS)
    supervisor.wait(lambda: wanted <= client.dags().keys() or bool(client.import_errors()), READ_WITHIN)
    errors = client.import_errors()
    if missing := sorted(set(OTHER_DAGS) - client.dags().keys()):
        reason = "; ".join(errors) or f"not within {READ_WITHIN:.0f} s; see {logs}"
        raise ServiceError(f"Airflow has not read {', '.join(missing)}: {reason}")
    for error in errors:
        supervisor.say(f"Airflow cannot read a DAG, the others go on: {error}; `kolwatch doctor` may know more")
    return client


def _stay(client: Client, supervisor: Supervisor) -> None:
    supervisor.say(f"the schedule stays on for new drops; {client.address} shows it; Ctrl-C stops everything")
    with contextlib.suppress(Stopped):
        while True:
            supervisor.pause()
