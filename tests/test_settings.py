"""Secrets of a source come from the environment."""

import pytest

from pipeline.errors import ConfigError
from pipeline.settings import Settings, source
from pipeline.source_settings import SourceSettings

SETTINGS = Settings(source={"shop": SourceSettings(format="youku-openapi", path="/drop/${TEAM}/{date}/*.json")})


def test_a_variable_in_a_sources_table_is_filled_in() -> None:
    assert source(SETTINGS, "shop", {"TEAM": "north"}).path == "/drop/north/{date}/*.json"


def test_a_variable_that_is_not_set_is_named_with_its_place() -> None:
    with pytest.raises(ConfigError, match=r"\[source.shop\] path: the environment has no TEAM"):
        source(SETTINGS, "shop", {})
