"""Tells which segments are worth checking, from words alone: the cheap gate before any model.

A segment is worth checking if it speaks of health (terms of the lexicon, weighted by how surely they mean health).
A predicate such as prevents, cures, causes or poisons adds to its check-worthiness, which decides what is judged of
a text too long to be judged whole.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.records import Segment
from pipeline.terms import Terms

Floats = NDArray[np.float32]
MIN_CHECK_WORTHINESS = 0.2
MIN_CHARACTERS = 4
ENOUGH_FOR_THE_SCREEN = 2
LATIN = "[0-9a-z\u00df-\u024f]"
"""Letters and digits, folded, that go on a Latin word. Chinese before or after it does not."""
PREDICATES = re.compile(
    "预防|防止|防治|治[好疗愈]|根治|治|消炎|杀[死灭]|杀菌|排毒|解毒|清[除理肺]|抗[癌病炎]|增强|提高|降[低压糖脂]|软化|缓解|有效|特效|"
    "导致|引起|致[癌死命]|诱发|造成|传播|传染|感染|伤[害肝肾身]|有[害毒]|中毒|不[能要用必得可]|千万|一定要|必须|"
    "不[育孕]|会[得死让变]|能[让把使杀]|可以|致|有助|害"
)
SHAPES = 2
"""The shapes of remedy claims: a remedy in an epidemic; a food, remedy or drug for an illness."""
WHOLE_TEXT = 40
"""In a text of up to so many characters a clause of the shape is what the text says; in longer ones it says other
things too and counts for less."""
CURES = (
    "预防|防治|防止|治疗|治好|治愈|根治|医治|可治|能治|专治|抗|杀死|杀灭|杀掉|杀|抑制|清除|特效|抵抗|抵御|对抗|消灭|阻断|"
    "阻止|挡住|防|治|吸附|灭活"
)
EASES = f"{CURES}|缓解|改善|降|排|清|化"
EPIDEMICS = "新冠|冠状病毒|新型肺炎|肺炎|病毒|疫情|瘟疫|流感|非典|sars"
KNOWN_TO_HELP = re.compile("口罩|洗手|疫苗|消毒|通风|接种|隔离|防控|防疫|距离|居家")
EPIDEMIC_REMEDY = re.compile(
    rf"(?:{CURES})[^,。!?;\n]{{0,6}}(?:{EPIDEMICS})|(?:{EPIDEMICS})[^,。!?;\n]{{0,6}}(?:特效药|克星|杀手)"
)
EASING = re.compile(EASES)
CLAUSE = re.compile(r"[^,。!?;\n]+")
REMEDIES = frozenset({"remedy", "nutrition", "drug", "procedure"})
ILLNESSES = frozenset({"disease", "symptom", "epidemic"})


def keywords_pattern(keywords: Collection[str]) -> re.Pattern[str]:
    """A pattern that finds any of a site's own words; those in ASCII not inside a longer Latin word or number."""
    latin = [word for word in keywords if word.isascii()]
    others = [word for word in keywords if not word.isascii()]
    return re.compile(rf"(?<!{LATIN})(?:{_any_of(latin)})(?!{LATIN})|{_any_of(others)}")


def _any_of(words: Collection[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True))) or "(?!)"


class Detector:
    """Lexical check-worthiness. `weights` gives each health term 1 (can mean health) or 2 (means health).

    A keyword is enough for the screen wherever it stands, also inside a longer term, but not inside a Latin word.
    """

    def __init__(self, weights: Mapping[str, int], keywords: Collection[str] = ()) -> None:
        self._weights = {term: weight for term, weight in weights.items() if weight > 0}
        self._terms = Terms(self._weights)
        self._keywords = keywords_pattern(keywords) if keywords else None

    def health_weight(self, text: str) -> int:
        """The weights of the distinct health terms in a folded text, added up."""
        own = ENOUGH_FOR_THE_SCREEN if self._keywords and self._keywords.search(text) else 0
        return own + sum(self._weights[term] for term in set(self._terms.findall(text)))

    def screen(self, text: str) -> bool:
        """Whether a whole text is about health."""
        return self.health_weight(text) >= ENOUGH_FOR_THE_SCREEN

    def check_worthiness(self, segment: Segment) -> float:
        """0 to 1: health words count up to 0.6, a predicate adds 0.4."""
        if len(segment.text) < MIN_CHARACTERS:
            return 0.0
        health = min(self.health_weight(segment.text), 3)
        if not health:
            return 0.0
        return 0.2 * health + 0.4 * bool(PREDICATES.search(segment.text))

    def is_checkable(self, segment: Segment) -> bool:
        return self.check_worthiness(segment) >= MIN_CHECK_WORTHINESS


def shapes(texts: Sequence[str], kinds: Callable[[str], set[str]]) -> Floats:
    """How much of each text has the shape of a remedy claim, 0 to 1 [texts, SHAPES].

    WHO's general positions (no food cures a disease, nothing unproven is to be recommended in an epidemic) hold for
    any something, so the shape tells more than the words in it. `kinds` tells the tags of the terms in a clause.
    """
    rows = np.zeros((len(texts), SHAPES), np.float32)
    for row, text in zip(rows, texts, strict=True):
        clauses = CLAUSE.findall(text)
        share = min(1.0, WHOLE_TEXT / max(1, len(text)))
        row[0] = share * any(map(_is_epidemic_remedy, clauses))
        row[1] = share * any(EASING.search(clause) and _names_both(kinds(clause)) for clause in clauses)
    return rows


def _is_epidemic_remedy(clause: str) -> bool:
    return bool(EPIDEMIC_REMEDY.search(clause)) and not KNOWN_TO_HELP.search(clause)


def _names_both(kinds: set[str]) -> bool:
    return bool(kinds & REMEDIES) and bool(kinds & ILLNESSES)
