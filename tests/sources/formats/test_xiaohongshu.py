"""What Xiaohongshu's formats make of a note."""

import pytest

from pipeline.errors import RecordError
from tests.sources.samples import fragment, source


def test_a_comment_is_refused_and_has_not_the_id_of_its_note() -> None:
    comment = fragment({"comment_id": "68c0", "note_id": "70aa00000000000021004f11", "content": "学到了"})
    opened = source("xiaohongshu-mediacrawler", account_id="gh_1")
    with pytest.raises(RecordError, match="not_a_post"):
        opened.parse(comment)
    assert opened.external_id(comment) == ""
