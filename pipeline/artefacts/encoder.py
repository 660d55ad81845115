"""Opens an encoder by name: a folder that `kolwatch pretrain` wrote, any other local checkpoint, or one of the hub."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModel, AutoTokenizer
from transformers.utils import logging

from pipeline.artefacts import sealed
from pipeline.errors import ArtefactError

KIND = "encoder"
BATCH = 64
MAX_TOKENS = 160
SHARD = "15MB"
FITTING = 0.9
"""Some checkpoints have rows to spare; where more are, the tokeniser is missing, or another one's."""
AGAIN = "they are not of one checkpoint: fetch or train it again"
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Encoder:
    """A transformer encoder and its tokeniser."""

    name: str
    network: Any
    tokeniser: Any

    def meanings(self, folded: Sequence[str]) -> Floats:
        """The mean of the token states of each text [texts, width]."""
        found = []
        for start in range(0, len(folded), BATCH):
            texts = list(folded[start : start + BATCH])
            batch = self.tokeniser(
                texts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt",
                return_special_tokens_mask=True,
            )  # fmt: skip
            inside = (batch.pop("special_tokens_mask") == 0)[..., None]
            with torch.inference_mode():
                states = self.network(**batch).last_hidden_state
            found.append(((states * inside).sum(1) / inside.sum(1).clamp_min(1)).numpy())
        whole: Floats = np.concatenate(found)
        return whole


def find_folder(name: str, root: Path) -> Path | None:
    """The local folder of that name, under `root` before the working directory."""
    return next((p for p in (root / name, Path(name)) if p.is_dir()), None)


def open_encoder(name: str, root: Path) -> Encoder:
    """Open `models/…` under `root`, a local folder, or a checkpoint of the hub such as `hfl/chinese-macbert-base`.

    Raises ArtefactError where it cannot be had, is altered, or its vocabulary does not fit its weights.
    """
    folder = find_folder(name, root)
    if folder is None and (name.startswith((".", "/", "~", "models/")) or name.count("/") > 1):
        raise ArtefactError(f"{name}: no such folder; name one under models/, or train it with `kolwatch pretrain`")
    if folder is not None and (name.startswith("models/") or (folder / sealed.MANIFEST).exists()):
        sealed.open_folder(folder, KIND)  # one of ours that was half written has no manifest
    return read_checkpoint(name, str(folder or name))


def read_checkpoint(name: str, place: str) -> Encoder:
    """Read a checkpoint, whatever vouches for its files. Raises ArtefactError as open_encoder does."""
    options = {"use_safetensors": True, "dtype": torch.float32, "output_loading_info": True}
    network, loading = _loaded(AutoModel, name, place, **options)
    tokeniser = _loaded(AutoTokenizer, name, place)
    rows = network.get_input_embeddings().num_embeddings
    entries = max(tokeniser.get_vocab().values(), default=-1) + 1
    missing = sorted(key for key in loading["missing_keys"] if not key.startswith("pooler."))
    if missing:
        raise ArtefactError(f"{name}: its weights lack {missing[0]} and {len(missing) - 1} more; {AGAIN}")
    if not FITTING * rows <= entries <= rows or tokeniser.pad_token_id is None:
        raise ArtefactError(f"{name}: its tokeniser has {entries} entries, its weights {rows}; {AGAIN}")
    return Encoder(name, network.eval(), tokeniser)


def save_checkpoint(network: Any, tokeniser: Any, folder: Path) -> None:
    """Write weights of 16 bits and the tokeniser, as transformers opens them; the folder still has to be sealed."""
    halves = {name: weights.detach().half().cpu() for name, weights in network.named_parameters()}
    network.save_pretrained(folder, state_dict=halves, max_shard_size=SHARD)
    tokeniser.save_pretrained(folder)
    for path in filter(Path.is_file, folder.iterdir()):
        path.chmod(0o644)  # safetensors lets nobody else read its files


def _loaded(kind: Any, name: str, place: str, **options: object) -> Any:
    """Open with transformers, silently: what its reports warn of is checked above."""
    what = "weights as safetensors" if kind is AutoModel else "tokeniser"
    reports: Any = logging
    reports.set_verbosity_error()
    reports.disable_progress_bar()
    try:
        return kind.from_pretrained(place, **options)
    except Exception as error:  # every library below has errors of its own, some without a common base
        reason = (str(error) or "no reason given").splitlines()[0]
        raise ArtefactError(
            f"{name}: no {what} to be had from it ({type(error).__name__}: {reason}). For a "
            "checkpoint of the hub, check its name and the network, or fetch it elsewhere and name its folder; "
            "pickled weights are never loaded"
        ) from error
