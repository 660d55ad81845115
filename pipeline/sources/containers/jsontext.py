"""JSON as it arrives: fast where it is clean, forgiving where exports are known to be sloppy, never fatal.

Forgiven: control characters inside strings, lone surrogates (they become U+FFFD), a bare `undefined` or `NaN`,
a byte order mark, UTF-16 and GB18030 instead of UTF-8. Everything else raises RecordError.
"""

import codecs
import json
import re
from typing import Any

import msgspec

from pipeline.errors import RecordError

MAX_DEPTH = 100
"""Levels of nesting; no export known has more than 10, and readers that recurse must not overflow."""

TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{}"]', re.DOTALL)
"""A whole string, a bracket, or the quote of a string that never ends."""

_UNDEFINED = re.compile(r'("(?:[^"\\]++|\\.)*+")|\bundefined\b', re.DOTALL)
_NAMES = {
    type(None): "null",
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    list: "an array (or a table's row with more or fewer cells than its header)",
}
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def decode_object(body: bytes) -> dict[str, Any]:
    """Decode one record.

    Raises RecordError: `too_deep`, `wrong_encoding`, `not_json`, `not_an_object`.
    """
    value = decode(body)
    if not isinstance(value, dict):
        raise RecordError("not_an_object", f"{_NAMES[type(value)]} where a record, a JSON object, was expected")
    return value


def decode(body: bytes) -> Any:
    """Decode any JSON value; raises RecordError as `decode_object` does."""
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH:
        _check_depth(body)
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return _decode_slowly(body)


def utf8(data: bytes) -> bytes:
    """Return `data` in UTF-8 without a mark if it is UTF-8, UTF-16 with a mark, or clearly GB18030; else as it is."""
    try:
        return to_text(data).encode()
    except (RecordError, UnicodeEncodeError):
        return data


def to_text(data: bytes) -> str:
    """Decode bytes as UTF-8, else UTF-16 with a mark, else GB18030.

    Surrogates that arrive encoded as UTF-8 stay in the text. Raises RecordError `wrong_encoding`.
    """
    if data.startswith(UTF16_MARKS):
        return _strictly(data, "utf-16")
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        if _is_damaged_utf8(data):
            detail = f"UTF-8 is damaged at byte {error.start}; export the record again"
            raise RecordError("wrong_encoding", detail) from None
        return _strictly(data, "gb18030")


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        detail = f"neither UTF-8 nor {encoding.upper()} (byte {error.start}); export the record as UTF-8"
        raise RecordError("wrong_encoding", detail) from None


def _is_damaged_utf8(data: bytes) -> bool:
    """Tell UTF-8 with a few broken bytes, which often happens to decode as GB18030 gibberish, from GB18030."""
    text = data.decode("utf-8", "replace")
    foreign = len(text) - len(text.encode("ascii", "ignore"))
    return foreign > 2 * text.count("\ufffd")


def _decode_slowly(body: bytes) -> Any:
    text = to_text(body)
    try:
        return _loads(text)
    except RecordError:
        if "undefined" not in text:
            raise
    return _loads(_UNDEFINED.sub(lambda found: found[1] or "null", text))


def _loads(text: str) -> Any:
    try:
        return _clean(json.loads(text, strict=False))
    except ValueError as error:
        raise RecordError("not_json", f"{str(error)[:200]}; look at the record in its file") from None
    except RecursionError:
        raise RecordError("too_deep", "nested too deeply to be read") from None


def _clean(value: Any) -> Any:
    """Join surrogate pairs and replace lone surrogates in every string; the depth was checked before."""
    if isinstance(value, str):
        if value.isascii():
            return value
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, dict):
        return {_clean(k): _clean(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_clean(v) for v in value]
    return value


def _check_depth(body: bytes) -> None:
    depth = 0
    for token in TOKEN.finditer(body):
        byte = body[token.start()]
        if byte in b"{[":
            depth += 1
            if depth > MAX_DEPTH:
                raise RecordError("too_deep", f"more than {MAX_DEPTH} levels of nesting")
        elif byte in b"}]":
            depth -= 1
