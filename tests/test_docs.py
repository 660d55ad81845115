"""The pages say what is true of the program: words, commands, settings, paths, figures."""

import json
import re
import shlex
import tomllib
import typing
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer.main

from pipeline import db, decisions, records, score, settings, source_settings, stream_settings, web_settings
from pipeline.cli import app
from pipeline.records import Guidance, Metric, Severity, Tier
from pipeline.settings import PROJECT
from pipeline.sources import FORMATS, TRANSPORTS, open_source
from tests import airflow_cli
from tests.sources import samples, table

DOCS = PROJECT / "docs"
PAGES = [*sorted(DOCS.glob("*.md")), *(PROJECT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"))]
ENUMS = [
    kind
    for module in (records, decisions)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, StrEnum)
]
WORDS = sorted({word.value for kind in ENUMS if kind is not StrEnum for word in kind})
SECTIONS: dict[str, type[msgspec.Struct]] = {
    "timezone": settings.Settings,
    "[scope]": settings.ScopeSettings,
    "[source.<name>]": source_settings.SourceSettings,
    "[source.<name>.kafka]": stream_settings.KafkaSettings,
    "[source.<name>.replica]": stream_settings.ReplicaSettings,
    "[source.<name>.map]": stream_settings.MapSettings,
    "[source.<name>.map.counts]": stream_settings.CountPaths,
    "[source.<name>.objects]": source_settings.ObjectSettings,
    "[source.<name>.http]": web_settings.HttpSettings,
    **{
        f'[source.<name>.http.paging] style = "{kind.__struct_config__.tag}"': kind
        for kind in typing.get_args(web_settings.Paging)
    },
    "[source.<name>.http.errors]": web_settings.ErrorSettings,
    "[source.<name>.feeds]": web_settings.FeedSettings,
    "[judge]": settings.JudgeSettings,
    "[report]": settings.ReportSettings,
    "[retention]": settings.RetentionSettings,
    "[privacy]": settings.PrivacySettings,
    "[notify]": settings.NotifySettings,
    "[review]": settings.ReviewSettings,
    "[console]": settings.ConsoleSettings,
    "[console.oidc]": settings.OidcSettings,
}


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def operations() -> str:
    return read(DOCS / "operations.md")


@pytest.fixture(scope="module")
def how_it_works() -> str:
    return read(DOCS / "how-it-works.md")


def blocks(text: str, language: str = "") -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


# ---- words ----------------------------------------------------------------------------------------------


def test_there_are_words_to_look_for() -> None:
    names = {kind.__name__ for kind in ENUMS}
    assert {
        "Stance",
        "Expression",
        "Severity",
        "Band",
        "Tier",
        "DropReason",
        "FlagStatus",
        "FoundBy",
        "Review",
        "Role",
    } <= names


@pytest.mark.parametrize("word", WORDS)
def test_every_word_is_in_the_glossary_with_its_chinese_term(word: str) -> None:
    assert re.search(rf"^\| `{word}` \| [^|]*\S[^|]* \|", read(DOCS / "glossary.md"), re.MULTILINE)


def test_the_glossary_explains_no_word_that_is_gone() -> None:
    explained = re.findall(r"^\| `(\w+)` \|", read(DOCS / "glossary.md"), re.MULTILINE)
    assert set(explained) == set(WORDS)


def test_the_glossary_has_the_cut_offs_of_the_tiers(connection: db.Connection) -> None:
    rows = connection.execute("SELECT tier, min_followers FROM kol_tier WHERE version = 1").fetchall()
    page = read(DOCS / "glossary.md")
    assert len(rows) == len(Tier)
    for tier, floor in rows:
        assert re.search(rf"^\| `{tier}` \| \S+ \| {floor:,} \|$", page, re.MULTILINE)


# ---- commands -------------------------------------------------------------------------------------------


def every_command(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from every_command(command, (*path, name))
        else:
            yield (*path, name)


def written_commands() -> set[str]:
    """Every `kolwatch …` written on a page, in a line of its own or in backticks."""
    found = set()
    for page in PAGES:
        text = read(page)
        lines = [line for block in blocks(text) for line in block.splitlines()]
        for written in [*lines, *re.findall(r"`([^`\n]+)`", text)]:
            found.update(re.findall(r"(?:^|exec \w+ |\| |\$ )(kolwatch [a-z][^#|<…]*)", written))
    return found


@pytest.mark.parametrize("command", sorted(every_command(typer.main.get_command(app))), ids=" ".join)
def test_every_command_is_documented(command: tuple[str, ...], operations: str) -> None:
    assert f"kolwatch {' '.join(command)}" in operations


def test_every_command_written_anywhere_exists() -> None:
    written = written_commands()
    assert len(written) > 15
    for line in written:
        command: Any = typer.main.get_command(app)
        words = shlex.split(line)[1:]
        while hasattr(command, "commands") and words:
            command = command.commands[words.pop(0)]
        options = {option for p in command.params if p.param_type_name == "option" for option in p.opts}
        assert {word for word in words if word.startswith("--")} <= options | {"--help"}, line


def test_every_make_target_written_anywhere_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", read(PROJECT / "Makefile"), re.MULTILINE))
    written = {name for page in PAGES for name in re.findall(r"(?:`|^)make ([a-z]+)", read(page), re.MULTILINE)}
    assert {"run", "test", "lint"} <= written <= targets


def test_airflow_takes_the_commands_of_the_pages(operations: str, tmp_path: Path) -> None:
    written = re.findall(r"airflow ([a-z-]+ [a-z-]+ --.*)", operations.replace("\\\n", " "))
    assert written
    assert airflow_cli.complaint([shlex.split(line) for line in written], tmp_path) == ""


# ---- settings -------------------------------------------------------------------------------------------


def as_written(value: object) -> str:
    """A default as the page shows it."""
    if value is msgspec.NODEFAULT:
        return "required"
    if value in ("", (), {}, None) or isinstance(value, msgspec.Struct):
        return "empty"
    if isinstance(value, tuple):
        return f"`{json.dumps(value)}`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


@pytest.mark.parametrize("section", SECTIONS)
def test_every_setting_is_documented_with_its_default(section: str, operations: str) -> None:
    page = operations.partition("## Settings: kolwatch.toml")[2].partition("\n## ")[0]
    _, _, table = page.partition(f"\n`{section}`" if section.startswith("[") else "Top level\n")
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", table.partition("\n`[")[0], re.MULTILINE))
    fields = msgspec.structs.fields(SECTIONS[section])
    defaults = {f.name: f.default if f.default_factory is msgspec.NODEFAULT else f.default_factory() for f in fields}
    if section == "timezone":
        tables = {name.strip("[]").partition(".")[0] for name in SECTIONS if name.startswith("[")}
        assert set(defaults) == {"timezone"} | tables | set(settings.EDGE)
        defaults = {"timezone": defaults["timezone"]}
    assert rows == {name: as_written(value) for name, value in defaults.items()}


def test_the_examples_are_configurations(operations: str) -> None:
    examples = blocks(operations, "toml")
    assert examples
    for example in examples:
        msgspec.convert(tomllib.loads(example), settings.Settings)


def test_the_examples_of_sources_open_and_there_is_one_of_each_transport() -> None:
    found: dict[str, source_settings.SourceSettings] = {}
    for example in blocks(read(DOCS / "add-a-source.md"), "toml"):
        loaded = msgspec.convert(tomllib.loads(example), settings.Settings)
        [name] = loaded.source
        secrets = dict.fromkeys(re.findall(r"\$\{(\w+)\}", example), "secret")
        opened = open_source(name, settings.source(loaded, name, secrets), PROJECT)
        assert opened.format
        found[name] = opened.settings
    assert {source.transport for source in found.values()} == set(TRANSPORTS)
    assert any(source.map for source in found.values())


def test_the_example_of_files_reads_the_sample() -> None:
    example = tomllib.loads(blocks(read(DOCS / "add-a-source.md"), "toml")[0])
    [(name, table)] = msgspec.convert(example, settings.Settings).source.items()
    opened = open_source(name, table, PROJECT)
    assert any(opened.split(found) for found in opened.documents(samples.window_of(date(2026, 11, 20))))


def test_the_example_of_a_format_reads_a_record() -> None:
    written: dict[str, Any] = {}
    exec(blocks(read(DOCS / "add-a-source.md"), "python")[0], written)  # noqa: S102 - our own page
    [format] = written["FORMATS"]
    record = {"answer_id": 7, "member": "u1", "at": 1762905600, "words": "坐下喝口水", "thumbs": "1.2万"}
    page = samples.document(json.dumps({"data": {"rows": [record]}}))
    source = source_settings.SourceSettings()
    [post] = [post for found in format.split(page, source) for post in format.parse(found, source)]
    assert (post.platform_post_id, post.counts[Metric.LIKES].value) == ("7", 12_000)
    assert format.recognises(record)


@pytest.mark.parametrize("variable", sorted(set(settings.EDGE.values())))
def test_every_variable_is_documented(variable: str, operations: str) -> None:
    assert f"| `{variable}` |" in operations


def test_no_other_variable_is_documented(operations: str) -> None:
    named = {v for page in PAGES for v in re.findall(r"KOLWATCH_[A-Z_]+", read(page))}
    assert named == set(settings.EDGE.values())


def test_the_formats_are_those_there_are() -> None:
    page = read(DOCS / "sources.md").partition("## What each format reads")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([\w-]+)` \|", page, re.MULTILINE)) == set(FORMATS)


def test_the_table_of_sources_is_what_the_code_says() -> None:
    page = read(table.PAGE)
    assert page == table.written(page), "docs/sources.md is behind: run `make docs` and look at what changed"


def test_every_format_and_transport_has_tests_that_are_there() -> None:
    assert all(table.tests_of(name) for name in FORMATS)
    assert all(f"test_{name}.py" in table.table() for name in TRANSPORTS)


# ---- figures --------------------------------------------------------------------------------------------


def test_every_factor_is_explained_with_its_weights(how_it_works: str) -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", how_it_works.partition("## Priority")[2], re.MULTILINE))
    bare = score.score(score.PriorityInputs(severity=Severity.S1, probability=1.0))
    assert list(rows) == list(bare.factors)
    assert rows["severity"].strip() == ", ".join(f"{s} {score.SEVERITY_WEIGHT[s]:g}" for s in Severity)
    assert rows["tier"].strip() == ", ".join(f"{t} {score.TIER_WEIGHT[t]:g}" for t in Tier)
    assert f"{score.SPONSORED_WEIGHT:g} if" in rows["sponsored"]
    assert f"{1 + score.AUDIENCE_OF_FACTOR_ONE:,}" in rows["reach"]


def test_the_example_of_a_priority_is_right(how_it_works: str) -> None:
    def seen(*values: int) -> list[score.Observation]:
        start = datetime(2026, 11, 19, tzinfo=UTC)
        return [score.Observation(start + timedelta(days=n), value) for n, value in enumerate(values)]

    found = score.score(
        score.PriorityInputs(
            severity=Severity.S3,
            probability=0.62,
            follower_count=1_000_000,
            tier=Tier.MACRO,
            observations={
                Metric.VIEWS: seen(20_000, 120_000),
                Metric.LIKES: seen(8_000),
                Metric.COMMENTS: seen(500),
                Metric.SHARES: seen(150),
            },
            confirmed_flags=1,
        )
    )
    product = " × ".join(f"{name} {value}" for name, value in found.factors.items())
    assert f"{product} = {found.value}" in how_it_works


@pytest.mark.parametrize("page", ["how-it-works.md", "operations.md"])
def test_postgres_takes_the_sql_of_the_pages(page: str, connection: db.Connection) -> None:
    statements = [s for block in blocks(read(DOCS / page), "sql") for s in block.split(";\n") if s.strip()]
    assert statements
    for statement in statements:
        if not re.match(r"\s*(BEGIN|COMMIT|INSERT)", statement):
            connection.execute(statement.encode())
        elif "INSERT" in statement:
            connection.execute(f"PREPARE written AS {statement}".encode())


# ---- paths ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", read(page)):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        found = page.parent / path if path else page
        assert found.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", read(found), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\- ]", "", h).lower().replace(" ", "-") for h in headings}, target


def test_the_readme_is_short() -> None:
    assert read(PROJECT / "README.md").count("\n") <= 120


def test_the_readme_shows_the_files_that_there_are() -> None:
    [tree] = [block for block in blocks(read(PROJECT / "README.md")) if block.startswith("dags/")]
    folder = PROJECT
    for line in tree.splitlines():
        names = re.split(r"\s{2,}", line.strip())[0]
        for name in names.split(", "):
            if not line.startswith(" "):
                folder = PROJECT / name
            path = PROJECT / name if not line.startswith(" ") else folder / name
            assert path.exists(), line
            assert path.is_dir() == name.endswith("/"), line


def test_the_changelog_has_a_place_for_this_version() -> None:
    version = tomllib.loads(read(PROJECT / "pyproject.toml"))["project"]["version"]
    text = read(PROJECT / "CHANGELOG.md")
    assert "## [Unreleased]" in text or f"## [{version}]" in text


def test_the_number_of_positions_is_told_right(shipped: Guidance) -> None:
    count = len(shipped.positions)
    assert f"**Positions.** {count} of them" in read(DOCS / "limits.md")
    assert f"- {count} positions of WHO" in read(PROJECT / "CHANGELOG.md")


# ---- the corpus -----------------------------------------------------------------------------------------


def test_the_counts_of_the_corpus_are_those_that_were_noted() -> None:
    rows = re.findall(r"^\| ([a-z ]+) \| ([\d,]+) \|", read(DOCS / "corpus.md"), re.MULTILINE)
    shown = {name: int(count.replace(",", "")) for name, count in rows}
    assert shown == json.loads(read(PROJECT / "guidance" / "counts.json"))
