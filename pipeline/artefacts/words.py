"""Word vectors of models/words-*/: a vocabulary, a vector and a weight for each word."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from pipeline.artefacts.sealed import open_folder
from pipeline.artefacts.tokens import SPECIAL
from pipeline.errors import ArtefactError

KIND = "words"
VECTORS, VOCABULARY = "vectors.safetensors", "vocabulary.json"
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Words:
    """vectors is [words, width], weights [words]: how much a word counts in the mean of a text."""

    vocabulary: tuple[str, ...]
    vectors: Floats
    weights: Floats


def open_words(folder: Path) -> Words:
    """Open a folder of word vectors. Raises ArtefactError where a file is missing, altered or does not fit."""
    open_folder(folder, KIND)
    tensors = load_file(folder / VECTORS)
    vocabulary = read_vocabulary(folder / VOCABULARY)
    if len(vocabulary) != len(tensors["vectors"]):
        raise ArtefactError(f"{folder}: {len(vocabulary)} words but {len(tensors['vectors'])} vectors; train it again")
    return Words(vocabulary, tensors["vectors"].astype(np.float32), tensors["weights"].astype(np.float32))


def save_words(words: Words, folder: Path) -> None:
    """Write vectors and vocabulary; the folder still has to be sealed."""
    halves = {"vectors": words.vectors.astype(np.float16), "weights": words.weights.astype(np.float16)}
    save_file(halves, folder / VECTORS)
    (folder / VECTORS).chmod(0o644)  # safetensors lets nobody else read it
    write_vocabulary(words.vocabulary, folder / VOCABULARY)


def read_vocabulary(path: Path) -> tuple[str, ...]:
    """Raises ArtefactError if it does not begin with our special tokens or holds a word twice."""
    words = json.loads(path.read_text(encoding="utf-8"))
    is_ours = isinstance(words, list) and tuple(words[: len(SPECIAL)]) == SPECIAL and len(set(words)) == len(words)
    if not is_ours:
        raise ArtefactError(f"{path}: not a vocabulary of ours; restore the folder or train again")
    return tuple(words)


def write_vocabulary(words: tuple[str, ...], path: Path) -> None:
    path.write_text(json.dumps(words, ensure_ascii=False, separators=(",\n", ":")) + "\n", encoding="utf-8")
