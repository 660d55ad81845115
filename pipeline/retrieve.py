"""Finds the WHO positions that may speak to a text, by likeness to the wordings people use about them.

Three views of likeness are averaged: characters (TF-IDF over character n-grams, cosine), the frame (the same after
each term of the lexicon has become its kind: any food prevents any disease) and meaning (cosine of pooled word
vectors). A position is as near as the mean of its three nearest refuted wordings.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

from pipeline.records import Expression, Guidance, Stance

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
VIEWS = 3
FEATURES = 3 * VIEWS + 5
UNCOVERED = slice(1 + 2 * VIEWS, 1 + 3 * VIEWS)
"""The features that hold the likeness of the nearest uncovered wording."""
NEAREST = 3
BUCKETS = 2**19
"""Of hashed n-grams; about as many as there are."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A known way to say something about a position (guidance_id None: about no position at all)."""

    text: str
    guidance_id: str | None
    is_myth: bool
    """It states what the position refutes, whatever its author does with it."""


def wordings_of(guidance: Guidance) -> list[Wording]:
    """Every wording of guidance/, sorted by position, myths first, uncovered last; each position speaks for itself."""
    current = guidance.in_force
    found = [Wording(p.position_zh, i, is_myth=False) for i, p in current.items()]
    for text in guidance.texts:
        if text.guidance_id is None or text.guidance_id in current:
            is_myth = text.stance is Stance.REFUTES and text.expression is not Expression.DEBUNKS
            found.append(Wording(text.text, text.guidance_id, is_myth))
    last = max(guidance.positions, default="") + "~"
    return sorted(found, key=lambda w: (w.guidance_id or last, not w.is_myth, w.text))


@dataclass(frozen=True, slots=True)
class WordingIndex:
    """All wordings, ready to be compared with. Rows are sorted as `wordings_of` sorts them."""

    wordings: Sequence[Wording]
    positions: tuple[str, ...]
    bounds: Ints
    """[positions, 3]: rows bounds[p, 0]:bounds[p, 1] are its myths, bounds[p, 1]:bounds[p, 2] its other wordings."""
    uncovered_from: int
    characters: "_View"
    frames: "_View"
    meanings: Floats
    """[wordings, width], rows of length 1."""
    frame: Callable[[str], str]


class _View:
    """TF-IDF over hashed character n-grams of the wordings, rows of length 1; a vocabulary would take the memory."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._counter = HashingVectorizer(
            analyzer="char", ngram_range=(1, 3), n_features=BUCKETS, alternate_sign=False, norm=None, dtype=np.float32
        )
        self._weights = TfidfTransformer(sublinear_tf=True)
        self._transposed = sparse.csr_matrix(self._weights.fit_transform(self._counter.transform(texts)).T)

    def likeness(self, texts: Sequence[str]) -> Floats:
        """[texts, wordings]"""
        found = self._weights.transform(self._counter.transform(texts), copy=False) @ self._transposed
        return found.toarray()  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The nearest positions of each text, best first; all arrays are [texts, k] or [texts, k, FEATURES]."""

    position: Ints
    similarity: Floats
    myth: Ints
    """Row of the position's nearest myth wording."""
    other: Ints
    """Row of its nearest other wording."""
    features: Floats


def build_index(
    wordings: Sequence[Wording], folded: Sequence[str], meanings: Floats, frame: Callable[[str], str]
) -> WordingIndex:
    """Index wordings (sorted by `wordings_of`), given their folded texts and unit word-vector means.

    Positions without a single myth wording cannot be found and are left out.
    """
    ids = np.array([w.guidance_id or "" for w in wordings])
    myths = np.array([w.is_myth for w in wordings])
    positions, bounds = [], []
    for guidance_id in sorted({w.guidance_id for w in wordings if w.guidance_id and w.is_myth}):
        rows = np.flatnonzero(ids == guidance_id)
        positions.append(guidance_id)
        bounds.append((rows[0], rows[0] + int(myths[rows].sum()), rows[-1] + 1))
    uncovered = np.flatnonzero(ids == "")
    return WordingIndex(
        wordings=wordings,
        positions=tuple(positions),
        bounds=np.array(bounds, dtype=np.int64),
        uncovered_from=int(uncovered[0]) if len(uncovered) else len(wordings),
        characters=_View(folded),
        frames=_View([frame(text) for text in folded]),
        meanings=meanings,
        frame=frame,
    )


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of texts in training: the wording each is itself, and a position that must be among the nearest."""

    row: Sequence[int]
    position: Sequence[int | None]


def retrieve(
    index: WordingIndex, folded: Sequence[str], meanings: Floats, k: int, known: Known | None = None
) -> Retrieved:
    """The k nearest positions of each folded text. In training no text is compared with itself."""
    views = np.stack(
        [
            index.characters.likeness(folded),
            index.frames.likeness([index.frame(text) for text in folded]),
            meanings @ index.meanings.T,
        ]
    )
    if known is not None:
        views[:, np.arange(len(folded)), known.row] = -1.0
    return _nearest(index, views, np.array([len(t) for t in folded]), k, known)


def _nearest(index: WordingIndex, views: Floats, lengths: Ints, k: int, known: Known | None) -> Retrieved:
    """`views` is [VIEWS, texts, wordings]."""
    mean = views.mean(axis=0)
    texts, count = len(mean), len(index.positions)
    similarity = np.zeros((texts, count), np.float32)
    myths, others = np.zeros((texts, count), np.int64), np.zeros((texts, count), np.int64)
    for p, (start, middle, end) in enumerate(index.bounds):
        similarity[:, p] = _mean_of_nearest(mean[:, start:middle])
        myths[:, p] = start + mean[:, start:middle].argmax(axis=1)
        others[:, p] = middle + mean[:, middle:end].argmax(axis=1) if end > middle else myths[:, p]
    k = min(k, count)
    order = np.argsort(-similarity, axis=1, kind="stable")[:, :k]
    for text, position in enumerate(known.position if known else ()):
        if position is not None and position not in order[text]:
            order[text, -1] = position
    nearest = np.take_along_axis(similarity, order, axis=1)
    myth, other = np.take_along_axis(myths, order, axis=1), np.take_along_axis(others, order, axis=1)
    return Retrieved(order, nearest, myth, other, _features(index, views, mean, lengths, (nearest, myth, other)))


def _features(
    index: WordingIndex, views: Floats, mean: Floats, lengths: Ints, found: tuple[Floats, Ints, Ints]
) -> Floats:
    """Per pair: likeness of the position, then of its nearest myth, other and uncovered wording in every view."""
    nearest, myth, other = found
    texts, k = nearest.shape
    rows = np.arange(texts)[:, None]
    columns = [nearest[None]]
    columns += [views[:, rows, myth], views[:, rows, other]]
    if index.uncovered_from < mean.shape[1]:
        best = index.uncovered_from + mean[:, index.uncovered_from :].argmax(axis=1)[:, None]
        columns.append(np.repeat(views[:, rows, best], k, axis=2))
    else:
        columns.append(np.zeros((VIEWS, texts, k), np.float32))
    columns.append((nearest - nearest[:, :1])[None])
    columns.append((views[:, rows, myth] - views[:, rows, other]).mean(axis=0)[None])
    columns.append(np.broadcast_to(1 / (1 + np.arange(k, dtype=np.float32)), (1, texts, k)))
    columns.append(np.broadcast_to((np.log1p(lengths) / 5)[:, None], (1, texts, k)))
    return np.concatenate(columns).transpose(1, 2, 0).astype(np.float32)


def _mean_of_nearest(values: Floats) -> Floats:
    if values.shape[1] > NEAREST:
        values = np.partition(values, -NEAREST, axis=1)[:, -NEAREST:]
    mean: Floats = values.mean(axis=1)
    return mean
