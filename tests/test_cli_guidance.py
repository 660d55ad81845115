"""`kolwatch guidance lint` as people use it: what it needs, says and writes."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline import cli
from pipeline.cli import guidance as commands
from pipeline.settings import PROJECT
from tests.test_guidance import TOPIC


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A guidance/ folder with one topic, and no texts for measuring beside it."""
    shutil.copytree(PROJECT / "guidance" / "lexicon", tmp_path / "lexicon")
    (tmp_path / "cold.yaml").write_text(TOPIC, encoding="utf-8")
    monkeypatch.setattr(commands, "FOLDER", tmp_path)
    monkeypatch.setattr(commands, "MEASURED", tmp_path / "dev.jsonl")
    return tmp_path


def lint(*options: str) -> Result:
    return CliRunner().invoke(cli.app, ["guidance", "lint", *options])


def test_lint_needs_neither_counts_nor_texts_for_measuring_and_says_that_they_are_missing(folder: Path) -> None:
    done = lint()
    assert done.exit_code == 0
    assert "3 texts about 1 positions" in done.stdout
    assert "counts.json: not here, so lost texts are not noticed" in done.stderr
    assert "dev.jsonl: not here, so likeness to texts used for measuring is not checked" in done.stderr


def test_accepted_counts_may_not_fall(folder: Path) -> None:
    assert "counts.json holds today's counts" in lint("--accept").stderr
    counts = folder / "counts.json"
    assert json.loads(counts.read_text()) == {"refuting": 2, "ordinary": 1}
    (folder / "cold.yaml").write_text(TOPIC.replace(", 头孢专治流鼻涕", ""), encoding="utf-8")
    done = lint("--accept")
    assert done.exit_code == 1
    assert "refuting: 1 texts, 2 before; put back what was lost" in done.stderr
    assert "counts.json is left as it is, because there are problems" in done.stderr
    assert json.loads(counts.read_text()) == {"refuting": 2, "ordinary": 1}


@pytest.mark.parametrize("content", ["", "[1]", '{"refuting": "many"}', "\udcff"])
def test_counts_that_cannot_be_read_are_a_clear_error(folder: Path, content: str) -> None:
    (folder / "counts.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    done = lint()
    assert done.exit_code == 1
    assert "counts.json: is no list of counts" in done.stderr


def test_lint_reads_the_lexicon_too(folder: Path) -> None:
    (folder / "lexicon" / "terms.tsv").write_text("term\tfrequency\ttag\tscreen\n头孢\t0\tdrug\t1\n")
    done = lint()
    assert done.exit_code == 1
    assert "terms.tsv:2: the frequency of 头孢 is '0'" in done.stderr


def test_lint_as_json(folder: Path) -> None:
    found = json.loads(lint("--json").stdout)
    assert found["totals"] == {"refuting": 2, "ordinary": 1}
    assert found["forms"] == {"refuting": {"post": 2}, "ordinary": {"title": 1}}


def test_texts_for_measuring_must_be_there_if_named_and_be_texts(folder: Path) -> None:
    assert lint("--measured", str(folder)).exit_code == 2
    assert "does not exist" in lint("--measured", str(folder / "dev.jsonl")).stderr
    (folder / "dev.jsonl").write_text('{"id": 1}\n', encoding="utf-8")
    assert f"kolwatch: {folder / 'dev.jsonl'}: line 1 has no text; each line" in lint().stderr
    (folder / "dev.jsonl").write_text('{"id": 1, "text": "感冒发烧流鼻涕就吃头孢包好"}\n', encoding="utf-8")
    (folder / "cold.yaml").write_text(TOPIC.replace("头孢专治流鼻涕", "感冒发烧流鼻涕吃头孢包好"), encoding="utf-8")
    assert "cold.yaml:21: too like a text used for measuring" in lint("--measured", str(folder / "dev.jsonl")).stderr
