"""Cuts a post into what its page shows: parts, the claim within them, and what is far from it, folded away."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipeline.console.languages import message

HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ud800-\udfff]")
"""Control characters, and marks that turn the direction of writing; joiners stay, as emoji need them."""
NEAR = 1200
"""Characters that are shown at once before and after the claim, and of what has no claim."""


class Part(StrEnum):
    TITLE = message("Title")
    TEXT = message("Text")
    TRANSCRIPT = message("Transcript")
    REPOSTED = message("Reposted")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one part; what is folded opens at a click."""

    text: str
    is_claim: bool = False
    is_folded: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    part: Part
    pieces: Sequence[Piece]


def harmless(text: str) -> str:
    """A text as it was written, each character that could mislead as a visible one, so that offsets stay right."""
    return HARMFUL.sub("\ufffd", text)


def passages(document: str, title_end: int, text_end: int, start: int, end: int, reposted: str) -> list[Passage]:
    """The parts of a post that have words, with the claim marked; offsets count code points of the document."""
    shown = harmless(document)
    bounds = ((Part.TITLE, 0, title_end), (Part.TEXT, title_end, text_end), (Part.TRANSCRIPT, text_end, len(shown)))
    found = [Passage(part, list(_pieces(shown, low, high, start, end))) for part, low, high in bounds]
    found.append(Passage(Part.REPOSTED, list(_folded(harmless(reposted), keep_end=False))))
    return [passage for passage in found if any(piece.text.strip() for piece in passage.pieces)]


def _pieces(document: str, low: int, high: int, start: int, end: int) -> Iterator[Piece]:
    first, last = max(low, min(start, high)), max(low, min(end, high))
    if first >= last:
        yield from _folded(document[low:high].strip("\n"), keep_end=False)
        return
    yield from _folded(document[low:first].lstrip("\n"), keep_end=True)
    yield Piece(document[first:last], is_claim=True)
    yield from _folded(document[last:high].rstrip("\n"), keep_end=False)


def _folded(text: str, *, keep_end: bool) -> Iterator[Piece]:
    """A text around the claim: what is near it, and the rest folded."""
    if len(text) <= 2 * NEAR:  # folding little saves nothing
        shown, rest = text, ""
    elif keep_end:
        shown, rest = text[-NEAR:], text[:-NEAR]
    else:
        shown, rest = text[:NEAR], text[NEAR:]
    pieces = [Piece(shown), Piece(rest, is_folded=True)]
    yield from (piece for piece in (reversed(pieces) if keep_end else pieces) if piece.text)
