"""The lines of `kolwatch assess`: texts in, results out, whatever somebody pipes in."""

import json
import math
import re
from collections.abc import Mapping

from pipeline.errors import RecordError

_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Lone surrogates, which no stream takes, and what some readers take for the end of a line."""
_WANTED = 'each line must be {"id": …, "text": "…"}'


def read_text(number: int, line: bytes) -> tuple[object, str]:
    """Id and text of a line. Raises RecordError `not_json` or `no_text`."""
    try:
        row = json.loads(line, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise RecordError("not_json", f"line {number} is not JSON ({error}); {_WANTED}") from None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise RecordError("no_text", f"line {number} has no text; {_WANTED}")
    return row.get("id"), row["text"]


def written(line: Mapping[str, object]) -> str:
    """One line of JSON for any stream: what is odd in a text is escaped, so that offsets and text still agree."""
    plain = json.dumps(line, ensure_ascii=False, allow_nan=False)
    return json.dumps(line, allow_nan=False) if _ESCAPED.search(plain) else plain


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _finite(number: str) -> float:
    """JSON has numbers that no float can hold and that would be written as Infinity, which is no JSON."""
    if not math.isfinite(found := float(number)):
        raise ValueError(f"{number[:20]} is too large a number; put it in quotes")
    return found
