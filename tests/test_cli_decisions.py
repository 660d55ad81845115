"""`kolwatch decisions` and `kolwatch guidance examples propose` as people use them."""

import json
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from pipeline import cli, db
from pipeline.cli import guidance as commands
from pipeline.decisions import Reason
from tests.test_feedback import NO, YES, settle


@pytest.fixture
def decided(engine: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """A database with one confirmed flag and one that was not misinformation."""
    monkeypatch.setenv("KOLWATCH_DATABASE_URL", database_url)
    with db.transaction(engine) as connection:
        settle(connection, "大蒜水能杀死病毒", YES, Reason.UNSPECIFIED, guidance_id="WHO-001")
        settle(connection, "大蒜不治病", NO, Reason.SAYS_THE_SAME)
    return engine


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.app, words)


def audited(engine: Engine) -> list[tuple[object, ...]]:
    with db.transaction(engine) as connection:
        return connection.execute("SELECT action, subject, detail ->> 'rows' FROM audit_entry").fetchall()


def test_decided_texts_are_printed_and_that_is_noted(decided: Engine) -> None:
    lines = [json.loads(line) for line in run("decisions", "export").stdout.splitlines()]
    assert [(line["text"], line["flag"]) for line in lines] == [("大蒜水能杀死病毒", True), ("大蒜不治病", False)]
    assert audited(decided) == [("export", "decided texts", "2")]
    assert run("decisions", "export", "--since", "2026-11-21").stdout == ""


def test_precision_is_told_for_each_judge(decided: Engine) -> None:
    [line] = map(json.loads, run("decisions", "precision", "--json").stdout.splitlines())
    assert (line["judge_version"], line["precision"], line["decided"]) == ("judge-one", 0.5, 2)
    assert (line["low"], line["high"]) == (0.095, 0.905)
    assert "judge-one" in run("decisions", "precision").stdout


def test_wordings_go_into_a_file_for_people_never_into_guidance(
    decided: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "FOLDER", tmp_path / "guidance")
    with db.transaction(decided) as connection:
        connection.execute(
            "WITH c AS (INSERT INTO claim SELECT content_hash, 0, 8, 'x' FROM flag) UPDATE flag SET end_offset = 8"
            " WHERE outcome = 'contradicts_guidance'"
        )
    out = tmp_path / "found.yaml"
    done = run("guidance", "examples", "propose", "--out", str(out))
    assert done.exit_code == 0, done.output
    assert yaml.safe_load(out.read_text(encoding="utf-8"))["WHO-001"][0]["say"] == ["大蒜水能杀死病毒"]
    for name, told in (("found.yaml", "is there already"), ("guidance/new.yaml", "is in guidance/")):
        refused = run("guidance", "examples", "propose", "--out", str(tmp_path / name))
        assert (refused.exit_code, told in " ".join(refused.output.split())) == (2, True)
