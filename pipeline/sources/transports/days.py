"""Which days' files a run looks at, and where they lie."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

from pipeline.source_settings import SourceSettings
from pipeline.sources.document import Window

_DATE = re.compile(r"\{date(?::([^{}]+))?\}")


def paths(source: SourceSettings, window: Window) -> Iterator[tuple[str, date | None]]:
    """The source's path for each day, the oldest first, and which day that is where it is not the window's own.

    `{date}` stands for the day, `{date:%Y%m%d}` for the day written so. A path without it is looked at once.
    """
    if not is_dated(source):
        yield source.path, None
        return
    for ago in range(source.late_days, -1, -1):
        day = window.day - timedelta(days=ago)
        yield _DATE.sub(partial(_written, day), source.path), day if ago else None


def _written(day: date, found: re.Match[str]) -> str:
    return day.strftime(found[1] or "%Y-%m-%d")


def is_dated(source: SourceSettings) -> bool:
    """Whether each day has a path of its own."""
    return bool(_DATE.search(source.path))
