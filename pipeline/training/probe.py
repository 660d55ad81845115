"""How well an encoder tells the same meaning from a near one, and the card of its folder."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from transformers import AutoModel

from pipeline import judge, lexicon
from pipeline.artefacts import sealed
from pipeline.artefacts.encoder import KIND, Encoder, find_folder, open_encoder
from pipeline.artefacts.tokens import WordTokeniser
from pipeline.artefacts.words import open_words
from pipeline.errors import GuidanceError
from pipeline.training.batches import Say
from pipeline.training.curve import CURVE

Floats = NDArray[np.float32]
Meanings = Callable[[Sequence[str]], Floats]
LABELS = ("same", "near", "unrelated")
CARD = """# {name}

A small encoder of Chinese social text, {layers} layers, {width} wide, {parameters:.1f} million parameters as 16-bit
floats. It turns a text into states of its words for a classifier to learn from; by itself it judges nothing.
transformers opens it with `AutoModel` and `AutoTokenizer`, kolwatch by its name.

- **Method**: `kolwatch pretrain`: {mask:.0%} of the words are hidden, whole, and have to be guessed; begun from the
  vectors of models/words-zh. {entries:,} entries: characters and frequent words, with the terms of guidance/lexicon/.
  Texts are folded as `kolwatch` folds them (NFKC, simplified, lower case, usual spellings).
- **Text**: {source}, which is not part of this project, and the texts of guidance/; {lines:,} lines, each once.
  zh-social.txt.xz holds Weibo posts of 2020 from a public research collection with users' ids replaced (cite: COVID-19
  Weibo sentiment data), Weibo reposts of the CED collection (cite: Song et al.), and consultations of
  Chinese-medical-dialogue-data (MIT licence). Links, user names, telephone and identity numbers had been taken out.
- **Licence**: the weights are under the project's licence (Apache-2.0); the text itself is not given on.
- **Training**: {tokens:,} tokens seen ({passes:.1f} passes), {minutes:.0f} minutes on {hardware}, torch {torch}, seed
  {seed}. The hash of the text and of every file is in manifest.json.

![Loss over tokens seen]({curve})

## Measured

| hidden words guessed right, in lines never trained on | share |
|---|---|
{masked}

{table}

## Use and limits

For texts of up to {length} tokens, as the start of a classifier. The language is that of 2020, much of it about one
epidemic; lines may be true, false or nonsense, so it knows how people write, not what is right, and it repeats the
associations of what they wrote. It must not decide anything by itself.
"""


def measure(root: Path, name: str, say: Say) -> None:
    """Measure an encoder of any name on the pairs of guidance/probes; one of ours gets its card."""
    encoder = open_encoder(name, root)
    known = lexicon.load(root / "guidance" / "lexicon")
    tools = judge.text_tools(known)
    pairs = read_pairs(root / "guidance" / "probes")
    folded = [(tools.fold(a).text, tools.fold(b).text, label) for a, b, label in pairs]
    torch.manual_seed(0)
    fresh: Any = AutoModel
    untrained = Encoder("", fresh.from_config(encoder.network.config).eval(), encoder.tokeniser)
    rows: dict[str, Meanings] = {
        "this encoder": encoder.meanings,
        "its shape, not trained": untrained.meanings,
        "models/words-zh, weighted means": lambda texts: _word_meanings(root, tools, texts),
    }
    found = {row: likeness(folded, meanings) for row, meanings in rows.items()} if folded else {}
    for row, values in found.items():
        say(f"{row}: " + ", ".join(f"{k} {v:.3f}" for k, v in values.items()))
    if not found:
        say(f"no pairs in {root / 'guidance' / 'probes'}, so likeness was not measured")
    folder = find_folder(name, root)
    if folder is not None and (folder / sealed.MANIFEST).exists():
        facts = sealed.open_folder(folder, KIND)["settings"]
        (folder / "README.md").write_text(_card(folder.name, facts, found), encoding="utf-8")


def read_pairs(folder: Path) -> list[tuple[str, str, str]]:
    """The pairs of *.jsonl, {"a", "b", "label"}. Raises GuidanceError naming file and line of a mistake."""
    pairs = []
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            try:
                row = json.loads(line)
                pair = (str(row["a"]), str(row["b"]), LABELS[LABELS.index(row["label"])])
            except (ValueError, KeyError, TypeError) as error:
                wanted = f'{{"a", "b", "label": {" or ".join(LABELS)}}}'
                raise GuidanceError(f"{path.name}:{number}: {error!r}; each line must be {wanted}") from error
            pairs.append(pair)
    return pairs


def likeness(pairs: Sequence[tuple[str, str, str]], meanings: Meanings) -> dict[str, float]:
    """Area under the curve by the cosine of meanings, each less the mean of all: same against near and unrelated."""
    found = meanings([text for a, b, _ in pairs for text in (a, b)])
    found = found - found.mean(0)
    unit = found / np.maximum(1e-9, np.linalg.norm(found, axis=1, keepdims=True))
    cosines = (unit[::2] * unit[1::2]).sum(1)
    labels = np.array([label for _, _, label in pairs])
    areas = {}
    for other in LABELS[1:]:
        chosen = (labels == "same") | (labels == other)
        if len(set(labels[chosen])) == 2:
            areas[f"same against {other}"] = float(roc_auc_score(labels[chosen] == "same", cosines[chosen]))
    return areas


def _word_meanings(root: Path, tools: judge.TextTools, texts: Sequence[str]) -> Floats:
    words = open_words(root / "models" / "words-zh")
    tokeniser = WordTokeniser(words.vocabulary, tools.cut)
    ids = [tokeniser.encode(text, 1_000) for text in texts]
    return np.stack([(words.vectors[row] * words.weights[row][:, None]).sum(0) for row in ids])


def _card(name: str, facts: Mapping[str, Any], measured: Mapping[str, Mapping[str, float]]) -> str:
    """The README.md of an encoder's folder."""
    text, recipe = facts["text"], facts["recipe"]
    columns = list(dict.fromkeys(column for values in measured.values() for column in values))
    rows = [f"| AUC, cosine of means | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    rows += [f"| {row} | {' | '.join(f'{values[c]:.3f}' for c in columns)} |" for row, values in measured.items()]
    return CARD.format(
        name=name,
        layers=recipe["layers"],
        width=recipe["width"],
        parameters=facts["parameters"] / 1e6,
        mask=recipe["mask"],
        entries=text["entries"],
        source=text["text"],
        lines=text["lines"],
        tokens=facts["tokens"],
        passes=facts["tokens"] / text["tokens"],
        minutes=facts["seconds"] / 60,
        hardware=facts["hardware"],
        torch=facts["torch"].partition("+")[0],
        seed=recipe["seed"],
        curve=CURVE,
        masked="\n".join(f"| {name} | {share:.1%} |" for name, share in facts["masked_accuracy"].items()),
        table="\n".join(rows) if measured else "Likeness of meanings: not measured yet.",
        length=facts["length"],
    )
