"""The table of docs/sources.md: platform, format, containers, transports and tests. `make docs` writes it anew."""

from pathlib import Path

from pipeline.records import Platform
from pipeline.settings import PROJECT
from pipeline.sources import FORMATS, TRANSPORTS
from tests.sources.packing import containers, transports

PAGE = PROJECT / "docs" / "sources.md"
BEGIN = "<!-- What follows is written by `make docs`. -->\n"
TESTS = Path("tests") / "sources"


def tests_of(name: str) -> list[Path]:
    """The test files that name a format."""
    found = sorted((PROJECT / TESTS / "formats").glob("test_*.py"))
    return [path for path in found if f'"{name}"' in path.read_text(encoding="utf-8")]


def table() -> str:
    """The generated part of the page."""
    rows = [
        f"| {FORMATS[name].platform or 'several'} | `{name}` | {', '.join(containers(name))} "
        f"| {', '.join(transports(name))} | {', '.join(map(_link, tests_of(name)))} |"
        for name in sorted(FORMATS, key=_place)
    ]
    over = [
        f"| `{name}` | {sum(name in transports(other) for other in FORMATS)} "
        f"| {_link(PROJECT / TESTS / 'transports' / f'test_{name}.py')} |"
        for name in sorted(TRANSPORTS)
    ]
    return "\n".join(
        [
            *("", "| platform | format | comes as | over | tests |", "|---|---|---|---|---|", *rows),
            *("", "| transport | formats | tests |", "|---|---|---|", *over, ""),
        ]
    )


def _place(name: str) -> tuple[int, str]:
    platforms = [*Platform, None]
    return platforms.index(FORMATS[name].platform), name


def _link(path: Path) -> str:
    return f"[{path.name}](../{path.relative_to(PROJECT).as_posix()})"


def written(page: str) -> str:
    """The page with the table as it is now."""
    return page.partition(BEGIN)[0] + BEGIN + table()


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
