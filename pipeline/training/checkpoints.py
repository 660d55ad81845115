"""Checkpoints of a training: weights, optimiser and place, in sealed folders of which the last two are kept.

A folder gets its name when all of it is written, and its hashes are checked when it is opened, so that a training
killed at any moment goes on from the last whole one.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.optim import Optimizer

from pipeline.artefacts import sealed
from pipeline.errors import ArtefactError
from pipeline.training.batches import Say

KIND = "checkpoint"
STATE = "state.safetensors"
KEPT = 2
MOMENTS = ("exp_avg", "exp_avg_sq")


def save(folder: Path, step: int, model: nn.Module, optimiser: Optimizer, facts: Mapping[str, Any]) -> None:
    """Write `folder`/step-… with all that goes on from there, and remove all but the last two."""
    part = folder / "step.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    tensors = {}
    for name, weights in model.named_parameters():
        tensors[f"weights.{name}"] = weights.detach().cpu().contiguous()
        tensors |= {f"{m}.{name}": optimiser.state[weights][m].cpu() for m in MOMENTS}
    save_file(tensors, part / STATE)
    sealed.seal_folder(part, KIND, {"step": step, **facts})
    whole = folder / f"step-{step:08}"
    shutil.rmtree(whole, ignore_errors=True)
    part.rename(whole)
    for old in _steps(folder)[KEPT:]:
        shutil.rmtree(old)


def last(folder: Path, say: Say) -> tuple[Path, dict[str, Any]] | None:
    """The last whole checkpoint and its facts, or None where there is none yet.

    Raises ArtefactError where there are checkpoints and all are broken.
    """
    found = _steps(folder)
    for checkpoint in found:
        try:
            return checkpoint, sealed.open_folder(checkpoint, KIND)["settings"]
        except ArtefactError as error:
            say(f"{checkpoint.name} is not used: {error}")
    if found:
        raise ArtefactError(f"{folder}: none of its checkpoints is whole; delete the folder to begin anew")
    return None


def restore(checkpoint: Path, step: int, model: nn.Module, optimiser: Optimizer) -> None:
    """Weights and optimiser as they were; the model must have the same shape."""
    tensors = load_file(checkpoint / STATE)
    for name, weights in model.named_parameters():
        with torch.no_grad():
            weights.copy_(tensors[f"weights.{name}"])
        moments = {m: tensors[f"{m}.{name}"].to(weights.device) for m in MOMENTS}
        optimiser.state[weights] = {"step": torch.tensor(float(step), device=weights.device), **moments}


def _steps(folder: Path) -> list[Path]:
    """The finished checkpoints, newest first."""
    return sorted(folder.glob("step-*"), reverse=True)
