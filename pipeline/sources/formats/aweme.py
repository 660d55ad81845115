"""What Douyin and TikTok, one platform in two worlds, have in common."""

import re
from collections.abc import Mapping

from pipeline.records import Count, Metric, Platform
from pipeline.sources import values
from pipeline.sources.contract import Record

_IN_ADDRESS = re.compile(r"/(?:video|note|photo)/(\d{5,25})(?!\d)", re.ASCII)
_HANDLE = re.compile(r"/@([\w.-]{1,64})(?:[/?]|$)")
_USER = re.compile(r"/user/(MS4w[\w-]{1,250})", re.ASCII)
_KINDS = {(Platform.DOUYIN, True): "note", (Platform.TIKTOK, True): "photo"}


def platform_at(address: str) -> Platform:
    """Which of the two an address belongs to."""
    return Platform.TIKTOK if f".{values.host(address)}".endswith(".tiktok.com") else Platform.DOUYIN


def id_of_address(address: str) -> str:
    """The id of the post at an address; empty where it leads to none."""
    found = _IN_ADDRESS.search(address)
    return found[1] if found else ""


def handle_of_address(address: str) -> str:
    """TikTok's addresses name the account, without the `@` here."""
    found = _HANDLE.search(address)
    return found[1] if found else ""


def user_of_address(address: str) -> str:
    """The `sec_uid` in the address of a Douyin user's page."""
    found = _USER.search(address)
    return found[1] if found else ""


def address(platform: Platform, post_id: str, account_id: str, *, is_pictures: bool = False) -> str:
    """Where a post is, without what only follows readers."""
    kind = _KINDS.get((platform, is_pictures), "video")
    if platform is Platform.TIKTOK:
        return f"https://www.tiktok.com/@{account_id}/{kind}/{post_id}"
    return f"https://www.douyin.com/{kind}/{post_id}"


def counts(record: Record, wanted: Mapping[Metric, tuple[str, ...]]) -> dict[Metric, Count]:
    """The counts that are known. Douyin shows nobody but the author how often a video was played, and says 0."""
    found = values.counts(record, wanted)
    return {m: n for m, n in found.items() if m is not Metric.VIEWS or n.value}
