"""Find many terms in a text at once: at each place the longest one, from left to right, none overlapping another."""

from collections.abc import Callable, Iterable, Iterator

from ahocorasick_rs import AhoCorasick, MatchKind


class Terms:
    """A set of terms to look for. Time grows with the text, not with the number of terms."""

    def __init__(self, terms: Iterable[str]) -> None:
        self._terms = sorted(set(terms))
        self._finder = AhoCorasick(self._terms, matchkind=MatchKind.LeftmostLongest) if self._terms else None

    def findall(self, text: str) -> list[str]:
        """The terms in a text that UTF-8 can hold, as often as they stand there, in order."""
        return self._finder.find_matches_as_strings(text) if self._finder else []

    def spans(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Where each term stands: start, end, term."""
        for number, start, end in self._finder.find_matches_as_indexes(text) if self._finder else ():
            yield start, end, self._terms[number]

    def sub(self, rewrite: Callable[[str], str], text: str) -> str:
        """The text with each term replaced by what `rewrite` makes of it."""
        pieces: list[str] = []
        done = 0
        for start, end, term in self.spans(text):
            pieces += (text[done:start], rewrite(term))
            done = end
        return "".join([*pieces, text[done:]]) if pieces else text
