"""docker-compose.yml and the Dockerfile name only what exists; they are read here, not started."""

import importlib.util
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from pipeline.cli import app
from pipeline.settings import PROJECT
from tests import airflow_cli

COMPOSE = PROJECT / "docker-compose.yml"
DOCKERFILE = PROJECT / "Dockerfile"
PINNED = re.compile(r"[a-z0-9./-]+:\d+[a-z0-9.-]*")
USED = re.compile(r"(?<!\$)\$\{([A-Z_]+)")
LOCAL = re.compile(r"\./[\w./-]*")
FROM_A_PROVIDER = {"celery": "worker", "users": "create"}
"""Commands of Airflow that come with a provider of the group `production`, not installed here."""


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return found


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str):
        yield value


def dockerfile(instruction: str) -> list[str]:
    text = DOCKERFILE.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line.split(maxsplit=1)[1] for line in text.splitlines() if line.startswith(f"{instruction} ")]


def commands(compose: dict[str, Any]) -> list[list[str]]:
    """Every command line that a service or its health check runs, scripts taken apart."""
    found = []
    for service in compose["services"].values():
        for words in (service.get("command", []), service.get("healthcheck", {}).get("test", [])):
            if words[:2] == ["bash", "-ec"] or words[:1] == ["CMD-SHELL"]:
                found += [shlex.split(line) for line in words[-1].replace("\\\n", " ").splitlines()]
            elif words:
                found.append(words[1:] if words[0] == "CMD" else words)
    return found


def subcommands(compose: dict[str, Any], program: str) -> list[list[str]]:
    return [words[1:] for words in commands(compose) if words[0] == program]


def test_the_services_are_those_of_a_team(compose: dict[str, Any]) -> None:
    expected = {"postgres", "redis", "init", "api-server", "scheduler", "dag-processor", "worker"}
    assert set(compose["services"]) == expected
    assert {name for name, service in compose["services"].items() if "healthcheck" not in service} == {"init"}


def test_every_image_is_pinned(compose: dict[str, Any]) -> None:
    images = {service["image"] for service in compose["services"].values()} | set(dockerfile("FROM"))
    assert all(PINNED.fullmatch(image) for image in images), images


def test_our_image_has_the_version_of_the_project(compose: dict[str, Any]) -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ours = {service["image"] for service in compose["services"].values() if "build" in service}
    assert ours == {f"kolwatch:{project['version']}"}


def test_variables_and_the_example_are_the_same(compose: dict[str, Any]) -> None:
    used = {variable for text in strings(compose) for variable in USED.findall(text)}
    lines = (PROJECT / ".env.example").read_text(encoding="utf-8").splitlines()
    named = {line.partition("=")[0]: line.partition("=")[2] for line in lines if line and not line.startswith("#")}
    assert used == set(named)
    assert set(named.values()) == {""}, "the example holds no values"


def test_variables_of_scripts_are_given_to_their_service(compose: dict[str, Any]) -> None:
    read = set()
    for service in compose["services"].values():
        for variable in {v for text in strings(service) for v in re.findall(r"\$\$(\w+)", text)} - {"HOSTNAME"}:
            assert variable in service["environment"]
            read.add(variable)
    assert read == {"AIRFLOW_ADMIN_PASSWORD"}


def test_no_secret_has_a_default(compose: dict[str, Any]) -> None:
    for text in strings(compose):
        for variable, rest in re.findall(r"\$\{(\w*(?:PASSWORD|KEY|SECRET))([^}]*)\}", text):
            assert rest.startswith(":?") or text.startswith("${KOLWATCH_DATABASE_URL:-"), variable


def test_every_mounted_path_exists(compose: dict[str, Any]) -> None:
    mounts = {mount for s in compose["services"].values() for mount in s.get("volumes", [])}
    here = {mount.split(":")[0] for mount in mounts if LOCAL.match(mount)}
    assert here == {"./kolwatch.toml", "./sample"}
    assert all((PROJECT / path).exists() for path in here)
    assert {mount.split(":")[0] for mount in mounts} - here == set(compose["volumes"])


def test_everything_the_image_copies_exists_and_is_let_through() -> None:
    copied = {source.rstrip("/") for line in dockerfile("COPY") for source in line.split()[:-1]}
    assert {"pipeline", "dags", "sql", "guidance", "models"} <= copied
    assert [source for source in copied if not (PROJECT / source).exists()] == []
    ignored = (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {line[1:] for line in ignored if line.startswith("!")} == copied


def test_the_image_installs_what_the_lock_files_say() -> None:
    installs = [shlex.split(line) for line in dockerfile("RUN") if "pip install" in line]
    lock = (PROJECT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    assert installs[0][-1] in lock
    files = {word for words in installs for word in words if word.endswith(".lock")}
    assert files == {"requirements.lock", "requirements-production.lock"}


def test_the_production_lock_holds_the_group_production() -> None:
    from packaging.requirements import Requirement

    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (PROJECT / "requirements-production.lock").read_text(encoding="utf-8").splitlines()
    locked = dict(line.split("==") for line in lines if not line.startswith("#"))
    for wanted in map(Requirement, project["optional-dependencies"]["production"]):
        assert wanted.specifier.contains(locked[wanted.name])


def test_kolwatch_commands_exist(compose: dict[str, Any]) -> None:
    found = subcommands(compose, "kolwatch")
    assert ["guidance", "load"] in found
    for words in [*found, shlex.split(dockerfile("CMD")[0].strip("[]").replace(",", " "))[1:]]:
        command: Any = typer.main.get_command(app)
        for word in words:
            command = command.commands[word]


def test_airflow_commands_exist(compose: dict[str, Any], tmp_path: Path) -> None:
    found = subcommands(compose, "airflow")
    expected = {"db", "users", "api-server", "scheduler", "dag-processor", "celery", "jobs"}
    assert {words[0] for words in found} == expected
    assert all(words[1] == FROM_A_PROVIDER[words[0]] for words in found if words[0] in FROM_A_PROVIDER)
    ours = [[word.replace("$$HOSTNAME", "a-host") for word in words] for words in found]
    assert airflow_cli.complaint([words for words in ours if words[0] not in FROM_A_PROVIDER], tmp_path) == ""


def test_every_airflow_setting_exists(compose: dict[str, Any], airflow_settings: set[tuple[str, str]]) -> None:
    """A misspelt AIRFLOW__SECTION__KEY is silently ignored by Airflow."""
    named = set(compose["x-kolwatch"]["environment"])
    named |= {word.partition("=")[0] for line in dockerfile("ENV") for word in line.split()}
    keys = {tuple(name.lower().split("__")[1:]) for name in named if name.startswith("AIRFLOW__")}
    assert len(keys) > 10
    assert {key for key in keys if key[0] != "celery"} - airflow_settings == set()


@pytest.fixture(scope="module")
def airflow_settings() -> set[tuple[str, str]]:
    spec = importlib.util.find_spec("airflow")
    assert spec is not None
    assert spec.origin is not None
    path = Path(spec.origin).parent / "config_templates" / "config.yml"
    described = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {(section, option) for section, parts in described.items() for option in parts["options"]}
