"""Token states of the known wordings, encoded when first needed and kept in half precision."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Lock

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

BLOCK = 64
Ids = Sequence[Sequence[int]]


@dataclass(frozen=True)
class States:
    """Token states of a batch: `hidden` [batch, tokens, width], `mask` [batch, tokens] (1 where there is a token)."""

    hidden: Tensor
    mask: Tensor

    def rows(self, index: Tensor) -> "States":
        return States(self.hidden[index], self.mask[index])


class WordingStates:
    """States of wordings, by row.

    They are encoded in blocks that are always the same, so that the result does not depend on which texts came first;
    different blocks may be encoded by several threads at once. With `by_length`, a block holds wordings of like length.
    """

    def __init__(self, ids: Ids, width: int, encode: Callable[[Ids], States], *, by_length: bool) -> None:
        self._ids, self._width, self._encode = ids, width, encode
        self._lengths = np.array([len(row) for row in ids], np.int64)
        self._starts = np.cumsum(self._lengths) - self._lengths
        self._order = np.argsort(self._lengths if by_length else np.zeros(len(ids)), kind="stable")
        self._place = np.argsort(self._order)
        self._lock = Lock()
        self.forget()

    def forget(self) -> None:
        """Drop all states after the weights have changed."""
        self._hidden: Tensor | None = None
        self._blocks: dict[int, Future[None]] = {}

    def encode_all(self) -> None:
        self._ensure(range(-(-len(self._ids) // BLOCK)))

    def rows(self, rows: NDArray[np.int64]) -> States:
        """The states of these rows, padded to the longest."""
        hidden = self._ensure(np.unique(self._place[rows] // BLOCK).tolist())
        lengths = self._lengths[rows]
        inside = np.arange(int(lengths.max())) < lengths[:, None]
        places = np.where(inside, self._starts[rows][:, None] + np.arange(inside.shape[1]), 0)
        mask = torch.from_numpy(inside.astype(np.int64))
        return States(hidden[torch.from_numpy(places)].float() * mask[..., None], mask)

    def _ensure(self, blocks: Iterable[int]) -> Tensor:
        """All states, of which those in these blocks are there."""
        with self._lock:
            if self._hidden is None:
                self._hidden = torch.zeros(int(self._lengths.sum()), self._width, dtype=torch.float16)
            hidden = self._hidden
            mine = {block: Future[None]() for block in blocks if block not in self._blocks}
            self._blocks |= mine
            needed = [self._blocks[block] for block in blocks]
        for block, done in mine.items():
            try:
                self._fill(hidden, self._order[block * BLOCK : (block + 1) * BLOCK])
                done.set_result(None)
            except BaseException as error:  # whoever waits for it must hear of it, and the next may try again
                del self._blocks[block]
                done.set_exception(error)
        for done in needed:
            done.result()
        return hidden

    def _fill(self, hidden: Tensor, rows: NDArray[np.int64]) -> None:
        with torch.no_grad():
            found = self._encode([self._ids[row] for row in rows])
        for states, start, length in zip(found.hidden, self._starts[rows], self._lengths[rows], strict=True):
            hidden[start : start + length] = states[:length].half()
