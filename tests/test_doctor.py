"""What `kolwatch doctor` says of an installation that is well, and of one that is not."""

import re
from pathlib import Path

import pytest

from pipeline import doctor
from pipeline.local import state
from pipeline.settings import PROJECT


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KOLWATCH_CONFIG", str(PROJECT / "kolwatch.toml"))
    monkeypatch.setenv("KOLWATCH_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KOLWATCH_DATABASE_URL", raising=False)
    return tmp_path / "home"


def configure(folder: Path, monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    (folder / "kolwatch.toml").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("KOLWATCH_CONFIG", str(folder / "kolwatch.toml"))


def findings() -> dict[str, tuple[bool, str]]:
    return {check.name: (check.is_well, check.finding) for check in doctor.examine()}


def test_a_fresh_installation_is_well(home: Path) -> None:
    found = findings()
    assert [name for name, (is_well, _) in found.items() if not is_well] == []
    assert "made on first use" in found["database"][1]
    assert not home.exists()


def test_a_database_is_asked_for_its_tables(home: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOLWATCH_DATABASE_URL", database_url)
    assert findings()["database"] == (True, "PostgreSQL 18 answers and has our tables")
    monkeypatch.setenv("KOLWATCH_DATABASE_URL", database_url.rpartition("/")[0] + "/postgres")
    is_well, finding = findings()["database"]
    assert not is_well
    assert "kolwatch migrate" in finding


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["[scope", ""], "not valid TOML"),
        (['[source.one]\nformat = "myspace"\npath = "*"'], r"\[source.one\]: format"),
        (['[source.one]\nformat = "youku-openapi"\npath = "*"\nschedule = "61 x * * *"'], "one.* schedule = '61 x"),
        (['[report]\nschedule = "daily-ish"'], "report.* schedule = 'daily-ish' is no cron"),
        (['[scope]\ntopics = ["stars"]'], "'stars' is no topic"),
    ],
)
def test_a_wrong_configuration_is_a_finding_and_hides_no_other(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[str], reason: str
) -> None:
    configure(tmp_path, monkeypatch, *lines)
    found = findings()
    assert not found["configuration"][0]
    assert re.search(reason, found["configuration"][1])
    assert found["guidance"][0]


def test_airflow_that_runs_and_does_not_answer_is_a_finding(home: Path) -> None:
    home.mkdir()
    lock = state.open_lock(home / "run.lock")
    state.remember(home / "airflow" / "port", 9)
    assert state.try_lock(lock)
    is_well, finding = findings()["Airflow"]
    assert not is_well
    assert "runs on port 9, but" in finding
