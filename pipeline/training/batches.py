"""The prepared tokens of a text, and from them batches of lines of like length with whole words masked.

Which lines a batch holds and which words are masked follows from the seed and the number of the step alone, so that
a training that was killed goes on as if nothing had happened.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.artefacts import sealed
from pipeline.artefacts.tokens import CLS, MASK, PAD, SEP, SPECIAL
from pipeline.errors import ArtefactError

KIND = "tokens"
TOKENS, LENGTHS, TOKENISER, START = "tokens.u16", "lengths.u16", "tokenizer.json", "start.safetensors"
GOES_ON = 1 << 15
"""The bit of a token that goes on the word before it."""
MAX_TOKENS = 160
POOL = 4
"""For each token of a batch, so many lines are sorted by length together: batches without padding, yet random."""
KEPT_SHARE, RANDOM_SHARE = 0.1, 0.1
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Batch:
    """tokens [lines, width] as the network sees them, mask (1 where there is a token); `masked` are the places of
    the hidden tokens in the flattened batch and `answers` what stood there."""

    tokens: Tensor
    mask: Tensor
    masked: Tensor
    answers: Tensor

    def to(self, device: str) -> "Batch":
        return Batch(*(getattr(self, name).to(device) for name in self.__slots__))


class Prepared:
    """A sealed folder of tokens, open. Raises ArtefactError where it is incomplete or altered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.facts: dict[str, Any] = sealed.open_folder(folder, KIND)["settings"]
        self._tokens: NDArray[np.uint16] = np.memmap(folder / TOKENS, np.uint16, mode="r")
        self._lengths = np.fromfile(folder / LENGTHS, np.uint16).astype(np.int64)
        self._starts = np.concatenate([[0], np.cumsum(self._lengths)])
        self.entries = int(self.facts["entries"])
        found = len(json.loads((folder / TOKENISER).read_text(encoding="utf-8"))["model"]["vocab"])
        if self._starts[-1] != len(self._tokens) or found != self.entries:
            raise ArtefactError(
                f"{folder}: {len(self._tokens)} tokens of {found} entries, {self._starts[-1]} of {self.entries} "
                "expected; delete the folder and prepare the text again"
            )

    @property
    def identity(self) -> str:
        return sealed.identity(self.folder)

    def plan(self, seed: int, epoch: int, batch_tokens: int) -> list[NDArray[np.int64]]:
        """The lines of each batch of one pass over the text, at most `batch_tokens` tokens with their padding."""
        random = np.random.default_rng((seed, epoch))
        order = random.permutation(len(self._lengths) - self.facts["held_out"])
        batches: list[NDArray[np.int64]] = []
        for at in range(0, len(order), POOL * batch_tokens):
            pool = order[at : at + POOL * batch_tokens]
            batches += self._cut(pool[np.argsort(self._lengths[pool], kind="stable")], batch_tokens)
        return [batches[n] for n in random.permutation(len(batches))]

    def held_out(self, batch_tokens: int, lines: int) -> list[NDArray[np.int64]]:
        """Batches of the first so many lines that no training sees."""
        first = len(self._lengths) - self.facts["held_out"]
        chosen = np.arange(first, len(self._lengths))[:lines]
        return self._cut(chosen[np.argsort(self._lengths[chosen], kind="stable")], batch_tokens)

    def batch(self, lines: NDArray[np.int64], seed: Sequence[int], rate: float) -> Batch:
        """The lines with about `rate` of their words hidden."""
        lengths = self._lengths[lines]
        places = np.arange(lengths.max())
        inside = places < lengths[:, None]
        found = self._tokens[np.where(inside, self._starts[lines][:, None] + places, 0)].astype(np.int64)
        goes_on = np.zeros((len(lines), len(places) + 2), bool)
        goes_on[:, 1:-1] = inside & (found >= GOES_ON)
        tokens = np.full(goes_on.shape, PAD)
        tokens[:, 1:-1] = np.where(inside, found % GOES_ON, PAD)
        tokens[:, 0] = CLS
        tokens[np.arange(len(lines)), lengths + 1] = SEP
        return mask_words(torch.from_numpy(tokens), torch.from_numpy(goes_on), self.entries, seed, rate)

    def _cut(self, lines: NDArray[np.int64], batch_tokens: int) -> list[NDArray[np.int64]]:
        """Batches of lines that come sorted by length."""
        cuts, first = [], 0
        for n, length in enumerate(self._lengths[lines] + 2):
            if n > first and (n + 1 - first) * length > batch_tokens:
                cuts.append(n)
                first = n
        return np.split(lines, cuts) if len(lines) else []


def mask_words(tokens: Tensor, goes_on: Tensor, entries: int, seed: Sequence[int], rate: float) -> Batch:
    """Hide about `rate` of the words, each whole: most as [MASK], some as another token or as it is."""
    random = np.random.default_rng(tuple(seed))
    places = torch.arange(tokens.shape[1])
    word = torch.where(goes_on, 0, places).cummax(1).values
    draw, fate = (torch.from_numpy(random.random(tokens.shape, np.float32)).gather(1, word) for _ in range(2))
    chosen = (draw < rate) & (tokens >= len(SPECIAL))
    chosen[0, 1] |= not bool(chosen.any())  # a loss over nothing would be no number
    others = torch.from_numpy(random.integers(len(SPECIAL), entries, tokens.shape))
    shown = torch.where(chosen & (fate >= KEPT_SHARE), MASK, tokens)
    shown = torch.where(chosen & (fate >= 1 - RANDOM_SHARE), others, shown)
    masked = chosen.flatten().nonzero()[:, 0]
    return Batch(shown, (tokens != PAD).long(), masked, tokens.flatten()[masked])
