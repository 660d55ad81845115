"""States of wordings are kept by row, whichever rows are asked for first and by whomever."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from pipeline.artefacts.judge_model import pad
from pipeline.artefacts.wording_states import BLOCK, States, WordingStates

IDS = [[row + 1] * (1 + row * 7 % 5) for row in range(3 * BLOCK + 2)]


class Counting:
    """Encodes a token as its id, and counts the rows."""

    def __init__(self) -> None:
        self.rows, self.failures = 0, 0

    def __call__(self, ids: Sequence[Sequence[int]]) -> States:
        if self.failures:
            self.failures -= 1
            raise MemoryError
        self.rows += len(ids)
        padded, mask = pad(ids)
        return States(padded[..., None].float(), mask)


@pytest.mark.parametrize("by_length", [True, False])
def test_rows_come_as_they_were_encoded_and_each_block_once(by_length: bool) -> None:
    encode = Counting()
    states = WordingStates(IDS, 1, encode, by_length=by_length)
    wanted = np.array([130, 3, 3, 64])
    found, (padded, mask) = states.rows(wanted), pad([IDS[row] for row in wanted])
    assert torch.equal(found.hidden[..., 0], padded.float())
    assert torch.equal(found.mask, mask)
    assert encode.rows % BLOCK == 0
    states.encode_all()
    assert encode.rows == len(IDS)
    states.forget()
    states.rows(wanted[:1])
    assert encode.rows == len(IDS) + BLOCK


def test_a_block_that_failed_is_tried_again() -> None:
    encode = Counting()
    states = WordingStates(IDS, 1, encode, by_length=False)
    encode.failures = 1
    with pytest.raises(MemoryError):
        states.rows(np.array([0]))
    assert states.rows(np.array([0])).hidden.item() == 1


def test_several_threads_encode_nothing_twice() -> None:
    encode = Counting()
    states = WordingStates(IDS, 1, encode, by_length=True)
    with ThreadPoolExecutor(4) as pool:
        asked = [np.array([row, (row * 31) % len(IDS)]) for row in range(len(IDS))]
        found = list(pool.map(lambda rows: states.rows(rows).hidden[:, 0, 0].tolist(), asked))
    assert found == [[row + 1, (row * 31) % len(IDS) + 1] for row in range(len(IDS))]
    assert encode.rows == len(IDS)
