"""Reads a day back: its table, its numbers, and what an operator should look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Engine, select

from pipeline import db
from pipeline.records import Severity
from pipeline.settings import Settings
from pipeline.tables import flagged_posts_daily as flagged


@dataclass(frozen=True, slots=True, kw_only=True)
class DayReport:
    """What a closed day holds. `fates` counts every post and unreadable record; `problems` are for the operator."""

    day: date
    flagged: int
    flagged_s4: int
    below_capacity: int
    late: int
    maybe: int
    fates: Mapping[str, int]
    problems: Sequence[str]

    def __str__(self) -> str:
        seen = ", ".join(f"{count} {fate}" for fate, count in self.fates.items()) or "nothing"
        lines = [
            f"{self.day}: {self.flagged} posts flagged ({self.flagged_s4} of severity S4), {self.maybe} maybe, "
            f"{self.below_capacity} below capacity, {self.late} late. Seen: {seen}."
        ]
        return "\n".join([*lines, *(f"Look at: {problem}" for problem in self.problems)])


def day_report(connection: db.Connection, settings: Settings, day: date) -> DayReport:
    """Count a day, and check it."""
    numbers = db.run(connection, "report.day_numbers", day=day).fetchone() or {}
    fates = {row["fate"]: row["posts"] for row in db.run(connection, "report.fates", day=day)}
    return DayReport(day=day, fates=fates, problems=_problems(connection, settings, day, fates), **numbers)


def _problems(connection: db.Connection, settings: Settings, day: date, fates: Mapping[str, int]) -> list[str]:
    seen = db.run(connection, "report.sources_seen", day=day).fetchall()
    delivered = {row["source"] for row in db.run(connection, "report.sources_read", day=day)}
    silent = {name for name, s in settings.source.items() if s.enabled} - delivered - {row["source"] for row in seen}
    found = [f"{name} delivered nothing for {day}; check its export" for name in sorted(silent)]
    for row in seen:
        share = row["quarantined"] / row["seen"]
        if share > settings.report.max_quarantine_share:
            found.append(
                f"{row['source']}: {row['quarantined']} of {row['seen']} records cannot be read ({share:.1%}); "
                "see `kolwatch quarantine list`"
            )
    if fates.get("due"):
        found.append(
            f"{fates['due']} posts are due: not judged or flagged yet, or against a position that is not loaded; "
            "close the day again when `load_guidance` and `flag_claims` are through"
        )
    if fates.get("failed"):
        found.append(
            f"the judge failed on {fates['failed']} texts; see posts_seen_daily.detail, then `kolwatch rejudge`"
        )
    return found


def source_states(connection: db.Connection) -> list[Mapping[str, Any]]:
    """Per source the last day collected, the last success and the last error."""
    return list(db.run(connection, "report.source_states").fetchall())


def day_table(
    engine: Engine,
    day: date,
    *,
    platform: str | None = None,
    severity: Severity | None = None,
    limit: int | None = None,
) -> list[Mapping[str, Any]]:
    """The rows of flagged_posts_daily for a day, most urgent first."""
    query = select(flagged).where(flagged.c.day == day).order_by(flagged.c.rank).limit(limit)
    if platform:
        query = query.where(flagged.c.platform == platform)
    if severity:
        query = query.where(flagged.c.severity == severity.value)
    with db.connected(engine) as connection:
        return [dict(row) for row in connection.execute(query).mappings()]
