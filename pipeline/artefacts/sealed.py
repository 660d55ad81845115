"""Sealed folders under models/: a manifest names the kind, the settings and the sha256 of every other file."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import ArtefactError

MANIFEST = "manifest.json"
FORMAT = 1
PICKLED = frozenset({".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".npy", ".npz", ".joblib"})


def open_folder(folder: Path, kind: str) -> dict[str, Any]:
    """Return the manifest of a model folder, having checked that each file is the one it lists.

    Raises ArtefactError naming the folder, the file and what differs.
    """
    manifest = _read_manifest(folder)
    if manifest.get("format") != FORMAT or manifest.get("kind") != kind:
        found = f"{manifest.get('kind')!r}, format {manifest.get('format')!r}"
        raise ArtefactError(f"{folder}: holds {found}, but a {kind!r} of format {FORMAT} is needed")
    pickled = {p.name for p in folder.iterdir() if p.suffix in PICKLED}
    if pickled:
        raise ArtefactError(
            f"{folder}: holds {', '.join(sorted(pickled))}; pickled files are never loaded: remove them"
        )
    for name, expected in manifest["sha256"].items():
        if Path(name).name != name:
            raise ArtefactError(f"{folder}/{MANIFEST}: names {name!r}, which is outside the folder; restore the folder")
        _check_file(folder / name, expected)
    return manifest


def seal_folder(folder: Path, kind: str, settings: Mapping[str, Any]) -> str:
    """Write the manifest over every file now in `folder`; it is written last, so a half-written folder has none.

    Returns the sha256 of the manifest: the identity of the model.
    """
    names = sorted(p.name for p in folder.iterdir() if p.is_file() and p.name not in (MANIFEST, "README.md"))
    manifest = {
        "format": FORMAT,
        "kind": kind,
        "settings": dict(settings),
        "sha256": {name: file_sha256(folder / name) for name in names},
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    return hashlib.sha256(text.encode()).hexdigest()


def identity(folder: Path) -> str:
    """The sha256 of a folder's manifest, which covers every other file."""
    _read_manifest(folder)
    return file_sha256(folder / MANIFEST)


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtefactError(
            f"{folder}: no {MANIFEST} here; name a folder under models/ or train one with `kolwatch train`"
        ) from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ArtefactError(f"{path}: not readable ({error}); restore the folder or train again") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("sha256"), dict):
        raise ArtefactError(f"{path}: lists no file hashes; restore the folder or train again")
    return manifest


def _check_file(path: Path, expected: str) -> None:
    if not path.is_file():
        raise ArtefactError(f"{path}: missing; restore the folder or train again")
    found = file_sha256(path)
    if found != expected:
        raise ArtefactError(f"{path}: sha256 is {found[:12]}…, the manifest says {expected[:12]}…; restore the file")
