"""From pair scores to an assessment: which claims a text makes, what it does with them, and how sure we are.

The probability of a text is that of its best (window, position) pair, calibrated on texts held out of training.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.records import Assessment, Band, Claim, Expression, NormalisedText, Segment, Severity, Stance
from pipeline.terms import Terms

Floats = NDArray[np.float32]
CUE_TAGS = ("debunking", "asking", "negation", "hedging", "certainty", "sales")
CUES = len(CUE_TAGS) + 2
"""The tags, quotation marks and words of reporting."""
QUOTES = re.compile('[“"「『][^”"」』]{2,40}[”"」』]')
REPORTING = re.compile("据.{0,12}(报道|消息|通报)|通报|网传|有人说|朋友圈|传言|记者")
ASSERTS = tuple(Expression).index(Expression.ASSERTS)
ASSERTS_WEIGHT = 0.5
LEAD_WEIGHT = 8.0
SHAPE_WEIGHTS = np.array([3.0, 2.0], np.float32)
NO_EVIDENCE = -30.0
DIGITS = 3
"""Of a probability: what is behind them depends on which texts are judged together."""
MAX_WINDOW_CHARACTERS = 128
MAX_CLAIMS = 5


@dataclass(frozen=True, slots=True)
class Window:
    """Neighbouring segments judged together: enough context to tell an assertion from a debunk."""

    segments: tuple[Segment, ...]

    @property
    def start(self) -> int:
        return self.segments[0].start

    @property
    def end(self) -> int:
        return self.segments[-1].end


@dataclass(frozen=True, slots=True)
class Calibration:
    """Maps the strength of the evidence to a probability, and names the thresholds it is compared with."""

    slope: float
    bias: float
    min_flag: float
    min_maybe: float

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> "Calibration":
        """From the settings of a model folder. Raises KeyError, TypeError or ValueError if they say something else."""
        return cls(*(float(settings[name]) for name in ("slope", "bias", "min_flag", "min_maybe")))

    def probability(self, strength: float) -> float:
        z = self.bias + self.slope * strength
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))

    def band(self, probability: float) -> Band:
        if probability >= self.min_flag:
            return Band.FLAG
        return Band.MAYBE if probability >= self.min_maybe else Band.NONE


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found out about one window: stances [k, 3] towards `positions`, expressions [8], shapes [SHAPES].

    `leads` [k] says how much nearer the text is to each position than to the nearest text about no position.
    """

    window: Window
    positions: Sequence[str]
    wordings: Sequence[str]
    leads: Floats
    stances: Floats
    expressions: Floats
    shapes: Floats


def logit(p: float) -> float:
    p = min(max(p, 1e-4), 1 - 1e-4)
    return math.log(p / (1 - p))


def windows(segments: Sequence[Segment]) -> list[Window]:
    """Pack segments into windows of at most MAX_WINDOW_CHARACTERS; a long text's windows overlap by one segment."""
    found: list[Window] = []
    current: list[Segment] = []
    for segment in segments:
        if current and segment.end - current[0].start > MAX_WINDOW_CHARACTERS:
            found.append(Window(tuple(current)))
            last = current[-1]
            overlaps = segment.end - last.start <= MAX_WINDOW_CHARACTERS
            current = [last] if overlaps and len(current) > 1 else []
        current.append(segment)
    if current:
        found.append(Window(tuple(current)))
    return found


def cues(texts: Sequence[str], words: Mapping[str, Terms]) -> Floats:
    """Counts of the words that tell what an author does with a claim, [texts, CUES], damped to 0–1.5."""
    rows = np.zeros((len(texts), CUES), np.float32)
    for i, text in enumerate(texts):
        for c, tag in enumerate(CUE_TAGS):
            rows[i, c] = len(words[tag].findall(text))
        rows[i, -2] = len(QUOTES.findall(text))
        rows[i, -1] = len(REPORTING.findall(text))
    return np.minimum(np.log1p(rows), 1.5)


def assess(
    judged: Sequence[Judged],
    normalised: NormalisedText,
    document: str,
    severities: Mapping[str, Severity],
    calibration: Calibration,
) -> Assessment:
    """Combine the judged windows of one text. No windows: an unflagged assessment."""
    if not judged:
        return Assessment(
            flagged=False, band=Band.NONE, probability=0.0, expression=Expression.OTHER, severity=None, claims=()
        )
    claims = sorted(
        (c for j in judged for c in _claims(j, normalised, document, calibration)), key=lambda c: -c.probability
    )
    best = max(judged, key=strength)
    probability = calibration.probability(strength(best))
    band = calibration.band(probability)
    kept = _distinct(claims)
    severity = _severity(kept, severities) if band is not Band.NONE else None
    return Assessment(
        flagged=band is Band.FLAG,
        band=band,
        probability=round(probability, DIGITS),
        expression=list(Expression)[int(best.expressions.argmax())],
        severity=severity,
        claims=kept,
    )


def strength(judged: Judged) -> float:
    """The strength of a window's best evidence."""
    return max(map(float, strengths(judged)), default=NO_EVIDENCE)


def strengths(judged: Judged) -> Floats:
    """How strongly the evidence says, for each position, that the author asserts what the position refutes [k].

    The network knows wordings best, the likeness and the shapes carry over better to texts unlike those it learnt
    from; docs/judge-log.md has the trials that the weights come from.
    """
    asserts = float(judged.expressions[ASSERTS])
    refutes = np.array([logit(float(p)) for p in judged.stances[:, 0]], np.float32)
    shape = asserts * float(judged.shapes @ SHAPE_WEIGHTS)
    evidence = refutes + ASSERTS_WEIGHT * logit(asserts) + LEAD_WEIGHT * judged.leads + shape
    return evidence.astype(np.float32)


@dataclass(frozen=True, slots=True)
class Summary:
    """What was found out about a window, for people: a row a position, best first."""

    expression: str
    rows: Sequence[tuple[str, str, float, float, float, float, float]]
    """Position, its nearest wording, how much it refutes and supports, lead, shape, and the evidence in sum."""


def summary(judged: Judged) -> Summary:
    """The parts of the evidence of a window, as `strengths` adds them up."""
    likeliest = int(judged.expressions.argmax())
    shape = float(judged.shapes @ SHAPE_WEIGHTS)
    evidence = strengths(judged)
    rows = [
        (position, wording, float(p[0]), float(p[1]), float(lead), shape, float(e))
        for position, wording, p, lead, e in zip(
            judged.positions, judged.wordings, judged.stances, judged.leads, evidence, strict=True
        )
    ]
    said = f"{list(Expression)[likeliest]} ({judged.expressions[likeliest]:.2f})"
    return Summary(said, sorted(rows, key=lambda row: -row[-1]))


def _claims(judged: Judged, normalised: NormalisedText, document: str, calibration: Calibration) -> list[Claim]:
    found = []
    for rank, (position, evidence) in enumerate(zip(judged.positions, strengths(judged), strict=True)):
        probability = calibration.probability(float(evidence))
        is_refuted = calibration.band(probability) is not Band.NONE
        stance = Stance.REFUTES if is_refuted else list(Stance)[int(judged.stances[rank].argmax())]
        if rank and stance is Stance.NOT_ENOUGH_INFO:
            continue
        segment = max(judged.window.segments, key=lambda s: _overlap(s.text, judged.wordings[rank]))
        start, end = normalised.original_span(segment.start, segment.end)
        found.append(
            Claim(
                start=start,
                end=end,
                text=document[start:end],
                guidance_id=position,
                stance=stance,
                probability=round(probability, DIGITS),
            )
        )
    return found


def _distinct(claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """The best claim per position, at most MAX_CLAIMS; one that no position speaks to only where there is no other."""
    best: dict[str, Claim] = {}
    for claim in claims:
        best.setdefault(claim.guidance_id, claim)
    telling = [c for c in best.values() if c.stance is not Stance.NOT_ENOUGH_INFO]
    return tuple(telling[:MAX_CLAIMS] or list(best.values())[:1])


def _severity(claims: Sequence[Claim], severities: Mapping[str, Severity]) -> Severity | None:
    refuting = [c for c in claims if c.stance is Stance.REFUTES] or list(claims)
    return severities.get(refuting[0].guidance_id) if refuting else None


def _overlap(segment: str, wording: str) -> float:
    """Share of the wording's character pairs that the segment holds."""
    wanted = {a + b for a, b in pairwise(wording)}
    return len(wanted & {a + b for a, b in pairwise(segment)}) / max(1, len(wanted))
