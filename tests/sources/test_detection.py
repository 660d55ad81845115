"""A source that does not say its format: each record is told by what marks it, and what is not known is named."""

import json
import logging
import time
from pathlib import Path

import pytest

from pipeline.errors import ConfigError, RecordError, SourceError
from pipeline.records import Fragment, ParsedPost
from pipeline.sources import FORMATS, Source, detection, open_source, tombstone
from pipeline.sources.document import Document
from tests.sources.samples import PAGES, RECORDS, document, fragment, settings_of, source

NAMES = sorted(RECORDS.keys() - {"mapped"})
RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>晚霞</title><link>https://weibo.com/9000000001/</link>
<item><title>晚霞</title><link>https://weibo.com/9000000001/z0JH2lOMb</link><description>晚霞</description></item>
</channel></rss>"""


def guessing(**changed: object) -> Source:
    return source("auto", account_id="gh_example", **changed)


def told(found: Document) -> list[str]:
    """The formats of a document's records, and the reasons of those that have none."""
    opened, names = guessing(), []
    for record in opened.split(found):
        try:
            names.append(opened.reader(record).name)
        except RecordError as error:
            names.append(error.reason)
    return names


def posts(opened: Source, found: Document) -> list[ParsedPost]:
    return [post for record in opened.split(found) for post in opened.parse(record)]


@pytest.mark.parametrize("name", NAMES)
def test_every_sample_is_told_as_its_format(name: str) -> None:
    whole = PAGES.get(name, "%s") % json.dumps([RECORDS[name]] * 2)
    assert told(document(whole)) == [name, name]
    assert posts(guessing(), document(whole)) == posts(source(name, account_id="gh_example"), document(whole))


@pytest.mark.parametrize("name", NAMES)
def test_a_record_alone_is_told_too_as_quarantine_reads_it_again(name: str) -> None:
    assert guessing().reader(fragment(RECORDS[name])).name == name


def test_lines_of_several_formats_are_told_one_by_one() -> None:
    names = ["douyin-mediacrawler", "weibo-weibosearch", "youku-ytdlp"]
    assert told(document("\n".join(json.dumps(RECORDS[name]) for name in names))) == names


def test_a_feed_in_xml_is_told() -> None:
    assert told(document(RSS)) == ["rsshub-jsonfeed"]


def test_the_first_records_may_be_broken() -> None:
    page = PAGES["tiktok-researchapi"] % json.dumps([{}, 7, RECORDS["tiktok-researchapi"]])
    assert told(document(page)) == ["unknown_format", "not_an_object", "tiktok-researchapi"]


def test_a_long_page_is_told_by_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detection, "_HEAD", 2000)
    page = PAGES["youku-openapi"] % json.dumps([RECORDS["youku-openapi"]] * 50)
    assert told(document(page)) == ["youku-openapi"] * 50


def test_the_guess_is_logged_with_what_settles_it(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        told(document(json.dumps([RECORDS["zhihu-mediacrawler"]])))
    assert 'export.json reads like zhihu-mediacrawler; say format = "zhihu-mediacrawler" to settle it' in caplog.text


def test_a_record_that_no_format_knows_names_its_members_and_what_to_do() -> None:
    with pytest.raises(RecordError, match=r"members: headline, when; name its `format`") as error:
        guessing().parse(fragment({"headline": "x", "when": 1}))
    assert error.value.reason == "unknown_format"
    assert guessing().external_id(fragment({"headline": "x"})) == ""


def test_a_record_of_two_formats_names_both() -> None:
    both = {**RECORDS["kuaishou-mediacrawler"], **RECORDS["zhihu-mediacrawler"]}
    with pytest.raises(RecordError, match="reads like kuaishou-mediacrawler, zhihu-mediacrawler; say which") as error:
        guessing().parse(fragment(both))
    assert error.value.reason == "ambiguous_format"


@pytest.mark.parametrize("body", [b"", b"[1]", b"{", b"\xff\xfe\xfd" * 3, b"<item", b"[" * 9999])
def test_what_is_no_record_is_refused_as_in_any_format(body: bytes) -> None:
    with pytest.raises(RecordError) as error:
        guessing().parse(fragment(body))
    assert error.value.reason in ("not_json", "not_an_object", "wrong_encoding", "too_deep", "not_xml")


def test_an_error_page_is_no_delivery() -> None:
    page = '{"error":{"code":"access_token_invalid","message":"expired"},"data":{}}'
    with pytest.raises(SourceError, match=r"export\.json: no format knows its records; .*access_token_invalid"):
        list(guessing().split(document(page)))


@pytest.mark.parametrize("empty", ["[]", '{"data":{"items":[]}}', '{"total":0,"videos":[]}', " \n"])
def test_a_page_without_records_has_none(empty: str) -> None:
    assert list(guessing().split(document(empty))) == []


def test_an_unknown_document_goes_to_quarantine_whole() -> None:
    assert told(document('{"rows":[{"headline":"x"},{"headline":"y"}]}')) == ["unknown_format"]


def test_a_feed_that_no_format_knows_goes_to_quarantine_item_by_item() -> None:
    assert told(document(RSS.replace("weibo.com", "example.org").replace("</item>", "</item><item></item>"))) == [
        "unknown_format",
        "unknown_format",
    ]


@pytest.mark.parametrize("hostile", [b"[", b'{"a":\n', b'[{"a":1},'])
def test_looking_at_what_is_made_to_cost_takes_seconds_at_most(hostile: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detection, "_HEAD", 2**14)
    start = time.process_time()
    next(guessing().split(document(hostile * 2**12)))
    assert time.process_time() - start < 5


def test_a_deletion_without_a_record_is_of_the_post_it_names() -> None:
    gone = Fragment(body=b"", origin="t", line=1, context=tombstone.context("youku:XNTg=", {}, is_deletion=True))
    [post] = guessing().parse(gone)
    assert (post.platform, post.platform_post_id, post.is_deleted) == ("youku", "XNTg=", True)


def test_a_map_needs_its_format_said() -> None:
    with pytest.raises(ConfigError, match=r"\[source\.x\.map\] is of no use to format = \"auto\""):
        open_source("x", settings_of("mapped", format="auto"), Path())


def test_a_format_cuts_pages_of_its_own_only() -> None:
    """What cuts like another is tried once for all of them."""
    cuts = detection._attempts(b"{")
    assert len(cuts) < len(FORMATS) / 2
