"""Checkpoints as others save them, small enough to make in a test."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertModel, ElectraConfig, ElectraModel, PreTrainedTokenizerFast

WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "大", "蒜", "姜", "治", "病")
HUB_NAME = "someone/tiny-bert"
SHAPE: Any = {"num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}


def save_bert(folder: Path, rows: int | None = None, words: Sequence[str] = WORDS, width: int = 16) -> Path:
    """A BERT checkpoint as transformers saves one."""
    config: Any = BertConfig(vocab_size=rows or len(words), hidden_size=width, **SHAPE)
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return _save_tokeniser(folder, words)


def save_electra(folder: Path, words: Sequence[str] = WORDS) -> Path:
    """An ELECTRA whose embeddings are narrower than its states."""
    config = ElectraConfig(vocab_size=len(words), embedding_size=8, hidden_size=24, **SHAPE)
    ElectraModel(config).save_pretrained(folder)
    return _save_tokeniser(folder, words)


def _save_tokeniser(folder: Path, words: Sequence[str]) -> Path:
    tokeniser = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="[UNK]"))
    tokeniser.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokeniser, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(folder)
    return folder


def hub_cache(home: Path, checkpoint: Path) -> None:
    """Lay a checkpoint out as the hub's client keeps what it has fetched."""
    kept = home / "hub" / f"models--{HUB_NAME.replace('/', '--')}"
    shutil.copytree(checkpoint, kept / "snapshots" / "0123abc")
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text("0123abc")
