"""Turns results into lines and tables for a terminal; what comes from a post cannot steer the terminal."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from pipeline.records import Count

UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+")
CLAIM_WIDTH = 60


def printable(value: object) -> str:
    """A value on one line, without control characters and without marks that turn the direction of writing."""
    return UNPRINTABLE.sub(" ", "" if value is None else str(value)).strip()


def count(found: Count) -> str | None:
    """A count as people write it, with a plus where there may be more; None where it is unknown."""
    return None if found.value is None else f"{found.value}{'+' * found.lower_bound}"


def excerpt(body: bytes, limit: int) -> str:
    """The beginning of a record's bytes, line by line, with what is no text as escapes."""
    text = body[:limit].decode("utf-8", "backslashreplace")
    lines = [printable(line) for line in text.split("\n")]
    more = len(body) - limit
    return "\n".join([*lines, f"… and {more} more bytes"] if more > 0 else lines)


def duration(seconds: int | None) -> str:
    """A stretch of time in its two largest units."""
    if seconds is None:
        return ""
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    return f"{days} d {hours} h" if days else f"{hours} h {minutes} min" if hours else f"{minutes} min"


def shortened(value: object, width: int) -> str:
    text = printable(value)
    return text if len(text) <= width else text[: width - 1] + "…"


def jsonable(value: object) -> str:
    """One JSON line; dates as ISO 8601, and what could steer a terminal as escapes."""

    def plain(other: object) -> str:
        return other.isoformat() if isinstance(other, date | datetime) else str(other)

    text = json.dumps(value, ensure_ascii=False, default=plain)
    return UNPRINTABLE.sub(lambda found: "".join(f"\\u{ord(mark):04x}" for mark in found[0]), text)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A table of printable cells; numbers stand right."""
    found = Table(title=printable(title), title_justify="left", show_lines=False)
    cells = [list(row) for row in rows]
    for n, column in enumerate(columns):
        is_number = bool(cells) and all(isinstance(row[n], int | float) for row in cells)
        found.add_column(column, justify="right" if is_number else "left", overflow="fold")
    for row in cells:
        found.add_row(*(Text(_cell(value)) for value in row))
    return found


def _cell(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else printable(value)


def day_table(day: date, rows: Sequence[Mapping[str, Any]]) -> Table:
    """The flagged table of a day; a position the model was not trained on is marked `untrained`."""
    return table(
        f"Flagged posts of {day}: {len(rows)}",
        ("#", "platform", "KOL (tier)", "claim", "contradicts", "sev", "prob", "priority"),
        (
            (
                row["rank"],
                row["platform"],
                f"{shortened(row['account_name'] or row['account_id'], 20)} ({row['tier'] or 'tier unknown'})",
                shortened(row["claim"], CLAIM_WIDTH),
                f"{_named(row)} {shortened(row['position_zh'], CLAIM_WIDTH)}",
                row["severity"],
                float(row["probability"]),
                float(row["priority"]),
            )
            for row in rows
        ),
    )


def _named(row: Mapping[str, Any]) -> str:
    return f"{row['guidance_id']} (untrained)" if row["is_untrained"] else str(row["guidance_id"])


def differences_from(expected: Path, day: date, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What a day's table missed or got wrong, against the expected flags of a labelled sample (JSON lines)."""
    wanted = [json.loads(line) for line in expected.read_text(encoding="utf-8").splitlines() if line]
    of_day = {(w["platform"], w["platform_post_id"]): w for w in wanted if w["day"] == day.isoformat()}
    found = {(row["platform"], row["platform_post_id"]): row for row in rows}
    right = [key for key, w in of_day.items() if w["flag"] and key in found]
    total = sum(w["flag"] for w in of_day.values())
    lines = [f"Of {total} posts of {day} that deserve a flag, {len(right)} are in the table."]
    for key, w in of_day.items():
        if w["flag"] and key not in found:
            lines.append(f"  missed: {key[0]} {key[1]} ({w['guidance_ids'][0]}): {w['why']}")
        elif w["flag"] and found[key]["guidance_id"] not in w["guidance_ids"]:
            lines.append(
                f"  other position: {key[0]} {key[1]}: {found[key]['guidance_id']}, not {w['guidance_ids'][0]}"
            )
    for key, row in found.items():
        if not of_day.get(key, {"flag": False})["flag"]:
            why = of_day.get(key, {}).get("why", "an ordinary post")
            lines.append(f"  flagged wrongly: {key[0]} {key[1]} ({row['guidance_id']}): {why}")
    return lines
