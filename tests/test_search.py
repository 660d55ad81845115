"""What a text is found by, and what a search asks for."""

from pipeline import db, search
from pipeline.segment import RjiebaBackend, Segmenter

CUT = Segmenter({"大蒜水": 1000}, RjiebaBackend)


def test_a_text_is_found_by_its_words_and_those_within_them() -> None:
    found = search.words("喝大蒜水,喝大蒜水!", CUT.cut_finely)
    assert found == ["喝", "大蒜", "大蒜水"]
    assert search.query("大蒜水 喝?", CUT.cut) == "'大蒜水' & '喝'"
    assert search.query("'|!", CUT.cut) == ""


def test_endless_texts_and_words_fit_into_the_index(connection: db.Connection) -> None:
    endless = "".join(chr(0x4E00 + n // 50 % 20000) + chr(0x4E00 + n % 20000) for n in range(150_000))
    for text in (endless, "a" * 100_000, "\U00020000" * 100_000):
        found = search.words(text, CUT.cut_finely)
        assert sum(len(word.encode()) for word in found) <= search.MOST_BYTES
        row = connection.execute("SELECT length(array_to_tsvector(%s))", [found]).fetchone()
        assert row == (len(found),)
    assert search.query("a" * 100, CUT.cut) == f"'{'a' * search.LONGEST_WORD}'"
