"""Trains word vectors on unlabelled text: what words mean, before anybody says what is right.

Skip-gram vectors (Mikolov et al. 2013, https://arxiv.org/abs/1301.3781) over the words of our own segmenter. Every
fifth line is also read character by character, so that words nobody has seen can be read by their characters.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline import judge, lexicon
from pipeline.artefacts import sealed
from pipeline.artefacts.tokens import SPECIAL
from pipeline.artefacts.words import KIND, Words, save_words
from pipeline.training import card
from pipeline.training.corpus_text import frequent, open_text

RARE = 1e-3
"""Words more frequent than about this share of all words count for less in a mean (SIF, Arora et al. 2017)."""
CHARACTER_LINES = 5


@dataclass(frozen=True, slots=True)
class VectorSettings:
    """Knobs of one training; the defaults are what ships."""

    width: int = 128
    vocabulary: int = 27_000
    epochs: int = 3
    workers: int = 2
    seed: int = 7


def train_vectors(
    root: Path, text: Path, out: Path, say: Callable[[str], None], settings: VectorSettings | None = None
) -> None:
    """Train on `text` (one post a line, may be .xz), with the lexicon of `root`, into the model folder `out`."""
    from gensim.models import Word2Vec

    chosen = settings or VectorSettings()
    known = lexicon.load(root / "guidance" / "lexicon")
    tools = judge.text_tools(known)
    out.mkdir(parents=True, exist_ok=True)
    cut = out / "cut.tmp"
    try:
        say(f"cutting {text.name} into words")
        counts = _cut_lines(text, tools, cut)
        words = frequent(counts, known.terms, chosen.vocabulary - len(SPECIAL))
        say(f"{sum(counts.values()):,} words read, {len(words):,} kept; training")
        model = Word2Vec(
            vector_size=chosen.width, window=5, sg=1, negative=5, sample=1e-4, min_count=1, alpha=0.03,
            workers=chosen.workers, seed=chosen.seed,
        )  # fmt: skip
        model.build_vocab_from_freq({word: counts[word] for word in words})
        lines = _Lines(cut, frozenset(words))
        model.train(lines, total_words=sum(counts.values()), epochs=chosen.epochs)
    finally:
        cut.unlink(missing_ok=True)
    vectors = np.zeros((len(SPECIAL) + len(words), chosen.width), np.float32)
    vectors[len(SPECIAL) :] = model.wv[words]
    total = sum(counts.values())
    weights = np.array([0.0] * len(SPECIAL) + [RARE / (RARE + counts[w] / total) for w in words], np.float32)
    save_words(Words((*SPECIAL, *words), vectors, weights), out)
    (out / "README.md").write_text(card.WORDS, encoding="utf-8")
    facts = {"seed": chosen.seed, "width": chosen.width, "lexicon_version": known.version, "words_read": total}
    sealed.seal_folder(out, KIND, facts | {"text_sha256": sealed.file_sha256(text)})
    say(f"written to {out}")


@dataclass(frozen=True, slots=True)
class _Lines:
    """The cut lines, as often as gensim asks for them, without words outside the vocabulary."""

    path: Path
    words: frozenset[str]

    def __iter__(self) -> Iterator[list[str]]:
        with self.path.open(encoding="utf-8") as file:
            for line in file:
                yield [word for word in line.split() if word in self.words]


def _cut_lines(text: Path, tools: judge.TextTools, out: Path) -> Counter[str]:
    counts: Counter[str] = Counter()
    with open_text(text) as lines, out.open("w", encoding="utf-8") as file:
        for number, line in enumerate(lines):
            folded = tools.fold(line).text
            readings = [[word for word in tools.cut(folded) if not word.isspace()]]
            if number % CHARACTER_LINES == 0:
                readings.append([character for character in folded if not character.isspace()])
            for words in readings:
                counts.update(words)
                file.write(" ".join(words) + "\n")
    return counts
