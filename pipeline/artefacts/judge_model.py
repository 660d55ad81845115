"""The trained judge: word vectors, pair model and wording index, opened from models/<name>/.

What it needs beside the folder is guidance (the wordings are indexed when it opens, so that a new position works
without training) and the segmenter.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from pipeline.artefacts.alignment import ALIGNMENTS, align
from pipeline.artefacts.pair_model import PairModel
from pipeline.artefacts.readers import NamedReader, Reader, WordReader
from pipeline.artefacts.wording_states import States, WordingStates
from pipeline.artefacts.words import read_vocabulary, write_vocabulary
from pipeline.errors import ArtefactError
from pipeline.judge import TextTools, WindowScores
from pipeline.records import Expression, Guidance, Stance
from pipeline.retrieve import UNCOVERED, Known, Retrieved, WordingIndex, build_index, retrieve, wordings_of

KIND = "judge"
WEIGHTS, VOCABULARY = "weights.safetensors", "vocabulary.json"
STANCES = tuple(Stance)
EXPRESSIONS = tuple(Expression)
MAX_WORDS = 80
MAX_WORDING_WORDS = 32
LOOKED_AT = 12
BATCH = 64
THREADS = min(4, os.cpu_count() or 1)
"""Batches judged at the same time, each by one thread: torch's own wait for each other by spinning."""
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PairScores:
    """What the model says of a batch of texts: stances [texts, k, 3], expressions [texts, 8], and what was near."""

    retrieved: Retrieved
    stances: Floats
    expressions: Floats


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts to judge: folded, as ids of words, by which positions are found, and as ids of what the encoder reads."""

    folded: Sequence[str]
    words: list[list[int]]
    ids: list[list[int]]

    def rows(self, rows: Sequence[int]) -> "Texts":
        return Texts([self.folded[i] for i in rows], [self.words[i] for i in rows], [self.ids[i] for i in rows])


class JudgeModel:
    """A reader, the pair model over it, and an index of wordings."""

    def __init__(self, reader: Reader, network: PairModel, guidance: Guidance, tools: TextTools) -> None:
        self.reader, self.network = reader, network.eval()
        wordings = wordings_of(guidance)
        folded = [tools.fold(w.text).text for w in wordings]
        self._wording_words = [reader.words.tokeniser.encode(text, MAX_WORDING_WORDS) for text in folded]
        self.wording_ids = reader.ids(folded, self._wording_words, reader.wording_tokens)
        self.index: WordingIndex = build_index(wordings, folded, self.meanings(self._wording_words), tools.frame)
        ids, large = self.wording_ids, reader.is_large
        self._projected = WordingStates(ids, network.width, self._project, by_length=large)
        self._encoded = WordingStates(ids, network.hidden, self._encode, by_length=large)
        self._unit_vectors: Tensor | None = None

    def read(self, folded: Sequence[str]) -> Texts:
        """The texts in all forms that judging needs."""
        words = [self.reader.words.tokeniser.encode(text, MAX_WORDS) for text in folded]
        return Texts(folded, words, self.reader.ids(folded, words, self.reader.text_tokens))

    def meanings(self, ids: Sequence[Sequence[int]]) -> Floats:
        """Unit means of the word vectors, rare words weighing more (SIF, Arora et al. 2017) → [texts, width]."""
        vectors = self.reader.words.vectors.detach()
        padded, mask = pad(ids)
        weight = self.reader.words.weights[padded] * mask
        means = torch.zeros(len(ids), vectors.shape[1])
        for start in range(0, len(ids), BATCH):
            rows = slice(start, start + BATCH)
            means[rows] = (vectors[padded[rows]] * weight[rows][..., None]).sum(1)
        unit: Floats = torch.nn.functional.normalize(means, dim=1).numpy()
        return unit

    def nearest(self, texts: Texts, k: int, known: Known | None = None) -> Retrieved:
        """The k nearest positions: LOOKED_AT of them by likeness as a whole, then the best of these word by word."""
        near = retrieve(self.index, texts.folded, self.meanings(texts.words), max(k, LOOKED_AT), known)
        myths, others = self._alignments(texts.words, near.myth), self._alignments(texts.words, near.other)
        ranked = (near.similarity + (myths[:, :, 0] + myths[:, :, 2]) / 2).astype(np.float32)
        order = np.argsort(-ranked, axis=1, kind="stable")[:, :k]
        for text, position in enumerate(known.position if known else ()):
            if position is not None and position not in near.position[text, order[text]]:
                order[text, -1] = int(np.flatnonzero(near.position[text] == position)[0])
        rows = np.arange(len(order))[:, None]
        features = np.concatenate([near.features, myths, others], axis=2)
        return Retrieved(
            position=near.position[rows, order],
            similarity=ranked[rows, order],
            myth=near.myth[rows, order],
            other=near.other[rows, order],
            features=features[rows, order],
        )

    def _alignments(self, ids: Sequence[Sequence[int]], rows: NDArray[np.int64]) -> Floats:
        found = np.zeros((*rows.shape, ALIGNMENTS), np.float32)
        if self._unit_vectors is None:
            self._unit_vectors = torch.nn.functional.normalize(self.reader.words.vectors.detach(), dim=1)
        vectors, weights = self._unit_vectors, self.reader.words.weights
        for start in range(0, len(ids), BATCH):
            part = slice(start, start + BATCH)
            own, own_mask = pad(ids[part])
            other, other_mask = pad([self._wording_words[row] for row in rows[part].ravel()])
            shape = (*rows[part].shape, -1)
            found[part] = align(
                (vectors[own], weights[own], own_mask),
                (
                    vectors[other].view(*shape, vectors.shape[1]),
                    weights[other].view(shape),
                    other_mask.view(shape),
                ),
            ).numpy()
        return found

    def judge_windows(self, folded: Sequence[str], cues: Floats, k: int) -> list[WindowScores]:
        """Judge each folded text against its k nearest positions, in order."""
        scores = self.score(folded, cues, k)
        near, index = scores.retrieved, self.index
        return [
            WindowScores(
                positions=[index.positions[p] for p in near.position[i]],
                wordings=[index.wordings[row].text for row in near.myth[i]],
                leads=near.similarity[i] - near.features[i, 0, UNCOVERED].mean(),
                stances=scores.stances[i],
                expressions=scores.expressions[i],
            )
            for i in range(len(folded))
        ]

    def score(self, folded: Sequence[str], cues: Floats, k: int) -> PairScores:
        """As judge_windows, in arrays; `cues` is [texts, CUES]. Texts of a length are judged together."""
        texts = self.read(folded)
        order = sorted(range(len(folded)), key=lambda i: len(texts.ids[i]))
        batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]

        def judge(rows: list[int]) -> PairScores:
            own = texts.rows(rows)
            near = self.nearest(own, k)
            with torch.inference_mode():
                stances, said = self.logits(own.ids, near, np.arange(len(rows)), torch.from_numpy(cues[rows]))
            return PairScores(near, stances.softmax(-1).numpy(), said.softmax(-1).numpy())

        with ThreadPoolExecutor(THREADS) as pool:
            parts = list(pool.map(judge, batches))
        back = np.argsort(np.concatenate(batches)) if batches else np.zeros(0, np.int64)
        return PairScores(
            joined([part.retrieved for part in parts], back),
            np.concatenate([part.stances for part in parts])[back],
            np.concatenate([part.expressions for part in parts])[back],
        )

    def logits(
        self, ids: Sequence[Sequence[int]], near: Retrieved, rows: NDArray[np.int64], cues: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Stance logits [texts, k, 3] and expression logits [texts, 8] of the texts in `rows` of `near`."""
        text = self.network.encode(*pad(ids))
        k = near.position.shape[1]
        stance = self.network.judge_pairs(
            self.network.projected(text).rows(torch.arange(len(ids)).repeat_interleave(k)),
            self.wording_rows(near.myth[rows].ravel()),
            self.wording_rows(near.other[rows].ravel()),
            torch.from_numpy(near.features[rows].reshape(len(ids) * k, -1)),
        )
        return stance.view(len(ids), k, -1), self.network.judge_expression(text, cues)

    def wording_rows(self, rows: NDArray[np.int64]) -> States:
        """Projected states of the wordings in the given index rows, padded to the longest.

        In training they are made anew; those of a large reader from what `begin_epoch` encoded.
        """
        if not self.network.training:
            return self._projected.rows(rows)
        distinct, places = np.unique(rows, return_inverse=True)
        known = self.reader.is_large
        fresh = self._encoded.rows(distinct) if known else self._encode([self.wording_ids[row] for row in distinct])
        return self.network.projected(fresh).rows(torch.from_numpy(places))

    def _encode(self, ids: Sequence[Sequence[int]]) -> States:
        return self.network.encode(*pad(ids))

    def _project(self, ids: Sequence[Sequence[int]]) -> States:
        return self.network.projected(self._encode(ids))

    def begin_epoch(self) -> None:
        """Get ready for an epoch of training with the weights as they are now."""
        self.forget_wordings()
        if self.reader.is_large:
            self.network.eval()
            self._encoded.encode_all()
        self.network.train()

    def forget_wordings(self) -> None:
        """Drop what is cached of the weights after they have changed."""
        self._projected.forget()
        self._encoded.forget()
        self._unit_vectors = None

    def save(self, folder: Path) -> None:
        """Write vocabulary, weights and what the reader needs; the folder still has to be sealed."""
        write_vocabulary(self.reader.words.tokeniser.vocabulary, folder / VOCABULARY)
        tensors = self.network.heads() | self.reader.save(folder)
        save_file({name: value.half().contiguous() for name, value in tensors.items()}, folder / WEIGHTS)
        (folder / WEIGHTS).chmod(0o644)  # safetensors lets nobody else read it


def open_model(folder: Path, settings: dict[str, Any], guidance: Guidance, tools: TextTools) -> JudgeModel:
    """Open weights whose hashes have been checked; sets torch to one thread.

    Raises ArtefactError where they do not fit this program.
    """
    for key, ours in (("stances", STANCES), ("expressions", EXPRESSIONS)):
        if tuple(settings.get(key, ())) != ours:
            raise ArtefactError(
                f"{folder}: {key} are {settings.get(key)}, this program's are {list(ours)}: train again"
            )
    torch.set_num_threads(1)
    vocabulary = read_vocabulary(folder / VOCABULARY)
    kind = NamedReader if settings.get("encoder") else WordReader
    try:
        tensors = {name: value.float() for name, value in load_file(folder / WEIGHTS).items()}
        reader = kind.restore(folder, tensors, vocabulary, tools.cut)
        words = len(reader.words.vectors)
        if words != len(vocabulary):
            raise ArtefactError(f"{folder}: weights for {words} words, a vocabulary of {len(vocabulary)}")
        network = PairModel(reader)
        network.load_heads(tensors)
    except (KeyError, RuntimeError, SafetensorError) as error:
        raise ArtefactError(f"{folder / WEIGHTS}: does not fit this program ({error}); train again") from error
    return JudgeModel(reader, network, guidance, tools)


def joined(parts: Sequence[Retrieved], rows: NDArray[np.int64] | None = None) -> Retrieved:
    """What was found for several batches as one, in the order of `rows`."""
    order = slice(None) if rows is None else rows
    names = [field.name for field in fields(Retrieved)]
    return Retrieved(**{name: np.concatenate([getattr(part, name) for part in parts])[order] for name in names})


def pad(ids: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Token ids → (ids, mask), both [batch, longest]."""
    lengths = np.array([len(row) for row in ids])
    mask = np.arange(int(lengths.max(initial=1)))[None, :] < lengths[:, None]
    padded = np.zeros(mask.shape, np.int64)
    padded[mask] = np.concatenate([np.asarray(row, np.int64) for row in ids]) if len(ids) else 0
    return torch.from_numpy(padded), torch.from_numpy(mask.astype(np.int64))
