"""The lines of `kolwatch assess`: texts in, results out, whatever somebody pipes in."""

import json
import re
from collections.abc import Mapping

from pipeline.errors import RecordError

_SURROGATE = re.compile("[\ud800-\udfff]")
_WANTED = 'each line must be {"id": …, "text": "…"}'


def read_text(number: int, line: bytes) -> tuple[object, str]:
    """Id and text of a line. Raises RecordError `not_json` or `no_text`."""
    try:
        row = json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise RecordError("not_json", f"line {number} is not JSON ({error}); {_WANTED}") from None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise RecordError("no_text", f"line {number} has no text; {_WANTED}")
    return row.get("id"), row["text"]


def written(line: Mapping[str, object]) -> str:
    """JSON that any stream takes: lone surrogates of a text stay escaped, so that offsets and text still agree."""
    plain = json.dumps(line, ensure_ascii=False)
    return json.dumps(line) if _SURROGATE.search(plain) else plain


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
