"""Feeds are cut into the exact bytes of their items, and an item reads the same whatever kind of feed it came from."""

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import RecordError, SourceError
from pipeline.records import Fragment
from pipeline.source_settings import SourceSettings
from pipeline.sources.containers import feeds
from pipeline.sources.containers.feeds import feed_decode, feed_split
from tests.sources.samples import document

SOURCE = SourceSettings(format="rsshub-jsonfeed")
ITEM = (
    "<item><title>早睡一周</title><description>&lt;p&gt;记录&lt;/p&gt;</description><link>https://x.example/1</link>"
    '<guid isPermaLink="false">n-1</guid><pubDate>Wed, 12 Nov 2025 08:00:00 GMT</pubDate><author>阿禾</author>'
    '<category>睡眠</category><enclosure url="https://x.example/1.jpg" length="0" type="image/jpeg"/></item>'
)
RSS = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<rss xmlns:atom="http://www.w3.org/2005/Atom" '
    'xmlns:c="http://purl.org/rss/1.0/modules/content/" version="2.0"><channel><title>阿禾的日记</title>'
    '<link>https://x.example/</link><atom:link href="https://x.example/rss" rel="self"/>%s</channel></rss>'
)
ENTRY = (
    '<entry><id>n-1</id><title type="html">早睡一周</title><link href="https://x.example/1"/>'
    "<published>2025-11-12T08:00:00Z</published><updated>2025-11-12T09:00:00Z</updated>"
    '<author><name>阿禾</name><uri>https://x.example/u</uri></author><category term="睡眠"/>%s</entry>'
)
ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><title>阿禾的日记</title><link rel="self" href="https://x.example/rss"/>'
    '<link rel="alternate" href="https://x.example/"/>%s</feed>'
)
ABOUT = {"title": "阿禾的日记", "home_page_url": "https://x.example/", "feed_url": "https://x.example/rss"}


def cut(data: str | bytes) -> list[Fragment]:
    return list(feed_split(document(data), SOURCE))


def bodies(data: str | bytes) -> list[str]:
    return [fragment.body.decode() for fragment in cut(data)]


def only(data: str | bytes) -> dict[str, Any]:
    (fragment,) = cut(data)
    return feed_decode(fragment)


def of_rss(inside: str) -> dict[str, Any]:
    return only(RSS % f"<item>{inside}</item>")


# ---- one vocabulary ---------------------------------------------------------------------------------


def test_an_item_of_rss_is_its_exact_bytes_under_the_names_of_json_feed() -> None:
    (fragment,) = cut(RSS % f"\n  {ITEM}\n")
    assert (fragment.body.decode(), fragment.origin, fragment.line) == (ITEM, "export.json", 1)
    assert feed_decode(fragment) == {
        "id": "n-1",
        "url": "https://x.example/1",
        "title": "早睡一周",
        "content_html": "<p>记录</p>",
        "date_published": "2025-11-12T08:00:00+00:00",
        "authors": [{"name": "阿禾"}],
        "tags": ["睡眠"],
        "attachments": [{"url": "https://x.example/1.jpg", "mime_type": "image/jpeg"}],
        "feed": ABOUT,
    }


def test_an_entry_of_atom_says_the_same() -> None:
    assert only(ATOM % (ENTRY % '<content type="html">&lt;p&gt;记录&lt;/p&gt;</content>')) == {
        "id": "n-1",
        "url": "https://x.example/1",
        "title": "早睡一周",
        "content_html": "<p>记录</p>",
        "date_published": "2025-11-12T08:00:00Z",
        "date_modified": "2025-11-12T09:00:00Z",
        "authors": [{"name": "阿禾", "url": "https://x.example/u"}],
        "tags": ["睡眠"],
        "feed": ABOUT,
    }


def test_an_item_of_json_feed_is_as_it_came() -> None:
    item = {"id": "n-1", "title": "早睡一周", "content_html": "<p>记录</p>", "_extra": {"n": 1}}
    page = json.dumps({"version": "https://jsonfeed.org/version/1.1", **ABOUT, "items": [item, item]})
    first, second = cut(page)
    assert first.body == second.body == json.dumps(item).encode()
    assert feed_decode(first) == {**item, "feed": ABOUT}


def test_the_one_author_of_json_feed_1_0_is_among_the_authors() -> None:
    assert only('{"items":[{"id":"1","author":{"name":"阿禾"}}]}')["authors"] == [{"name": "阿禾"}]


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        ("<content>3 &lt; 4</content>", "content_text", "3 < 4"),
        ("<summary>短</summary><content type='html'>长</content>", "content_html", "长"),
        (
            '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">甲<p>乙 &amp; 丙</p></div></content>',
            "content_html",
            "<div>甲<p>乙 &amp; 丙</p></div>",
        ),
    ],
)
def test_atom_says_what_its_content_is(content: str, name: str, said: str) -> None:
    assert only(ATOM % (ENTRY % content))[name] == said


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        ("<description>摘要</description><c:encoded><![CDATA[<p>全文</p>]]></c:encoded>", "<p>全文</p>"),
        ("<c:encoded/><description>摘要</description>", "摘要"),
        ("<description>先<b>后</b> 1 &lt; 2</description>", "先<b>后</b> 1 &lt; 2"),
    ],
)
def test_the_fullest_text_of_rss_is_taken(inside: str, said: str) -> None:
    assert of_rss(inside)["content_html"] == said


def test_a_feed_whose_elements_have_a_prefix_is_read() -> None:
    prefixed = '<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:id>1</a:id></a:entry></a:feed>'
    assert only(prefixed) == {"id": "1", "feed": {}}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Fri, 12 Jun 2026 09:01:01 ", "2026-06-12T09:01:01"),
        ("五, 12 6月 2026 09:01:01 ", "2026-06-12T09:01:01"),
        ("12 Jun 2026 09:01 +0800", "2026-06-12T09:01:00+08:00"),
        ("Fri, 12 Jun 2026 09:01:01 -0330", "2026-06-12T09:01:01-03:30"),
        ("2026-06-12T01:01:01.000Z", "2026-06-12T01:01:01.000Z"),
        ("昨天 09:01", "昨天 09:01"),
    ],
)
def test_a_date_of_rss_has_a_zone_only_where_one_is_written(written: str, read: str) -> None:
    assert of_rss(f"<pubDate>{written}</pubDate>")["date_published"] == read


# ---- cutting ----------------------------------------------------------------------------------------


def test_what_looks_like_an_item_inside_a_text_is_text() -> None:
    tricky = "<item><title><![CDATA[</item><item>]]></title><!-- </item> --><itemised/></item>"
    assert bodies(RSS % (tricky + ITEM)) == [tricky, ITEM]


@pytest.mark.parametrize("broken", ["<item><title>甲<b></item>", "<item/>", "<item><q:x/></item>", "<item>\x00</item>"])
def test_a_broken_item_costs_itself_alone(broken: str) -> None:
    assert bodies(RSS % (ITEM + broken + ITEM)) == [ITEM, broken, ITEM]


def test_an_item_that_is_not_closed_ends_where_the_next_begins() -> None:
    assert bodies(RSS % ("<item><title>甲</title>\n" + ITEM)) == ["<item><title>甲</title>", ITEM]


@pytest.mark.parametrize("keep", range(0, len(RSS % (ITEM + ITEM)), 7))
def test_of_a_feed_cut_short_every_complete_item_is_found_and_the_rest_is_kept(keep: int) -> None:
    short = (RSS % (ITEM + ITEM))[:keep]
    try:
        found = bodies(short)
    except SourceError:
        assert "<rss" not in short
        return
    complete = short.count(ITEM)
    assert found[:complete] == [ITEM] * complete
    assert len(found) <= complete + 1
    if len(found) > complete:
        with pytest.raises(RecordError, match=r"not_xml|not_an_item"):
            feed_decode(cut(short)[-1])


@pytest.mark.parametrize(
    ("rest", "kept"), [("<ite", ["<ite"]), ("<item><ti", ["<item><ti"]), ("\n", []), ("</channel>", [])]
)
def test_what_is_left_of_a_feed_cut_short_is_a_record_where_it_says_anything(rest: str, kept: list[str]) -> None:
    whole = RSS % ITEM
    assert bodies(whole[: whole.index("</channel>")] + rest) == [ITEM, *kept]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "big5"])
def test_a_feed_in_another_encoding_is_handed_on_in_utf8_and_says_so(encoding: str) -> None:
    (fragment,) = cut(
        (RSS.replace("UTF-8", encoding) % ITEM).replace("记录", "手冊").replace("日记", "手冊").encode(encoding)
    )
    assert feed_decode(fragment)["content_html"] == "<p>手冊</p>"
    assert json.loads(fragment.context or b"")["encoding"] == encoding


def test_nothing_in_a_feed_is_no_item() -> None:
    assert cut(RSS % "") == cut('{"version":"https://jsonfeed.org/version/1.1","items":[]}') == []


# ---- sloppy, hostile, wrong -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("甲 & 乙", "甲 & 乙"),
        ("甲&nbsp;乙", "甲\xa0乙"),
        ("a&lt;b&foo;", "a<b&foo;"),
        ("甲\x08乙", "甲\ufffd乙"),
        ("甲&#8;乙&#x41;", "甲\ufffd乙A"),
        ("&#xD83D; &#99999999;", "\ufffd \ufffd"),
        ("<![CDATA[甲\x1f & 乙]]>", "甲\ufffd & 乙"),
    ],
)
def test_what_feeds_are_known_to_do_wrong_is_forgiven(written: str, read: str) -> None:
    assert of_rss(f"<title>{written}</title>")["title"] == read


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
        '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE rss [<!ENTITY a "<item>&a;</item>">]>',
    ],
)
def test_a_feed_that_declares_entities_is_refused(prolog: str) -> None:
    with pytest.raises(SourceError, match=r"export\.json: the feed declares entities"):
        cut(prolog + (RSS % ITEM).split("\n")[1])


def test_an_entity_declared_inside_an_item_is_an_error_of_that_item() -> None:
    with pytest.raises(RecordError, match="not_xml"):
        of_rss('<!DOCTYPE x [<!ENTITY a "b">]><title>&a;</title>')


def test_a_deep_item_is_refused() -> None:
    with pytest.raises(RecordError, match="too_deep"):
        of_rss("<description>" + "<p>" * 100_000 + "</p>" * 100_000 + "</description>")


def test_of_a_gigantic_item_the_head_is_kept_and_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MAX_ITEM", 500)
    monkeypatch.setattr(feeds, "_KEPT_OF_LONG_ITEM", 20)
    long = f"<item><title>{'长' * 500}</title></item>"
    first, second = cut(RSS % (long + ITEM))
    assert (first.body, second.body) == (long.encode()[:20], ITEM.encode())
    with pytest.raises(RecordError, match="too_long: an item of 1528 bytes"):
        feed_decode(first)


@pytest.mark.parametrize(
    "opening", ["<![CDATA[", "<!--", "<item><![CDATA[", "<item ", "<item>", "</item>", "<title", "<?"]
)
def test_a_feed_that_only_opens_takes_no_more_than_linear_time(opening: str) -> None:
    started = time.process_time()
    for fragment in cut(RSS % (opening * 100_000))[-1:]:
        with suppress(RecordError):
            feed_decode(fragment)
    for unfinished in (opening * 100_000, "<html>" + opening * 100_000):
        with suppress(SourceError):
            cut(unfinished)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ('{"error":{"message":"this route is empty"}}', r"answered with an error \(this route is empty\)"),
        ('{"error":"gone"}', r"\(gone\)"),
        ("<!DOCTYPE html><html><head><title>请先登录</title>", r"an HTML page \(请先登录\)"),
        ("<HTML><body>", r"an HTML page \(without a title\)"),
        ('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "neither RSS nor Atom.*<Error>"),
        ("<", "neither RSS nor Atom"),
    ],
)
def test_an_error_page_says_what_it_is(page: str, said: str) -> None:
    with pytest.raises(SourceError, match=rf"export\.json: .*{said}"):
        cut(page)


def test_a_feed_beyond_reason_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MAX_PAGE", 5000)
    with pytest.raises(SourceError, match="ask for fewer items"):
        cut(RSS % (ITEM * 20))


@settings(max_examples=150, deadline=None)
@given(
    start=st.integers(0, 1200),
    gone=st.integers(0, 40),
    new=st.binary(max_size=8) | st.sampled_from([b"<item>", b"]]>", b"&#0;", b"<!--"]),
    context=st.none()
    | st.binary(max_size=9)
    | st.sampled_from([b'{"xmlns":{"a":1,"b ":"x","":"y"}}', b'{"xmlns":[]}']),
)
def test_any_damage_leaves_only_declared_errors(start: int, gone: int, new: bytes, context: bytes | None) -> None:
    whole = (RSS % (ITEM + ITEM)).encode()
    try:
        for fragment in cut(whole[:start] + new + whole[start + gone :]):
            for told in (fragment.context, context):
                try:
                    feed_decode(Fragment(body=fragment.body, origin="x", context=told))
                except RecordError:
                    continue
    except SourceError:
        return
