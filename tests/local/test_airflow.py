"""What Airflow's processes are told, and what they may not be told twice."""

import stat
from pathlib import Path

import msgspec
import pytest

from pipeline.local import airflow, state
from pipeline.settings import PROJECT, Settings


@pytest.fixture
def told(tmp_path: Path) -> dict[str, str]:
    settings = Settings(
        home=tmp_path,
        root=tmp_path,
        config_file=tmp_path / "mine.toml",
        database_url="postgresql+psycopg://db/kolwatch",
    )
    keys = airflow.Keys(fernet="f", jwt="j", session="s", password="p")
    return airflow.environment(settings, "postgresql+psycopg://db/airflow", 8123, keys)


def test_tasks_find_the_configuration_and_the_database(told: dict[str, str], tmp_path: Path) -> None:
    assert told["KOLWATCH_CONFIG"] == str(tmp_path / "mine.toml")
    assert told["KOLWATCH_HOME"] == str(tmp_path)
    assert told["KOLWATCH_DATABASE_URL"] == "postgresql+psycopg://db/kolwatch"


def test_both_addresses_of_airflows_database_name_the_driver(told: dict[str, str]) -> None:
    assert told["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == "postgresql+psycopg://db/airflow"
    assert told["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC"] == "postgresql+psycopg://db/airflow"


def test_airflow_listens_on_loopback_only(told: dict[str, str]) -> None:
    assert told["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert told["AIRFLOW__API__BASE_URL"] == "http://127.0.0.1:8123"
    assert "--skip-serve-logs" in airflow.THEN["scheduler"]


def test_dags_come_from_beside_the_configuration_or_from_the_checkout(told: dict[str, str], tmp_path: Path) -> None:
    assert told["AIRFLOW__CORE__DAGS_FOLDER"] == str(PROJECT / "dags")
    (tmp_path / "dags").mkdir()
    keys = airflow.Keys(fernet="f", jwt="j", session="s", password="p")
    own = airflow.environment(Settings(home=tmp_path, root=tmp_path), "postgresql+psycopg://db/airflow", 8123, keys)
    assert own["AIRFLOW__CORE__DAGS_FOLDER"] == str(tmp_path / "dags")


def test_keys_are_made_once_and_private(tmp_path: Path) -> None:
    first = airflow.keys(tmp_path)
    assert airflow.keys(tmp_path) == first
    assert state.recall(airflow.password_file(tmp_path), dict[str, str]) == {"admin": first.password}
    for file in (tmp_path / "airflow").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(set(msgspec.structs.astuple(first))) == 4


def test_what_is_preloaded_can_be_imported(tmp_path: Path) -> None:
    airflow.write_preload(tmp_path)
    written = (tmp_path / "airflow" / "config" / "airflow_local_settings.py").read_text()
    compile(written, "airflow_local_settings.py", "exec")
    assert (PROJECT / "pipeline" / "steps.py").exists()
    assert "import pipeline.steps" in written
