"""The network that guesses hidden words: its shapes, its start from word vectors, its loss and its accuracy."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn.functional import avg_pool1d, cross_entropy, normalize
from transformers import BertConfig, BertForMaskedLM

from pipeline.artefacts.tokens import PAD, SPECIAL
from pipeline.errors import ConfigError
from pipeline.training.batches import MAX_TOKENS, START, Batch, Prepared

HEAD_WIDTH = 64
NEIGHBOURS = 5
SPREAD = 0.05
"""The standard deviation of the embeddings that word vectors start."""
HELD_OUT_LINES, HELD_OUT_TOKENS, HELD_OUT_MASK = 1_000, 4_096, 0.15


@dataclass(frozen=True, slots=True)
class Recipe:
    """One training: the shape and how long. The learning rate falls to nothing over `minutes`, or over `tokens`."""

    layers: int
    width: int
    batch_tokens: int
    rate: float
    tokens: int
    minutes: float | None = None
    dropout: float = 0.0
    mask: float = 0.2
    warm_up: float = 0.05
    entries: int = 12_000
    seed: int = 7


RECIPES = {
    "cpu": Recipe(layers=4, width=256, batch_tokens=2_048, rate=1e-3, tokens=30_000_000),
    "gpu": Recipe(layers=6, width=512, batch_tokens=65_536, rate=1e-3, tokens=1_000_000_000, minutes=24, dropout=0.1),
    "tiny": Recipe(layers=1, width=32, batch_tokens=256, rate=1e-2, tokens=20_000, entries=600),
}


def recipe(name: str, **given: Any) -> Recipe:
    """A recipe by name, with what was given (and is not None) in place of its own; given tokens, it ends by tokens."""
    if name not in RECIPES:
        raise ConfigError(f"--recipe {name}: no such recipe; it must be one of {', '.join(RECIPES)}")
    changed = {key: value for key, value in given.items() if value is not None}
    if not 0 < changed.get("minutes", 1) < math.inf:
        raise ConfigError(f"--budget {changed['minutes']}: it must be minutes above 0; leave it out to train by tokens")
    return replace(RECIPES[name], **({"minutes": None} if "tokens" in changed else {}) | changed)


def build(recipe: Recipe, prepared: Prepared) -> Any:
    """A network of the recipe's shape; only its embeddings know something yet."""
    torch.manual_seed(recipe.seed)
    config = BertConfig(
        vocab_size=prepared.entries,
        hidden_size=recipe.width,
        num_hidden_layers=recipe.layers,
        num_attention_heads=max(1, recipe.width // HEAD_WIDTH),
        intermediate_size=4 * recipe.width,
        max_position_embeddings=MAX_TOKENS,
        type_vocab_size=1,
        hidden_dropout_prob=recipe.dropout,
        attention_probs_dropout_prob=recipe.dropout,
        pad_token_id=PAD,
    )
    network: Any = BertForMaskedLM(config)
    _start(network.get_input_embeddings().weight, prepared.folder / START)
    return network.train()


def _start(embeddings: Tensor, path: Path) -> None:
    """Begin from word vectors, turned into the network's width; entries without one stay random."""
    vectors = load_file(path)["vectors"].float()
    known = vectors.abs().sum(1) > 0
    narrow, wide = sorted((vectors.shape[1], embeddings.shape[1]))
    axes = torch.linalg.qr(torch.randn(wide, narrow)).Q
    found = (vectors - vectors[known].mean(0)) @ (axes.T if embeddings.shape[1] == wide else axes)
    with torch.no_grad():
        embeddings[known] = found[known] * (SPREAD / found[known].std())


def guess(network: Any, batch: Batch, device: str) -> tuple[Tensor, Tensor]:
    """The loss and the guesses over the hidden tokens; only they pay for the output layer."""
    with torch.autocast(device, dtype=torch.bfloat16, enabled=has_fast_bf16(device)):
        states = network.bert(input_ids=batch.tokens, attention_mask=batch.mask).last_hidden_state
        logits = network.cls(states.flatten(0, 1)[batch.masked]).float()
    return cross_entropy(logits, batch.answers), logits.argmax(1)


def has_fast_bf16(device: str) -> bool:
    """Whether 16-bit products are faster here; on processors without such an instruction they are far slower."""
    return device == "cuda" or torch.cpu._is_avx512_bf16_supported()


def accuracies(network: Any, recipe: Recipe, prepared: Prepared, device: str) -> dict[str, float]:
    """The share of hidden tokens guessed right in lines that were never trained on: by the network, by one of its shape
    that has learnt nothing, and from the word vectors of the neighbours alone.
    """
    untrained = build(recipe, prepared).to(device)
    vectors = load_file(prepared.folder / START)["vectors"].float().to(device)
    network.eval()
    untrained.eval()
    guessers: dict[str, Callable[[Batch], Tensor]] = {
        "this encoder": lambda batch: guess(network, batch, device)[1],
        "its shape, not trained": lambda batch: guess(untrained, batch, device)[1],
        "word vectors of the neighbours": lambda batch: guess_from_neighbours(vectors, batch),
    }
    found = {name: _accuracy(guesser, prepared, device) for name, guesser in guessers.items()}
    network.train()
    return found


def guess_from_neighbours(vectors: Tensor, batch: Batch) -> Tensor:
    """The entry whose vector [entries, width] is nearest to the mean of those seen within NEIGHBOURS places."""
    is_seen = (batch.tokens >= len(SPECIAL)) & (batch.mask > 0)
    seen = torch.where(is_seen[..., None], vectors[batch.tokens], 0.0)
    context = avg_pool1d(seen.transpose(1, 2), 2 * NEIGHBOURS + 1, 1, NEIGHBOURS).transpose(1, 2)
    hidden = context.flatten(0, 1)[batch.masked]
    return (normalize(hidden, dim=1) @ normalize(vectors, dim=1).T).argmax(1)


def _accuracy(guesser: Callable[[Batch], Tensor], prepared: Prepared, device: str) -> float:
    right = total = 0
    with torch.inference_mode():
        for number, lines in enumerate(prepared.held_out(HELD_OUT_TOKENS, HELD_OUT_LINES)):
            batch = prepared.batch(lines, (0, number), HELD_OUT_MASK).to(device)
            right += int((guesser(batch) == batch.answers).sum())
            total += len(batch.answers)
    return right / max(1, total)
