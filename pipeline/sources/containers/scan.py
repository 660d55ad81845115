"""Cut JSON containers into the exact bytes of their parts, also where the container is broken.

A sound container goes through msgspec. A broken one (cut short, a bare `undefined`, a missing bracket, nested beyond
reason) is walked token by token: every complete part is found, and what is left over is handed on as a part of its own,
so that it can be quarantined and nothing is lost.
"""

import re
from collections.abc import Iterator
from contextlib import suppress

import msgspec

from pipeline.errors import RecordError
from pipeline.sources.containers.jsontext import TOKEN, decode

_OPENS = {ord("]"): ord("["), ord("}"): ord("{")}
_SPACE = re.compile(rb"[\s,]*")
_SCALAR = re.compile(rb'[^\s,\[\]{}"]+')
_KEY = re.compile(rb'[\s,]*"((?:[^"\\]++|\\.)*+)"\s*:\s*', re.DOTALL)
_HEAD = re.compile(rb'\{\s*"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_PREFIX = re.compile(rb"[\s,;)]*(?:[A-Za-z_$][\w$.]*\s*\(\s*)?")
_NEXT_LINE = re.compile(rb"\n(?=[{\[])")
_CUT_ESCAPE = re.compile(rb"(?<!\\)((?:\\\\)*)\\(?:u[0-9a-fA-F]{0,3})?$")
_MAX_RESCANNED = 2**26
"""Bytes. Each search for the next sound part may scan all of the rest; beyond this the rest is one part."""
_FEWEST_RESUMES = 4

_ANY = msgspec.json.Decoder(msgspec.Raw)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_DICT = msgspec.json.Decoder(dict[str, msgspec.Raw])


def values(data: bytes) -> Iterator[bytes]:
    """Yield the top-level values of a document: one, several one after the other, or the argument of a callback."""
    if _is_one_value(data):
        yield data.strip()
        return
    position = _after(_PREFIX, data, 0)
    resumes = _resumes(data)
    while position < len(data):
        end = end_of_value(data, position) if data[position] in b"{[" else None
        if end is None:
            line = _NEXT_LINE.search(data, position + 1) if resumes > 0 else None
            resumes -= 1
            end = line.end() if line else len(data)
        yield data[position:end].rstrip()
        position = _after(_PREFIX, data, end)


def elements(array: bytes) -> Iterator[bytes]:
    """Yield the elements of an array (`array[0]` is its bracket), broken ones included."""
    try:
        parts = _LIST.decode(array)
    except (ValueError, RecursionError):
        yield from _salvaged_elements(array)
    else:
        yield from map(bytes, parts)


def members(data: bytes) -> dict[str, bytes]:
    """Return the members of an object (`data[0]` is its brace); the last may be broken and reach to the end."""
    try:
        return {key: bytes(value) for key, value in _DICT.decode(data).items()}
    except (ValueError, RecursionError):
        return _salvaged_members(data)


def unquoted(value: bytes) -> bytes:
    """What a string says that holds JSON, as far as it goes if it was cut short; any other value as it is."""
    if not value.startswith(b'"'):
        return value
    for whole in (value, _CUT_ESCAPE.sub(rb"\1", value) + b'"'):
        with suppress(RecordError):
            return str(decode(whole)).strip().encode("utf-8", "replace")
    return value


def end_of_value(data: bytes, start: int) -> int | None:
    """Return the end of the value that begins at `start`; None if its brackets or quotes do not close."""
    if data[start] not in b'{["':
        scalar = _SCALAR.match(data, start)
        return scalar.end() if scalar else None
    open_brackets = bytearray()
    for token in TOKEN.finditer(data, start):
        byte = data[token.start()]
        if byte in b"{[":
            open_brackets.append(byte)
        elif byte in b"}]":
            if not open_brackets or open_brackets.pop() != _OPENS[byte]:
                return None
        elif token.end() - token.start() == 1:
            return None
        if not open_brackets:
            return token.end()
    return None


def _resumes(data: bytes) -> int:
    """How often the search may begin again; a few times however large the document is."""
    return max(_FEWEST_RESUMES, _MAX_RESCANNED // max(1, len(data)))


def _is_one_value(data: bytes) -> bool:
    try:
        _ANY.decode(data)
    except (ValueError, RecursionError):
        return False
    return True


def _salvaged_elements(array: bytes) -> Iterator[bytes]:
    position = _after(_SPACE, array, 1)
    head: re.Pattern[bytes] | None = None
    resumes = _resumes(array)
    while position < len(array) and array[position] != ord("]"):
        head = head or _head(array, position)
        end = end_of_value(array, position)
        if end is None:
            end = _resume(array, position, head) if resumes else len(array)
            resumes = max(0, resumes - 1)
            yield array[position:end].rstrip(b" \t\r\n,")
        else:
            yield array[position:end]
        position = _after(_SPACE, array, end)


def _salvaged_members(data: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    position = 1
    while key := _KEY.match(data, position):
        if key.end() == len(data):
            break
        end = end_of_value(data, key.end()) or len(data)
        found[key[1].decode("utf-8", "replace")] = data[key.end() : end]
        position = end
    return found


def _head(array: bytes, position: int) -> re.Pattern[bytes] | None:
    """Return what the elements of this array begin with: the white space before the brace and the first key."""
    head = _HEAD.match(array, position)
    if head is None:
        return None
    space = array[:position][len(array[:position].rstrip(b" \t\r\n")) :]
    return re.compile(rb",\s*" + re.escape(head[0]) if not space else rb",?" + re.escape(space + head[0]))


def _resume(array: bytes, position: int, head: re.Pattern[bytes] | None) -> int:
    """Return where the next element after a broken one begins: one that begins like the first; else the end.

    An element nested in a record (a comment) begins with another key or another indentation.
    """
    following = head.search(array, position + 1) if head else None
    if following is None:
        return len(array)
    return following.start() + following[0].index(b"{")


def _after(pattern: re.Pattern[bytes], data: bytes, position: int) -> int:
    match = pattern.match(data, position)
    return match.end() if match else position
