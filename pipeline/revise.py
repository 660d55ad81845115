"""A new judge, or new guidance: what is put in force, and what of the last days has to be judged again for it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from pipeline import db, load
from pipeline.changes import Change, ChangeKind, changes, pattern_of, screen_words
from pipeline.errors import GuidanceError
from pipeline.records import Position
from pipeline.site import Site


def register_judge(site: Site) -> None:
    """Put this judge in force. If the one before differs in more than wording, the last days become due."""
    with db.transaction(site.engine) as connection:
        if db.one(connection, "judge.judge_is_in_force", **site.judge_parts):
            return  # and is not opened before there is something to judge
    judge = site.judge
    limits = {"min_flag": judge.calibration.min_flag, "min_maybe": judge.calibration.min_maybe}
    parts = {**judge.parts, **limits, "positions": site.watched}
    with db.transaction(site.engine) as connection:
        db.run(connection, "judge.lock_judge")
        if db.one(connection, "judge.judge_is_in_force", **site.judge_parts):
            return
        before = db.run(connection, "judge.judge_before").fetchone()
        untrained = sorted(set(site.watched) & set(judge.untrained))
        lists = {"positions": Jsonb(site.watched), "untrained": Jsonb(untrained)}
        db.run(connection, "judge.register_judge", **parts | lists | {"judge_version": judge.version})
        if before is not None:
            _make_due(site, connection, {key: (before[key], parts[key]) for key in before if before[key] != parts[key]})


def _make_due(site: Site, connection: db.Connection, changed: Mapping[str, tuple[Any, Any]]) -> None:
    """Of the last days, what a new judge may see otherwise: all, or what is near the positions that came and went."""
    if set(changed) == {"positions"}:
        before, now = map(set, changed["positions"])
        touched = _texts_near(site, connection, sorted(now - before), sorted(before - now))
        db.run(connection, "judge.make_texts_due", content_hashes=touched)
    elif changed:
        days = site.settings.judge.window_days
        db.run(connection, "judge.make_window_due", judge_version=site.judge.version, window_days=days)


def _texts_near(site: Site, connection: db.Connection, new: Sequence[str], gone: Sequence[str]) -> list[bytes]:
    """Texts of the last days that the screen of new positions matches or that were compared with those that went."""
    days = site.settings.judge.window_days
    found = {
        bytes(row["content_hash"])
        for row in db.run(connection, "judge.window_candidates", window_days=days, guidance_ids=list(gone))
    }
    if new:
        words = screen_words(site.guidance, new, lambda text: site.tools.terms_in(site.tools.fold(text).text))
        pattern = pattern_of(words.values())
        for row in db.stream(connection, "judge.window_texts", window_days=days):
            if pattern.search(site.tools.fold(row["document"]).text):
                found.add(bytes(row["content_hash"]))
    return sorted(found)


@dataclass(frozen=True, slots=True)
class Touched:
    """What a change of guidance/ would touch: texts that become due, and open flags that rest on the position."""

    change: Change
    texts: int
    flags: int


def guidance_diff(site: Site) -> list[Touched]:
    """How guidance/ differs from what is loaded, and what loading and judging with it would touch."""
    with db.transaction(site.engine) as connection:
        found = changes(load.loaded_positions(connection), load.position_rows(site.guidance))
        return [_touched(site, connection, change) for change in found]


def position(site: Site, guidance_id: str) -> tuple[Position, Counter[str], list[Mapping[str, Any]]]:
    """A position of guidance/, how many texts it has of each kind, and its loaded versions. Raises GuidanceError."""
    found = site.guidance.positions.get(guidance_id)
    if found is None:
        raise GuidanceError(f"guidance/ has no {guidance_id}; `kolwatch guidance list` shows what it has")
    texts = Counter(f"{t.stance}/{t.expression}" for t in site.guidance.texts if t.guidance_id == guidance_id)
    with db.transaction(site.engine) as connection:
        versions = db.run(connection, "guidance.versions", guidance_id=guidance_id).fetchall()
    return found, texts, list(versions)


def _touched(site: Site, connection: db.Connection, change: Change) -> Touched:
    new = [change.guidance_id] if change.kind is ChangeKind.NEW else []
    gone = [change.guidance_id] if change.kind is ChangeKind.RETIRED else []
    texts = _texts_near(site, connection, new, gone) if new or gone else []
    flags = db.one(connection, "guidance.open_flags", guidance_id=change.guidance_id)
    return Touched(change, len(texts), flags)
