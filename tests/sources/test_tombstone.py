"""A message with a key and without a value deletes the post that the key names, whatever the source's format is."""

import pytest

from pipeline.errors import RecordError
from pipeline.records import Fragment, ParsedPost, Platform
from pipeline.sources import tombstone
from tests.sources.samples import source


def gone(key: str | None) -> Fragment:
    return Fragment(body=b"", origin="posts[0]@7", context=tombstone.context(key, {}, is_deletion=True))


@pytest.mark.parametrize(
    ("name", "key", "platform", "post_id"),
    [
        ("internal-kafka", "douyin:760", Platform.DOUYIN, "760"),
        ("internal-kafka", "wechat:gh_1:2", Platform.WECHAT, "gh_1:2"),
        ("douyin-mediacrawler", "760", Platform.DOUYIN, "760"),
        ("douyin-mediacrawler", "tiktok:760", Platform.TIKTOK, "760"),
        ("youku-openapi", "X:1", Platform.YOUKU, "X:1"),
    ],
)
def test_the_key_names_the_post(name: str, key: str, platform: Platform, post_id: str) -> None:
    opened = source(name)
    wanted = ParsedPost(platform=platform, platform_post_id=post_id, account_id="", is_deleted=True)
    assert opened.parse(gone(key)) == [wanted]
    assert opened.external_id(gone(key)) == post_id


@pytest.mark.parametrize(
    ("key", "reason"),
    [(None, "missing"), (" ", "missing"), ("760", "unknown_platform"), ("douyin:", "unknown_platform")],
)
def test_a_key_that_names_no_post_is_an_error(key: str | None, reason: str) -> None:
    with pytest.raises(RecordError, match=f"^{reason}: "):
        source("internal-kafka").parse(gone(key))
    assert source("internal-kafka").external_id(gone(key)) == ""


@pytest.mark.parametrize("context", [None, b"{}", tombstone.context("douyin:760", {}, is_deletion=False)])
def test_an_empty_value_is_no_deletion(context: bytes | None) -> None:
    with pytest.raises(RecordError, match="not_json"):
        source("internal-kafka").parse(Fragment(body=b"", origin="x", context=context))
