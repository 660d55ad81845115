"""Threads of Baidu Tieba: their first posts, as MediaCrawler and aiotieba export them. Replies are not posts here."""

import re

from pipeline.errors import RecordError
from pipeline.records import Count, Fragment, Metric, ParsedPost, Platform
from pipeline.source_settings import SourceSettings
from pipeline.sources import values
from pipeline.sources.containers.split import Page, splitter
from pipeline.sources.contract import Format, Record, has
from pipeline.sources.formats import mediacrawler
from pipeline.sources.values import SECONDS

_PORTRAIT = re.compile(r"[?&]id=([\w.-]{1,256})", re.ASCII)


def _address(thread_id: str) -> str:
    return f"https://tieba.baidu.com/p/{thread_id}"


# ---- MediaCrawler -----------------------------------------------------------------------------------


def _identify_crawled(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    return mediacrawler.post_id(record, "note_id")


def _read_crawled(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    thread_id = _identify_crawled(record, fragment, source)
    portrait = _PORTRAIT.search(values.text(record, "user_link"))
    return [
        ParsedPost(
            platform=Platform.TIEBA,
            platform_post_id=thread_id,
            account_id=portrait[1] if portrait else mediacrawler.account_id(record, source),
            account_name=values.text(record, "user_nickname") or source.account_name,
            url=_address(thread_id),
            posted_at=values.clock_text(record, "publish_time", zone=values.local_zone(source)),
            observed_at=mediacrawler.observed_at(record),
            title=values.text(record, "title"),
            text=values.text(record, "desc"),
            counts=values.counts(record, {Metric.COMMENTS: ("total_replay_num",)}),
        )
    ]


MEDIACRAWLER = Format(
    name="tieba-mediacrawler",
    platform=Platform.TIEBA,
    split=splitter(Page()),
    recognises=has("note_id", "tieba_name", "total_replay_num"),
    identify=_identify_crawled,
    read=_read_crawled,
)

# ---- aiotieba -----------------------------------------------------------------------------------------

_COUNTS = {
    Metric.VIEWS: ("view_num",),
    Metric.LIKES: ("agree",),
    Metric.COMMENTS: ("reply_num",),
    Metric.SHARES: ("share_num",),
}
_AUTHOR = ("author_id", "user.user_id")


def _identify(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    if "floor" in record:
        raise RecordError("not_a_post", "a reply in a thread; export the threads (get_threads) instead")
    return values.required_id(record, "tid")


def _read(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    thread_id = _identify(record, fragment, source)
    user, contents = values.mapping(record, "user"), values.mapping(record, "contents")
    portrait = values.identifier(user, "portrait").split("?", 1)[0]
    author = portrait or values.identifier(record, "author_id") or values.identifier(user, "user_id")
    return [
        ParsedPost(
            platform=Platform.TIEBA,
            platform_post_id=thread_id,
            account_id=values.account(author, source, "user.portrait", *_AUTHOR),
            account_name=values.text(user, "nick_name_new", "user_name") or source.account_name,
            url=_address(thread_id),
            posted_at=values.epoch(record, "create_time", unit=SECONDS),
            title=values.text(record, "title"),
            text=_words(contents),
            reposted_text=_reposted(record),
            counts=_counts(record),
            has_media=bool(contents.get("imgs")) or _is_there(contents, "video") or _is_there(contents, "voice"),
            is_deleted=values.flag(record, "is_hide"),
        )
    ]


def _words(contents: Record) -> str:
    """The fragments of a text: words, links and names; emoticons and pictures lie elsewhere."""
    texts = values.sequence(contents, "texts")
    return "".join(values.text(text, "text") for text in texts if isinstance(text, dict))


def _reposted(record: Record) -> str:
    """What a shared thread says; the library has an empty one where none is shared."""
    original = values.mapping(record, "share_origin")
    return "\n".join(filter(None, (values.text(original, "title"), _words(values.mapping(original, "contents")))))


def _counts(record: Record) -> dict[Metric, Count]:
    """A thread from a recommending list, which has no first post's id, has 0 for what that list does not count."""
    found = values.counts(record, _COUNTS)
    is_counted = bool(values.identifier(record, "pid"))
    return {metric: number for metric, number in found.items() if number.value or is_counted}


def _is_there(contents: Record, key: str) -> bool:
    """Whether there is a video or voice; the library has an empty one where there is none."""
    return any(values.mapping(contents, key).values())


AIOTIEBA = Format(
    name="tieba-aiotieba",
    platform=Platform.TIEBA,
    split=splitter(Page(records=(("objs",),))),
    recognises=has("tid", "contents", "author_id", "reply_num"),
    identify=_identify,
    read=_read,
)

FORMATS = (MEDIACRAWLER, AIOTIEBA)
