"""The judge: screen → segments → nearest positions → stance and expression → probability, for batches of texts.

Needs no database. Its version names everything an assessment depends on: model, guidance, lexicon and thresholds.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline import detect, normalise, search, segment, stance
from pipeline.lexicon import Lexicon
from pipeline.records import Assessment, NormalisedText, Segment, Severity
from pipeline.terms import Terms

Floats = NDArray[np.float32]
CANDIDATES = 4
MAX_CHARACTERS = 100_000
"""What stands behind this place of a text is not read."""
MAX_WINDOWS = 40
"""Of a longer text the windows most worth checking are judged."""
FIRST_SLOT = 0xE000
"""Private-use characters stand for the kinds of words (food, disease …) in a text's frame."""


class PairScorer(Protocol):
    """What the judge needs of a model."""

    def judge_windows(self, folded: Sequence[str], cues: Floats, k: int) -> Sequence["WindowScores"]:
        """Judge each folded text against its k nearest positions, in order."""
        ...


@dataclass(frozen=True, slots=True)
class WindowScores:
    """positions, wordings and leads have k entries, best first; stances is [k, 3], expressions [8]."""

    positions: Sequence[str]
    wordings: Sequence[str]
    leads: Floats
    """How much nearer the text is to each position than to the nearest text about no position."""
    stances: Floats
    expressions: Floats


@dataclass(frozen=True, slots=True)
class TextTools:
    """The text handling the judge shares with the collect path and with training."""

    fold: Callable[[str], NormalisedText]
    """Folded, evasive and regional spellings written as guidance writes them."""
    cut: Callable[[str], list[str]]
    segments: Callable[[str], Sequence[Segment]]
    screen: Callable[[str], bool]
    """Whether a folded text is about health at all."""
    check_worthiness: Callable[[Segment], float]
    is_checkable: Callable[[Segment], bool]
    cues: Callable[[Sequence[str]], Floats]
    shapes: Callable[[Sequence[str]], Floats]
    """How much of each folded text has the shape of a remedy claim [texts, SHAPES]."""
    terms_in: Callable[[str], list[str]]
    """The terms of the lexicon in a folded text."""
    frame: Callable[[str], str]
    """A folded text with each term of the lexicon replaced by one character for its kind."""
    words: Callable[[str], list[str]]
    """What a document is found by."""
    query: Callable[[str], str]
    """What finds the documents that hold all words of a search; empty where it has none."""


def text_tools(lexicon: Lexicon) -> TextTools:
    """Text handling with the words of a lexicon. Loads no model."""
    variants = Terms(lexicon.variants)
    terms = Terms(lexicon.terms)
    slots = {tag: chr(FIRST_SLOT + n) for n, tag in enumerate(sorted({t.tag for t in lexicon.terms.values()}))}
    tag_of = {word: term.tag for word, term in lexicon.terms.items()}
    slot_of = {word: slots[term.tag] for word, term in lexicon.terms.items()}
    segmenter = segment.Segmenter({word: term.frequency for word, term in lexicon.terms.items()})
    cue_words = {tag: Terms(words) for tag, words in lexicon.cues.items()}

    def fold(text: str) -> NormalisedText:
        return normalise.canonical(normalise.fold(text), variants, lexicon.variants)

    weights = {word: term.screen for word, term in lexicon.terms.items()}
    detector = detect.Detector(weights, [fold(word).text.strip() for word in lexicon.keywords])

    def spell(folded: str) -> str:
        return variants.sub(lexicon.variants.__getitem__, folded)

    return TextTools(
        fold=fold,
        cut=segmenter.cut,
        segments=segmenter.segments,
        screen=lambda folded: detector.screen(spell(folded)),
        check_worthiness=detector.check_worthiness,
        is_checkable=detector.is_checkable,
        cues=lambda texts: stance.cues(texts, cue_words),
        shapes=lambda texts: detect.shapes(texts, lambda clause: {tag_of[t] for t in terms.findall(clause)}),
        terms_in=terms.findall,
        frame=lambda folded: terms.sub(slot_of.__getitem__, folded),
        words=lambda document: search.words(fold(document[:MAX_CHARACTERS]).text, segmenter.cut_finely),
        query=lambda sought: search.query(fold(sought).text, segmenter.cut),
    )


class Judge:
    """Assesses texts. One instance serves any number of batches."""

    def __init__(
        self,
        scorer: PairScorer,
        tools: TextTools,
        severities: Mapping[str, Severity],
        calibration: stance.Calibration,
        parts: Mapping[str, str],
        trained: Collection[str] = (),
    ) -> None:
        self.scorer, self._tools = scorer, tools
        self._severities, self._calibration = severities, calibration  # of the positions that are watched
        self.parts = dict(parts)
        self.untrained = sorted(severities.keys() - set(trained))
        named = "\n".join(f"{k}={v}" for k, v in sorted(parts.items())) + repr(calibration)
        self.version = hashlib.sha256(named.encode()).hexdigest()[:12]

    @property
    def calibration(self) -> stance.Calibration:
        return self._calibration

    def assess(self, documents: Sequence[str]) -> list[Assessment]:
        """One assessment a document, in order. Texts without a health claim cost only the screen.

        Only positions that have a severity are spoken of.
        """
        folded = [self._fold(document) for document in documents]
        return [
            stance.assess(judged, normalised, document, self._severities, self._calibration)
            for judged, normalised, document in zip(self._judged(folded), folded, documents, strict=True)
        ]

    def explain(self, document: str) -> tuple[NormalisedText, list[stance.Judged], Assessment]:
        """What each step saw of one text."""
        folded = self._fold(document)
        judged = self._judged([folded])[0]
        return folded, judged, stance.assess(judged, folded, document, self._severities, self._calibration)

    def strengths(self, documents: Sequence[str]) -> list[float]:
        """The strength of the evidence in each text, for calibration."""
        judged = self._judged([self._fold(d) for d in documents])
        return [max(map(stance.strength, of_text), default=stance.NO_EVIDENCE) for of_text in judged]

    def _fold(self, document: str) -> NormalisedText:
        return self._tools.fold(document[:MAX_CHARACTERS])

    def _judged(self, folded: Sequence[NormalisedText]) -> list[list[stance.Judged]]:
        per_text = [self._windows(text.text) for text in folded]
        flat = list(chain.from_iterable(per_text))
        if not flat:
            return [[] for _ in folded]
        owners = [n for n, found in enumerate(per_text) for _ in found]
        texts = [folded[n].text[w.start : w.end] for n, w in zip(owners, flat, strict=True)]
        scores = self.scorer.judge_windows(texts, self._tools.cues(texts), CANDIDATES)
        shapes = self._tools.shapes(texts)
        judged: list[list[stance.Judged]] = [[] for _ in folded]
        for owner, window, s, shape in zip(owners, flat, scores, shapes, strict=True):
            watched = [rank for rank, position in enumerate(s.positions) if position in self._severities]
            if watched:
                near = [s.positions[rank] for rank in watched], [s.wordings[rank] for rank in watched]
                found = (window, *near, s.leads[watched], s.stances[watched], s.expressions, shape)
                judged[owner].append(stance.Judged(*found))
        return judged

    def _windows(self, folded: str) -> list[stance.Window]:
        """The windows of a text that are worth judging, each wording once, at most MAX_WINDOWS."""
        if not self._tools.screen(folded):
            return []
        distinct: dict[str, stance.Window] = {}
        for window in stance.windows(self._tools.segments(folded)):
            if any(map(self._tools.is_checkable, window.segments)):
                distinct.setdefault(folded[window.start : window.end], window)
        found = list(distinct.values())
        if len(found) > MAX_WINDOWS:
            found = sorted(found, key=self._worth, reverse=True)[:MAX_WINDOWS]
        return sorted(found, key=lambda w: w.start)

    def _worth(self, window: stance.Window) -> float:
        return sum(map(self._tools.check_worthiness, window.segments))


def to_line(text_id: object, assessment: Assessment) -> dict[str, Any]:
    """The line that `kolwatch assess` writes for one text."""
    return {
        "id": text_id,
        "flagged": assessment.flagged,
        "band": assessment.band.value,
        "probability": assessment.probability,
        "expression": assessment.expression.value,
        "severity": assessment.severity.value if assessment.severity else None,
        "claims": [
            {
                "start": claim.start,
                "end": claim.end,
                "text": claim.text,
                "guidance_id": claim.guidance_id,
                "stance": claim.stance.value,
                "probability": claim.probability,
            }
            for claim in assessment.claims
        ],
    }
