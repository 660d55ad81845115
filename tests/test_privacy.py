"""Private persons are kept under pseudonyms; public voices are not."""

from dataclasses import replace

from pipeline.privacy import pseudonym, pseudonymiser
from pipeline.records import ParsedPost, Platform

KEY = b"k" * 32
MOOD = ParsedPost(
    platform=Platform.QZONE,
    platform_post_id="00c0ffee",
    account_id="300000007",
    account_name="云上的小林",
    url="https://user.qzone.qq.com/300000007/mood/00c0ffee",
    text="今天包了饺子",
)
hide = pseudonymiser({Platform.QZONE}, {("qzone", "300000008")}, lambda: KEY)


def test_a_private_author_is_known_by_a_hash_and_a_first_character() -> None:
    hidden = hide(MOOD)
    assert hidden.account_id == pseudonym("qzone", "300000007", KEY)
    assert hidden == replace(MOOD, account_id=hidden.account_id, account_name="云***", url="")


def test_the_hash_needs_the_key_and_tells_platforms_apart() -> None:
    names = {pseudonym("qzone", "1", KEY), pseudonym("qzone", "1", b"other"), pseudonym("weibo", "1", KEY)}
    assert len(names) == 3
    assert pseudonym("qzone", "1", KEY) in names


def test_a_post_id_that_names_its_author_names_the_pseudonym() -> None:
    blog = replace(MOOD, platform_post_id="blog_300000007_1600000000", url="https://example.com/1")
    hidden = hide(blog)
    assert hidden.platform_post_id == f"blog_{hidden.account_id}_1600000000"
    assert hidden.url == "https://example.com/1"


def test_a_listed_author_and_other_platforms_are_left_alone() -> None:
    listed, video = replace(MOOD, account_id="300000008"), replace(MOOD, platform=Platform.DOUYIN)
    assert [hide(listed), hide(video)] == [listed, video]


def test_the_key_is_read_once_and_only_for_a_private_author() -> None:
    read: list[bytes] = []

    def key() -> bytes:
        read.append(KEY)
        return KEY

    counted = pseudonymiser({Platform.QZONE}, (), key)
    counted(replace(MOOD, platform=Platform.DOUYIN))
    assert not read
    assert counted(MOOD) == counted(MOOD)
    assert read == [KEY]


def test_a_deletion_that_names_no_author_is_left_alone() -> None:
    gone = replace(MOOD, account_id="", account_name="", url="", text="", platform_post_id="a__b", is_deleted=True)
    assert hide(gone) == gone
