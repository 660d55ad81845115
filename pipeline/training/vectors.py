"""Trains word vectors on unlabelled text: what words mean, before anybody says what is right.

Skip-gram vectors (Mikolov et al. 2013, https://arxiv.org/abs/1301.3781) over the words of our own segmenter. Every
fifth line is also read character by character, so that words nobody has seen can be read by their characters.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from pipeline import judge, lexicon
from pipeline.artefacts import sealed
from pipeline.artefacts.tokens import SPECIAL
from pipeline.artefacts.words import KIND, Words, save_words
from pipeline.errors import ConfigError
from pipeline.training import card
from pipeline.training.corpus_text import MIN_COUNT, frequent, read_lines

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
    """Train on `text` (one post a line, may be .xz or .gz), with the lexicon of `root`, into the model folder `out`.

    Raises ConfigError where the text teaches nothing, or `out` holds something else.
    """
    from gensim.models import Word2Vec

    chosen = settings or VectorSettings()
    before = _facts(out)
    known = lexicon.load(root / "guidance" / "lexicon")
    with TemporaryDirectory() as folder:
        cut = Path(folder) / "cut"
        say(f"cutting {text.name} into words")
        counts = _cut_lines(text, judge.text_tools(known), cut)
        total = sum(counts.values())
        words = frequent(counts, known.terms, chosen.vocabulary - len(SPECIAL))
        if not words:
            raise ConfigError(f"{text}: no word of it occurs {MIN_COUNT} times; give more text")
        out.mkdir(parents=True, exist_ok=True)
        say(f"{total:,} words read, {len(words):,} kept; training")
        model = Word2Vec(
            vector_size=chosen.width, window=5, sg=1, negative=5, sample=1e-4, min_count=1, alpha=0.03,
            workers=chosen.workers, seed=chosen.seed,
        )  # fmt: skip
        kept = {word: counts[word] for word in words}
        model.build_vocab_from_freq(kept)
        model.train(_Lines(cut, frozenset(words)), total_words=sum(kept.values()), epochs=chosen.epochs)
    vectors = np.zeros((len(SPECIAL) + len(words), chosen.width), np.float32)
    vectors[len(SPECIAL) :] = model.wv[words]
    weights = np.array([0.0] * len(SPECIAL) + [RARE / (RARE + counts[w] / total) for w in words], np.float32)
    (out / sealed.MANIFEST).unlink(missing_ok=True)
    save_words(Words((*SPECIAL, *words), vectors, weights), out)
    facts = {"seed": chosen.seed, "width": chosen.width, "lexicon_version": known.version, "words_read": total}
    facts |= {"text_sha256": sealed.file_sha256(text)}
    if before.get("text_sha256") != facts["text_sha256"]:  # else the card that is there may say more of the text
        made = card.WORDS.format(name=out.name, width=chosen.width, words=len(words), text=text.name, read=total)
        (out / "README.md").write_text(made, encoding="utf-8")
    sealed.seal_folder(out, KIND, facts)
    say(f"written to {out}")


def _facts(out: Path) -> dict[str, Any]:
    """What is known of the vectors in a folder, if there are any."""
    if (out / sealed.MANIFEST).is_file():
        facts: dict[str, Any] = sealed.open_folder(out, KIND)["settings"]
        return facts
    if out.is_dir() and any(out.iterdir()):
        raise ConfigError(f"{out}: holds something else than word vectors; name a new folder")
    return {}


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
    with out.open("w", encoding="utf-8") as file:
        for number, line in enumerate(read_lines(text)):
            folded = tools.fold(line).text
            readings = [[word for word in tools.cut(folded) if not word.isspace()]]
            if number % CHARACTER_LINES == 0:
                readings.append([character for character in folded if not character.isspace()])
            for words in readings:
                counts.update(words)
                file.write(" ".join(words) + "\n")
    return counts
