"""A judge is trained from an encoder of any name, and needs nothing but its own folder afterwards."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from pipeline import artefacts, guidance, lexicon
from pipeline.artefacts import sealed
from pipeline.artefacts.encoder import KIND
from pipeline.errors import ArtefactError
from pipeline.judge import Judge
from pipeline.training.entry import train
from pipeline.training.evaluate import evaluate
from tests.checkpoints import HUB_NAME, WORDS, hub_cache, save_bert, save_electra
from tests.tiny import write_project

MYTH, DEBUNK, MEAL = "喝萝卜汤能治好失眠,亲测有效", "花茶治流感是谣言,别信", "今晚炒萝卜吃,感冒好了胃口也好"
TRAIN = """
import sys
from pathlib import Path
from pipeline.training.entry import train
train(Path(sys.argv[1]), Path(sys.argv[2]), print, encoder=sys.argv[3], epochs=1)
"""


def characters(root: Path) -> tuple[str, ...]:
    """The vocabulary of a tokeniser that knows the characters of guidance/."""
    text = (root / "guidance" / "tiny.yaml").read_text(encoding="utf-8")
    return (*WORDS[:5], *sorted({c for c in text if not c.isspace()}))


def open_judge(root: Path, folder: Path) -> Judge:
    known = lexicon.load(root / "guidance" / "lexicon")
    return artefacts.open_judge(folder, guidance.load(root / "guidance"), known)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a judge trained from a folder that is gone by now."""
    folder = write_project(tmp_path_factory.mktemp("project"))
    torch.manual_seed(0)
    checkpoint = save_bert(folder / "bert", words=characters(folder), width=24)
    train(folder, folder / "models" / "judge", lambda _: None, encoder=str(checkpoint), epochs=30)
    shutil.rmtree(checkpoint)
    return folder


@pytest.fixture
def folder(root: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(root / "models" / "judge", tmp_path / "judge"))


def test_it_learns_through_a_local_folder_and_says_so_in_its_card(root: Path, tmp_path: Path) -> None:
    judge = open_judge(root, root / "models" / "judge")
    myth, debunk, meal = judge.assess([MYTH, DEBUNK, MEAL])
    assert (myth.flagged, debunk.flagged, meal.flagged) == (True, False, False)
    assert judge.explain(MYTH)[2] == myth
    gold = tmp_path / "gold.jsonl"
    gold.write_text(json.dumps({"id": "1", "text": MYTH, "flag": True}), encoding="utf-8")
    assert evaluate(judge, gold)["recall"] == 1
    card = (root / "models" / "judge" / "README.md").read_text(encoding="utf-8")
    assert "(transformers `BertModel`, layers 1, width 24)" in card
    assert "begun from `bert`, whose own card" in card


def test_a_sealed_encoder_of_models_is_begun_from_by_its_name(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    checkpoint = save_bert(root / "models" / "encoder-zh-tiny", words=characters(root))
    sealed.seal_folder(checkpoint, KIND, {})
    train(root, root / "models" / "judge", lambda _: None, encoder="models/encoder-zh-tiny", epochs=1)
    shutil.rmtree(checkpoint)
    assert open_judge(root, root / "models" / "judge").assess([MYTH])[0].claims
    manifest = sealed.open_folder(root / "models" / "judge", "judge")
    assert manifest["settings"]["encoder"] == "models/encoder-zh-tiny"


def test_a_checkpoint_of_the_hub_is_begun_from_and_no_longer_needed(tmp_path: Path) -> None:
    root = write_project(tmp_path / "project")
    hub_cache(tmp_path / "home", save_bert(tmp_path / "bert", words=characters(root)))
    away = {**os.environ, "HF_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "1"}
    out = root / "models" / "judge"
    command = [sys.executable, "-c", TRAIN, str(root), str(out), HUB_NAME]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=away)
    assert done.returncode == 0, done.stderr
    shutil.rmtree(tmp_path / "home")
    assert open_judge(root, out).assess([MYTH])[0].claims


def test_embeddings_narrower_than_the_states_will_do(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    checkpoint = save_electra(tmp_path / "electra", characters(root))
    train(root, root / "models" / "judge", lambda _: None, encoder=str(checkpoint), epochs=1)
    assert open_judge(root, root / "models" / "judge").assess([MYTH])[0].claims


def test_the_same_seed_gives_the_same_folder(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    checkpoint = str(save_bert(tmp_path / "bert", words=characters(root)))
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        train(root, root / "models" / name, lambda _: None, encoder=checkpoint, epochs=1, seed=seed)
    hashes = [json.loads((root / "models" / n / "manifest.json").read_text())["sha256"] for n in "abc"]
    assert hashes[0] == hashes[1]
    assert {n for n in hashes[0] if hashes[0][n] != hashes[2][n]} == {"model.safetensors", "weights.safetensors"}


def test_the_company_a_text_keeps_does_not_change_its_assessment(root: Path) -> None:
    judge = open_judge(root, root / "models" / "judge")
    alone = judge.assess([MYTH])[0]
    assert judge.assess(["喝姜汤能治好感冒,真的真的真的很灵。" * 3, MYTH, "   \u3000流感 "])[1] == alone


def test_every_file_of_the_folder_is_vouched_for(root: Path, folder: Path) -> None:
    names = {path.name for path in folder.iterdir()} - {"README.md", "manifest.json"}
    assert names >= {"model.safetensors", "config.json", "tokenizer.json", "vocabulary.json", "weights.safetensors"}
    for name in names:
        path = folder / name
        content = path.read_bytes()
        path.write_bytes(content + b" ")
        with pytest.raises(ArtefactError, match=rf"{name}: sha256 is .* restore the file"):
            open_judge(root, folder)
        path.unlink()
        with pytest.raises(ArtefactError, match=rf"{name}: missing"):
            open_judge(root, folder)
        path.write_bytes(content)
    assert open_judge(root, folder).assess([MYTH])[0].flagged


def test_heads_for_an_encoder_of_another_width_are_refused(root: Path, folder: Path) -> None:
    settings = sealed.open_folder(folder, "judge")["settings"]
    save_bert(folder, words=characters(root), width=16)
    sealed.seal_folder(folder, "judge", settings)
    with pytest.raises(ArtefactError, match=r"weights.safetensors: does not fit this program"):
        open_judge(root, folder)


def test_an_encoder_that_is_not_there_stops_it_before_anything_is_written(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    with pytest.raises(ArtefactError, match=r"models/encoder-zh-none: no such folder"):
        train(root, root / "models" / "judge", lambda _: None, encoder="models/encoder-zh-none")
    assert not (root / "models" / "judge").exists()
