"""Examines an installation: what is there, what is reachable, and what to do about what is not."""

import importlib.metadata
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline import artefacts, db, guidance, lexicon, sources, watchlist
from pipeline.errors import PipelineError
from pipeline.local import binaries
from pipeline.local.postgres import Server
from pipeline.settings import PROJECT, Settings

PACKAGES = ("apache-airflow", "sqlalchemy", "psycopg", "torch", "transformers", "jieba")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; a finding that is not well says what to do."""

    name: str
    is_well: bool
    finding: str


def examine(settings: Settings) -> list[Check]:
    """Look at everything; one thing that is not well hides no other."""
    looks: dict[str, Callable[[Settings], str]] = {
        "Python": _python,
        "packages": _packages,
        "configuration": _configuration,
        "watchlist": _watchlist,
        "guidance": _guidance,
        "model": _model,
        "database": _database,
    }
    return [_look(name, look, settings) for name, look in looks.items()]


def _look(name: str, look: Callable[[Settings], str], settings: Settings) -> Check:
    try:
        return Check(name, True, look(settings))
    except PipelineError as error:
        return Check(name, False, str(error))


def _python(settings: Settings) -> str:
    version = ".".join(map(str, sys.version_info[:3]))
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        raise PipelineError(f"{version} is not supported; use 3.11, 3.12 or 3.13 (make setup PYTHON=python3.11)")
    return version


def _packages(settings: Settings) -> str:
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            raise PipelineError(f"{package} is not installed; run `make setup`") from None
    return ", ".join(found)


def _configuration(settings: Settings) -> str:
    sources.check(settings.source)
    enabled = sum(s.enabled for s in settings.source.values())
    return f"{settings.config_file}: {enabled} of {len(settings.source)} sources on, time zone {settings.timezone}"


def _watchlist(settings: Settings) -> str:
    if not settings.scope.watchlist:
        return "none named; every account from the follower floor up is watched"
    return f"{len(watchlist.load(settings.resolve(settings.scope.watchlist)))} accounts"


def _guidance(settings: Settings) -> str:
    found = guidance.load(PROJECT / "guidance")
    words = lexicon.load(PROJECT / "guidance" / "lexicon")
    return (
        f"{len(found.positions)} positions, {len(found.texts)} texts, {len(words.terms)} terms, version {found.version}"
    )


def _model(settings: Settings) -> str:
    manifest = artefacts.open_folder(settings.model_folder, "judge")
    return f"{settings.model_folder.name}, {len(manifest['sha256'])} files as the manifest says"


def _database(settings: Settings) -> str:
    if not settings.database_url:
        return _embedded(settings)
    engine = db.open_engine(settings.database_url)
    try:
        with db.transaction(engine) as connection:
            version = connection.info.server_version // 10_000
            db.run(connection, "report.source_states")
    finally:
        engine.dispose()
    return f"PostgreSQL {version} answers and has our tables"


def _embedded(settings: Settings) -> str:
    server = Server(settings)
    state = f"runs on port {server.port}" if server.is_running() else "is started when needed"
    major = binaries.find(settings.pg_bin).major
    return f"the embedded PostgreSQL {major} {state}; its data is in {_short(settings.home)}"


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
