"""Says which claims are the same: near repeats by their characters, paraphrases by their terms and their meaning.

A claim is placed beside the known claim that it is most like, or nowhere. Nothing that was placed ever moves here, so
ids are stable, and what people merge or split stays as they left it.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash, RMinHashLSH

Floats = NDArray[np.float32]
VERSION = "likeness-1"
PERMUTATIONS, BANDS = 64, 32
"""Of the sketches: two claims that share half of their pairs of characters are nearly always compared."""
SEED = 7
REPEAT = 0.5
"""Share of the pairs of characters from which on two claims without terms of their own are the same."""
ALIKE = {1: 0.85, 2: 0.6}
"""Likeness of meaning from which on two claims with one, or with more, terms and no other are the same."""


@dataclass(frozen=True, slots=True)
class Said:
    """A folded claim, the terms of the lexicon that say what it is about, and a vector of length 1 of what it means."""

    text: str
    terms: frozenset[str]
    meaning: Floats


class Clusters:
    """The claims that have been placed, ready to be compared with."""

    def __init__(self) -> None:
        self._said: list[tuple[Said, frozenset[str], int]] = []
        self._near = RMinHashLSH(threshold=REPEAT, num_perm=PERMUTATIONS, num_bands=BANDS)
        self._about: defaultdict[frozenset[str], list[int]] = defaultdict(list)

    def add(self, said: Said, cluster_id: int) -> None:
        number, pairs = len(self._said), _pairs(said.text)
        self._said.append((said, pairs, cluster_id))
        if pairs:
            self._near.insert(number, _sketch(pairs))
        if said.terms:
            self._about[said.terms].append(number)

    def find(self, said: Said) -> int | None:
        """The cluster of the known claim that is most like this one; None where none is the same."""
        pairs = _pairs(said.text)
        numbers = set(self._about.get(said.terms, ())) if said.terms else set()
        numbers.update(self._near.query(_sketch(pairs)) if pairs else ())
        found = [(likeness, -number) for number in numbers if (likeness := self._likeness(said, pairs, number))]
        return self._said[-max(found)[1]][2] if found else None

    def _likeness(self, said: Said, pairs: frozenset[str], number: int) -> float:
        """How like a known claim it is; 0 where it is another claim."""
        other, known, _ = self._said[number]
        shared = len(pairs & known) / max(1, len(pairs | known))
        if shared == 1.0:
            return 2.0
        meaning = float(said.meaning @ other.meaning)
        if said.terms == other.terms and said.terms:
            least = ALIKE[min(2, len(said.terms))]
            return shared + meaning if meaning >= least else 0.0
        has_own = said.terms - other.terms and other.terms - said.terms
        return shared + meaning if shared >= REPEAT and not has_own else 0.0


def place(new: Sequence[Said], clusters: Clusters, fresh: Sequence[int]) -> list[int]:
    """The cluster of each claim, in order: a known one's, else the next of the fresh ids."""
    ids, left = [], iter(fresh)
    for said in new:
        found = clusters.find(said)
        ids.append(next(left) if found is None else found)
        clusters.add(said, ids[-1])
    return ids


def _pairs(text: str) -> frozenset[str]:
    """Neighbouring letters and digits, over what stands between them."""
    spoken = "".join(filter(str.isalnum, text))
    return frozenset(spoken[n : n + 2] for n in range(max(1, len(spoken) - 1))) if spoken else frozenset()


def _sketch(pairs: frozenset[str]) -> RMinHash:
    made = RMinHash(num_perm=PERMUTATIONS, seed=SEED)
    made.update(sorted(pairs))
    return made
