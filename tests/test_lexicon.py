"""The word tables: read whole, or refused with the line to mend."""

from pathlib import Path

import pytest

from pipeline import lexicon
from pipeline.errors import GuidanceError
from pipeline.judge import text_tools
from pipeline.normalise import fold

TERMS = "term\tfrequency\ttag\tscreen\n大蒜水\t1000\tremedy\t1\n流感\t2000\tdisease\t2\n"
VARIANTS = "variant\tcanonical\tkind\n刘感\t流感\tevasion\n"
CUES = "word\ttag\n谣言\tdebunking\n吗\tasking\n"


def write(folder: Path, terms: str = TERMS, variants: str = VARIANTS, cues: str = CUES) -> Path:
    for name, content in (("terms", terms), ("variants", variants), ("cues", cues)):
        (folder / f"{name}.tsv").write_bytes(content.encode())
    return folder


def test_reads_terms_variants_and_cues(tmp_path: Path) -> None:
    found = lexicon.load(write(tmp_path))
    assert found.terms["大蒜水"] == lexicon.Term(1000, "remedy", 1)
    assert found.variants == {"刘感": "流感"}
    assert found.cues["debunking"] == ("谣言",)
    assert found.cues["sales"] == ()
    assert found.tagged("disease") == ["流感"]


def test_version_changes_with_any_table(tmp_path: Path) -> None:
    first = lexicon.load(write(tmp_path)).version
    assert len(first) == 12
    assert lexicon.load(write(tmp_path)).version == first
    assert lexicon.load(write(tmp_path, cues=CUES + "别信\tdebunking\n")).version != first


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ("\ufeff" + TERMS, "terms.tsv:1: a BOM"),
        (TERMS.replace("\n", "\r\n"), "terms.tsv:1: a BOM or CR"),
        (TERMS + "感冒\t\tdisease\t2\n", "terms.tsv:4: '感冒\\t\\tdisease\\t2' needs 4 fields"),
        (TERMS + "感冒\t0\tdisease\t2\n", "terms.tsv:4: the frequency of 感冒 is '0'"),
        (TERMS + "感冒\t-5\tdisease\t2\n", "terms.tsv:4: the frequency of 感冒 is '-5'"),
        (TERMS + "感冒\t10\tillness\t2\n", "terms.tsv:4: the tag of 感冒 is 'illness'"),
        (TERMS + "感冒\t10\tdisease\t3\n", "terms.tsv:4: the screen weight of 感冒 is '3'"),
        (TERMS + "流感\t10\tdisease\t2\n", "terms.tsv:4: 流感 already stands in line 3"),
        (TERMS.replace("term\t", "word\t", 1), "terms.tsv:1: the header is"),
    ],
)
def test_a_mistake_names_file_line_and_value(tmp_path: Path, terms: str, expected: str) -> None:
    with pytest.raises(GuidanceError) as caught:
        lexicon.load(write(tmp_path, terms))
    assert expected in str(caught.value)


def test_all_mistakes_are_shown_at_once(tmp_path: Path) -> None:
    with pytest.raises(GuidanceError) as caught:
        lexicon.load(
            write(
                tmp_path,
                TERMS + "感冒\t0\tdisease\t2\n",
                "variant\tcanonical\tkind\n流感\t流感\tx\n",
                "word\ttag\n哈\tlaugh\n",
            )
        )
    message = str(caught.value)
    assert "terms.tsv:4" in message
    assert "variants.tsv:2: 流感 is its own canonical spelling" in message
    assert "cues.tsv:2: the tag of 哈 is 'laugh'" in message


def test_a_missing_or_undecodable_table_is_named(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "cues.tsv").unlink()
    (tmp_path / "variants.tsv").write_bytes(VARIANTS.encode() + "乙肝\t".encode("gbk"))
    with pytest.raises(
        GuidanceError, match=r"(?s)variants.tsv:3: is not UTF-8.*cues.tsv: no such file|cues.tsv: no such file"
    ):
        lexicon.load(tmp_path)


def test_the_shipped_lexicon_is_sound() -> None:
    found = lexicon.load(Path(__file__).parents[1] / "guidance" / "lexicon")
    assert len(found.terms) > 1000
    assert all(found.cues.values())


def test_the_shipped_words_are_as_texts_are_when_they_are_looked_for() -> None:
    """Words are looked for in folded text, and what stands in a variant's place is not looked at again."""
    found = lexicon.load(Path(__file__).parents[1] / "guidance" / "lexicon")
    words = [*found.terms, *found.variants, *found.variants.values(), *(w for ws in found.cues.values() for w in ws)]
    assert [word for word in words if fold(word).text != word] == []
    assert [word for word in found.variants.values() if word in found.variants] == []


@pytest.mark.parametrize(
    ("regional", "mainland"),
    [
        ("巴金森氏症", "帕金森病"),
        ("腦退化症", "痴呆"),
        ("小兒麻痺", "小儿麻痹"),
        ("黃麴毒素", "黄曲霉毒素"),
        ("II型糖尿病 Ⅱ型糖尿病", "2型糖尿病 2型糖尿病"),
        ("打子宮頸疫苗", "打宫颈癌疫苗"),
        ("電子菸", "电子烟"),
    ],
)
def test_words_of_taiwan_and_hong_kong_are_read_as_those_of_the_mainland(regional: str, mainland: str) -> None:
    tools = text_tools(lexicon.load(Path(__file__).parents[1] / "guidance" / "lexicon"))
    assert tools.fold(regional).text == mainland
