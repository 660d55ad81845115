from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.source_settings import SourceSettings
from pipeline.sources import FORMATS, check, open_source
from tests.sources.samples import RECORDS, fragment, settings_of, source


def test_every_format_has_a_sample_in_these_tests() -> None:
    assert set(RECORDS) == set(FORMATS)


def test_the_five_platforms_of_the_mission_are_covered() -> None:
    platforms = {str(f.platform) for f in FORMATS.values()}
    assert platforms >= {"qzone", "wechat", "wechat_channels", "youku", "tiktok", "douyin", "xiaohongshu"}


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_a_record_is_recognised_as_its_format_and_no_other(name: str) -> None:
    record = FORMATS[name].decode(fragment(RECORDS[name]))
    wanted = [] if name == "mapped" else [name]  # a map is never guessed
    assert [n for n, f in FORMATS.items() if f.recognises(record)] == wanted


def test_an_unknown_format_names_table_key_value_and_what_is_known() -> None:
    wrong = SourceSettings(format="youku-openapy", path="*")
    with pytest.raises(ConfigError) as error:
        check({"y": wrong})
    said = "[source.y]: format = 'youku-openapy' is unknown; did you mean 'youku-openapi'? known are: auto, bilibili-"
    assert str(error.value).startswith(said)


def test_an_unknown_transport_is_refused() -> None:
    wrong = SourceSettings(format="youku-openapi", path="*", transport="carrier-pigeon")
    with pytest.raises(ConfigError, match=r"\[source\.y\]: transport = 'carrier-pigeon' is unknown; known are: "):
        open_source("y", wrong, Path())


def test_a_sound_configuration_passes() -> None:
    check({name.replace("-", "_"): settings_of(name) for name in FORMATS})


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_the_external_id_is_the_id_of_the_first_post(name: str) -> None:
    record = fragment(RECORDS[name])
    opened = source(name, account_id="gh_example")
    assert opened.external_id(record) == opened.parse(record)[0].platform_post_id


@pytest.mark.parametrize("name", sorted(RECORDS))
@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"{", b"\xff" * 9])
def test_the_external_id_of_what_cannot_be_read_is_empty(name: str, body: bytes) -> None:
    assert source(name, account_id="gh_example").external_id(fragment(body)) == ""


def test_the_external_id_is_read_even_where_the_record_is_not() -> None:
    wrong = {**RECORDS["xiaohongshu-mediacrawler"], "time": "yesterday"}
    assert source("xiaohongshu-mediacrawler").external_id(fragment(wrong)) == wrong["note_id"]
