"""Cuts a folded text into sentences, and sentences into words.

Words come from jieba's dictionary and our own health terms. rjieba does the work where it is installed; jieba is the
reference and the fallback. Both are only given runs of Chinese characters, letters and digits, because they differ
on everything else.
"""

import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import resources
from itertools import pairwise
from typing import Protocol

from pipeline.records import Segment

MAX_SEGMENT_CHARACTERS = 64
"""A sentence longer than this is cut at commas, and where there are none between words."""
RUN = re.compile(r"[\u4e00-\u9fd5a-zA-Z0-9]+|\s+|.", re.DOTALL)
CUTTABLE = re.compile(r"[\u4e00-\u9fd5a-zA-Z0-9]")
TERM = re.compile(r"[\u4e00-\u9fd5a-z0-9]{2,}")
SENTENCE_END = re.compile(r"[。!?;\n]+[”」』\"')\]】]*|(?<![a-z0-9.])\.(?![a-z0-9.])|\.{3,}")
SOFT_END = re.compile(r"[,、:~|》】)]+|\s+")
SPOKEN = re.compile(r"\w")


class Backend(Protocol):
    """A segmenter with jieba's dictionary; `run` holds no punctuation or space."""

    def cut(self, run: str) -> list[str]: ...

    def cut_finely(self, run: str) -> list[str]: ...


class RjiebaBackend:
    """The Rust implementation: the same words, about fifteen times as fast."""

    def __init__(self, terms: Mapping[str, int]) -> None:
        import rjieba

        self._jieba = rjieba.Jieba()
        for word, frequency in terms.items():
            self._jieba.add_word(word, frequency, None)

    def cut(self, run: str) -> list[str]:
        words: list[str] = self._jieba.cut(run)
        return words

    def cut_finely(self, run: str) -> list[str]:
        words: list[str] = self._jieba.cut_for_search(run)
        return words


class JiebaBackend:
    """jieba itself. Its dictionary is read anew each time, so that it never writes a cache other users can see."""

    def __init__(self, terms: Mapping[str, int]) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its sources warn on newer Pythons
            import jieba
        self._jieba = jieba.Tokenizer()
        with resources.files("jieba").joinpath("dict.txt").open("rb") as file:
            self._jieba.FREQ, self._jieba.total = self._jieba.gen_pfdict(file)
        self._jieba.initialized = True
        for word, frequency in terms.items():
            self._jieba.add_word(word, frequency)

    def cut(self, run: str) -> list[str]:
        words: list[str] = self._jieba.lcut(run)
        return words

    def cut_finely(self, run: str) -> list[str]:
        words: list[str] = self._jieba.lcut_for_search(run)
        return words


def fastest_backend(terms: Mapping[str, int]) -> Backend:
    try:
        return RjiebaBackend(terms)
    except ImportError:
        return JiebaBackend(terms)


class Segmenter:
    """Words and sentences of folded texts. `terms` are our own words with their frequency."""

    def __init__(self, terms: Mapping[str, int], backend: type[Backend] | None = None) -> None:
        usable = {word: frequency for word, frequency in terms.items() if TERM.fullmatch(word)}
        self._backend: Backend = (backend or fastest_backend)(usable)  # type: ignore[call-arg]

    def cut(self, text: str) -> list[str]:
        """The words of a text; joined they are the text again."""
        return _cut(text, self._backend.cut)

    def cut_finely(self, text: str) -> list[str]:
        """The words of a text, each after the shorter words of the dictionary that lie in it."""
        return _cut(text, self._backend.cut_finely)

    def segments(self, text: str) -> list[Segment]:
        """The sentences of a text, each with its words; what holds no letter or digit is none."""
        found: list[Segment] = []
        for start, end in _sentences(text):
            if end - start <= MAX_SEGMENT_CHARACTERS:
                found.append(_segment(text, start, end, self.cut(text[start:end])))
            else:
                found.extend(self._windows(text, start, end))
        return [s for s in found if SPOKEN.search(s.text)]

    def _windows(self, text: str, start: int, end: int) -> Iterator[Segment]:
        """Cut a long sentence at its commas and pack the parts; where a part is too long, cut between words."""
        words: list[str] = []
        at = start
        for part_start, part_end in _split(text, start, end, SOFT_END):
            part = self.cut(text[part_start:part_end])
            if words and part_end - at > MAX_SEGMENT_CHARACTERS:
                yield _segment(text, at, part_start, words)
                words, at = [], part_start
            for word in part:
                length = sum(map(len, words))
                if words and length + len(word) > MAX_SEGMENT_CHARACTERS:
                    yield _segment(text, at, at + length, words)
                    words, at = [], at + length
                words.append(word)
        if words:
            yield _segment(text, at, end, words)


def _cut(text: str, cut: Callable[[str], list[str]]) -> list[str]:
    words: list[str] = []
    for run in RUN.findall(text):
        if CUTTABLE.match(run):
            words.extend(cut(run))
        else:
            words.append(run)
    return words


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    return _split(text, 0, len(text), SENTENCE_END)


def _split(text: str, start: int, end: int, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Non-empty spans of text[start:end], each ending after a match."""
    cuts = [start, *(m.end() for m in pattern.finditer(text, start, end)), end]
    return ((a, b) for a, b in pairwise(cuts) if a < b)


def _segment(text: str, start: int, end: int, words: Iterable[str]) -> Segment:
    """A segment without the space around it."""
    inside = text[start:end]
    left, right = len(inside) - len(inside.lstrip()), len(inside) - len(inside.rstrip())
    tokens = tuple(word for word in words if not word.isspace())
    return Segment(start + left, max(start + left, end - right), inside.strip(), tokens)
