"""Examines an installation: what is there, what is reachable, and what to do about what is not."""

import importlib.metadata
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from croniter import croniter
from sqlalchemy import select

from pipeline import db, guidance, lexicon, sources, watchlist
from pipeline.artefacts import sealed
from pipeline.errors import ConfigError, PipelineError, with_advice
from pipeline.local import binaries, run
from pipeline.local.api import Client
from pipeline.local.postgres import Server, serving
from pipeline.settings import PROJECT, Settings
from pipeline.settings import load as load_settings
from pipeline.site import Site
from pipeline.tables import METADATA, VIEWS

PACKAGES = ("apache-airflow", "sqlalchemy", "psycopg", "torch", "transformers", "jieba")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; a finding that is not well says what to do."""

    name: str
    is_well: bool
    finding: str


def examine() -> list[Check]:
    """Look at everything; one thing that is not well hides no other, unless all of it depends on the settings.

    Raises nothing, whatever is broken.
    """
    found = [_look("Python", _python), _look("packages", _packages), _look("guidance", _guidance)]
    try:
        settings = load_settings()
    except Exception as error:
        return [*found, Check("configuration", False, _advice(error))]
    looks: dict[str, Callable[[Settings], str]] = {
        "configuration": _configuration,
        "watchlist": _watchlist,
        "model": _model,
        "database": _database,
        "Airflow": _airflow,
    }
    return found + [_look(name, partial(look, settings)) for name, look in looks.items()]


def _look(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, True, look())
    except Exception as error:
        return Check(name, False, _advice(error))


def _advice(error: Exception) -> str:
    """What is wrong and what to do; our own errors say it themselves."""
    if isinstance(error, PipelineError):
        return str(error)
    if isinstance(error, OSError):
        return with_advice(str(error), error)
    return f"{type(error).__name__}: {error}; run `make setup` again, and report this if it stays"


def _python() -> str:
    version = ".".join(map(str, sys.version_info[:3]))
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        raise PipelineError(f"{version} is not supported; use 3.11, 3.12 or 3.13 (make setup PYTHON=python3.11)")
    return version


def _packages() -> str:
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            raise PipelineError(f"{package} is not installed; run `make setup`") from None
    return ", ".join(found)


def _configuration(settings: Settings) -> str:
    sources.check(settings.source)
    schedules = {f"[source.{name}]": source.schedule for name, source in settings.source.items()}
    for table, schedule in {**schedules, "[report]": settings.report.schedule}.items():
        if not croniter.is_valid(schedule):
            raise ConfigError(f"{table} schedule = {schedule!r} is no cron expression such as '0 0 * * *'")
    site = Site(settings)
    _ = site.topics, site.keywords
    enabled = sum(s.enabled for s in settings.source.values())
    return f"{settings.config_file}: {enabled} of {len(settings.source)} sources on, time zone {settings.timezone}"


def _watchlist(settings: Settings) -> str:
    if not settings.scope.watchlist:
        return "none named; every account from the follower floor up is watched"
    return f"{len(watchlist.load(settings.resolve(settings.scope.watchlist)))} accounts"


def _guidance() -> str:
    found = guidance.load(PROJECT / "guidance")
    words = lexicon.load(PROJECT / "guidance" / "lexicon")
    return (
        f"{len(found.positions)} positions, {len(found.texts)} texts, {len(words.terms)} terms, version {found.version}"
    )


def _model(settings: Settings) -> str:
    manifest = sealed.open_folder(settings.model_folder, "judge")
    words = sealed.open_folder(PROJECT / "models" / "words-zh", "words")
    count = len(manifest["sha256"]) + len(words["sha256"])
    return f"{settings.model_folder.name} and the word vectors for training, {count} files as their manifests say"


def _database(settings: Settings) -> str:
    if settings.database_url:
        return _tables(settings)
    major = binaries.find(settings.pg_bin).major
    where = f"the embedded PostgreSQL {major}, data in {_short(settings.home)}"
    if not (settings.home / "pg").exists():
        return f"{where}: made on first use"
    state = "runs" if Server(settings).is_running() else "is started when needed"
    with serving(settings) as ready:
        return f"{where}, {state}: {_tables(ready)}"


def _tables(settings: Settings) -> str:
    """Ask for every column; what is missing or denied raises an error that says what to do."""
    engine = db.open_engine(settings.database_url)
    try:
        with db.connected(engine) as connection:
            connection.exec_driver_sql("SET LOCAL lock_timeout = '10s'")
            for table in (*METADATA.tables.values(), *VIEWS.tables.values()):
                connection.execute(select(table).limit(0))
            version = connection.exec_driver_sql("SHOW server_version_num").scalar_one()
    finally:
        engine.dispose()
    return f"PostgreSQL {int(version) // 10_000} answers and has our tables"


def _airflow(settings: Settings) -> str:
    """Airflow of `kolwatch up`; one of your own is asked for its health at its own address."""
    port = run.api_port(settings.home)
    if port is None:
        return "not running here; `kolwatch up` starts it"
    if not Client(port, "", lambda: None).healthy():
        raise PipelineError(
            f"runs on port {port}, but its scheduler, DAG processor or database is not heard of; "
            f"see the logs in {_short(settings.home / 'logs')}"
        )
    return f"runs on port {port}; its scheduler, DAG processor and database are healthy"


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
