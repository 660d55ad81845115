"""Writes what the stages made: records and posts, assessments, flags, guidance.

Bulk writes go by COPY into temporary tables and one merge statement a table, so that writing the same twice changes
nothing. Every function writes inside the caller's transaction.
"""

import hashlib
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from psycopg.types.json import Jsonb

from pipeline import db
from pipeline.changes import ChangeKind, changes
from pipeline.errors import RecordError
from pipeline.normalise import UNWRITABLE
from pipeline.records import (
    Assessment,
    Count,
    Dropped,
    DropReason,
    FoundBy,
    Fragment,
    Guidance,
    Metric,
    ParsedPost,
    Post,
)
from pipeline.score import Priority

MERGES = (
    *("merge_accounts", "merge_followers", "merge_texts", "date_texts_back", "merge_posts", "merge_versions"),
    *("merge_counts", "merge_drops", "merge_quarantine", "mend_quarantine"),
)
"""In the order in which they need each other."""
UNKNOWN = Count()
AccountKey = tuple[str, str]
"""Platform and account id."""


# ---- records and posts --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRecord:
    """One record and what became of it: posts kept and dropped, or an error."""

    fragment: Fragment
    external_id: str
    kept: Sequence[Post] = ()
    dropped: Sequence[Dropped[ParsedPost]] = ()
    error: RecordError | None = None
    guess: str = ""
    """The format it was told to be in, where the source does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What a batch of records was collected as."""

    source: str
    day: date
    observed_at: datetime
    """When counts were seen whose record does not say: the end of the interval."""
    listed_on: Mapping[AccountKey, date]
    """The day of each watchlist entry's follower count."""


def store_records(connection: db.Connection, collection: Collection, records: Sequence[ReadRecord]) -> Counter[str]:
    """Store a batch with everything that was read from it; returns what happened to how many."""
    _stage_records(connection, collection, records)
    stored = db.run(connection, "collect.merge_raw").rowcount
    db.run(connection, "collect.find_raw")
    for merge in MERGES:
        db.run(connection, f"collect.{merge}")
    counts = Counter(stored=stored, unchanged=len(records) - stored)
    counts.update(count(records))
    return counts


def count(records: Sequence[ReadRecord]) -> Counter[str]:
    """What became of how many records and posts."""
    counts = Counter(records=len(records), posts=sum(len(r.kept) for r in records))
    counts["quarantined"] = sum(r.error is not None for r in records)
    counts.update(d.reason.value for r in records for d in r.dropped)
    counts.update(f"read_as_{r.guess}" for r in records if r.guess)
    return counts


def _stage_records(connection: db.Connection, collection: Collection, records: Sequence[ReadRecord]) -> None:
    db.run(connection, "collect.create_staging")
    numbered = list(enumerate(records))
    posts = [(n, post) for n, r in numbered for post in r.kept]
    staged: dict[str, Iterable[Sequence[object]]] = {
        "incoming_raw": (_raw_row(n, r, collection) for n, r in numbered),
        "incoming_post": (_post_row(n, post, collection) for n, post in posts),
        "incoming_followers": filter(None, (_follower_row(post, collection) for _, post in posts)),
        "incoming_count": (_count_row(d.item, collection) for r in records for d in r.dropped if _only_counts(d)),
        "incoming_drop": (_drop_row(n, d, collection) for n, r in numbered for d in r.dropped),
        "incoming_quarantine": ((n, r.error.reason, _text(r.error.detail)) for n, r in numbered if r.error),
    }
    for table, rows in staged.items():
        db.copy_rows(connection, table, rows)


def _text(value: str) -> str:
    return UNWRITABLE.sub("\ufffd", value)


def _raw_row(number: int, record: ReadRecord, collection: Collection) -> Sequence[object]:
    fragment = record.fragment
    sha256 = hashlib.sha256(fragment.body + b"\0" + (fragment.context or b"")).digest()
    return (
        number,
        collection.source,
        _text(record.external_id),
        sha256,
        zlib.compress(fragment.body, 1),
        fragment.context,
        _text(fragment.origin),
        fragment.line,
        collection.day,
    )


def _post_row(number: int, post: Post, collection: Collection) -> Sequence[object]:
    parsed = post.parsed
    return (
        number,
        parsed.platform.value,
        parsed.platform_post_id,
        parsed.account_id,
        _text(parsed.account_name),
        collection.source,
        _text(parsed.url),
        parsed.posted_at,
        parsed.edited_at,
        parsed.has_media,
        parsed.is_truncated,
        parsed.is_sponsored,
        post.reposted_text,
        post.content_hash,
        post.document,
        post.title_end,
        post.text_end,
        collection.day,
        *_counts(parsed, collection),
    )


def _only_counts(dropped: Dropped[ParsedPost]) -> bool:
    """Whether the record has no words but counts, which a post that is known is given."""
    return dropped.reason is DropReason.NO_TEXT and bool(dropped.item.counts)


def _count_row(parsed: ParsedPost, collection: Collection) -> Sequence[object]:
    return parsed.platform.value, parsed.platform_post_id, collection.day, *_counts(parsed, collection)


def _counts(parsed: ParsedPost, collection: Collection) -> Sequence[object]:
    return (
        parsed.observed_at or collection.observed_at,
        *(parsed.counts.get(metric, UNKNOWN).value for metric in Metric),
        [metric.value for metric, count in parsed.counts.items() if count.lower_bound],
    )


def _follower_row(post: Post, collection: Collection) -> Sequence[object] | None:
    """The record's own count, else the watchlist's, each with the day it was seen."""
    parsed, count = post.parsed, post.followers
    if count.value is None:
        return None
    observed_at, day = parsed.observed_at or collection.observed_at, collection.day
    if parsed.follower_count.value is None:
        day = collection.listed_on[parsed.platform, parsed.account_id]
        observed_at = datetime.combine(day, time(), UTC)
    return parsed.platform.value, parsed.account_id, observed_at, count.value, count.lower_bound, day


def _drop_row(number: int, dropped: Dropped[ParsedPost], collection: Collection) -> Sequence[object]:
    parsed = dropped.item
    key = (parsed.platform.value, parsed.platform_post_id)
    return number, *key, collection.day, collection.source, dropped.reason.value


# ---- assessments --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class JudgedText:
    """A text with what the judge said of it, and why it was due."""

    content_hash: bytes
    assessment: Assessment
    rejudge_on: date | None
    words: Sequence[str] = ()
    """What it is found by."""


def store_assessments(connection: db.Connection, judge_version: str, judged: Sequence[JudgedText]) -> None:
    """Store a batch; a text that this judge assessed before keeps its assessment."""
    db.run(connection, "judge.create_staging")
    db.copy_rows(connection, "incoming_assessment", (_assessment_row(j, judge_version) for j in judged))
    db.copy_rows(connection, "incoming_claim", (row for j in judged for row in _claim_rows(j, judge_version)))
    for query in ("merge_assessments", "merge_claims", "merge_stances", "mark_judged"):
        db.run(connection, f"judge.{query}")
    store_words(connection, {j.content_hash: j.words for j in judged})


def store_words(connection: db.Connection, words: Mapping[bytes, Sequence[str]]) -> None:
    """Store what texts are found by; a text with none is on no page and is not looked for."""
    db.run(connection, "judge.create_words_staging")
    db.copy_rows(connection, "incoming_words", ((content_hash, list(found)) for content_hash, found in words.items()))
    for query in ("merge_words", "mark_indexed"):
        db.run(connection, f"judge.{query}")


def _assessment_row(judged: JudgedText, judge_version: str) -> Sequence[object]:
    a = judged.assessment
    return (
        judged.content_hash,
        judge_version,
        a.probability,
        a.band.value,
        a.expression.value,
        a.severity.value if a.severity else None,
        (FoundBy.REJUDGE if judged.rejudge_on else FoundBy.COLLECT).value,
        judged.rejudge_on,
    )


def _claim_rows(judged: JudgedText, judge_version: str) -> Iterable[Sequence[object]]:
    for rank, c in enumerate(judged.assessment.claims, 1):
        where = (c.start, c.end, c.text)
        yield judged.content_hash, judge_version, rank, *where, c.guidance_id, c.stance.value, c.probability


# ---- flags --------------------------------------------------------------------------------------------


def store_flags(connection: db.Connection, flags: Iterable[tuple[Mapping[str, object], Priority]]) -> None:
    """Raise flags with their priorities; a flag that stands is left alone."""
    db.run_many(connection, "flags.insert_flag", ({**flag, **_priced(priority)} for flag, priority in flags))


def reprice_flags(connection: db.Connection, priorities: Mapping[int, Priority], closing: int) -> None:
    """Give flags, by id, the priorities of a closing."""
    rows = ({"flag_id": flag_id, "closing": closing, **_priced(p)} for flag_id, p in priorities.items())
    db.run_many(connection, "flags.reprice_flag", rows)


def _priced(priority: Priority) -> dict[str, object]:
    return {"priority": priority.value, "factors": Jsonb(dict(priority.factors))}


# ---- guidance -----------------------------------------------------------------------------------------


def store_guidance(connection: db.Connection, guidance: Guidance) -> Counter[str]:
    """Add a version of every position that is new or changed; one that left guidance/ stays."""
    db.run(connection, "guidance.lock_guidance")
    loaded, rows = loaded_positions(connection), position_rows(guidance)
    found = changes(loaded, rows)
    counts = Counter({kind.value: 0 for kind in ChangeKind} | {"unchanged": len(rows) - len(found)})
    counts.update(change.kind.value for change in found)
    changed = [rows[change.guidance_id] for change in found]
    db.run_many(connection, "guidance.insert_version", (_version_row(row, loaded) for row in changed))
    return counts


def loaded_positions(connection: db.Connection) -> Mapping[str, Mapping[str, Any]]:
    """The versions in force in the database, by id."""
    return {row["guidance_id"]: row for row in db.run(connection, "guidance.current")}


def position_rows(guidance: Guidance) -> Mapping[str, Mapping[str, Any]]:
    """The positions of guidance/ by id, as the database has them."""
    return {
        i: {**asdict(p), "severity": p.severity.value, "do_not_flag": list(p.do_not_flag), "related": list(p.related)}
        for i, p in guidance.positions.items()
    }


def _version_row(row: Mapping[str, Any], loaded: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    before = loaded.get(row["guidance_id"], {"version": 0})
    lists = {key: Jsonb(row[key]) for key in ("do_not_flag", "related")}
    return {**row, **lists, "version": before["version"] + 1}
