"""Posts cut into parts, with the claim marked whatever the text is made of."""

import pytest

from pipeline.console.passages import NEAR, Part, Passage, passages


def marked(found: list[Passage]) -> list[tuple[Part, str]]:
    return [(passage.part, piece.text) for passage in found for piece in passage.pieces if piece.is_claim]


def whole(passage: Passage) -> str:
    return "".join(piece.text for piece in passage.pieces)


def test_title_text_transcript_and_repost_are_told_apart() -> None:
    found = passages("标题\n正文说大蒜\n口述", 2, 8, 6, 8, "转发的话")
    assert [(p.part, whole(p)) for p in found] == [
        (Part.TITLE, "标题"),
        (Part.TEXT, "正文说大蒜"),
        (Part.TRANSCRIPT, "口述"),
        (Part.REPOSTED, "转发的话"),
    ]
    assert marked(found) == [(Part.TEXT, "大蒜")]


@pytest.mark.parametrize("before", ["😷👨‍👩‍👧", "\u202e\x00\ud800", "e\u0301\u0301", "𠮷𠮷"])
def test_offsets_count_code_points_whatever_stands_before(before: str) -> None:
    document = f"{before}喝醋防病毒！"
    found = passages(document, 0, len(document), len(before), len(before) + 5, "")
    assert marked(found) == [(Part.TEXT, "喝醋防病毒")]


def test_a_claim_across_parts_is_marked_in_both() -> None:
    assert marked(passages("喝醋\n防病毒", 2, 6, 0, 6, "")) == [(Part.TITLE, "喝醋"), (Part.TEXT, "\n防病毒")]


def test_what_misleads_is_made_visible_and_emoji_stay_whole() -> None:
    [passage] = passages("a\u202eb\x1b[31m\u2066c👨‍👩‍👧\n\td", 0, 18, 0, 1, "")
    assert whole(passage) == "a\ufffdb\ufffd[31m\ufffdc👨‍👩‍👧\n\td"


def test_of_a_long_post_what_is_far_from_the_claim_is_folded_and_nothing_is_lost() -> None:
    document = "前" * 50_000 + "大蒜" + "后" * 50_000
    [passage] = passages(document, 0, len(document), 50_000, 50_002, "")
    assert [(len(p.text), p.is_claim, p.is_folded) for p in passage.pieces] == [
        (50_000 - NEAR, False, True),
        (NEAR, False, False),
        (2, True, False),
        (NEAR, False, False),
        (50_000 - NEAR, False, True),
    ]
    assert whole(passage) == document
