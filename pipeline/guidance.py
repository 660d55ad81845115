"""Reads guidance/: one YAML file a topic with WHO's positions and what people say about them.

Every mistake names the file, the line and the field; all mistakes are collected, so one reading shows them all.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pipeline import yaml_lines
from pipeline.errors import GuidanceError
from pipeline.records import Expression, Guidance, GuidanceText, Platform, Position, Severity, Stance
from pipeline.yaml_lines import Node, Text, shown

FORMS = ("ad", "chain-letter", "comment-style", "long", "post", "title", "transcript")
VERIFICATIONS = ("A", "A*", "B", "C", "K")
GUIDANCE_ID = re.compile(r"WHO-\d{3,}")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
PAGE_DATE = re.compile(r"(?P<day>\d{4}-\d\d-\d\d)(?P<note> \(.+\))?|\d{4}(-(0[1-9]|1[0-2]))?")
DOCUMENT = "a mapping with `topic`, `title`, `complete` and `positions`"
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")


# ---- what each field must be --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Field:
    """What a field must be, as a test and in words that follow `it must be`."""

    holds: Callable[[Any], object]
    wanted: str
    optional: bool = False


_Shape = Mapping[str, _Field]


def _is_text(value: object) -> bool:
    return isinstance(value, Text) and bool(value.strip()) and not CONTROLS.search(value)


def _is_text_list(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_day(value: object) -> bool:
    if not isinstance(value, str) or not DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_page_date(value: object) -> bool:
    found = PAGE_DATE.fullmatch(value) if isinstance(value, str) else None
    return found is not None and (not found["day"] or _is_day(found["day"]))


def _a(kind: type, wanted: str, *, optional: bool = False) -> _Field:
    return _Field(lambda value: isinstance(value, kind), wanted, optional)


def _one_of(words: Iterable[str], *, optional: bool = False) -> _Field:
    known = [str(word) for word in words]
    return _Field(lambda value: isinstance(value, str) and value in known, f"one of {', '.join(known)}", optional)


TEXT = _Field(_is_text, "text, in quotes where it looks like something else, without control characters")
TEXTS = _Field(_is_text_list, "a list of texts (it may be empty: [])")
LISTED = _a(list, "a list (it may be empty: [])", optional=True)
BILINGUAL: _Shape = {"zh": TEXT, "en": TEXT}
SOURCE: _Shape = {
    "title": TEXT,
    "url": _Field(lambda value: _is_text(value) and value.startswith("https://"), "an address with https://"),
    "page_date": _Field(
        lambda value: value is None or _is_page_date(value),
        "a date such as 2024-06-05, its year or year and month, or null where the page shows none",
    ),
}
POSITION: _Shape = {
    "id": _Field(lambda value: _is_text(value) and GUIDANCE_ID.fullmatch(value), "WHO- and at least three digits"),
    "severity": _one_of(Severity),
    "severity_reason": TEXT,
    "position": _a(Node, "a mapping with `zh` and `en`"),
    "scope": TEXT,
    "source": _a(Node, "a mapping with `title`, `url` and `page_date` of WHO's page"),
    "verification": _one_of(VERIFICATIONS),
    "verified_by": _Field(lambda value: value is None or _is_text(value), "text: who vouches for it and when; or null"),
    "valid_from": _Field(_is_day, "a date such as 2026-11-01, without a time"),
    "retired": _Field(lambda value: value is None or _is_day(value), "a date such as 2026-11-01, or be left out", True),
    "do_not_flag": TEXTS,
    "related": TEXTS,
    "texts": LISTED,
}
GROUP: _Shape = {
    "stance": _one_of(Stance),
    "expression": _one_of(Expression),
    "form": _one_of(FORMS),
    "platform": _one_of(Platform, optional=True),
    "say": _a(list, "a list of texts"),
}
TOPIC: _Shape = {
    "topic": TEXT,
    "title": _a(Node, "a mapping with `zh` and `en`"),
    "complete": _a(bool, "true or false"),
    "positions": LISTED,
    "texts": LISTED,
}


# ---- reading ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Reading:
    """What was read so far, and the mistakes, each `file:line: what, and what to do`."""

    file: str = ""
    mistakes: list[str] = field(default_factory=list)
    positions: dict[str, Position] = field(default_factory=dict)
    places: dict[str, tuple[str, int]] = field(default_factory=dict)
    """File and line of every id, of those with mistakes too."""
    texts: list[GuidanceText] = field(default_factory=list)
    complete: set[str] = field(default_factory=set)

    def mistake(self, line: int, message: str) -> None:
        self.mistakes.append(f"{self.file}:{line}: {message}")

    def fits(self, node: Node, shape: _Shape, name: str) -> bool:
        """Whether a mapping has the fields of its shape; what is wrong is noted."""
        before = len(self.mistakes)
        for key in sorted(node.keys() - shape.keys()):
            self.mistake(node.lines[key], f"{name}: unknown field `{key}`; the fields are {', '.join(shape)}")
        for key, wanted in shape.items():
            if key not in node:
                if not wanted.optional:
                    self.mistake(node.line, f"{name}: `{key}` is missing; add it")
            elif not wanted.holds(node[key]):
                self.mistake(node.lines[key], f"{name}: `{key}` is {shown(node[key])}; it must be {wanted.wanted}")
        return len(self.mistakes) == before


def load(folder: Path) -> Guidance:
    """Read every topic file of `folder`.

    Raises GuidanceError listing every mistake, or when there is no file at all.
    """
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise GuidanceError(f"{folder}: no guidance files (*.yaml) here; give the project's guidance/ folder")
    reading = _Reading()
    for path in files:
        reading.file = path.name
        document = yaml_lines.read(path, DOCUMENT, reading.mistake)
        if document is not None:
            _read_topic(document, reading)
    _check_related(reading)
    _check_twice(reading)
    if reading.mistakes:
        raise GuidanceError("\n".join(reading.mistakes))
    positions, texts = reading.positions, reading.texts
    return Guidance(positions, tuple(texts), _version(positions, texts), frozenset(reading.complete))


def _read_topic(document: Node, reading: _Reading) -> None:
    reading.fits(document, TOPIC, "the file")
    topic = reading.file.removesuffix(".yaml")
    named = document.get("topic", topic)
    if named != topic:
        line = document.lines["topic"]
        reading.mistake(line, f"`topic` is {shown(named)} but the file is named {reading.file}; make them the same")
    if isinstance(document.get("title"), Node):
        reading.fits(document["title"], BILINGUAL, "`title`")
    if document.get("complete") is True:
        reading.complete.add(reading.file)
    _read_texts(document, None, reading)
    for entry in _entries(document, "positions", reading):
        _read_position(entry, topic, reading)


def _entries(owner: Node, key: str, reading: _Reading) -> Iterator[Node]:
    """The mappings of a list; where it is none, that is noted already."""
    found = owner.get(key)
    for entry in found if isinstance(found, list) else ():
        if isinstance(entry, Node):
            yield entry
        else:
            reading.mistake(owner.lines[key], f"every entry of `{key}` must be a mapping, not {shown(entry)}")


def _read_position(entry: Node, topic: str, reading: _Reading) -> None:
    guidance_id = str(entry.get("id", "a position"))
    if "id" in entry and guidance_id in reading.places:
        file, line = reading.places[guidance_id]
        reading.mistake(entry.line, f"{guidance_id} is already used at {file}:{line}; give the position a new id")
    reading.places.setdefault(guidance_id, (reading.file, entry.line))
    before = len(reading.mistakes)
    reading.fits(entry, POSITION, guidance_id)
    for key, shape in (("position", BILINGUAL), ("source", SOURCE)):
        if isinstance(entry.get(key), Node):
            reading.fits(entry[key], shape, f"{guidance_id}, `{key}`")
    if len(reading.mistakes) == before:
        reading.positions[guidance_id] = _position(entry, topic)
    _read_texts(entry, guidance_id, reading)


def _position(entry: Node, topic: str) -> Position:
    position, source = entry["position"], entry["source"]
    return Position(
        guidance_id=str(entry["id"]),
        topic=topic,
        severity=Severity(entry["severity"]),
        severity_reason=str(entry["severity_reason"]),
        position_zh=str(position["zh"]),
        position_en=str(position["en"]),
        scope=str(entry["scope"]),
        source_title=str(source["title"]),
        source_url=str(source["url"]),
        page_date=str(source["page_date"]) if source["page_date"] else None,
        verification=str(entry["verification"]),
        verified_by=str(entry["verified_by"]) if entry["verified_by"] else None,
        valid_from=date.fromisoformat(entry["valid_from"]),
        retired=date.fromisoformat(entry["retired"]) if entry.get("retired") else None,
        do_not_flag=tuple(map(str, entry["do_not_flag"])),
        related=tuple(map(str, entry["related"])),
    )


def _read_texts(owner: Node, guidance_id: str | None, reading: _Reading) -> None:
    """Read the groups of texts of a position, or of a topic for those about none."""
    for group in _entries(owner, "texts", reading):
        if not reading.fits(group, GROUP, "a group of texts"):
            continue
        if guidance_id is None and group["stance"] != Stance.NOT_ENOUGH_INFO:
            reading.mistake(group.line, "a text without a position must have the stance not_enough_info")
        for text in group["say"]:
            if _is_text(text):
                reading.texts.append(_text(text, group, guidance_id, reading.file))
            else:
                line = getattr(text, "line", group.lines["say"])
                wrong = f"every entry of `say` must be text, not {shown(text)}"
                reading.mistake(line, f"{wrong}; put it in quotes, without control characters")


def _text(text: Text, group: Node, guidance_id: str | None, file: str) -> GuidanceText:
    return GuidanceText(
        text=str(text),
        guidance_id=guidance_id,
        stance=Stance(group["stance"]),
        expression=Expression(group["expression"]),
        form=str(group["form"]),
        platform=Platform(group["platform"]) if "platform" in group else None,
        file=file,
        line=text.line,
    )


# ---- what only the whole shows ------------------------------------------------------------------------


def _check_related(reading: _Reading) -> None:
    for position in reading.positions.values():
        reading.file, line = reading.places[position.guidance_id]
        for other in position.related:
            if other not in reading.places:
                reading.mistake(line, f"{position.guidance_id}: `related` names {other}, which no file defines")


def _check_twice(reading: _Reading) -> None:
    """Two texts are one where only width, case or blanks tell them apart."""
    seen: dict[str, GuidanceText] = {}
    for text in reading.texts:
        first = seen.setdefault("".join(unicodedata.normalize("NFKC", text.text).casefold().split()), text)
        if first is not text:
            reading.file = text.file
            where = f"the same text stands at {first.file}:{first.line}"
            other, this = _label(first), _label(text)
            if other == this:
                reading.mistake(text.line, f"{where}; delete one")
            else:
                reading.mistake(text.line, f"{where} as {other}, here as {this}; decide which it is, delete the other")


def _label(text: GuidanceText) -> str:
    return f"{text.guidance_id or 'no position'}/{text.stance}/{text.expression}"


def _version(positions: Mapping[str, Position], texts: Iterable[GuidanceText]) -> str:
    digest = hashlib.sha256()
    for guidance_id in sorted(positions):
        digest.update(repr(positions[guidance_id]).encode())
    for said in sorted((t.text, t.guidance_id or "", t.stance.value, t.expression.value) for t in texts):
        digest.update(repr(said).encode())
    return digest.hexdigest()[:12]
