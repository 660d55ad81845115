"""Trains the judge's network from guidance/: (text, position) pairs, nearest positions as hard negatives."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from pipeline.artefacts.judge_model import EXPRESSIONS, JudgeModel, joined
from pipeline.judge import TextTools
from pipeline.records import Guidance
from pipeline.retrieve import Known, Retrieved
from pipeline.training.examples import IGNORE, Augmenter, Example, gold_stance

Floats = NDArray[np.float32]
STANCE_WEIGHT = torch.tensor([1.0, 1.0, 0.7])
RETRIEVED_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """Knobs of one training; the defaults are what ships."""

    epochs: int = 4
    batch: int = 32
    candidates: int = 3
    learning_rate: float = 1e-3
    known_rate: float = 5e-5
    """Of what is begun from: word vectors, or all of an encoder that was opened by name."""
    seed: int = 7


@dataclass(frozen=True, slots=True)
class _Epoch:
    """The texts of one epoch as this epoch words them, with all that the network needs of them."""

    ids: Sequence[Sequence[int]]
    near: Retrieved
    cues: Floats
    golds: NDArray[np.int64]
    expressions: NDArray[np.int64]


class Trainer:
    """One training of a JudgeModel's network, in place."""

    def __init__(self, model: JudgeModel, guidance: Guidance, tools: TextTools, settings: TrainSettings) -> None:
        self._model, self._guidance, self._tools, self._settings = model, guidance, tools, settings
        self._column = {guidance_id: i for i, guidance_id in enumerate(model.index.positions)}

    def fit(self, examples: Sequence[Example], augment: Augmenter, say: Callable[[str], None]) -> None:
        """Train for the set number of epochs; `say` gets a line an epoch."""
        torch.manual_seed(self._settings.seed)
        optimiser = self._optimiser()
        total = self._settings.epochs * -(-len(examples) // self._settings.batch)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, max_lr=[g["lr"] for g in optimiser.param_groups], total_steps=total, pct_start=0.1
        )
        for epoch in range(self._settings.epochs):
            started = time.perf_counter()
            texts = [e.text if epoch == 0 else augment(e) for e in examples]
            losses = self._run(self._prepare(examples, texts), epoch, optimiser, schedule)
            stance, expression = np.mean(losses, axis=0)
            seconds = time.perf_counter() - started
            say(f"epoch {epoch + 1}: stance loss {stance:.3f}, expression loss {expression:.3f}, {seconds:.0f} s")
        self._model.forget_wordings()
        self._model.network.eval()

    def _optimiser(self) -> torch.optim.Optimizer:
        known = self._model.reader.known()
        rest = [p for p in self._model.network.parameters() if all(p is not k for k in known)]
        groups = [
            {"params": rest, "lr": self._settings.learning_rate},
            {"params": known, "lr": self._settings.known_rate, "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, weight_decay=0.01)

    def _prepare(self, examples: Sequence[Example], texts: Sequence[str]) -> _Epoch:
        folded = [self._tools.fold(text).text for text in texts]
        read = self._model.read(folded)
        parts = [
            self._model.nearest(
                read.rows(range(len(folded))[rows]), self._settings.candidates, self._known(examples[rows])
            )
            for rows in _slices(len(folded), RETRIEVED_AT_ONCE)
        ]
        near = joined(parts)
        positions = self._model.index.positions
        golds = [
            [gold_stance(e, positions[p], self._guidance) for p in near.position[i]] for i, e in enumerate(examples)
        ]
        return _Epoch(
            ids=read.ids,
            near=near,
            cues=self._tools.cues(folded),
            golds=np.array(golds),
            expressions=np.array([EXPRESSIONS.index(e.source.expression) for e in examples]),
        )

    def _known(self, examples: Sequence[Example]) -> Known:
        return Known([e.row for e in examples], [self._column.get(e.source.guidance_id or "") for e in examples])

    def _run(
        self,
        epoch: _Epoch,
        number: int,
        optimiser: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LRScheduler,
    ) -> list[tuple[float, float]]:
        self._model.begin_epoch()
        losses = []
        for rows in self._batches([len(i) for i in epoch.ids], number):
            stance, expression = self._losses(epoch, rows)
            optimiser.zero_grad()
            (stance + 0.5 * expression).backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(self._model.network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            losses.append((stance.item(), expression.item()))
        return losses

    def _batches(self, lengths: Sequence[int], epoch: int) -> list[NDArray[np.int64]]:
        """Rows of about equal length together, batches in random order."""
        chance = np.random.default_rng((self._settings.seed, epoch))
        order = np.argsort(np.array(lengths) + chance.uniform(0, 6, len(lengths)))
        batches = [order[rows] for rows in _slices(len(order), self._settings.batch)]
        chance.shuffle(batches)
        return batches

    def _losses(self, epoch: _Epoch, rows: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        ids = [epoch.ids[i] for i in rows]
        stance, said = self._model.logits(ids, epoch.near, rows, torch.from_numpy(epoch.cues[rows]))
        wanted = torch.from_numpy(epoch.golds[rows].ravel())
        stance_loss = cross_entropy(
            stance.flatten(0, 1), wanted, weight=STANCE_WEIGHT, ignore_index=IGNORE, label_smoothing=0.02
        )
        return stance_loss, cross_entropy(said, torch.from_numpy(epoch.expressions[rows]), label_smoothing=0.02)


def _slices(length: int, size: int) -> list[slice]:
    return [slice(start, start + size) for start in range(0, length, size)]
