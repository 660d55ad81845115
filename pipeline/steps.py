"""The steps of the work, in order: each opens a transaction, reads what is due, runs a stage and writes.

    collect → judge_due → raise_flags (and cluster_claims) → close_day

DAGs and the command line call the same steps. Every step can be killed at any moment and run again: what it finds to
do, it finds in the data.
"""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pipeline import db, grouping, load, report, revise, score
from pipeline.errors import ConfigError, SourceError
from pipeline.land import Counts, collect
from pipeline.records import Assessment, Metric, Severity, Tier
from pipeline.settings import Settings
from pipeline.settings import load as load_settings
from pipeline.site import Site, open_site

__all__ = ["Settings", "Site", "collect", "load_settings", "open_site"]
"""What DAGs need beside the steps; they see no other module."""

log = logging.getLogger(__name__)
FORGET_BATCH = 5000
HARMLESS = "今天天气很好，我们去公园散步。"

# ---- judge --------------------------------------------------------------------------------------------


def judge_shards(site: Site) -> list[int]:
    """One number a worker: as many as the settings say, fewer where little is due, none where nothing is."""
    batch, shards = site.settings.judge.batch_size, site.settings.judge.shards
    revise.register_judge(site)
    with db.transaction(site.engine) as connection:
        due = db.one(connection, "judge.count_due", at_most=batch * shards)
    return list(range(min(shards, -(-due // batch))))


def judge_due(site: Site) -> Counts:
    """Judge every text that is due and that no other worker is at, batch by batch."""
    revise.register_judge(site)
    counts: Counter[str] = Counter(judged=0)
    while True:
        with db.transaction(site.engine) as connection:
            if not revise.is_in_force(site, connection):
                log.warning("another judge was put in force; what is due is left to it")
                break
            taken = db.run(connection, "judge.take_due", batch_size=site.settings.judge.batch_size).fetchall()
            if not taken:
                break
            judged = _assess(site, connection, taken)
            load.store_assessments(connection, site.judge.version, judged)
            counts["judged"] += len(judged)
            counts["failed"] += len(taken) - len(judged)
            counts.update(j.assessment.band.value for j in judged)
    _index_judged(site)
    log.info("judged: %s", dict(counts))
    return dict(counts)


def _assess(site: Site, connection: db.Connection, taken: Sequence[Mapping[str, Any]]) -> list[load.JudgedText]:
    """Assess a batch; a text the judge breaks on is marked with its error and holds up no other."""
    try:
        found = site.judge.assess([row["document"] for row in taken])
    except Exception:
        log.exception("a batch of %d texts failed; trying them one by one", len(taken))
        return _assess_singly(site, connection, taken)
    return [_judged(site, row, assessment) for row, assessment in zip(taken, found, strict=True)]


def _assess_singly(site: Site, connection: db.Connection, taken: Sequence[Mapping[str, Any]]) -> list[load.JudgedText]:
    site.judge.assess([HARMLESS])  # raises if it is the judge that is broken, not the texts
    judged = []
    for row in taken:
        try:
            [found] = site.judge.assess([row["document"]])
        except Exception as error:
            message = f"{type(error).__name__}: {error}"[:500]
            db.run(connection, "judge.mark_failed", content_hash=row["content_hash"], error=message)
        else:
            judged.append(_judged(site, row, found))
    return judged


def _judged(site: Site, row: Mapping[str, Any], found: Assessment) -> load.JudgedText:
    """A text without a claim is on no page, so nobody looks for its words."""
    words = site.words(row["document"]) if found.claims else ()
    return load.JudgedText(row["content_hash"], found, row["rejudge_on"], words)


def _index_judged(site: Site) -> None:
    """Give the texts that were judged before there was a search what they are found by."""
    while True:
        with db.transaction(site.engine) as connection:
            taken = db.run(connection, "judge.take_unindexed", batch_size=site.settings.judge.batch_size).fetchall()
            if not taken:
                return
            words = {r["content_hash"]: site.words(r["document"]) if r["has_claims"] else () for r in taken}
            load.store_words(connection, words)


def is_idle(site: Site) -> bool:
    """Whether no text waits for the judge and no flag waits to be raised."""
    with db.transaction(site.engine) as connection:
        if db.one(connection, "judge.count_due", at_most=1):
            return False
        return (
            db.run(
                connection, "flags.flags_to_raise", at_most=1, unconfirmed_too=site.settings.report.flag_unconfirmed
            ).fetchone()
            is None
        )


def rejudge(site: Site, since: date, on: date, guidance_id: str | None = None) -> int:
    """Make the texts since a day due again; what is newly found belongs to the day `on`. Returns how many."""
    known = None if guidance_id is None else site.position(guidance_id).guidance_id
    with db.transaction(site.engine) as connection:
        near = None if known is None else sorted(revise.texts_near(site, connection, since, [known])[known])
        return db.run(connection, "judge.make_history_due", since=since, day=on, content_hashes=near).rowcount


# ---- flag ---------------------------------------------------------------------------------------------


def raise_flags(site: Site) -> Counts:
    """Raise a flag for every post and position that the judge would flag and that has none."""
    with db.transaction(site.engine) as connection:
        db.run(connection, "flags.lock_flagging")
        db.run(connection, "flags.move_flags")
        too = site.settings.report.flag_unconfirmed
        found = db.run(connection, "flags.flags_to_raise", at_most=None, unconfirmed_too=too).fetchall()
        load.store_flags(connection, zip(found, _priorities(site, connection, found), strict=True))
    cluster_claims(site)
    counts = Counter(f"flagged_{row['severity']}" for row in found)
    log.info("raised %d flags: %s", len(found), dict(counts))
    return {"flagged": len(found), **counts}


def cluster_claims(site: Site) -> Counts:
    """Place the claims of flags that are in no cluster; a cluster's id and what people changed of it stay."""
    with db.transaction(site.engine) as connection:
        placed = grouping.cluster_claims(site, connection)
    log.info("placed %d claims into clusters", placed)
    return {"clustered": placed}


def untold_urgent(site: Site) -> tuple[str, list[int]]:
    """What people must be told at once, and the flags it speaks of; empty where all has been told."""
    with db.transaction(site.engine) as connection:
        found = db.run(connection, "flags.untold_urgent").fetchall()
    days = Counter(row["day"] for row in found)
    message = "; ".join(f"{count} new flags of severity S4 in the table of {day}" for day, count in days.items())
    return message, [row["flag_id"] for row in found]


def mark_told(site: Site, flag_ids: Sequence[int]) -> None:
    """Note that people were told of these flags; to be called after the telling, so that none is ever left untold."""
    with db.transaction(site.engine) as connection:
        db.run(connection, "flags.mark_told", flag_ids=list(flag_ids))


def _priorities(site: Site, connection: db.Connection, flags: Sequence[Mapping[str, Any]]) -> list[score.Priority]:
    """The priority of each flag, from what was known by the end of its day."""
    known = db.run(
        connection,
        "flags.priority_inputs",
        post_keys=[flag["post_key"] for flag in flags],
        content_hashes=[flag["content_hash"] for flag in flags],
        days=[flag["day"] for flag in flags],
        zone=site.settings.timezone,
    ).fetchall()
    return [score.score(_inputs(flag, row)) for flag, row in zip(flags, known, strict=True)]


def _inputs(flag: Mapping[str, Any], known: Mapping[str, Any]) -> score.PriorityInputs:
    observations: dict[Metric, list[score.Observation]] = {}
    for metric, seconds, value in known["observations"]:
        seen = score.Observation(datetime.fromtimestamp(seconds, UTC), value)
        observations.setdefault(Metric(metric), []).append(seen)
    return score.PriorityInputs(
        severity=Severity(flag["severity"]),
        probability=flag["probability"],
        follower_count=known["follower_count"],
        tier=Tier(known["tier"]) if known["tier"] else None,
        observations=observations,
        confirmed_flags=known["confirmed_flags"],
        is_sponsored=known["is_sponsored"],
    )


# ---- close --------------------------------------------------------------------------------------------


def close_day(site: Site, day: date) -> report.DayReport:
    """Close a day: weigh its flags as of its end, keep that, forget the bodies of what was dropped, and check it."""
    with db.transaction(site.engine) as connection:
        db.run(connection, "flags.lock_flagging")
        budget = site.settings.report.daily_budget
        closing = db.one(connection, "flags.close_day", day=day, daily_budget=budget)
        flags = db.run(connection, "flags.flags_of_day", day=day).fetchall()
        priorities = _priorities(site, connection, flags)
        by_id = {flag["flag_id"]: p for flag, p in zip(flags, priorities, strict=True)}
        load.reprice_flags(connection, by_id, closing)
        db.run(connection, "flags.forget_dropped_bodies", day=day)
        found = report.day_report(connection, site.settings, day)
    log.info("%s", found)
    return found


def forget_old(site: Site, day: date) -> Counts:
    """Delete, in batches, what is older than the retention as of `day`. Flags and what they rest on stay."""
    keep = site.settings.retention.days
    counts: Counter[str] = Counter()
    if not keep:
        return {}
    for kind in ("raw", "drops", "documents", "versions", "posts", "texts", "observations", "accounts"):
        forgotten = FORGET_BATCH
        while forgotten == FORGET_BATCH:
            with db.transaction(site.engine) as connection:
                values = {"before": day - timedelta(days=keep), "batch_size": FORGET_BATCH}
                forgotten = db.run(connection, f"retention.forget_{kind}", **values).rowcount
            counts[kind] += forgotten
    return dict(counts)


# ---- guidance, and everything at once -----------------------------------------------------------------


def load_guidance(site: Site) -> Counts:
    """Add new and changed positions of guidance/ as versions. Raises GuidanceError before anything is written."""
    found = site.guidance
    with db.transaction(site.engine) as connection:
        return dict(load.store_guidance(connection, found))


def migrate(site: Site) -> str:
    """Bring the database to this version's schema; returns the version."""
    return db.migrate(site.engine)


@dataclass(frozen=True, slots=True)
class DayRun:
    """What `run_day` did: the report, and why each failed source failed."""

    report: report.DayReport
    failures: Mapping[str, str]


def run_day(site: Site, day: date, *, is_over: bool = True) -> DayRun:
    """The whole job for a day without Airflow: the same steps with the same result.

    A day that is not over is reported on as it is so far, not closed.
    """
    failures: dict[str, str] = {}
    for name, source in site.settings.source.items():
        if not source.enabled:
            continue
        try:
            collect(site, name, *site.interval(day))
        except (SourceError, ConfigError) as error:
            failures[name] = str(error)
    judge_due(site)
    raise_flags(site)
    return DayRun(close_day(site, day) if is_over else _so_far(site, day), failures)


def _so_far(site: Site, day: date) -> report.DayReport:
    with db.transaction(site.engine) as connection:
        return report.day_report(connection, site.settings, day)
