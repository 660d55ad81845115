"""What a change of guidance/ is, and which texts it may be about."""

import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipeline.records import Expression, Guidance, Stance

OFTEN = 0.1
"""A word tells of a position if this share of its myths holds it, TELLING times as many as of all texts."""
TELLING = 3.0


class ChangeKind(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    RETIRED = "retired"
    GONE = "gone"
    """It has left guidance/, or the topics that are watched."""
    BACK = "back"
    """It is in force again."""


@dataclass(frozen=True, slots=True)
class Change:
    """How a position of guidance/ differs from what is loaded; `fields` are those that differ."""

    guidance_id: str
    kind: ChangeKind
    fields: tuple[str, ...]


def changes(loaded: Mapping[str, Mapping[str, object]], positions: Mapping[str, Mapping[str, object]]) -> list[Change]:
    """Compare rows by id. A position that has left guidance/ changes nothing: it is retired by a date in its file."""
    found = []
    for guidance_id, row in sorted(positions.items()):
        before = loaded.get(guidance_id)
        fields = tuple(key for key, value in row.items() if before is not None and before[key] != value)
        if before is None:
            found.append(Change(guidance_id, ChangeKind.NEW, ()))
        elif fields:
            is_retired = "retired" in fields and row["retired"]
            found.append(Change(guidance_id, ChangeKind.RETIRED if is_retired else ChangeKind.CHANGED, fields))
    return found


def screen_words(
    guidance: Guidance, guidance_ids: Sequence[str], terms_of: Callable[[str], Iterable[str]]
) -> dict[str, frozenset[str]]:
    """For each position the terms that tell a text near it from others; none where its myths have none.

    `terms_of` gives the terms of the lexicon in a text, folded as the screen folds it.
    """
    everywhere: Counter[str] = Counter()
    myths: dict[str, list[set[str]]] = {guidance_id: [] for guidance_id in guidance_ids}
    for text in guidance.texts:
        terms = set(terms_of(text.text))
        everywhere.update(terms)
        is_myth = text.stance is Stance.REFUTES and text.expression is not Expression.DEBUNKS
        if is_myth and text.guidance_id in myths:
            myths[text.guidance_id].append(terms)
    share = {term: count / len(guidance.texts) for term, count in everywhere.items()}
    return {guidance_id: _telling(found, share) for guidance_id, found in myths.items()}


def _telling(myths: Sequence[set[str]], share: Mapping[str, float]) -> frozenset[str]:
    here = Counter(term for terms in myths for term in terms)
    enough = math.ceil(OFTEN * len(myths))
    return frozenset(term for term, n in here.items() if n >= enough and n >= TELLING * len(myths) * share[term])


def pattern_of(words: Collection[str]) -> re.Pattern[str]:
    """Finds any of the words; anything where there is none, because then nothing tells."""
    return re.compile("|".join(sorted(map(re.escape, words), key=len, reverse=True)))
