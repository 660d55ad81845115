"""Pretrains a small encoder on unlabelled text: whole words are hidden and have to be guessed from the rest.

Masked language modelling (Devlin et al. 2019, https://arxiv.org/abs/1810.04805) with whole-word masking, begun from
word vectors. It reads prepared tokens only, so that a machine with an accelerator needs no segmenter. It can be
killed at any moment: what a step does follows from the seed and its number, and checkpoints hold the rest.
"""

import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast
from transformers.utils import logging as transformers_logging

from pipeline.artefacts import sealed
from pipeline.artefacts.encoder import KIND, save_checkpoint
from pipeline.artefacts.tokens import SPECIAL
from pipeline.errors import ConfigError
from pipeline.training import checkpoints
from pipeline.training.batches import MAX_TOKENS, TOKENISER, Batch, Prepared, Say
from pipeline.training.curve import CURVE, curve
from pipeline.training.masked_words import Recipe, accuracies, build, guess

CHECKPOINT_SECONDS, SAID_SECONDS = 240, 60
CURVE_POINTS = 200
PLACE = ("step", "epoch", "batch", "tokens", "seconds", "curve")
NEXT_CALL = ("tokens", "minutes")
"""What a later call may set anew."""


@dataclass
class _Run:
    """A training under way."""

    recipe: Recipe
    prepared: Prepared
    network: Any
    optimiser: torch.optim.Optimizer
    device: str
    out: str
    """Where the encoder is written."""
    step: int = 0
    epoch: int = 0
    batch: int = 0
    """Batches of this pass over the text that are done."""
    tokens: int = 0
    seconds: float = 0.0
    curve: list[tuple[int, float]] = field(default_factory=list)

    @property
    def progress(self) -> float:
        if self.recipe.minutes:
            return self.seconds / (60 * self.recipe.minutes)
        return self.tokens / self.recipe.tokens

    def facts(self) -> dict[str, Any]:
        place = {name: getattr(self, name) for name in PLACE}
        return {"recipe": asdict(self.recipe), "prepared": self.prepared.identity, **place}

    def save(self, run: Path) -> None:
        """Write a checkpoint; only there it says where the encoder goes, for no path of a machine is given on."""
        checkpoints.save(run, self.step, self.network, self.optimiser, {**self.facts(), "out": self.out})


def pretrain(
    run: Path, out: Path, recipe: Recipe, say: Say, *, device: str = "cpu", minutes: float = math.inf, threads: int = 1
) -> bool:
    """Train from the tokens in `run`, or go on, for at most `minutes`; write the encoder into `out`.

    Returns whether the training is complete; if not, the same call goes on with it.
    """
    if device not in ("cpu", "cuda") or (device == "cuda" and not torch.cuda.is_available()):
        raise ConfigError(f"--device {device}: torch sees no such device; leave it out, or use a machine that has one")
    _check_out(out)
    torch.set_num_threads(threads)
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    state = _begin(run, out, recipe, device, say)
    if state.progress < 1:
        _train(state, run, minutes, say)
        state.save(run)
    found = _export(state, out)
    complete = state.progress >= 1
    goes_on = "complete" if complete else f"{state.progress:.1%} done, the same command goes on"
    say(f"{state.tokens:,} tokens, {found:.1%} of hidden words guessed; written to {out}; {goes_on}")
    return complete


def _check_out(out: Path) -> None:
    """Every call writes the folder anew, card and all, so it must not be one of something else."""
    if (out / sealed.MANIFEST).is_file():
        sealed.open_folder(out, KIND)
    elif out.exists() and not (out.is_dir() and ((out / "config.json").is_file() or not any(out.iterdir()))):
        raise ConfigError(f"--out {out}: holds something else than an encoder; name a new folder")


def _begin(run: Path, out: Path, recipe: Recipe, device: str, say: Say) -> _Run:
    prepared = Prepared(run / "tokens")
    network = build(recipe, prepared).to(device)
    matrices = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.98), eps=1e-6, fused=True)
    state = _Run(recipe, prepared, network, optimiser, device, str(out.resolve()))
    if found := checkpoints.last(run, say):
        checkpoint, facts = found
        _check_same(run, facts, state.facts())
        if facts.get("out", state.out) != state.out:
            raise ConfigError(f"{run}: begun with --out {facts['out']}; give that one, or an --out of another name")
        checkpoints.restore(checkpoint, facts["step"], network, optimiser)
        for name in PLACE:
            setattr(state, name, facts[name])
        say(f"going on from {state.tokens:,} tokens")
    return state


def _check_same(run: Path, found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """What was begun one way cannot go on another way."""
    had, now = ({**facts["recipe"], "prepared": facts["prepared"]} for facts in (found, wanted))
    differing = [f"{k} {had.get(k)}, now {v}" for k, v in now.items() if k not in NEXT_CALL and had.get(k) != v]
    if differing:
        raise ConfigError(f"{run}: begun with {'; '.join(differing)}; use the same again, or another --out")


def _train(state: _Run, run: Path, minutes: float, say: Say) -> None:
    begun = saved = said = time.perf_counter()
    before, tokens_before = state.seconds, state.tokens
    losses: list[Tensor] = []
    batches = _batches(state)
    while state.progress < 1 and (time.perf_counter() - begun < 60 * minutes or not state.step):
        losses.append(_step(state, next(batches)))
        now = time.perf_counter()
        state.seconds = before + now - begun
        if state.progress * CURVE_POINTS >= len(state.curve) + 1:
            state.curve.append((state.tokens, round(float(torch.stack(losses).mean()), 4)))
            losses.clear()
        if now - said >= SAID_SECONDS:
            said, speed = now, (state.tokens - tokens_before) / (now - begun)
            loss = f"loss {state.curve[-1][1]:.3f}, " if state.curve else ""
            say(f"{state.tokens:,} tokens, {speed:,.0f} a second, {loss}{state.progress:.1%}")
        if now - saved >= CHECKPOINT_SECONDS:
            saved = now
            state.save(run)


def _batches(state: _Run) -> Iterator[Batch]:
    """The batches from where the training is; `state` counts them as they are handed out."""
    recipe = state.recipe
    while True:
        for lines in state.prepared.plan(recipe.seed, state.epoch, recipe.batch_tokens)[state.batch :]:
            state.batch += 1
            yield state.prepared.batch(lines, (recipe.seed, state.step), recipe.mask)
        state.epoch, state.batch = state.epoch + 1, 0


def _step(state: _Run, batch: Batch) -> Tensor:
    """One step of the optimiser; the loss stays on the device, so that nothing waits for it."""
    torch.manual_seed(state.recipe.seed + state.step)
    for group in state.optimiser.param_groups:
        group["lr"] = state.recipe.rate * _schedule(state.progress, state.recipe.warm_up)
    loss, _ = guess(state.network, batch.to(state.device), state.device)
    torch.autograd.backward(loss)
    torch.nn.utils.clip_grad_norm_(state.network.parameters(), 1.0)
    state.optimiser.step()
    state.optimiser.zero_grad()
    state.step += 1
    state.tokens += int(batch.mask.sum())
    return loss.detach()


def _schedule(progress: float, warm_up: float) -> float:
    """Up in a line, then down along a cosine."""
    if progress < warm_up:
        return max(1e-3, progress / warm_up)
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (progress - warm_up) / (1 - warm_up))))


def _export(state: _Run, out: Path) -> float:
    """Write weights of 16 bits, tokeniser and manifest; the manifest last, so that a half-written folder has none.

    Returns the masked-word accuracy.
    """
    found = accuracies(state.network, state.recipe, state.prepared, state.device)
    out.mkdir(parents=True, exist_ok=True)
    (out / sealed.MANIFEST).unlink(missing_ok=True)
    names = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
    special: dict[str, Any] = dict(zip(names, SPECIAL, strict=True))
    tokeniser: Any = PreTrainedTokenizerFast
    source = str(state.prepared.folder / TOKENISER)
    save_checkpoint(state.network, tokeniser(tokenizer_file=source, model_max_length=MAX_TOKENS, **special), out)
    (out / CURVE).write_text(curve(state.curve), encoding="utf-8")
    on = torch.cuda.get_device_name() if state.device == "cuda" else f"a processor (threads: {torch.get_num_threads()})"
    facts = {
        **state.facts(),
        "text": state.prepared.facts,
        "masked_accuracy": {name: round(value, 4) for name, value in found.items()},
        "hardware": on,
        "parameters": sum(p.numel() for p in state.network.parameters()),
        "length": MAX_TOKENS,
        "torch": torch.__version__,
    }
    sealed.seal_folder(out, KIND, facts)
    return found["this encoder"]
