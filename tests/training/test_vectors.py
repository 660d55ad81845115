"""Word vectors from a tiny text: what they learn, what lies in their folder, what is refused."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.artefacts import sealed
from pipeline.artefacts.tokens import SPECIAL
from pipeline.artefacts.words import open_words
from pipeline.errors import ArtefactError, ConfigError
from pipeline.training.vectors import VectorSettings, train_vectors
from tests.tiny import FOODS, ILLS, write_project

TINY = VectorSettings(width=16, vocabulary=300, epochs=30, workers=1)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def text(root: Path) -> Path:
    """Posts in which foods stand in one kind of place and illnesses in another."""
    drawn = np.random.default_rng(1)
    kinds = ("中午炒{}吃,配米饭很香", FOODS), ("昨天得了{}去看医生开药", ILLS)
    lines = [said.format(drawn.choice(words)) for _ in range(1_000) for said, words in kinds]
    path = root / "posts.txt"
    path.write_text("\n".join([*lines, "一个只说了一次的稀罕词"]), encoding="utf-8")
    return path


def test_words_of_the_same_places_come_to_lie_near_each_other(
    root: Path, text: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    out = tmp_path / "words-tiny"
    train_vectors(root, text, out, lambda _: None, TINY)
    found = open_words(out)
    assert found.vocabulary[: len(SPECIAL)] == SPECIAL
    lengths = np.maximum(np.linalg.norm(found.vectors, axis=1, keepdims=True), 1e-9)
    rows = dict(zip(found.vocabulary, found.vectors / lengths, strict=True))
    food, ill = ([rows[word] for word in words if word in rows] for words in (FOODS, ILLS))
    assert min(len(food), len(ill)) > 2
    assert np.mean(np.inner(food, food)) > np.mean(np.inner(food, ill)) + 0.1
    assert found.weights[found.vocabulary.index("炒")] < found.weights[found.vocabulary.index(FOODS[0])]
    card = (out / "README.md").read_text(encoding="utf-8")
    assert card.startswith("# words-tiny\n")
    assert "**Text**: posts.txt, " in card
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == []


def test_the_card_stays_where_the_text_is_the_same_and_goes_where_it_is_another(
    root: Path, text: Path, tmp_path: Path
) -> None:
    out, other = tmp_path / "words", tmp_path / "other.txt"
    other.write_text(text.read_text(encoding="utf-8") + "\n完了", encoding="utf-8")
    train_vectors(root, text, out, lambda _: None, TINY)
    (out / "README.md").write_text("by hand", encoding="utf-8")
    train_vectors(root, text, out, lambda _: None, TINY)
    assert (out / "README.md").read_text(encoding="utf-8") == "by hand"
    train_vectors(root, other, out, lambda _: None, TINY)
    assert "other.txt" in (out / "README.md").read_text(encoding="utf-8")
    assert sealed.open_folder(out, "words")["settings"]["text_sha256"] == sealed.file_sha256(other)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], r"posts.txt: 0 lines, 0% of their letters Chinese, teach no Chinese; give"),
        ([chr(0x4E00 + n) for n in range(200)], r"posts.txt: no word of it occurs 8 times; give more text"),
    ],
)
def test_a_text_that_teaches_nothing_leaves_no_folder(
    root: Path, tmp_path: Path, lines: list[str], expected: str
) -> None:
    (tmp_path / "posts.txt").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ConfigError, match=expected):
        train_vectors(root, tmp_path / "posts.txt", tmp_path / "words", lambda _: None, TINY)
    assert not (tmp_path / "words").exists()


def test_a_folder_of_something_else_is_left_alone(root: Path, text: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.md").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"holds something else than word vectors; name a new folder"):
        train_vectors(root, text, tmp_path, lambda _: None, TINY)
    sealed.seal_folder(tmp_path, "judge", {})
    with pytest.raises(ArtefactError, match=r"holds 'judge', format 1, but a 'words'"):
        train_vectors(root, text, tmp_path, lambda _: None, TINY)
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["manifest.json", "mine.md"]
