"""Reads guidance/: one YAML file a topic with WHO's positions and what people say about them.

Every mistake names the file, the line and the field; all mistakes are collected, so one reading shows them all.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import GuidanceError
from pipeline.records import Expression, Guidance, GuidanceText, Platform, Position, Severity, Stance

FORMS = frozenset({"title", "post", "long", "ad", "chain-letter", "transcript", "comment-style"})
VERIFICATIONS = frozenset({"A", "A*", "B", "C", "K"})
GUIDANCE_ID = re.compile(r"WHO-\d{3,}")
POSITION_KEYS = {
    "id", "severity", "severity_reason", "position", "scope", "source", "verification", "verified_by",
    "valid_from", "retired", "do_not_flag", "related", "texts",
}  # fmt: skip
OPTIONAL_KEYS = {"retired"}
GROUP_KEYS = {"stance", "expression", "form", "platform", "say"}
UNCOVERED = "uncovered"


class _Node(dict[str, Any]):
    """A YAML mapping that knows the line it begins on."""

    line: int = 0


class _Text(str):
    """A YAML string that knows its line."""

    line: int = 0


class _Loader(yaml.CSafeLoader):
    """CSafeLoader whose mappings and strings carry their line; a key given twice is an error."""


def _construct_mapping(loader: _Loader, node: yaml.MappingNode) -> Iterator[_Node]:
    found = _Node()
    found.line = node.start_mark.line + 1
    yield found
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in found:
            raise yaml.MarkedYAMLError(problem=f"`{key}` is given twice", problem_mark=key_node.start_mark)
        found[str(key)] = loader.construct_object(value_node, deep=True)


def _construct_text(loader: _Loader, node: yaml.ScalarNode) -> _Text:
    found = _Text(loader.construct_scalar(node))
    found.line = node.start_mark.line + 1
    return found


_Loader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)
_Loader.add_constructor("tag:yaml.org,2002:str", _construct_text)


class _Mistakes(list[str]):
    """Mistakes found so far, each `file:line: what, and what to do`."""

    def add(self, file: str, line: int, message: str) -> None:
        self.append(f"{file}:{line}: {message}")


def load(folder: Path) -> Guidance:
    """Read every topic file of `folder`.

    Raises GuidanceError listing every mistake, or when there is no file at all.
    """
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise GuidanceError(f"{folder}: no guidance files (*.yaml) here; give the project's guidance/ folder")
    mistakes = _Mistakes()
    positions: dict[str, Position] = {}
    texts: list[GuidanceText] = []
    complete: set[str] = set()
    for path in files:
        document = _parse(path, mistakes)
        if document is not None:
            if document.get("complete") is True:
                complete.add(path.name)
            _read_topic(document, path.name, positions, texts, mistakes)
    _check_related(positions, mistakes)
    _check_twice(texts, mistakes)
    if mistakes:
        raise GuidanceError("\n".join(mistakes))
    return Guidance(positions, tuple(texts), _version(positions, texts), frozenset(complete))


def _parse(path: Path, mistakes: _Mistakes) -> _Node | None:
    raw = path.read_bytes()
    if raw.startswith(b"\xef\xbb\xbf") or b"\r" in raw:
        mistakes.add(path.name, 1, "starts with a BOM or holds CR line ends: save it as UTF-8 with LF")
        return None
    try:
        document = yaml.load(raw.decode("utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader
    except UnicodeDecodeError as error:
        mistakes.add(path.name, raw[: error.start].count(b"\n") + 1, "is not UTF-8: save it as UTF-8")
        return None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        mistakes.add(path.name, line, f"is not valid YAML: {error.problem}; put text with `: ` or `#` in quotes")
        return None
    if not isinstance(document, _Node):
        mistakes.add(path.name, 1, "must be a mapping with `topic`, `title`, `complete` and `positions`")
        return None
    return document


def _read_topic(
    document: _Node, file: str, positions: dict[str, Position], texts: list[GuidanceText], mistakes: _Mistakes
) -> None:
    topic = document.get("topic")
    if topic != file.removesuffix(".yaml"):
        mistakes.add(file, document.line, f"`topic` is {topic!r} but the file is named {file}; make them the same")
    _check_keys(document, {"topic", "title", "complete", "positions", "texts"}, {"texts", "positions"}, file, mistakes)
    texts.extend(_texts(document.get("texts") or [], None, file, mistakes))
    for entry in document.get("positions") or []:
        if not isinstance(entry, _Node):
            mistakes.add(file, document.line, f"a position must be a mapping, not {entry!r}")
            continue
        texts.extend(_texts(entry.get("texts") or [], str(entry.get("id")), file, mistakes))
        position = _position(entry, str(topic), file, mistakes)
        if position is None:
            continue
        if position.guidance_id in positions:
            mistakes.add(file, entry.line, f"{position.guidance_id} is already used; give the position a new id")
        positions[position.guidance_id] = position


def _check_keys(node: _Node, known: set[str], optional: set[str], file: str, mistakes: _Mistakes) -> bool:
    unknown = sorted(node.keys() - known)
    missing = sorted(known - node.keys() - optional)
    for key in unknown:
        mistakes.add(file, node.line, f"unknown field `{key}`; the fields are {', '.join(sorted(known))}")
    for key in missing:
        mistakes.add(file, node.line, f"`{key}` is missing from {node.get('id', 'the file')}; add it")
    return not unknown and not missing


def _position(entry: _Node, topic: str, file: str, mistakes: _Mistakes) -> Position | None:
    if not _check_keys(entry, POSITION_KEYS, OPTIONAL_KEYS, file, mistakes):
        return None
    before = len(mistakes)
    _check_position(entry, file, mistakes)
    if len(mistakes) > before:
        return None
    source, position = entry["source"], entry["position"]
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
        page_date=str(source["page_date"]) if source.get("page_date") else None,
        verification=str(entry["verification"]),
        verified_by=str(entry["verified_by"]) if entry["verified_by"] else None,
        valid_from=entry["valid_from"],
        retired=entry.get("retired"),
        do_not_flag=tuple(map(str, entry["do_not_flag"])),
        related=tuple(map(str, entry["related"])),
    )


def _check_position(entry: _Node, file: str, mistakes: _Mistakes) -> None:
    name = entry["id"]

    def expect(holds: bool, message: str) -> None:
        if not holds:
            mistakes.add(file, entry.line, f"{name}: {message}")

    expect(bool(GUIDANCE_ID.fullmatch(str(name))), "an id is WHO- and at least three digits")
    expect(entry["severity"] in list(Severity), f"severity {entry['severity']!r} is none of S1, S2, S3, S4")
    expect(entry["verification"] in VERIFICATIONS, f"verification {entry['verification']!r} is none of A, A*, B, C, K")
    expect(isinstance(entry["valid_from"], date), "`valid_from` must be a date such as 2026-11-01")
    expect(
        entry.get("retired") is None or isinstance(entry["retired"], date), "`retired` must be a date or be left out"
    )
    position, source = entry["position"], entry["source"]
    expect(_has(position, "zh", "en"), "`position` needs `zh` and `en`")
    expect(_has(source, "title", "url"), "`source` needs `title`, `url` and `page_date` of WHO's page")
    expect(_has(source, "url") and str(source["url"]).startswith("https://"), "`source.url` must begin with https://")
    for key in ("do_not_flag", "related"):
        expect(isinstance(entry[key], list), f"`{key}` must be a list (it may be empty: [])")


def _has(node: object, *keys: str) -> bool:
    return isinstance(node, dict) and all(node.get(key) for key in keys)


def _texts(groups: Sequence[Any], guidance_id: str | None, file: str, mistakes: _Mistakes) -> Iterator[GuidanceText]:
    for group in groups:
        if not isinstance(group, _Node):
            mistakes.add(file, 0, f"a group of texts must be a mapping, not {group!r}")
            continue
        if not _check_keys(group, GROUP_KEYS, {"platform"}, file, mistakes) or not _check_group(group, file, mistakes):
            continue
        if guidance_id is None and group["stance"] != Stance.NOT_ENOUGH_INFO:
            mistakes.add(file, group.line, "a text without a position must have the stance not_enough_info")
        for text in group["say"]:
            if not isinstance(text, _Text) or not text.strip():
                mistakes.add(file, group.line, f"every entry of `say` must be text, not {text!r}; put it in quotes")
                continue
            yield GuidanceText(
                text=str(text),
                guidance_id=guidance_id,
                stance=Stance(group["stance"]),
                expression=Expression(group["expression"]),
                form=str(group["form"]),
                platform=Platform(group["platform"]) if group.get("platform") else None,
                file=file,
                line=text.line,
            )


def _check_group(group: _Node, file: str, mistakes: _Mistakes) -> bool:
    allowed: Mapping[str, Sequence[str]] = {
        "stance": list(Stance),
        "expression": list(Expression),
        "form": sorted(FORMS),
        "platform": [*Platform, ""],
    }
    before = len(mistakes)
    for key, words in allowed.items():
        value = group.get(key) or ""
        if value not in words:
            mistakes.add(file, group.line, f"{key} {value!r} is none of {', '.join(filter(None, words))}")
    if not isinstance(group["say"], list):
        mistakes.add(file, group.line, "`say` must be a list of texts")
    return len(mistakes) == before


def _check_related(positions: Mapping[str, Position], mistakes: _Mistakes) -> None:
    for position in positions.values():
        for other in position.related:
            if other not in positions:
                where = f"{position.topic}.yaml"
                mistakes.add(where, 0, f"{position.guidance_id}: `related` names {other}, which no file defines")


def _check_twice(texts: Sequence[GuidanceText], mistakes: _Mistakes) -> None:
    seen: dict[str, GuidanceText] = {}
    for text in texts:
        first = seen.setdefault(text.text, text)
        if first is not text:
            mistakes.add(text.file, text.line, f"the same text stands at {first.file}:{first.line}; delete one")


def _version(positions: Mapping[str, Position], texts: Iterable[GuidanceText]) -> str:
    digest = hashlib.sha256()
    for guidance_id in sorted(positions):
        digest.update(repr(positions[guidance_id]).encode())
    for said in sorted((t.text, t.guidance_id or "", t.stance.value, t.expression.value) for t in texts):
        digest.update(repr(said).encode())
    return digest.hexdigest()[:12]
