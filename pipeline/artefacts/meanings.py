"""What short texts mean, as unit means of word vectors of models/words-*/, rare words weighing more; without torch."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from pipeline.artefacts.tokens import Cut, WordTokeniser
from pipeline.artefacts.words import Floats, open_words

MAX_WORDS = 80


def open_meanings(folder: Path, cut: Cut) -> Callable[[Sequence[str]], Floats]:
    """A function from folded texts to [texts, width]. Raises ArtefactError where the folder is not whole."""
    words = open_words(folder)
    tokeniser = WordTokeniser(words.vocabulary, cut)
    weighted = words.vectors * words.weights[:, None]

    def meanings(folded: Sequence[str]) -> Floats:
        sums = [weighted[tokeniser.encode(text, MAX_WORDS)].sum(0) for text in folded]
        means = np.array(sums, np.float32).reshape(len(folded), weighted.shape[1])
        unit: Floats = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-6)
        return unit

    return meanings
