"""What `kolwatch doctor` says of an installation that is well, and of one that is not."""

import re
from pathlib import Path

import pytest
from sqlalchemy import Engine

from pipeline import db, doctor
from pipeline.local import state
from pipeline.local.supervisor import only_run
from pipeline.settings import PROJECT
from tests.tiny import write_project


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KOLWATCH_CONFIG", str(PROJECT / "kolwatch.toml"))
    monkeypatch.setenv("KOLWATCH_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KOLWATCH_DATABASE_URL", raising=False)
    return tmp_path / "home"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_project(tmp_path_factory.mktemp("small"))


@pytest.fixture
def home(installation: Path, small: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation whose guidance is read at once."""
    for module in ("doctor", "site"):
        monkeypatch.setattr(f"pipeline.{module}.PROJECT", small)
    return installation


def configure(folder: Path, monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    (folder / "kolwatch.toml").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("KOLWATCH_CONFIG", str(folder / "kolwatch.toml"))


def findings() -> dict[str, tuple[bool, str]]:
    return {check.name: (check.is_well, check.finding) for check in doctor.examine()}


def test_a_fresh_installation_is_well(installation: Path) -> None:
    found = findings()
    assert [name for name, (is_well, _) in found.items() if not is_well] == []
    assert "made on first use" in found["database"][1]
    assert not installation.exists()


def test_a_database_is_asked_for_its_tables(home: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOLWATCH_DATABASE_URL", database_url)
    assert findings()["database"] == (True, "PostgreSQL 18 answers and has our tables")
    monkeypatch.setenv("KOLWATCH_DATABASE_URL", database_url.rpartition("/")[0] + "/postgres")
    is_well, finding = findings()["database"]
    assert not is_well
    assert "kolwatch migrate" in finding


WITHOUT_RIGHTS = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET role = pg_monitor', current_database()); END $$"


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (
            "ALTER TABLE post_text DROP COLUMN rejudge_on",
            "post_text.rejudge_on does not exist.*kolwatch migrate",
        ),
        ("DROP VIEW flagged_posts_daily", "flagged_posts_daily. does not exist.*kolwatch migrate"),
        (WITHOUT_RIGHTS, "permission denied.*name the owner of the tables"),
    ],
)
def test_tables_that_cannot_be_used_are_a_finding(
    home: Path, database_url: str, engine: Engine, monkeypatch: pytest.MonkeyPatch, change: str, wanted: str
) -> None:
    with db.transaction(engine) as connection:
        connection.execute(change.encode())
    monkeypatch.setenv("KOLWATCH_DATABASE_URL", database_url)
    is_well, finding = findings()["database"]
    assert not is_well
    assert re.search(wanted, finding)


@pytest.mark.parametrize(
    ("error", "finding"),
    [
        (
            PermissionError(13, "Permission denied", "/srv/model"),
            "'/srv/model'; see that it is there and that this user",
        ),
        (ArithmeticError("odd"), "ArithmeticError: odd; run `make setup` again"),
    ],
)
@pytest.mark.parametrize(("part", "name"), [("load_settings", "configuration"), ("run.api_port", "Airflow")])
def test_whatever_breaks_is_a_finding(
    home: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, finding: str, part: str, name: str
) -> None:
    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(f"pipeline.doctor.{part}", broken)
    found = findings()
    assert finding in found[name][1]
    assert (found[name][0], found["guidance"][0]) == (False, True)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["[scope", ""], "not valid TOML"),
        (['[source.one]\nformat = "myspace"\npath = "*"'], r"\[source.one\]: format"),
        (['[source.one]\nformat = "youku-openapi"\npath = "*"\nschedule = "61 x * * *"'], "one.* schedule = '61 x"),
        (['[report]\nschedule = "daily-ish"'], "report.* schedule = 'daily-ish' is no cron"),
        (['[scope]\ntopics = ["stars"]'], "'stars' is no topic"),
        (['[scope]\nkeywords = ["#"]'], "'#' holds no letter"),
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
    state.remember(home / "airflow" / "port", 9)
    with only_run(home):
        is_well, finding = findings()["Airflow"]
    assert not is_well
    assert "runs on port 9, but" in finding
