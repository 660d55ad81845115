"""A real PostgreSQL for every test that asks for one: one server a session, one database a test."""

import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psycopg
import pytest
from sqlalchemy import Engine

from pipeline import artefacts, db, guidance, lexicon, load
from pipeline.judge import Judge
from pipeline.local.postgres import Server
from pipeline.records import Guidance
from pipeline.settings import PROJECT, Settings
from pipeline.settings import load as load_settings
from tests.world import GUIDANCE

pytest_plugins = ["tests.stepping"]

DEBIAN_POSTGRES = Path("/usr/lib/postgresql/15/bin")
_numbers = itertools.count()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest test comes first: of several processes one does it while the others do the rest."""
    items.sort(key=lambda item: item.get_closest_marker("scheduler") is None)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Packed bytes hold the time they were packed, and all processes must know a test by one name."""
    return argname if isinstance(val, bytes) and not val.isascii() else None


def needs(is_there: bool, what: str) -> None:
    """Skip a test whose program is missing; in CI, where everything is installed, that is a failure."""
    if is_there:
        return
    if os.environ.get("KOLWATCH_CI"):
        pytest.fail(f"{what} is missing, and CI must not skip")
    pytest.skip(f"needs {what}")


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """As root, the data of a home that PostgreSQL's user cannot reach lies elsewhere; it goes with the session."""
    yield
    for link in tmp_path_factory.getbasetemp().rglob("pg"):
        if link.is_symlink():
            shutil.rmtree(link.resolve().parent, ignore_errors=True)


@pytest.fixture(scope="session")
def settings() -> Settings:
    """The project's own configuration, whatever the environment says."""
    return load_settings({"KOLWATCH_CONFIG": str(PROJECT / "kolwatch.toml")})


@pytest.fixture(scope="session")
def shipped() -> Guidance:
    """The guidance that the project ships; it takes seconds to read."""
    return guidance.load(PROJECT / "guidance")


@pytest.fixture(scope="session")
def shipped_judge(shipped: Guidance) -> Judge:
    """The judge that the project ships; it takes ten seconds and more to open."""
    return artefacts.open_judge(PROJECT / "models" / "judge", shipped, lexicon.load(PROJECT / "guidance" / "lexicon"))


@pytest.fixture(scope="session")
def server(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that waits for no disk: nobody pulls its plug, and each database that is dropped would wait."""
    home = tmp_path_factory.mktemp("postgres")
    found = Server(msgspec.structs.replace(settings, home=home))
    found.start()
    _administer(found, "ALTER SYSTEM SET fsync = off")
    _administer(found, "SELECT pg_reload_conf()")
    yield found
    found.stop()


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """An engine whose connections are closed at the end, also when the test fails."""
    engine = db.open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def _administer(server: Server, statement: str) -> None:
    address = server.url("postgres").replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statement)


@pytest.fixture(scope="session")
def template(server: Server) -> str:
    """A migrated database with a few positions in it."""
    server.ensure_database("template_kolwatch")
    with opened(server.url("template_kolwatch")) as engine:
        db.migrate(engine)
        with db.transaction(engine) as connection:
            load.store_guidance(connection, GUIDANCE)
    return "template_kolwatch"


def copied(server: Server, template: str) -> str:
    """The name of a database like the template; whoever asked for it drops it, or leaves it to the session's end."""
    name = f"test_{next(_numbers)}"
    _administer(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    return name


@pytest.fixture
def database_url(server: Server, template: str) -> Iterator[str]:
    name = copied(server, template)
    yield server.url(name)
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    with opened(database_url) as found:
        yield found


@pytest.fixture(scope="session")
def common_url(server: Server, template: str) -> str:
    return server.url(copied(server, template))


@pytest.fixture
def connection(common_url: str) -> Iterator[db.Connection]:
    """A transaction in a database that all of these share: it cannot be committed and is taken back at the end."""
    with opened(common_url) as engine, db.transaction(engine) as found, found.transaction(force_rollback=True):
        yield found
