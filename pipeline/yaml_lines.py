"""YAML whose mappings and texts know their lines, so that whoever reads a file can say where a mistake stands."""

import reprlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml


class Node(dict[str, Any]):
    """A YAML mapping that knows the line it begins on, and those of its fields."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}


class Text(str):
    """A YAML string that knows its line."""

    line: int = 0


class _Bare(str):
    """What YAML takes for a number or a date where it stands without quotes, as it was written."""

    def __repr__(self) -> str:
        return str(self)


class _Loader(yaml.CSafeLoader):
    """CSafeLoader whose mappings and strings carry their line; a field given twice or without a name is an error."""


def _construct_mapping(loader: _Loader, node: yaml.Node) -> Iterator[Node]:
    if not isinstance(node, yaml.MappingNode):
        raise yaml.MarkedYAMLError(problem="expected a mapping node", problem_mark=node.start_mark)
    found = Node(node.start_mark.line + 1)
    yield found
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str):
            problem = f"a field cannot be named {shown(key)}"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=key_node.start_mark)
        if key in found:
            raise yaml.MarkedYAMLError(problem=f"`{key}` is given twice", problem_mark=key_node.start_mark)
        found.lines[key] = key_node.start_mark.line + 1
        found[str(key)] = loader.construct_object(value_node, deep=True)


def _construct_text(loader: _Loader, node: yaml.ScalarNode) -> Text:
    found = Text(loader.construct_scalar(node))
    found.line = node.start_mark.line + 1
    return found


def _construct_bare(loader: _Loader, node: yaml.ScalarNode) -> _Bare:
    return _Bare(loader.construct_scalar(node))


def _construct_bool(loader: _Loader, node: yaml.ScalarNode) -> bool | _Bare:
    """Only true and false: `no` and `on` are words that somebody forgot to quote."""
    written = _construct_bare(loader, node)
    return {"true": True, "false": False}.get(written.lower(), written)


_Loader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)
_Loader.add_constructor("tag:yaml.org,2002:str", _construct_text)
_Loader.add_constructor("tag:yaml.org,2002:bool", _construct_bool)
for _name in ("int", "float", "timestamp"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_name}", _construct_bare)


def shown(value: object) -> str:
    """A value as a message shows it."""
    return "null" if value is None else reprlib.repr(value)


def read(path: Path, wanted: str, mistake: Callable[[int, str], None]) -> Node | None:
    """The mapping in a file; where there is none, `mistake` is told the line and why (it must be `wanted`)."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        mistake(1, f"cannot be read: {error.strerror}; mend that, or move it out of the folder")
        return None
    if raw.startswith(b"\xef\xbb\xbf") or b"\r" in raw:
        mistake(1, "starts with a BOM or holds CR line ends: save it as UTF-8 with LF")
        return None
    try:
        document = yaml.load(raw.decode("utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader
    except UnicodeDecodeError as error:
        mistake(raw[: error.start].count(b"\n") + 1, "is not UTF-8: save it as UTF-8")
        return None
    except yaml.reader.ReaderError as error:
        line = raw[: error.position].count(b"\n") + 1
        mistake(line, f"holds the control character U+{error.character:04X}; delete it")
        return None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        mistake(line, f"is not valid YAML: {error.problem}; put text with `: ` or `#` in quotes")
        return None
    if not isinstance(document, Node):
        mistake(1, f"must be {wanted}")
        return None
    return document
