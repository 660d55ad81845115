"""A new judge, or new guidance: what is put in force, and what of the last days has to be judged again for it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg.types.json import Jsonb

from pipeline import db, load
from pipeline.changes import Change, ChangeKind, changes, pattern_of, screen_words
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
        lists = {"positions": Jsonb(site.watched), "untrained": Jsonb(list(judge.untrained))}
        db.run(connection, "judge.register_judge", **parts | lists | {"judge_version": judge.version})
        if before is not None:
            _make_due(site, connection, {key: (before[key], parts[key]) for key in before if before[key] != parts[key]})


def is_in_force(site: Site, connection: db.Connection) -> bool:
    """Whether no other judge has taken this one's place; holds until the end of the transaction."""
    db.run(connection, "judge.share_judge")
    return bool(db.one(connection, "judge.judge_is_in_force", **site.judge_parts))


def _make_due(site: Site, connection: db.Connection, changed: Mapping[str, tuple[Any, Any]]) -> None:
    """Of the last days, what a new judge may see otherwise: all, or what is near the positions that came and went."""
    since = _window(site, connection)
    if since is None or not changed:
        return
    if set(changed) == {"positions"}:
        before, now = map(set, changed["positions"])
        near = texts_near(site, connection, since, sorted(before ^ now))
        db.run(connection, "judge.make_texts_due", content_hashes=sorted(frozenset().union(*near.values())))
    else:
        db.run(connection, "judge.make_window_due", judge_version=site.judge.version, since=since)


def _window(site: Site, connection: db.Connection) -> date | None:
    """The first of the last days; None where there is no post yet."""
    found: date | None = db.one(connection, "judge.first_day_of_window", window_days=site.settings.judge.window_days)
    return found


def texts_near(
    site: Site, connection: db.Connection, since: date, guidance_ids: Sequence[str]
) -> dict[str, set[bytes]]:
    """Texts said since a day that each position may be about: its words are in them, or they were compared with it."""
    near: dict[str, set[bytes]] = {}
    for guidance_id in guidance_ids:
        rows = db.run(connection, "judge.candidates_since", since=since, guidance_id=guidance_id)
        near[guidance_id] = {bytes(row["content_hash"]) for row in rows}
    in_force = [i for i in guidance_ids if i in site.guidance.in_force]
    if in_force:
        words = screen_words(site.guidance, in_force, lambda text: site.tools.terms_in(site.tools.fold(text).text))
        patterns = {guidance_id: pattern_of(found) for guidance_id, found in words.items()}
        for row in db.stream(connection, "judge.texts_since", since=since):
            folded = site.tools.fold(row["document"]).text
            for guidance_id in (i for i, pattern in patterns.items() if pattern.search(folded)):
                near[guidance_id].add(bytes(row["content_hash"]))
    return near


@dataclass(frozen=True, slots=True)
class Touched:
    """What a change of guidance/ would touch: texts that become due, and open flags that rest on the position."""

    change: Change
    texts: int
    flags: int


@dataclass(frozen=True, slots=True)
class Difference:
    """How guidance/ differs from what is loaded and in force; `whole_window` where all of the last days become due."""

    touched: Sequence[Touched]
    whole_window: bool


def guidance_diff(site: Site) -> Difference:
    """What loading guidance/ and judging with it would touch."""
    with db.transaction(site.engine) as connection:
        found = {
            c.guidance_id: c for c in changes(load.loaded_positions(connection), load.position_rows(site.guidance))
        }
        before = db.run(connection, "judge.judge_before").fetchone()
        since = _window(site, connection)
        near: dict[str, set[bytes]] = {}
        if before is not None and since is not None:
            moved = sorted(set(before["positions"]) ^ set(site.watched))
            near = texts_near(site, connection, since, moved)
            for guidance_id in set(moved) - found.keys():
                is_back = guidance_id in site.guidance.in_force
                found[guidance_id] = Change(guidance_id, ChangeKind.BACK if is_back else ChangeKind.GONE, ())
        touched = [
            Touched(change, len(near.get(i, ())), db.one(connection, "guidance.open_flags", guidance_id=i))
            for i, change in sorted(found.items())
        ]
        parts = ("model_sha256", "lexicon_version")
        return Difference(touched, before is not None and any(before[p] != site.judge_parts[p] for p in parts))


def position(site: Site, guidance_id: str) -> tuple[Position, Counter[str], list[Mapping[str, Any]]]:
    """A position of guidance/, how many texts it has of each kind, and its loaded versions. Raises GuidanceError."""
    found = site.position(guidance_id)
    texts = Counter(f"{t.stance}/{t.expression}" for t in site.guidance.texts if t.guidance_id == guidance_id)
    with db.transaction(site.engine) as connection:
        versions = db.run(connection, "guidance.versions", guidance_id=guidance_id).fetchall()
    return found, texts, list(versions)
