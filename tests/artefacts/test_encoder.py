"""An encoder is opened by any kind of name, or the error says what to do."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from pipeline.artefacts import sealed
from pipeline.artefacts.encoder import KIND, Encoder, open_encoder
from pipeline.errors import ArtefactError
from tests.checkpoints import HUB_NAME, WORDS, hub_cache, save_bert


@pytest.fixture
def bert(tmp_path: Path) -> Path:
    return save_bert(tmp_path / "bert")


OPEN = """
import sys
from pathlib import Path
from pipeline.artefacts.encoder import open_encoder
for name in sys.argv[1:]:
    print(open_encoder(name, Path()).meanings(["大蒜治病", "姜"]).shape)
"""


def test_a_local_folder_is_opened_by_its_path(bert: Path, tmp_path: Path) -> None:
    found = open_encoder(str(bert), tmp_path / "elsewhere").meanings(["大蒜治病", "姜", "大蒜治病"])
    assert found.shape == (3, 16)
    np.testing.assert_allclose(found[0], found[2], atol=1e-6)
    assert np.abs(found[0] - found[1]).max() > 0.01


def test_padding_changes_no_meaning(bert: Path, tmp_path: Path) -> None:
    encoder = open_encoder(str(bert), tmp_path)
    alone, among = encoder.meanings(["姜"]), encoder.meanings(["姜", "大蒜治病大蒜治病"])
    np.testing.assert_allclose(alone[0], among[0], atol=1e-6)


def test_a_sealed_folder_of_models_is_opened_by_its_name_and_refused_if_altered(bert: Path, tmp_path: Path) -> None:
    folder = bert.rename(tmp_path / "encoder-zh-tiny")
    (tmp_path / "models").mkdir()
    folder = folder.rename(tmp_path / "models" / folder.name)
    sealed.seal_folder(folder, KIND, {})
    assert isinstance(open_encoder("models/encoder-zh-tiny", tmp_path), Encoder)
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(ArtefactError, match=r"tokenizer.json: sha256 is"):
        open_encoder("models/encoder-zh-tiny", tmp_path)
    (folder / "manifest.json").unlink()
    with pytest.raises(ArtefactError, match=r"no manifest.json here"):
        open_encoder("models/encoder-zh-tiny", tmp_path)


def test_of_the_hub_what_was_fetched_is_opened_and_the_rest_is_told(bert: Path, tmp_path: Path) -> None:
    hub_cache(tmp_path / "home", bert)
    away = {**os.environ, "HF_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", OPEN, HUB_NAME, "hfl/chinese-macbert-base"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=away)
    assert (done.returncode, done.stdout) == (1, "(2, 16)\n"), done.stderr
    assert "ArtefactError: hfl/chinese-macbert-base: no weights as safetensors to be had" in done.stderr
    assert "check its name and the network, or fetch it elsewhere and name its folder" in done.stderr


@pytest.mark.parametrize("name", ["models/encoder-zh-none", "./none", "/no/such/folder"])
def test_a_folder_that_is_not_there_is_not_looked_for_on_the_hub(tmp_path: Path, name: str) -> None:
    with pytest.raises(ArtefactError, match=r"no such folder; name one under models/, or train it"):
        open_encoder(name, tmp_path)


def test_a_checkpoint_without_tokeniser_or_safetensors_is_refused(bert: Path, tmp_path: Path) -> None:
    for path in bert.glob("tokenizer*"):
        path.unlink()
    with pytest.raises(ArtefactError, match=r"its tokeniser has 5 entries, its weights 10; they are not of one"):
        open_encoder(str(bert), tmp_path)
    (bert / "model.safetensors").rename(bert / "pytorch_model.bin")
    with pytest.raises(ArtefactError, match=r"no weights as safetensors .* pickled weights are never loaded"):
        open_encoder(str(bert), tmp_path)


def test_weights_of_which_some_are_missing_are_refused(bert: Path, tmp_path: Path) -> None:
    weights = {name.replace("encoder", "decoder"): w for name, w in load_file(bert / "model.safetensors").items()}
    save_file(weights, bert / "model.safetensors", {"format": "pt"})
    with pytest.raises(ArtefactError, match=r"its weights lack encoder.layer.0.* and \d+ more"):
        open_encoder(str(bert), tmp_path)


def test_a_cut_off_file_of_weights_is_refused(bert: Path, tmp_path: Path) -> None:
    weights = bert / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:200])
    with pytest.raises(ArtefactError, match=r"no weights as safetensors to be had from it"):
        open_encoder(str(bert), tmp_path)


def test_an_error_without_words_is_told_too(bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("pipeline.artefacts.encoder.AutoModel.from_pretrained", fail)
    with pytest.raises(ArtefactError, match=r"\(MemoryError: no reason given\)"):
        open_encoder(str(bert), tmp_path)


def test_a_vocabulary_that_does_not_fit_the_weights_is_refused(tmp_path: Path) -> None:
    small = save_bert(tmp_path / "small", rows=len(WORDS) - 2)
    with pytest.raises(ArtefactError, match=r"its tokeniser has 10 entries, its weights 8; they are not of one"):
        open_encoder(str(small), tmp_path)


def test_weights_of_another_shape_than_the_configuration_are_refused(bert: Path, tmp_path: Path) -> None:
    config = json.loads((bert / "config.json").read_text())
    (bert / "config.json").write_text(json.dumps({**config, "vocab_size": 99}))
    with pytest.raises(ArtefactError, match=r"no weights as safetensors to be had"):
        open_encoder(str(bert), tmp_path)
