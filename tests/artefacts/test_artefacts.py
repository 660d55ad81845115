"""A model folder vouches for itself, or is refused with the reason."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import artefacts, guidance, lexicon
from pipeline.artefacts import sealed
from pipeline.artefacts.words import open_words
from pipeline.errors import ArtefactError
from pipeline.judge import Judge
from pipeline.training.entry import train
from tests.tiny import write_project


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_project(tmp_path_factory.mktemp("project"))
    train(folder, folder / "models" / "judge", lambda _: None, epochs=1)
    return folder


@pytest.fixture
def folder(root: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(root / "models" / "judge", tmp_path / "judge"))


def open_judge(root: Path, folder: Path) -> Judge:
    known = lexicon.load(root / "guidance" / "lexicon")
    return artefacts.open_judge(folder, guidance.load(root / "guidance"), known)


def reseal(folder: Path, change: Callable[[dict[str, object]], object]) -> None:
    """Alter the settings of a folder and sign it again, as another program would have."""
    settings = json.loads((folder / "manifest.json").read_text())["settings"]
    change(settings)
    sealed.seal_folder(folder, "judge", settings)


def test_an_opened_judge_assesses_and_names_its_parts(root: Path, folder: Path) -> None:
    judge = open_judge(root, folder)
    found = judge.assess(["每天喝白醋能治好流感,亲测有效", "今天下雨"])
    assert found[0].claims
    assert found[0].probability > found[1].probability
    assert judge.parts["model"] == "judge"
    assert len(judge.parts["model_sha256"]) == 64
    assert judge.calibration.min_maybe <= judge.calibration.min_flag


def test_the_same_folder_gives_the_same_judge(root: Path, folder: Path) -> None:
    first, second = open_judge(root, folder), open_judge(root, folder)
    assert first.version == second.version
    text = ["每天喝白醋能治好流感"]
    assert first.assess(text) == second.assess(text)


def test_the_company_a_text_keeps_does_not_change_its_assessment(root: Path, folder: Path) -> None:
    judge = open_judge(root, folder)
    text = "每天喝白醋能治好流感,亲测有效"
    alone = judge.assess([text])[0]
    among = judge.assess(["喝姜汤能治好感冒,真的真的真的很灵。" * 3, text, "今天下雨"])[1]
    assert among == alone


@pytest.mark.parametrize("name", ["weights.safetensors", "vocabulary.json", "config.json"])
def test_an_altered_or_missing_file_is_refused(root: Path, folder: Path, name: str) -> None:
    path = folder / name
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ArtefactError, match=rf"{name}: sha256 is .* restore the file"):
        open_judge(root, folder)
    path.unlink()
    with pytest.raises(ArtefactError, match=rf"{name}: missing"):
        open_judge(root, folder)


def test_a_pickle_is_refused_whatever_the_manifest_says(root: Path, folder: Path) -> None:
    (folder / "extra.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(ArtefactError, match=r"extra.bin; pickled files are never loaded"):
        open_judge(root, folder)
    reseal(folder, lambda settings: settings)
    with pytest.raises(ArtefactError, match=r"extra.bin; pickled files are never loaded"):
        open_judge(root, folder)


def test_a_manifest_that_points_outside_its_folder_is_refused(root: Path, folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["sha256"]["../words-zh/vocabulary.json"] = "0"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ArtefactError, match="outside the folder"):
        open_judge(root, folder)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("{", "not readable"),
        ("[]", "lists no file hashes"),
        ('{"format": 9, "kind": "judge", "sha256": {}}', "format 9"),
    ],
)
def test_a_broken_manifest_is_refused(root: Path, folder: Path, content: str, expected: str) -> None:
    (folder / "manifest.json").write_text(content)
    with pytest.raises(ArtefactError, match=expected):
        open_judge(root, folder)


def test_a_folder_of_another_kind_or_none_is_refused(root: Path, tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match=r"holds 'words', format 1, but a 'judge'"):
        open_judge(root, root / "models" / "words-zh")
    with pytest.raises(ArtefactError, match=r"no manifest.json here"):
        open_judge(root, tmp_path)


def test_other_labels_or_another_vocabulary_are_refused(root: Path, folder: Path) -> None:
    reseal(folder, lambda settings: settings["stances"].reverse())  # type: ignore[attr-defined]
    with pytest.raises(ArtefactError, match="stances are"):
        open_judge(root, folder)
    reseal(folder, lambda settings: settings["stances"].reverse())  # type: ignore[attr-defined]
    words = json.loads((folder / "vocabulary.json").read_text())
    (folder / "vocabulary.json").write_text(json.dumps(words[:-1]))
    reseal(folder, lambda settings: settings)
    with pytest.raises(ArtefactError, match=r"weights for \d+ words, a vocabulary of \d+"):
        open_judge(root, folder)
    (folder / "vocabulary.json").write_text(json.dumps(["a", *words[1:]]))
    reseal(folder, lambda settings: settings)
    with pytest.raises(ArtefactError, match="not a vocabulary of ours"):
        open_judge(root, folder)


def test_weights_of_another_shape_are_refused(root: Path, folder: Path) -> None:
    shutil.copy(root / "models" / "words-zh" / "vectors.safetensors", folder / "weights.safetensors")
    reseal(folder, lambda settings: settings)
    with pytest.raises(ArtefactError, match=r"weights.safetensors: does not fit this program"):
        open_judge(root, folder)


def test_word_vectors_that_do_not_fit_their_words_are_refused(root: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(root / "models" / "words-zh", tmp_path / "words"))
    assert len(open_words(folder).vocabulary) == len(open_words(folder).vectors)
    words = json.loads((folder / "vocabulary.json").read_text())
    (folder / "vocabulary.json").write_text(json.dumps(words[:-1]))
    sealed.seal_folder(folder, "words", {})
    with pytest.raises(ArtefactError, match=r"\d+ words but \d+ vectors"):
        open_words(folder)


def test_importing_the_package_loads_no_torch() -> None:
    code = "import sys, pipeline.artefacts; sys.exit(any(m in sys.modules for m in ('torch', 'transformers')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
