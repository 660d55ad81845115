"""How a judge reads texts: by a small encoder over our own words, or by a named encoder with its own tokeniser.

Whatever reads, positions are found by word vectors: those that the small encoder has as its embeddings, or those of
models/words-zh as they are.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from pipeline.artefacts.encoder import MAX_TOKENS, Encoder, read_checkpoint, save_checkpoint
from pipeline.artefacts.tokens import Cut, WordTokeniser
from pipeline.artefacts.words import Words

CONFIG = "config.json"
WORD_SPREAD = 0.5
"""The standard deviation that word vectors are given, so that encoded and plain words can be added."""
AT_ONCE = 1_024
Ids = list[list[int]]


@dataclass(frozen=True, slots=True)
class WordTable:
    """What texts are found by: words, their vectors [words, width], and how much each counts [words]."""

    tokeniser: WordTokeniser
    vectors: Tensor
    weights: Tensor


class Reader(Protocol):
    """What a judge asks of that which reads."""

    name: str | None
    """The encoder's name; None is the small one."""
    is_large: bool
    """It costs so much that in training known wordings are encoded once an epoch, not in every step."""
    text_tokens: int
    wording_tokens: int
    encoder: Any
    """The transformer; its weights are among those of the pair model."""
    words: WordTable

    def ids(self, folded: Sequence[str], words: Ids, limit: int) -> Ids:
        """At most `limit` token ids of each folded text, whose words are known already."""

    def states(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Token states [batch, tokens, width] before and after the encoder's layers."""

    def known(self) -> list[nn.Parameter]:
        """The weights that know something before the judge is trained, and so learn more slowly."""

    def save(self, folder: Path) -> dict[str, Tensor]:
        """Write the reader's own files; return the tensors that have to lie beside the judge's."""


class WordReader:
    """A small BERT over our own words, begun from word vectors."""

    name: str | None = None
    is_large: bool = False
    text_tokens: int = 80
    wording_tokens: int = 32

    def __init__(self, config: BertConfig, vocabulary: Sequence[str], weights: Tensor, cut: Cut) -> None:
        self.encoder: Any = BertModel(config, add_pooling_layer=False)
        self.words: WordTable = WordTable(WordTokeniser(vocabulary, cut), self._embeddings, weights)

    @classmethod
    def begin(cls, words: Words, cut: Cut) -> "WordReader":
        """One that knows the vectors and nothing else."""
        config = small_config(len(words.vocabulary), words.vectors.shape[1])
        reader = cls(config, words.vocabulary, torch.from_numpy(words.weights), cut)
        vectors = torch.from_numpy(words.vectors)
        with torch.no_grad():
            reader._embeddings.copy_(vectors * (WORD_SPREAD / vectors[vectors.abs().sum(1) > 0].std()))
        return reader

    @classmethod
    def restore(cls, folder: Path, tensors: dict[str, Tensor], vocabulary: Sequence[str], cut: Cut) -> "WordReader":
        """The one of a judge's folder; takes its own from among the judge's tensors."""
        config = BertConfig.from_json_file(folder / CONFIG)
        reader = cls(config, vocabulary, tensors.pop("word_weight"), cut)
        own = {name: tensors.pop(name) for name in list(tensors) if name.startswith("encoder.")}
        reader.encoder.load_state_dict({name.removeprefix("encoder."): value for name, value in own.items()})
        return reader

    @property
    def _embeddings(self) -> nn.Parameter:
        found: nn.Parameter = self.encoder.embeddings.word_embeddings.weight
        return found

    def ids(self, folded: Sequence[str], words: Ids, limit: int) -> Ids:
        return [row[:limit] for row in words]

    def states(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        out = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        return self._embeddings[ids] / WORD_SPREAD, out

    def known(self) -> list[nn.Parameter]:
        return [self._embeddings]

    def save(self, folder: Path) -> dict[str, Tensor]:
        self.encoder.config.to_json_file(folder / CONFIG)
        own = {f"encoder.{name}": value for name, value in self.encoder.state_dict().items()}
        return own | {"word_weight": self.words.weights}


class NamedReader:
    """An encoder that was opened by name; it reads by its own tokeniser."""

    is_large: bool = True

    def __init__(self, encoder: Encoder, words: WordTable) -> None:
        is_path = encoder.name.startswith((".", "/", "~"))
        self.name: str | None = Path(encoder.name).name if is_path else encoder.name
        self.encoder, self.words, self._tokeniser = encoder.network, words, encoder.tokeniser
        self.encoder.pooler = None  # nothing here uses it, and some checkpoints come without
        positions = getattr(self.encoder.config, "max_position_embeddings", math.inf)
        self.text_tokens = int(min(MAX_TOKENS, positions, self._tokeniser.model_max_length))
        self.wording_tokens = min(48, self.text_tokens)

    @classmethod
    def begin(cls, encoder: Encoder, words: Words, cut: Cut) -> "NamedReader":
        vectors, weights = torch.from_numpy(words.vectors), torch.from_numpy(words.weights)
        return cls(encoder, WordTable(WordTokeniser(words.vocabulary, cut), vectors, weights))

    @classmethod
    def restore(cls, folder: Path, tensors: dict[str, Tensor], vocabulary: Sequence[str], cut: Cut) -> "NamedReader":
        """The one of a judge's folder; takes its own from among the judge's tensors."""
        words = WordTable(WordTokeniser(vocabulary, cut), tensors.pop("word_vectors"), tensors.pop("word_weight"))
        return cls(read_checkpoint(str(folder), str(folder)), words)

    def ids(self, folded: Sequence[str], words: Ids, limit: int) -> Ids:
        found: Ids = []
        options = {"truncation": True, "max_length": limit, "return_attention_mask": False}
        for start in range(0, len(folded), AT_ONCE):  # what it keeps beside the ids takes far more memory
            found += self._tokeniser(list(folded[start : start + AT_ONCE]), **options)["input_ids"]
        return [row or [0] for row in found]  # a text of blanks alone; no network can read nothing

    def states(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        out = self.encoder(input_ids=ids, attention_mask=mask, output_hidden_states=True)
        return out.hidden_states[0], out.last_hidden_state

    def known(self) -> list[nn.Parameter]:
        return list(self.encoder.parameters())

    def save(self, folder: Path) -> dict[str, Tensor]:
        save_checkpoint(self.encoder, self._tokeniser, folder)
        return {"word_vectors": self.words.vectors, "word_weight": self.words.weights}


def small_config(vocabulary: int, width: int = 128, layers: int = 1) -> BertConfig:
    """The shape of the small encoder."""
    return BertConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=4,
        intermediate_size=2 * width,
        max_position_embeddings=192,
        type_vocab_size=1,
        hidden_dropout_prob=0.1,
        attention_probs_dropout_prob=0.1,
        pad_token_id=0,
    )
