"""Training examples from guidance/: one text with the positions it is judged against, and what is right for each."""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.records import Expression, Guidance, GuidanceText, Stance
from pipeline.retrieve import Wording
from pipeline.terms import Terms

IGNORE = -100
SWAP_SHARE = 0.6
ANYTHING_SHARE = 0.3
SWAPPED_KINDS = ("remedy", "nutrition")
STANCES = tuple(Stance)
GENERAL = frozenset(
    f"WHO-{n}" for n in ("004", "005", "009", "036", "053", "054", "067", "068", "069", "078", "105", "116")
)
"""Positions that speak of a whole class of claims; a myth of another position may contradict them too."""
UNPROVEN = "WHO-116"
EPIDEMIC_REMEDIES = frozenset(f"WHO-{n}" for n in ("001", "004", "006", "007", "008", "009", "105"))
"""Positions on single remedies in an epidemic; who recommends one also recommends something unproven."""
ANY_REMEDY = frozenset(f"WHO-{n}" for n in ("036", "053", "105", "116"))
"""Positions that hold for any food or home remedy."""


@dataclass(frozen=True, slots=True)
class Example:
    """A text to learn from; `row` is its own row among the wordings, which it must not be compared with."""

    text: str
    source: GuidanceText
    row: int


def gold_stance(example: Example, guidance_id: str, guidance: Guidance) -> int:
    """The stance of a position towards an example: its label, NOT_ENOUGH_INFO if foreign, IGNORE if unknown."""
    source = example.source
    if source.guidance_id == guidance_id:
        return STANCES.index(source.stance)
    if source.guidance_id is None or source.stance is Stance.NOT_ENOUGH_INFO:
        return STANCES.index(Stance.NOT_ENOUGH_INFO)
    if guidance_id == UNPROVEN and source.guidance_id in EPIDEMIC_REMEDIES:
        return STANCES.index(source.stance)
    own, foreign = guidance.positions[source.guidance_id], guidance.positions[guidance_id]
    related = guidance_id in own.related or own.guidance_id in foreign.related
    if related or guidance_id in GENERAL or (source.guidance_id in GENERAL and own.topic == foreign.topic):
        return IGNORE
    return STANCES.index(Stance.NOT_ENOUGH_INFO)


def is_flag(text: GuidanceText) -> bool:
    """Whether a judge should flag this text."""
    return text.stance is Stance.REFUTES and text.expression is Expression.ASSERTS


def split(
    texts: Sequence[GuidanceText], held_out_share: float, seed: int
) -> tuple[list[GuidanceText], list[GuidanceText]]:
    """Texts to learn from and held-out ones, a share of every (position, stance, expression)."""
    chance = random.Random(seed)  # noqa: S311 - a reproducible split, not a secret
    groups: dict[tuple[str | None, Stance, Expression], list[GuidanceText]] = {}
    for text in texts:
        groups.setdefault((text.guidance_id, text.stance, text.expression), []).append(text)
    learnt: list[GuidanceText] = []
    held_out: list[GuidanceText] = []
    for key in sorted(groups, key=str):
        members = groups[key]
        chance.shuffle(members)
        cut = int(len(members) * held_out_share + chance.random())
        held_out.extend(members[:cut])
        learnt.extend(members[cut:])
    return learnt, held_out


def examples_of(guidance: Guidance, index: Sequence[Wording]) -> list[Example]:
    """Every training text with its row among the wordings of the index."""
    rows = {(w.text, w.guidance_id): row for row, w in enumerate(index)}
    return [
        Example(text.text, text, rows[text.text, text.guidance_id])
        for text in guidance.texts
        if (text.text, text.guidance_id) in rows
    ]


GREETINGS = (
    "转发给家人",
    "建议收藏",
    "看完记得转发",
    "大家好",
    "今天说个事",
    "刚看到的",
    "朋友发来的",
    "姐妹们",
    "各位群友",
)
PUNCTUATION = re.compile(r"[，。！？、；：,.!?;:~～…]+")


class Augmenter:
    """Makes texts drier or messier, as real ones are; the label stays right.

    `fillers` are texts of ordinary life that may stand before or after; `swaps` are words by kind, of which one may
    take another's place where any of them would do, and sometimes any word at all (`anything`).
    """

    def __init__(
        self, fillers: Sequence[str], swaps: Mapping[str, Sequence[str]], anything: Sequence[str], seed: int
    ) -> None:
        self._fillers, self._swaps, self._anything = fillers, swaps, anything
        self._chance = random.Random(seed)  # noqa: S311 - reproducible noise, not a secret
        kinds = {word: kind for kind, words in swaps.items() for word in words}
        self._kinds, self._swappable = kinds, Terms(kinds)

    def __call__(self, example: Example) -> str:
        text = example.text
        draw = self._chance.random
        if draw() < SWAP_SHARE and takes_any_word(example):
            text = self._swap(text)
        if draw() < 0.15:
            text = PUNCTUATION.sub("" if draw() < 0.5 else " ", text)
        if draw() < 0.10 and len(text) > 12:
            at = self._chance.randrange(len(text))
            text = text[:at] + text[at + 1 :]
        if draw() < 0.25 and self._fillers:
            text = self._surround(text)
        elif draw() < 0.10:
            text = f"{self._chance.choice(GREETINGS)}{self._chance.choice('，！：')}{text}"
        if draw() < 0.05:
            text = f"【{text[:20]}】{text[20:]}"
        return text

    def _swap(self, text: str) -> str:
        """Put another word of its kind in the place of each word, the same one wherever it stands."""
        chosen: dict[str, str] = {}

        def other(word: str) -> str:
            takes_anything = self._anything and self._chance.random() < ANYTHING_SHARE
            words = self._anything if takes_anything else self._swaps[self._kinds[word]]
            return chosen.setdefault(word, self._chance.choice(words))

        return self._swappable.sub(other, text)

    def _surround(self, text: str) -> str:
        filler = self._chance.choice(self._fillers)
        ending = self._chance.choice("。！，\n")
        return f"{filler}{ending}{text}" if self._chance.random() < 0.5 else f"{text}{ending}{filler}"


def takes_any_word(example: Example) -> bool:
    """Whether the label holds for any food or remedy: no food cures, and a text about nothing stays about nothing."""
    return example.source.guidance_id in ANY_REMEDY or example.source.guidance_id is None
