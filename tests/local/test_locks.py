"""The lock files pin all that pyproject.toml asks for, and name no place to get it from."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pipeline.settings import PROJECT

PIN = re.compile(r"[A-Za-z0-9][\w.-]*==[0-9][\w.]*( ; python_version == \"3\.1[123]\")?")
ASKED = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def lines(name: str) -> list[str]:
    return (PROJECT / name).read_text(encoding="utf-8").splitlines()


def pinned(*names: str) -> dict[str, str]:
    found = [Requirement(line) for name in names for line in lines(name)]
    return {canonicalize_name(one.name): str(one.specifier).removeprefix("==") for one in found}


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_only_exact_versions_and_no_addresses(name: str) -> None:
    assert [line for line in lines(name) if not PIN.fullmatch(line)] == []
    assert len(pinned(name)) == len(lines(name))


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        (ASKED["dependencies"], ["requirements.lock"]),
        (ASKED["optional-dependencies"]["dev"], ["requirements.lock", "requirements-dev.lock"]),
    ],
)
def test_all_that_is_asked_for_is_pinned_within_its_bounds(asked: list[str], names: list[str]) -> None:
    pins = pinned(*names)
    wanted = [Requirement(text) for text in asked]
    assert [str(one) for one in wanted if pins.get(canonicalize_name(one.name), "") not in one.specifier] == []


def test_torch_is_the_plain_version() -> None:
    assert "torch==2.13.0" in lines("requirements.lock")
