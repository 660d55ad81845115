"""Searching texts by their words: what is kept of a text for it, and what a search looks for.

Both sides are folded and cut alike. Of a text, the shorter words inside its words are kept too: 大蒜 finds 大蒜水.
"""

import re
from collections.abc import Callable, Iterable

SPOKEN = re.compile(r"\w+")
LONGEST_WORD = 64
"""Characters; what is longer is no word, and is found by its beginning."""
MOST_BYTES = 400_000
"""Of the words of one text; PostgreSQL takes 1 MB with what it adds itself."""

Cut = Callable[[str], Iterable[str]]


def words(folded: str, cut_finely: Cut) -> list[str]:
    """The words that a folded text is found by, each once; of an endless text those that come first."""
    found: dict[str, None] = {}
    size = 0
    for word in _spoken(cut_finely(folded)):
        if word not in found:
            size += len(word.encode())
            if size > MOST_BYTES:
                break
            found[word] = None
    return list(found)


def query(folded: str, cut: Cut) -> str:
    """What finds the texts that hold all words of a folded search, as a tsquery; empty where it has no word."""
    return " & ".join(f"'{word}'" for word in dict.fromkeys(_spoken(cut(folded))))


def _spoken(cut: Iterable[str]) -> Iterable[str]:
    return (word[:LONGEST_WORD] for word in cut if SPOKEN.fullmatch(word))
