"""Checks of what people say in guidance/: enough of each kind, nothing twice, and no label that style gives away."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.records import Expression, Guidance, GuidanceText, Stance

FLOORS = {"refuting": 60, "supporting": 15, "debunking": 15, "asking": 8, "reporting": 8, "near miss": 30}
"""Texts a position needs before its file may say `complete: true`."""
GENERAL_FLOOR = 250
GENERAL = frozenset(f"WHO-{n:03}" for n in (4, 5, 9, 36, 53, 54, 67, 68, 69, 105, 116))
"""Positions about any food, drug or disease need this many refuting texts."""
WHOLE = "all texts"
WHOLE_FLOORS = {WHOLE: 28_000, "uncovered": 5_000, "ordinary": 2_000}
"""Texts that guidance/ as a whole needs once every file says `complete: true`."""
MAX_LIKENESS = 0.6
MAX_LIKENESS_TO_MEASURED = 0.5
MIN_MEASURED_CHARACTERS = 12
MAX_LEAK = 0.60
"""The AUC that style alone must stay below in telling myths from what only looks like them."""
FOLDS = 1
"""The seed of the folds that the leak is measured on; texts must not be mended by looking at the same folds."""
ROWS = 512
LIKENESS_STEPS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
LENGTHS = (10, 25, 50, 75, 90)
EMOJI = re.compile("[\u2600-\u27bf\U0001f000-\U0001faff]")
MARKS = "，。！？、；：“”…—,.!?~"
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Corpus:
    """What was found: problems to mend, and the tables that show the corpus as it is."""

    problems: Sequence[str]
    totals: Mapping[str, int]
    forms: Mapping[str, Mapping[str, int]]
    """Counts by category and form."""
    lengths: Mapping[str, Sequence[float]]
    """Percentiles (LENGTHS) of the characters of a text, by category."""
    likeness: Sequence[float]
    """Share of texts whose nearest other text is at least as alike as each of LIKENESS_STEPS."""
    leaks: Mapping[str, float]
    """AUC of style alone, by category."""


def category(text: GuidanceText) -> str:
    """What a text counts as."""
    if text.guidance_id is None:
        return "ordinary" if text.expression is Expression.OTHER else "uncovered"
    if text.stance is Stance.NOT_ENOUGH_INFO:
        return "near miss"
    names = {Expression.DEBUNKS: "debunking", Expression.ASKS: "asking", Expression.REPORTS: "reporting"}
    if text.expression in names:
        return names[text.expression]
    if text.expression in (Expression.ASSERTS, Expression.PERSONAL):
        return "refuting" if text.stance is Stance.REFUTES else "supporting"
    return text.expression.value


def examine(guidance: Guidance, before: Mapping[str, int], measured: Sequence[str] = ()) -> Corpus:
    """Look at all texts. `before` are the totals that may not fall, `measured` texts that nothing may resemble."""
    texts = guidance.texts
    groups: dict[str, list[GuidanceText]] = {}
    for text in texts:
        groups.setdefault(category(text), []).append(text)
    totals = Counter({name: len(members) for name, members in groups.items()})
    forms = {name: dict(Counter(t.form for t in members)) for name, members in groups.items()}
    lengths = {n: np.percentile([len(t.text) for t in members], LENGTHS).tolist() for n, members in groups.items()}
    pairs, nearest = _likeness(texts)
    leaks = _leaks(texts)
    problems = [
        *_below_floors(guidance),
        *_below_whole_floors(guidance, totals | {WHOLE: len(texts)}),
        *(f"{name}: {totals[name]} texts, {count} before; put back what was lost" for name, count in before.items()
          if totals[name] < count),
        *pairs,
        *_near_measured(texts, measured),
        *_too_leaky(leaks),
    ]  # fmt: skip
    likeness = [float((nearest >= step).mean()) for step in LIKENESS_STEPS]
    return Corpus(problems, dict(totals), forms, lengths, likeness, leaks)


# ---- counts -------------------------------------------------------------------------------------------


def lacking(guidance: Guidance) -> dict[str, dict[str, int]]:
    """How many texts of each kind every position still needs."""
    counts = Counter((t.guidance_id, category(t)) for t in guidance.texts)
    found = {}
    for guidance_id in guidance.in_force:
        floors = FLOORS | ({"refuting": GENERAL_FLOOR} if guidance_id in GENERAL else {})
        missing = {name: floor - counts[guidance_id, name] for name, floor in floors.items()}
        found[guidance_id] = {name: count for name, count in missing.items() if count > 0}
    return found


def _below_floors(guidance: Guidance) -> Iterator[str]:
    for guidance_id, missing in lacking(guidance).items():
        file = f"{guidance.positions[guidance_id].topic}.yaml"
        if missing and file in guidance.complete:
            wanted = ", ".join(f"{count} {name}" for name, count in missing.items())
            yield f"{file}: {guidance_id} lacks {wanted}; write them, or say `complete: false`"


def _below_whole_floors(guidance: Guidance, totals: Mapping[str, int]) -> Iterator[str]:
    files = {t.file for t in guidance.texts} | {f"{p.topic}.yaml" for p in guidance.positions.values()}
    if files <= guidance.complete:
        for name, floor in WHOLE_FLOORS.items():
            if (count := totals.get(name, 0)) < floor:
                yield f"{name}: {count}, at least {floor} where every file is complete; write {floor - count} more"


# ---- repetitions --------------------------------------------------------------------------------------


def bigrams(texts: Sequence[str]) -> sparse.csr_matrix:
    """Which pairs of neighbouring characters each text holds [texts, pairs], blanks left out."""
    known: dict[str, int] = {}
    columns, ends = [], [0]
    for text in texts:
        bare = re.sub(r"\s+", "", text)
        columns += sorted({known.setdefault(bare[i : i + 2], len(known)) for i in range(len(bare) - 1)})
        ends.append(len(columns))
    return sparse.csr_matrix((np.ones(len(columns), np.float32), columns, ends), (len(texts), len(known)))


def jaccard(rows: sparse.csr_matrix, others: sparse.csr_matrix) -> Iterator[tuple[int, sparse.csr_matrix]]:
    """The share of character pairs in common, ROWS texts at a time: first row and [ROWS, others]."""
    sizes, other_sizes = (np.diff(m.indptr).astype(np.float32) for m in (rows, others))
    turned = others.T.tocsr()
    for start in range(0, rows.shape[0], ROWS):
        common = (rows[start : start + ROWS] @ turned).tocsr()
        row = np.repeat(np.arange(common.shape[0]), np.diff(common.indptr))
        common.data /= sizes[start + row] + other_sizes[common.indices] - common.data
        yield start, common


def _likeness(texts: Sequence[GuidanceText]) -> tuple[list[str], Floats]:
    """Pairs that are too alike, and how alike the nearest other text of each is."""
    found, nearest = [], np.zeros(len(texts))
    matrix = bigrams([t.text for t in texts])
    for start, alike in jaccard(matrix, matrix):
        row = np.repeat(np.arange(start, start + alike.shape[0]), np.diff(alike.indptr))
        alike.data[alike.indices == row] = 0  # what is left is how alike the others are
        filled = np.flatnonzero(np.diff(alike.indptr))
        nearest[start + filled] = np.maximum.reduceat(alike.data, alike.indptr[filled])
        is_near = (alike.data > MAX_LIKENESS) & (alike.indices < row)
        for first, second in zip(alike.indices[is_near].tolist(), row[is_near].tolist(), strict=True):
            a, b = texts[second], texts[first]
            found.append(
                f"{a.file}:{a.line}: nearly the text of {b.file}:{b.line}; say it quite differently or delete it"
            )
    return found, nearest


def _near_measured(texts: Sequence[GuidanceText], measured: Sequence[str]) -> Iterator[str]:
    """Texts like those that the judge is measured on; which of them is not said."""
    long = [text for text in measured if len(text) > MIN_MEASURED_CHARACTERS]
    if not long:
        return
    matrix = bigrams([t.text for t in texts] + long)
    for start, alike in jaccard(matrix[: len(texts)], matrix[len(texts) :]):
        most = alike.max(axis=1).toarray().ravel()
        for text in (texts[start + row] for row in np.flatnonzero(most > MAX_LIKENESS_TO_MEASURED).tolist()):
            yield f"{text.file}:{text.line}: too like a text used for measuring; write it quite differently"


# ---- what gives a label away --------------------------------------------------------------------------


def style(texts: Sequence[str]) -> Floats:
    """Length, punctuation, hashtags and emoji of each text, and nothing of what it says."""
    return np.array(
        [
            [
                len(t), sum(c in MARKS for c in t) / max(1, len(t)), t.count("#"), len(EMOJI.findall(t)),
                t.count("！") + t.count("!"), t.count("？") + t.count("?"), "\n" in t, t.count("“") + t.count("【"),
            ]
            for t in texts
        ],
        float,
    )  # fmt: skip


def _leaks(texts: Sequence[GuidanceText]) -> dict[str, float]:
    """How well style alone tells each category from near misses and what no position covers (AUC, five folds)."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from threadpoolctl import threadpool_limits

    styles = style([t.text for t in texts])
    kinds = np.array([category(t) for t in texts])
    is_asserted = np.array([t.expression is Expression.ASSERTS for t in texts])
    told = np.flatnonzero(np.isin(kinds, ("near miss", "uncovered")) & is_asserted)
    # In the order of the files a fold would hold whole topics, each written in a style of its own.
    folds = StratifiedKFold(5, shuffle=True, random_state=FOLDS)
    model = HistGradientBoostingClassifier(max_iter=60, random_state=0)
    found = {}
    for name in ("refuting", "supporting", "debunking", "asking", "reporting"):
        own = np.flatnonzero(kinds == name)
        if min(len(own), len(told)) < 100:
            continue
        labels = np.repeat([1, 0], [len(own), len(told)])
        with threadpool_limits(1):  # several threads wait for each other by spinning
            aucs = cross_val_score(model, styles[np.r_[own, told]], labels, cv=folds, scoring="roc_auc")
        found[name] = float(aucs.mean())
    return found


def _too_leaky(leaks: Mapping[str, float]) -> Iterator[str]:
    if leaks.get("refuting", 0) >= MAX_LEAK:
        yield (
            f"style alone tells myths from what looks like them (AUC {leaks['refuting']:.3f}, not below {MAX_LEAK}); "
            "give near misses and uncovered texts the lengths, marks, hashtags and emoji of myths"
        )
