"""Mistakes in the tables of web sources are named when the configuration is read."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from pipeline import settings
from pipeline.errors import ConfigError
from pipeline.source_settings import SourceSettings
from pipeline.sources import open_source

ADDRESS = "https://api.example/posts"


def http(**table: Any) -> SourceSettings:
    found = {"format": "youku-openapi", "transport": "http", "http": {"url": ADDRESS, **table}}
    return msgspec.convert(found, SourceSettings)


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ({"url": "api.example/posts"}, "url: an address begins with https:// or http:// and a host"),
        ({"url": "https://[api.example/"}, "url: an address begins with"),
        (
            {"url": "https://me:${PASSWORD}@api.example/"},
            "url: host and path are shown in messages; put secrets into hea",
        ),
        ({"url": "https://api.example/${TOKEN}/posts"}, "url: host and path are shown in messages"),
        ({"headers": {"Authorization": "Bearer x\n"}}, "headers: Authorization cannot be sent; is there a line break"),
        ({"headers": {"X Y": "z"}}, "headers: X Y cannot be sent"),
        ({"params": {"from": "{begin}"}}, "{begin} stands for nothing; known are: date, each, end, "),
        ({"each": ["1"]}, "each: give its values, and say by {each} where"),
        ({"params": {"id": "{each}"}}, "each: give its values, and say by {each} where"),
        ({"each": ["${ID}"], "params": {"id": "{each}"}}, "each: its values are shown in messages"),
        ({"reads": "stream", "params": {"from": "{start}"}}, 'reads = "stream" goes on for ever'),
        ({"body": {"a": 1}}, 'body: only method = "POST" sends one'),
        ({"paging": {"style": "offset"}}, "paging: items must say where a page keeps its records"),
        ({"zone": "Mars/Olympus"}, "zone: 'Mars/Olympus' is not an IANA zone"),
    ],
)
def test_a_mistake_is_named(table: dict[str, Any], complaint: str) -> None:
    with pytest.raises(msgspec.ValidationError) as raised:
        http(**table)
    assert complaint in str(raised.value)


def test_a_mistake_is_named_with_file_and_source(tmp_path: Path) -> None:
    path = tmp_path / "kolwatch.toml"
    path.write_text('[source.a]\nformat = "x"\n[source.b]\nformat = "x"\nhttp = { url = "ftp://a.example/" }\n')
    with pytest.raises(ConfigError, match=rf"{path}: \[source\.b\]: url: an address begins .* - at `\$\.http`"):
        settings.load({"KOLWATCH_CONFIG": str(path)})


def test_a_variable_that_cannot_be_used_is_named_without_its_value() -> None:
    found = settings.Settings(source={"b": http(headers={"Authorization": "Bearer ${TOKEN}"})})
    with pytest.raises(ConfigError, match=r"\[source\.b\], .*headers: Authorization cannot be sent") as raised:
        settings.source(found, "b", {"TOKEN": "s3cret\n"})
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ({"transport": "http"}, r'\[source\.b\]: transport = "http" needs the table \[source\.b\.http\]'),
        ({"feeds": {"urls": [ADDRESS]}}, r'\[source\.b\.feeds\] is of no use to transport = "files"; leave one out'),
    ],
)
def test_a_transport_and_its_table_go_together(table: dict[str, Any], complaint: str) -> None:
    found = msgspec.convert({"format": "youku-openapi", **table}, SourceSettings)
    with pytest.raises(ConfigError, match=complaint):
        open_source("b", found, Path())
