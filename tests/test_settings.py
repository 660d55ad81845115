"""Secrets come from the environment, or are made once and kept."""

from pathlib import Path

import msgspec
import pytest

from pipeline.errors import ConfigError
from pipeline.records import ParsedPost, Platform
from pipeline.settings import PROJECT, Settings, load, source
from pipeline.site import Site
from pipeline.source_settings import SourceSettings

SETTINGS = Settings(source={"shop": SourceSettings(format="youku-openapi", path="/drop/${TEAM}/{date}/*.json")})


def test_a_variable_in_a_sources_table_is_filled_in() -> None:
    assert source(SETTINGS, "shop", {"TEAM": "north"}).path == "/drop/north/{date}/*.json"


def test_a_variable_that_is_not_set_is_named_with_its_place() -> None:
    with pytest.raises(ConfigError, match=r"\[source.shop\] path: the environment has no TEAM"):
        source(SETTINGS, "shop", {})


MOOD = ParsedPost(platform=Platform.QZONE, platform_post_id="1", account_id="300000007")


def hidden_author(settings: Settings) -> str:
    return Site(settings).pseudonymise(MOOD).account_id


def test_a_machine_makes_its_own_hash_key_once(tmp_path: Path) -> None:
    one, two = (msgspec.structs.replace(SETTINGS, home=tmp_path / home) for home in ("one", "two"))
    assert hidden_author(one) == hidden_author(one) != hidden_author(two)


def test_machines_with_one_hash_key_give_the_same_pseudonyms(tmp_path: Path) -> None:
    one, two = (msgspec.structs.replace(SETTINGS, home=tmp_path / home, hash_key="k" * 32) for home in ("one", "two"))
    assert hidden_author(one) == hidden_author(two) != MOOD.account_id


def test_no_author_is_hidden_where_no_platform_is_named(tmp_path: Path) -> None:
    privacy = msgspec.structs.replace(SETTINGS.privacy, hash_authors=())
    assert hidden_author(msgspec.structs.replace(SETTINGS, home=tmp_path, privacy=privacy)) == MOOD.account_id


def test_a_short_hash_key_is_refused() -> None:
    environ = {"KOLWATCH_CONFIG": str(PROJECT / "kolwatch.toml"), "KOLWATCH_HASH_KEY": "secret"}
    with pytest.raises(ConfigError, match="KOLWATCH_HASH_KEY has 6 characters"):
        load(environ)
