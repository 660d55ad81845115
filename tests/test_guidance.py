"""guidance/: read whole, or refused with file, line and field before anything is loaded."""

from pathlib import Path

import pytest

from pipeline import guidance
from pipeline.errors import GuidanceError
from pipeline.records import Expression, Guidance, Severity, Stance

TOPIC = """\
topic: cold
title: {zh: 感冒, en: Common cold}
complete: false
positions:
  - id: WHO-900
    severity: S2
    severity_reason: It costs money.
    position: {zh: 抗生素治不了感冒。, en: Antibiotics do not cure colds.}
    scope: Colds only.
    source: {title: A page, url: "https://www.who.int/a", page_date: 2024-06-05}
    verification: A
    verified_by: null
    valid_from: 2026-11-01
    do_not_flag: [Questions]
    related: []
    texts:
      - stance: refutes
        expression: asserts
        form: post
        platform: wechat
        say: [感冒就吃头孢, 头孢专治流鼻涕]
texts:
  - stance: not_enough_info
    expression: other
    form: title
    say: [今天下雨了]
"""


def load(folder: Path, content: str = TOPIC, name: str = "cold.yaml") -> Guidance:
    (folder / name).write_bytes(content.encode())
    return guidance.load(folder)


def test_reads_positions_and_texts(tmp_path: Path) -> None:
    found = load(tmp_path)
    position = found.positions["WHO-900"]
    assert position.severity is Severity.S2
    assert position.page_date == "2024-06-05"
    assert position.do_not_flag == ("Questions",)
    first, _, uncovered = sorted(found.texts, key=lambda t: t.line)
    assert (first.text, first.stance, first.expression) == ("感冒就吃头孢", Stance.REFUTES, Expression.ASSERTS)
    assert (first.file, first.line) == ("cold.yaml", 21)
    assert uncovered.guidance_id is None


def test_version_rests_on_positions_and_on_what_is_said_not_on_where(tmp_path: Path) -> None:
    first = load(tmp_path).version
    assert (
        load(tmp_path, TOPIC.replace("感冒就吃头孢, 头孢专治流鼻涕", "头孢专治流鼻涕, 感冒就吃头孢")).version == first
    )
    assert load(tmp_path, TOPIC.replace("今天下雨了", "今天下雪了")).version != first
    assert load(tmp_path, TOPIC.replace("抗生素治不了感冒。", "抗生素不治感冒。")).version != first


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("severity: S2", "severity: S5", "cold.yaml:5: WHO-900: severity 'S5' is none of S1, S2, S3, S4"),
        ("id: WHO-900", "id: WHO900", "WHO900: an id is WHO- and at least three digits"),
        ("    scope: Colds only.\n", "", "cold.yaml:5: `scope` is missing from WHO-900"),
        ("    scope:", "    scop: x\n    scope:", "cold.yaml:5: unknown field `scop`"),
        ("    scope:", "    id: WHO-901\n    scope:", "cold.yaml:9: is not valid YAML: `id` is given twice"),
        ("https://www", "http://www", "`source.url` must begin with https://"),
        ("valid_from: 2026-11-01", "valid_from: soon", "`valid_from` must be a date"),
        ("related: []", "related: [WHO-999]", "`related` names WHO-999, which no file defines"),
        ("stance: refutes", "stance: refuted", "cold.yaml:17: stance 'refuted' is none of refutes, supports"),
        ("platform: wechat", "platform: myspace", "platform 'myspace' is none of"),
        ("form: post", "form: essay", "form 'essay' is none of"),
        ("头孢专治流鼻涕", "感冒就吃头孢", "cold.yaml:21: the same text stands at cold.yaml:21"),
        ("头孢专治流鼻涕", "39", "every entry of `say` must be text, not 39"),
        ("not_enough_info", "supports", "a text without a position must have the stance not_enough_info"),
        ("topic: cold", "topic: flu", "`topic` is 'flu' but the file is named cold.yaml"),
        ("topic: cold\n", "topic: cold\r\n", "cold.yaml:1: starts with a BOM or holds CR line ends"),
        ("title: {", "title: [", "cold.yaml:"),
    ],
)
def test_a_mistake_names_file_line_and_field(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in TOPIC
    with pytest.raises(GuidanceError) as caught:
        load(tmp_path, TOPIC.replace(old, new, 1))
    assert expected in str(caught.value)


def test_all_mistakes_are_shown_at_once(tmp_path: Path) -> None:
    with pytest.raises(GuidanceError) as caught:
        load(tmp_path, TOPIC.replace("S2", "S5").replace("refutes", "refuted"))
    assert len(str(caught.value).splitlines()) == 2


def test_an_id_used_in_two_files_is_refused(tmp_path: Path) -> None:
    load(tmp_path)
    with pytest.raises(GuidanceError, match=r"flu.yaml:5: WHO-900 is already used"):
        load(tmp_path, TOPIC.replace("topic: cold", "topic: flu"), "flu.yaml")


def test_a_file_that_is_not_utf8_or_no_mapping_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes("topic: a\ntitle: 感冒".encode("gbk"))
    (tmp_path / "b.yaml").write_text("- 1\n")
    with pytest.raises(GuidanceError) as caught:
        guidance.load(tmp_path)
    assert "a.yaml:2: is not UTF-8" in str(caught.value)
    assert "b.yaml:1: must be a mapping" in str(caught.value)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GuidanceError, match=r"no guidance files"):
        guidance.load(tmp_path)
