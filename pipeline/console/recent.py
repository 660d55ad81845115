"""Keeps for a minute what takes long to count and need not be of this second."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

from cachetools import TTLCache

Found = TypeVar("Found")
SECONDS = 60
MOST = 64


class Recent:
    """Figures by what was asked."""

    def __init__(self) -> None:
        self._kept: TTLCache[Hashable, Any] = TTLCache(MOST, SECONDS)
        self._lock = Lock()

    def get(self, key: Hashable, count: Callable[[], Found]) -> Found:
        """What was counted for the key within the last minute, else what `count` counts now."""
        with self._lock:
            if key in self._kept:
                found: Found = self._kept[key]
                return found
        counted = count()
        with self._lock:
            self._kept[key] = counted
        return counted
