"""Reads the watchlist: the accounts whose posts are judged whatever their follower counts."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.records import Count, Platform

COLUMNS = ("platform", "account_id", "name", "follower_count", "observed_at", "note")


@dataclass(frozen=True, slots=True)
class Listed:
    """One account of the watchlist: its follower count (unknown where the cell is empty) and when that was seen."""

    followers: Count
    observed_on: date


def load(path: Path) -> Mapping[tuple[str, str], Listed]:
    """Read a CSV with the columns of COLUMNS, by (platform, account id).

    Raises ConfigError naming file, line and column.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            _check_header(path, reader.fieldnames or ())
            found: dict[tuple[str, str], Listed] = {}
            for row in reader:
                key, listed = _entry(path, reader.line_num, row)
                if key in found:
                    raise ConfigError(f"{path}: line {reader.line_num}: {'/'.join(key)} is listed twice; keep one line")
                found[key] = listed
            return found
    except IsADirectoryError:
        raise ConfigError(f"{path}: is a folder; name the CSV file in [scope] watchlist") from None
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such watchlist; correct [scope] watchlist, or leave it out") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{path}: not a CSV in UTF-8 ({error}); save it again as CSV UTF-8") from error


def _check_header(path: Path, found: Sequence[str]) -> None:
    missing = [column for column in COLUMNS if column not in found]
    if missing:
        wanted = ",".join(COLUMNS)
        raise ConfigError(f"{path}: line 1: no column {', '.join(missing)}; the columns are {wanted}")


def _entry(path: Path, line: int, row: Mapping[str, str | None]) -> tuple[tuple[str, str], Listed]:
    values = {column: (row.get(column) or "").strip() for column in COLUMNS}
    if values["platform"] not in list(Platform):
        known = ", ".join(Platform)
        raise ConfigError(f"{path}: line {line}: platform {values['platform']!r} is none of {known}")
    if not values["account_id"]:
        raise ConfigError(f"{path}: line {line}: account_id is empty; give the id the platform uses")
    return (values["platform"], values["account_id"]), _listed(path, line, values)


def _listed(path: Path, line: int, values: Mapping[str, str]) -> Listed:
    count, seen = values["follower_count"], values["observed_at"]
    if count and not (count.isascii() and count.isdecimal() and len(count) <= 15):
        raise ConfigError(f"{path}: line {line}: follower_count {count!r} is no whole number of at most 15 digits")
    if not count and not seen:
        return Listed(Count(), date.min)
    try:
        return Listed(Count(int(count)) if count else Count(), date.fromisoformat(seen[:10]))
    except ValueError:
        raise ConfigError(f"{path}: line {line}: observed_at {seen!r} is no date such as 2026-11-01") from None
