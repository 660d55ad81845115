"""Texts a second of the judge, against transformers judging each text with its five nearest positions.

    python -m bench.assess_texts TEXTS

TEXTS are JSON lines with a `text`. Both sides use the same checkpoint in the same run, on the same cores. The peer
reads every text once, cut to the tokens of one window, with five positions each, in batches of 32 pairs sorted by
length. Both are timed from the text to the probabilities: the peer finds its positions as we do, and has no screen, no
windows and no wordings encoded before. Prints JSON; memory is that of ours, before the peer runs.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.artefacts.judge_model import JudgeModel, pad
from pipeline.judge import Judge, TextTools
from pipeline.settings import load as load_settings
from pipeline.site import Site

POSITIONS = 5
BATCH = 32


@dataclass(frozen=True)
class Pair:
    """Token ids of a text, of a myth and of another wording, and what likenesses say of them [PAIR_FEATURES]."""

    text: Sequence[int]
    myth: Sequence[int]
    other: Sequence[int]
    features: NDArray[np.float32]


def ours(judge: Judge, texts: Sequence[str]) -> float:
    began = time.perf_counter()
    for start in range(0, len(texts), 512):
        judge.assess(texts[start : start + 512])
    return time.perf_counter() - began


def pairs(model: JudgeModel, tools: TextTools, texts: Sequence[str]) -> list[Pair]:
    """Each text with the nearest myth and the nearest other wording of five positions, sorted by length."""
    read = model.read([tools.fold(text).text[:1000] for text in texts])
    found: list[Pair] = []
    for start in range(0, len(texts), BATCH):
        batch = read.rows(range(len(texts))[start : start + BATCH])
        near = model.nearest(batch, POSITIONS)
        for text, (myths, others, features) in enumerate(zip(near.myth, near.other, near.features, strict=True)):
            for myth, other, row in zip(myths, others, features, strict=True):
                found.append(Pair(batch.ids[text], model.wording_ids[myth], model.wording_ids[other], row))
    return sorted(found, key=lambda pair: len(pair.text))


def theirs(model: JudgeModel, tools: TextTools, texts: Sequence[str]) -> float:
    network = model.network
    torch.set_num_threads(os.cpu_count() or 1)
    began = time.perf_counter()
    found = pairs(model, tools, texts)
    with torch.inference_mode():
        for start in range(0, len(found), BATCH):
            batch = found[start : start + BATCH]
            sides = ([p.text for p in batch], [p.myth for p in batch], [p.other for p in batch])
            text, myth, other = (network.projected(network.encode(*pad(ids))) for ids in sides)
            features = torch.from_numpy(np.stack([pair.features for pair in batch]))
            network.judge_pairs(text, myth, other, features).softmax(-1)
    return time.perf_counter() - began


def main() -> None:
    texts = [json.loads(line)["text"] for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()]
    site = Site(load_settings())
    began = time.perf_counter()
    judge = site.judge
    opened = time.perf_counter() - began
    health = [text for text in texts if site.tools.screen(site.tools.fold(text).text)]
    first, mixed = ours(judge, texts), ours(judge, texts)
    of_health = ours(judge, health)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    model = judge.scorer
    assert isinstance(model, JudgeModel)
    peer = theirs(model, site.tools, texts)
    print(
        json.dumps(
            {
                "texts": len(texts),
                "opened_s": round(opened, 1),
                "first_pass_texts_per_s": round(len(texts) / first),
                "mixed_texts_per_s": round(len(texts) / mixed),
                "health_texts": len(health),
                "health_texts_per_s": round(len(health) / of_health),
                "peer_texts_per_s": round(len(texts) / peer),
                "ratio": round(peer / mixed, 1),
                "peak_memory_mb": round(peak),
            }
        )
    )


if __name__ == "__main__":
    main()
