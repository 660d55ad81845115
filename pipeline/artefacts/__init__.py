"""Opens models/<name>/: every file checked against its hash, weights only as safetensors, nothing pickled.

A model folder holds `manifest.json`, which names the kind of model, its settings and the sha256 of every other file.
Only this package and pipeline.training import torch and transformers, and only inside functions or modules that a
DAG or `kolwatch --help` never touches.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from pipeline.artefacts import sealed
from pipeline.artefacts.meanings import open_meanings
from pipeline.artefacts.words import Floats
from pipeline.errors import ArtefactError
from pipeline.judge import Judge, text_tools
from pipeline.lexicon import Lexicon
from pipeline.records import Guidance
from pipeline.stance import Calibration

__all__ = ["Floats", "judge_parts", "open_judge", "open_meanings"]


def open_judge(folder: Path, guidance: Guidance, lexicon: Lexicon, topics: Sequence[str] = ()) -> Judge:
    """Open the judge of a model folder, ready to assess; with `topics`, it speaks of their positions only.

    Raises ArtefactError where a file is missing, altered, or made for another program.
    """
    from pipeline.artefacts.judge_model import KIND, open_model

    manifest = sealed.open_folder(folder, KIND)
    tools = text_tools(lexicon)
    settings = manifest["settings"]
    try:
        calibration = Calibration.read(settings["calibration"])
    except (KeyError, TypeError, ValueError) as error:
        raise ArtefactError(f"{folder}/{sealed.MANIFEST}: no calibration in it ({error}); train again") from error
    parts = judge_parts(folder, guidance, lexicon, topics)
    severities = {i: position.severity for i, position in guidance.watched(topics).items()}
    trained = settings.get("positions", ())
    return Judge(open_model(folder, settings, guidance, tools), tools, severities, calibration, parts, trained)


def judge_parts(folder: Path, guidance: Guidance, lexicon: Lexicon, topics: Sequence[str] = ()) -> dict[str, str]:
    """What a judge is made of, told without opening it. Raises ArtefactError where there is no model folder."""
    watched = hashlib.sha256(",".join(sorted(topics)).encode()).hexdigest()[:6] if topics else ""
    return {
        "model": folder.name,
        "model_sha256": sealed.identity(folder),
        "guidance_version": guidance.version + (f"-{watched}" if watched else ""),
        "lexicon_version": lexicon.version,
    }
