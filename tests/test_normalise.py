"""From a parsed post to the author's own words, and to a folded text whose offsets lead back."""

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.normalise import MAX_CHARACTERS, Scope, canonical, document_of, fold, normalise, split_reposts, to_plain
from pipeline.records import Count, DropReason, ParsedPost, Platform, Post
from pipeline.terms import Terms

POST = ParsedPost(
    platform=Platform.WEIBO,
    platform_post_id="1",
    account_id="a",
    follower_count=Count(5000),
    text="喝白萝卜水能治流感,快告诉家里人吧,别再花冤枉钱了",
)


def everything(_: str) -> bool:
    return True


def kept(parsed: ParsedPost, scope: Scope | None = None) -> Post:
    outcome = normalise([parsed], scope or Scope(), everything)
    assert not outcome.dropped
    return outcome.kept[0]


def reason(parsed: ParsedPost, scope: Scope | None = None) -> DropReason:
    return normalise([parsed], scope or Scope(), everything).dropped[0].reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ＨＰＶ疫苗①", "hpv疫苗1"),
        ("喝醋\u200b防\u200b疫", "喝醋防疫"),
        ("預防流感，請轉發", "预防流感,请转发"),
        ("太好了[哭惹R]真的[em]e113[/em]", "太好了 真的 "),
        ("瞭解", "了解"),
        ("藉口", "借口"),
        ("瞭望塔", "瞭望塔"),
        ("世衞說痺痛", "世卫说痹痛"),
        ("藥沒用，疫苗打坏了人", "药没用,疫苗打坏了人"),
        ("著涼發燒，睡著了也附著在身上", "着凉发烧,睡着了也附着在身上"),
        ("顯著的著作，原著名醫", "显著的著作,原著名医"),
        ("效果显著，针打坏了么", "效果显著,针打坏了么"),
        ("睡前喝著醋", "睡前喝着醋"),
        ("#防疫[话题]#今天", " 防疫 今天"),
        ("@{uin:123,nick:小明,who:1} 你看", " 你看"),
        ("@小明 你看 https://a.cn/b 好", " 你看 好"),
        ("哈哈哈哈哈哈哈!!!!!!", "哈哈哈!!!"),
        ("共100000人", "共100000人"),
        ("", ""),
    ],
)
def test_folding(text: str, expected: str) -> None:
    assert fold(text).text == expected


@settings(deadline=None)
@given(
    st.one_of(
        st.text(),
        st.lists(
            st.sampled_from(
                ["①", "ﬁ", "e\u0301", "後", "\u200b", "[哭惹R]", "﷽", "哈哈哈哈", "@{a}", "각", "  \n", "☺️"]
            )
        ).map("".join),
    )
)
def test_every_folded_character_knows_where_it_came_from(text: str) -> None:
    folded = fold(text)
    assert len(folded.text) == len(folded.starts) == len(folded.ends)
    spans = list(zip(folded.starts, folded.ends, strict=True))
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert spans == sorted(spans)


def test_a_span_leads_back_to_the_original() -> None:
    text = "【轉發】ＨＰＶ疫\u200b苗會導致不孕[哭惹R]!!!!!!"
    folded = fold(text)
    at = folded.text.index("疫苗")
    start, end = folded.original_span(at, at + 2)
    assert text[start:end] == "疫\u200b苗"


def test_variant_spellings_are_written_like_guidance_and_keep_their_place() -> None:
    text = "打yi苗会得白血病"
    spelt = canonical(fold(text), Terms(["yi苗"]), {"yi苗": "疫苗"})
    assert spelt.text == "打疫苗会得白血病"
    start, end = spelt.original_span(1, 3)
    assert text[start:end] == "yi苗"


def test_html_becomes_what_a_reader_sees() -> None:
    page = "<p>喝<b>醋</b>防疫</p><script>x()</script><p>真的&amp;假的<br/>吗</p>"
    assert to_plain(page, is_html=True) == "喝醋防疫\n真的&假的\n吗"
    assert to_plain("1 < 2 & 3 > 2", is_html=False) == "1 < 2 & 3 > 2"


def test_ten_thousand_levels_of_markup_are_read() -> None:
    assert to_plain("<div>" * 10_000 + "喝醋" + "</div>" * 10_000, is_html=True) == "喝醋"


def test_what_no_database_can_hold_is_replaced() -> None:
    assert to_plain("喝\x00醋\ud800", is_html=False) == "喝\ufffd醋\ufffd"


def test_only_the_authors_own_words_are_judged() -> None:
    assert split_reposts("这是谣言//@甲:喝醋防疫//@乙:收藏") == ("这是谣言", "//@甲:喝醋防疫//@乙:收藏")
    assert split_reposts("转发微博//@甲:喝醋防疫") == ("", "//@甲:喝醋防疫")


def test_reposted_words_are_html_where_the_own_ones_are() -> None:
    parsed = replace(
        POST, text="不同意<br />真的", reposted_text='<a href="/n/甲">@甲</a>&amp;乙：喝醋防疫', is_html=True
    )
    assert document_of(parsed)[3] == "@甲&乙：喝醋防疫"


def test_document_joins_title_text_and_transcript() -> None:
    parsed = replace(POST, title="防流感妙招", text="多喝水", transcript="大家好")
    assert document_of(parsed) == ("防流感妙招\n多喝水\n大家好", 5, 9, "")


def test_a_title_that_only_repeats_the_text_is_left_out() -> None:
    document, title_end, _, _ = document_of(replace(POST, title="喝白萝卜水能治流感…"))
    assert document == POST.text
    assert title_end == 0


def test_a_text_of_megabytes_is_cut_and_marked() -> None:
    post = kept(replace(POST, text="喝醋能防流感。" * 1_000_000))
    assert len(post.document) == MAX_CHARACTERS
    assert post.parsed.is_truncated


@pytest.mark.parametrize(
    ("parsed", "expected"),
    [
        (replace(POST, is_private=True), DropReason.PRIVATE),
        (replace(POST, is_deleted=True), DropReason.DELETED),
        (replace(POST, text="😷😷 !!"), DropReason.NO_TEXT),
        (replace(POST, text="转发微博"), DropReason.NO_TEXT),
        (replace(POST, text="萝卜水治流感", has_media=True), DropReason.TEXT_TOO_SHORT_TO_JUDGE),
        (replace(POST, follower_count=Count(299)), DropReason.NOT_A_KOL),
    ],
)
def test_what_is_not_judged_is_dropped_with_its_reason(parsed: ParsedPost, expected: DropReason) -> None:
    assert reason(parsed) is expected


def test_a_text_that_is_not_about_health_is_dropped() -> None:
    outcome = normalise([POST], Scope(), lambda folded: "疫苗" in folded)
    assert [dropped.reason for dropped in outcome.dropped] == [DropReason.NOT_HEALTH]


def test_unknown_and_open_ended_follower_counts_are_kept() -> None:
    assert kept(replace(POST, follower_count=Count())).followers == Count()
    assert kept(replace(POST, follower_count=Count(100, lower_bound=True))).followers.value == 100


def test_a_listed_account_is_kept_below_the_floor_and_its_own_count_wins() -> None:
    scope = Scope(watchlist={("weibo", "a"): Count(900)})
    assert kept(replace(POST, follower_count=Count(10)), scope).followers == Count(10)
    assert kept(replace(POST, follower_count=Count()), scope).followers == Count(900)


def test_a_platform_can_have_a_floor_of_its_own() -> None:
    assert reason(POST, Scope(floors={Platform.WEIBO: 10_000})) is DropReason.NOT_A_KOL


def test_the_same_words_have_the_same_hash() -> None:
    first, second = kept(POST), kept(replace(POST, platform=Platform.QZONE, platform_post_id="2"))
    assert first.content_hash == second.content_hash
    assert len(first.content_hash) == 32


@pytest.mark.parametrize("source", ["&nbsp;" * 300_000, "<p>" * 300_000, "<p></p>" * 150_000, "<p " * 300_000])
def test_hostile_html_is_read_in_bounded_time(source: str) -> None:
    began = time.process_time()
    to_plain(source + "<br>x", is_html=True)
    assert time.process_time() - began < 5
