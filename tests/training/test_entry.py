"""One small training from guidance to a judge that can be opened."""

import json
import re
from pathlib import Path

import pytest

from pipeline import artefacts, guidance, lexicon
from pipeline.artefacts import sealed
from pipeline.errors import ArtefactError, GuidanceError
from pipeline.training import entry
from pipeline.training.entry import train
from pipeline.training.vectors import VectorSettings, train_vectors
from tests.tiny import write_project


def test_training_learns_to_tell_a_myth_from_its_debunk_and_a_meal(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    said: list[str] = []
    gold = tmp_path / "own.jsonl"
    gold.write_text(json.dumps({"id": "1", "text": "喝花茶能治好流感", "flag": True}) + "\n", encoding="utf-8")
    train(root, root / "models" / "judge", said.append, epochs=15, gold=gold)
    known = lexicon.load(root / "guidance" / "lexicon")
    judge = artefacts.open_judge(root / "models" / "judge", guidance.load(root / "guidance"), known)
    texts = ["喝花茶能治好流感,亲测有效", "花茶治流感是谣言,别信", "今晚炒萝卜吃,感冒好了胃口也好"]
    myth, debunk, meal = judge.assess(texts)
    assert myth.flagged
    assert myth.claims[0].guidance_id == "WHO-901"
    assert not debunk.flagged
    assert not meal.flagged
    card = (root / "models" / "judge" / "README.md").read_text(encoding="utf-8")
    assert "| average precision |" in card
    assert "| own |" in card
    assert '"own" that are to be flagged it misses' in card
    assert any("threshold" in line for line in said)


def test_the_same_seed_gives_the_same_weights(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    for name in ("a", "b"):
        train(root, root / "models" / name, lambda _: None, epochs=1)
    train(root, root / "models" / "c", lambda _: None, epochs=1, seed=8)
    hashes = [sealed.file_sha256(root / "models" / name / "weights.safetensors") for name in "abc"]
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_share_knows_only_some_of_the_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "MIN_TEXTS", 10)
    root = write_project(tmp_path)
    said: list[str] = []
    train(root, root / "models" / "some", said.append, epochs=1, share=0.8)
    train(root, root / "models" / "whole", said.append, epochs=1)
    some, whole = (int(re.search(r"(\d+) texts to learn", line)[1]) for line in said if "to learn" in line)  # type: ignore[index]
    assert 0.7 < some / whole < 0.9


def test_too_few_texts_or_no_vectors_stop_before_anything_is_written(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    (root / "models" / "words-zh" / "manifest.json").unlink()
    with pytest.raises(ArtefactError, match=r"no manifest.json here"):
        train(root, root / "models" / "judge", lambda _: None)
    content = (root / "guidance" / "tiny.yaml").read_text(encoding="utf-8")
    short = content.split("  - stance: refutes")[0].rstrip().removesuffix("texts:") + "texts: []\n"
    (root / "guidance" / "tiny.yaml").write_text(short, encoding="utf-8")
    with pytest.raises(GuidanceError, match=r"0 texts are too few"):
        train(root, root / "models" / "judge", lambda _: None)
    assert not (root / "models" / "judge").exists()


def test_a_folder_that_cannot_be_written_stops_before_the_training(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    (tmp_path / "file").touch()
    said: list[str] = []
    with pytest.raises(NotADirectoryError):
        train(root, tmp_path / "file" / "judge", said.append)
    assert said == []


def test_vectors_are_trained_on_any_text_and_can_be_opened(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    text = tmp_path / "posts.txt"
    text.write_text("每天喝白醋能治好流感吗\n今晚炒萝卜吃配米饭很香\n" * 200, encoding="utf-8")
    train_vectors(root, text, tmp_path / "words", lambda _: None, VectorSettings(width=8, epochs=1, workers=1))
    found = artefacts.words.open_words(tmp_path / "words")
    assert "白醋" in found.vocabulary
    assert found.vectors.shape == (len(found.vocabulary), 8)
    assert found.weights[found.vocabulary.index("[PAD]")] == 0
    assert not (tmp_path / "words" / "cut.tmp").exists()
    assert "posts.txt, " in (tmp_path / "words" / "README.md").read_text(encoding="utf-8")
