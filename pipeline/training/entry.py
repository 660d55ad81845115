"""Trains a judge from guidance/ and models/words-zh, calibrates it on texts held out, and writes models/<name>/."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from pipeline import artefacts, guidance, judge, lexicon
from pipeline.artefacts import sealed
from pipeline.artefacts.encoder import Encoder, open_encoder
from pipeline.artefacts.judge_model import EXPRESSIONS, KIND, STANCES, JudgeModel
from pipeline.artefacts.pair_model import PairModel
from pipeline.artefacts.readers import NamedReader, WordReader
from pipeline.artefacts.words import Words, open_words
from pipeline.errors import GuidanceError
from pipeline.lexicon import Lexicon
from pipeline.records import Expression, Guidance, GuidanceText
from pipeline.stance import Calibration
from pipeline.training.calibrate import calibrate
from pipeline.training.card import card
from pipeline.training.evaluate import Labelled, evaluate, measure
from pipeline.training.examples import SWAPPED_KINDS, Augmenter, examples_of, is_flag, split
from pipeline.training.train import Trainer, TrainSettings

WORDS = "words-zh"
Say = Callable[[str], None]
UNCALIBRATED = Calibration(1.0, 0.0, 1.0, 1.0)
MIN_TEXTS = 100
ENCODER_RATE = 3e-4 * 256
"""The rate of a named encoder times its width: 3e-4 did better than 5e-5 at 256, and wider ones bear less."""
ANY_WORD = re.compile("[\u4e00-\u9fff]{2,4}")


@dataclass(frozen=True, slots=True)
class _Material:
    """All that a training starts from."""

    guidance: Guidance
    lexicon: Lexicon
    tools: judge.TextTools
    words: Words
    encoder: Encoder | None


def train(
    root: Path,
    out: Path,
    say: Say,
    *,
    encoder: str | None = None,
    epochs: int = TrainSettings().epochs,
    seed: int = TrainSettings().seed,
    held_out_share: float = 0.12,
    share: float = 1.0,
    gold: Path | None = None,
) -> None:
    """Train from `root`/guidance and `root`/models/words-zh into the folder `out`.

    With `encoder` (a name as open_encoder takes it) texts are read by that; otherwise by a small one of our own. With
    `share` below 1 it knows only that much of guidance/, to show whether more texts help. With `gold` (labelled
    texts) the card tells how the judge does on them; they are never trained or calibrated on.
    """
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    material = _read(root, encoder, share, seed)
    out.mkdir(parents=True, exist_ok=True)  # half an hour before it is needed
    settings = _settings(material.encoder, epochs, seed)
    learnt, held_out = split(material.guidance.texts, held_out_share, seed)
    say(f"{len(material.guidance.positions)} positions, {len(learnt)} texts to learn from, {len(held_out)} held out")
    model = _fit(material, learnt, settings, say)
    strengths = _judge(material, model, UNCALIBRATED).strengths([t.text for t in held_out])
    calibration = calibrate(strengths, [is_flag(t) for t in held_out])
    judged = _judge(material, model, calibration).assess([t.text for t in held_out])
    measured = {"held out": measure([_labelled(t) for t in held_out], judged)}
    _write(material, model, calibration, settings, out)
    if gold is not None:
        opened = artefacts.open_judge(out, material.guidance, material.lexicon)
        measured[gold.stem] = evaluate(opened, gold)
    described = card(out.name, len(material.guidance.texts), model.reader, settings, measured)
    (out / "README.md").write_text(described, encoding="utf-8")
    for name, values in measured.items():
        say(f"{name}: " + ", ".join(f"{k} {v:g}" for k, v in values.items()))
    say(f"threshold {calibration.min_flag}, maybe from {calibration.min_maybe}; written to {out}")


def _read(root: Path, encoder: str | None, share: float, seed: int) -> _Material:
    known = lexicon.load(root / "guidance" / "lexicon")
    positions = guidance.load(root / "guidance")
    if share < 1:
        positions = replace(positions, texts=tuple(split(positions.texts, 1 - share, seed)[0]))
    if len(positions.texts) < MIN_TEXTS:
        raise GuidanceError(
            f"{root / 'guidance'}: {len(positions.texts)} texts are too few to learn from ({MIN_TEXTS})"
        )
    opened = open_encoder(encoder, root) if encoder else None
    return _Material(positions, known, judge.text_tools(known), open_words(root / "models" / WORDS), opened)


def _settings(encoder: Encoder | None, epochs: int, seed: int) -> TrainSettings:
    settings = TrainSettings(epochs=epochs, seed=seed)
    return replace(settings, known_rate=ENCODER_RATE / encoder.network.config.hidden_size) if encoder else settings


def _fit(material: _Material, learnt: Sequence[GuidanceText], settings: TrainSettings, say: Say) -> JudgeModel:
    seen = replace(material.guidance, texts=tuple(learnt))
    words, cut = material.words, material.tools.cut
    reader = NamedReader.begin(material.encoder, words, cut) if material.encoder else WordReader.begin(words, cut)
    model = JudgeModel(reader, PairModel(reader), seen, material.tools)
    examples = examples_of(seen, model.index.wordings)
    fillers = [t.text for t in learnt if t.guidance_id is None and t.expression is Expression.OTHER]
    swaps = {kind: material.lexicon.tagged(kind) for kind in SWAPPED_KINDS}
    anything = [w for w in words.vocabulary[1_500:15_000] if ANY_WORD.fullmatch(w)]
    augment = Augmenter(fillers, swaps, anything, settings.seed)
    Trainer(model, seen, material.tools, settings).fit(examples, augment, say)
    return model


def _judge(material: _Material, model: JudgeModel, calibration: Calibration) -> judge.Judge:
    severities = {guidance_id: p.severity for guidance_id, p in material.guidance.positions.items()}
    return judge.Judge(model, material.tools, severities, calibration, {})


def _labelled(text: GuidanceText) -> Labelled:
    ids = (text.guidance_id,) if text.guidance_id else ()
    return Labelled(text.text, is_flag(text), guidance_ids=ids, stance=text.stance)


def _write(
    material: _Material, model: JudgeModel, calibration: Calibration, settings: TrainSettings, out: Path
) -> None:
    (out / sealed.MANIFEST).unlink(missing_ok=True)
    model.save(out)
    facts: Mapping[str, Any] = {
        "stances": [s.value for s in STANCES],
        "expressions": [e.value for e in EXPRESSIONS],
        "encoder": model.reader.name,
        "calibration": asdict(calibration),
        "training": asdict(settings),
        "positions": sorted(material.guidance.in_force),
        "data_sha256": data_sha256(material.guidance),
        "guidance_version": material.guidance.version,
        "lexicon_version": material.lexicon.version,
        "torch": torch.__version__.partition("+")[0],
    }
    sealed.seal_folder(out, KIND, facts)


def data_sha256(known: Guidance) -> str:
    """The hash of all that was trained on."""
    lines = sorted(f"{t.guidance_id}\t{t.stance}\t{t.expression}\t{t.text}" for t in known.texts)
    return hashlib.sha256("\n".join((known.version, *lines)).encode()).hexdigest()
