"""guidance/: read whole, or refused with file, line and field before anything is loaded."""

from datetime import date
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
    assert (position.valid_from, position.retired) == (date(2026, 11, 1), None)
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


MISTAKES = [
    # What was written, what stands there instead, and what is said of it.
    ("severity: S2", "severity: S5", "cold.yaml:6: WHO-900: `severity` is 'S5'; it must be one of S1, S2, S3, S4"),
    ("severity: S2", "severity: [S2]", "cold.yaml:6: WHO-900: `severity` is ['S2']; it must be one of S1"),
    ("id: WHO-900", "id: WHO900", "cold.yaml:5: WHO900: `id` is 'WHO900'; it must be WHO- and at least three digits"),
    ("    scope: Colds only.\n", "", "cold.yaml:5: WHO-900: `scope` is missing; add it"),
    ("scope: Colds only.", "scope: 5", "cold.yaml:9: WHO-900: `scope` is 5; it must be text"),
    ("scope: Colds only.", "scope:", "cold.yaml:9: WHO-900: `scope` is null; it must be text"),
    ("scope: Colds only.", "scope: [Colds]", "cold.yaml:9: WHO-900: `scope` is ['Colds']; it must be text"),
    ("scope: Colds only.", "scope: 2026-11-01", "cold.yaml:9: WHO-900: `scope` is 2026-11-01; it must be text"),
    ("scope: Colds only.", 'scope: "Colds\\0"', "cold.yaml:9: WHO-900: `scope` is 'Colds\\x00'"),
    ("scope: Colds only.", "scope: Colds\x07", "cold.yaml:9: holds the control character U+0007; delete it"),
    ("scope: Colds only.", "scope: !!int Colds", "cold.yaml:9: WHO-900: `scope` is Colds; it must be text"),
    ("    scope:", "    scop: x\n    scope:", "cold.yaml:9: WHO-900: unknown field `scop`; the fields are id, sev"),
    ("    scope:", "    id: WHO-901\n    scope:", "cold.yaml:9: is not valid YAML: `id` is given twice"),
    ("    scope:", "    ? [a]\n    : b\n    scope:", "cold.yaml:9: is not valid YAML: a field cannot be named ['a']"),
    ("https://www", "http://www", "cold.yaml:10: WHO-900, `source`: `url` is"),
    (", page_date: 2024-06-05", "", "cold.yaml:10: WHO-900, `source`: `page_date` is missing; add it"),
    ("page_date: 2024-06-05", "page_date: soon", "`page_date` is 'soon'; it must be a date such as 2024-06-05"),
    ("page_date: 2024-06-05", "page_date: 2023-02-29", "`page_date` is 2023-02-29; it must be a date"),
    ("verification: A", "verification: [A]", "cold.yaml:11: WHO-900: `verification` is ['A']; it must be one of A, A*"),
    ("verified_by: null", "verified_by: 5", "cold.yaml:12: WHO-900: `verified_by` is 5; it must be text"),
    ("valid_from: 2026-11-01", "valid_from: 2026-02-30", "cold.yaml:13: WHO-900: `valid_from` is 2026-02-30; it must"),
    ("valid_from: 2026-11-01", "valid_from: 2026-11-01T10:00", "`valid_from` is '2026-11-01T10:00'; it must be a date"),
    ("valid_from: 2026-11-01", "valid_from: soon", "`valid_from` is 'soon'; it must be a date such as 2026-11-01"),
    (
        "    verified_by",
        "    retired: [1]\n    verified_by",
        "cold.yaml:12: WHO-900: `retired` is [1]; it must be a date",
    ),
    ("[Questions]", "Questions", "cold.yaml:14: WHO-900: `do_not_flag` is 'Questions'; it must be a list of texts"),
    ("related: []", "related: [[WHO-900]]", "cold.yaml:15: WHO-900: `related` is [['WHO-900']]; it must be a list"),
    ("related: []", "related: [WHO-999]", "cold.yaml:5: WHO-900: `related` names WHO-999, which no file defines"),
    ("stance: refutes", "stance: refuted", "cold.yaml:17: a group of texts: `stance` is 'refuted'; it must be one of"),
    ("platform: wechat", "platform: myspace", "cold.yaml:20: a group of texts: `platform` is 'myspace'; it must be"),
    ("form: post", "form: {}", "cold.yaml:19: a group of texts: `form` is {}; it must be one of ad, chain-letter"),
    ("头孢专治流鼻涕", "感冒就吃头孢", "cold.yaml:21: the same text stands at cold.yaml:21; delete one"),
    ("头孢专治流鼻涕", "'感冒就吃头孢 '", "cold.yaml:21: the same text stands at cold.yaml:21; delete one"),
    ("[感冒就吃头孢, 头孢专治流鼻涕]", "[吃ｖｃ, 吃 VC]", "cold.yaml:21: the same text stands at cold.yaml:21"),
    (
        "今天下雨了",
        "感冒就吃 头孢",
        "stands at cold.yaml:26 as no position/not_enough_info/other, here as WHO-900/refutes",
    ),
    ("头孢专治流鼻涕", "39", "cold.yaml:21: every entry of `say` must be text, not 39; put it in quotes"),
    ("头孢专治流鼻涕", "2026-11-01", "every entry of `say` must be text, not 2026-11-01; put it in quotes"),
    ("头孢专治流鼻涕", "no", "every entry of `say` must be text, not no; put it in quotes"),
    ("头孢专治流鼻涕", "null", "every entry of `say` must be text, not null; put it in quotes"),
    ("[今天下雨了]", "今天下雨了", "cold.yaml:26: a group of texts: `say` is '今天下雨了'; it must be a list"),
    ("not_enough_info", "supports", "a text without a position must have the stance not_enough_info"),
    ("    texts:", "    texts: [x]\n    related: []\ntexts:", "is not valid YAML"),
    ("topic: cold", "topic: flu", "cold.yaml:1: `topic` is 'flu' but the file is named cold.yaml"),
    ("topic: cold\n", "topic: cold\r\n", "cold.yaml:1: starts with a BOM or holds CR line ends"),
    ("title: {", "title: [", "cold.yaml:2: is not valid YAML: did not find expected ',' or ']'"),
    (
        "title: {zh: 感冒, en: Common cold}",
        "title: 感冒",
        "cold.yaml:2: the file: `title` is '感冒'; it must be a mapping",
    ),
    ("complete: false", 'complete: "yes"', "cold.yaml:3: the file: `complete` is 'yes'; it must be true or false"),
    ("complete: false", "complete: !!map [a]", "cold.yaml:3: is not valid YAML: expected a mapping node"),
    ("complete: false", "complete: !!map a", "cold.yaml:3: is not valid YAML: expected a mapping node"),
    ("complete: false", "complete: !!bool [a]", "cold.yaml:3: is not valid YAML: expected a scalar node"),
    ("complete: false", "complete: no", "cold.yaml:3: the file: `complete` is no; it must be true or false"),
    (
        TOPIC[TOPIC.index("  - id") : TOPIC.index("texts:\n  - stance")],
        "  - x\n",
        "every entry of `positions` must be a",
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), MISTAKES)
def test_a_mistake_names_file_line_and_field(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in TOPIC
    with pytest.raises(GuidanceError) as caught:
        load(tmp_path, TOPIC.replace(old, new, 1))
    assert expected in str(caught.value)


@pytest.mark.parametrize("written", ["null", "2013", "'2013'", "2012-06", "2024-06-05 (food-safety)"])
def test_a_page_date_is_as_exact_as_the_page(tmp_path: Path, written: str) -> None:
    found = load(tmp_path, TOPIC.replace("page_date: 2024-06-05", f"page_date: {written}"))
    assert found.positions["WHO-900"].page_date == {"null": None}.get(written, written.strip("'"))


def test_all_mistakes_are_shown_at_once(tmp_path: Path) -> None:
    wrong = TOPIC.replace("S2", "S5").replace("title: A page, ", "").replace("refutes", "refuted")
    with pytest.raises(GuidanceError) as caught:
        load(tmp_path, wrong.replace("complete: false\n", ""))
    assert len(str(caught.value).splitlines()) == 4


def test_positions_without_an_id_lack_it_and_share_none(tmp_path: Path) -> None:
    wrong = TOPIC.replace("id: WHO-900\n    ", "")
    (tmp_path / "flu.yaml").write_text(wrong.replace("topic: cold", "topic: flu"), encoding="utf-8")
    with pytest.raises(GuidanceError) as caught:
        load(tmp_path, wrong)
    assert str(caught.value).count("`id` is missing") == 2
    assert "already used" not in str(caught.value)


def test_an_id_used_in_two_files_is_refused(tmp_path: Path) -> None:
    load(tmp_path)
    with pytest.raises(GuidanceError, match=r"flu.yaml:5: WHO-900 is already used at cold.yaml:5"):
        load(tmp_path, TOPIC.replace("topic: cold", "topic: flu"), "flu.yaml")


def test_a_file_that_is_not_utf8_or_no_mapping_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes("topic: a\ntitle: 感冒".encode("gbk"))
    (tmp_path / "b.yaml").write_text("- 1\n")
    (tmp_path / "c.yaml").mkdir()
    with pytest.raises(GuidanceError) as caught:
        guidance.load(tmp_path)
    assert "a.yaml:2: is not UTF-8" in str(caught.value)
    assert "b.yaml:1: must be a mapping" in str(caught.value)
    assert "c.yaml:1: cannot be read: Is a directory" in str(caught.value)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GuidanceError, match=r"no guidance files"):
        guidance.load(tmp_path)
