"""A tiny pretraining from text to an encoder: killed, broken, fed with nonsense."""

import gzip
import json
import lzma
import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.artefacts import sealed
from pipeline.artefacts.encoder import open_encoder
from pipeline.artefacts.tokens import CLS, MASK, SEP, SPECIAL
from pipeline.errors import ArtefactError, ConfigError, GuidanceError
from pipeline.training import pretrain as pretraining
from pipeline.training.batches import Batch, Prepared, mask_words
from pipeline.training.corpus_text import ensure
from pipeline.training.masked_words import RECIPES, guess_from_neighbours, recipe
from pipeline.training.pretrain import pretrain
from pipeline.training.probe import likeness, measure, read_pairs
from tests.tiny import FOODS, ILLS, write_project

TINY = replace(RECIPES["tiny"], tokens=8_000)


class KilledError(Exception):
    """What a test throws in the middle of a training."""


def posts(count: int = 1_500) -> str:
    """Posts in which illness follows food in a way that can be learnt."""
    drawn = np.random.default_rng(1)
    lines = []
    for number in range(count):
        food = FOODS[drawn.integers(len(FOODS))]
        ill = ILLS[FOODS.index(food) % len(ILLS)]
        lines.append(f"今天第{number}次喝{food}听说能治好{ill}真的吗")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def text(root: Path) -> Path:
    path = root / "posts.txt"
    path.write_text(posts(), encoding="utf-8")
    return path


@pytest.fixture
def run(root: Path, text: Path, tmp_path: Path) -> Path:
    ensure(root, text, tmp_path / "run", TINY.entries, lambda _: None)
    return tmp_path / "run"


def weights(out: Path) -> str:
    return sealed.file_sha256(out / "model.safetensors")


def test_it_learns_to_guess_words_and_its_folder_opens_with_a_card(root: Path, run: Path, tmp_path: Path) -> None:
    said: list[str] = []
    out = tmp_path / "encoder-zh-tiny"
    assert pretrain(run, out, replace(TINY, tokens=60_000), said.append)
    facts = sealed.open_folder(out, "encoder")["settings"]
    shares = facts["masked_accuracy"]
    assert shares["this encoder"] > 0.6 > shares["its shape, not trained"]
    assert facts["curve"][-1][1] < 0.6 * facts["curve"][0][1]
    measure(root, str(out), said.append)
    card = (out / "README.md").read_text(encoding="utf-8")
    assert f"{facts['tokens']:,} tokens seen" in card
    assert "posts.txt" in card
    assert "</svg>" in (out / "curve.svg").read_text(encoding="utf-8")
    assert any("not measured" in line for line in said)


def test_killed_and_called_again_it_gives_the_same_weights(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pretrain(run, tmp_path / "whole", TINY, lambda _: None)
    for old in run.glob("step-*"):
        old.rename(run / f"old-{old.name}")
    monkeypatch.setattr(pretraining, "CHECKPOINT_SECONDS", 0)
    monkeypatch.setattr(pretraining, "SAID_SECONDS", 0)
    said: list[str] = []

    def kill(line: str) -> None:
        said.append(line)
        if len(said) == 12:
            raise KilledError

    with pytest.raises(KilledError):
        pretrain(run, tmp_path / "parts", TINY, kill)
    assert not (tmp_path / "parts").exists()
    assert not pretrain(run, tmp_path / "parts", TINY, said.append, minutes=0.002)
    assert "the same command goes on" in said[-1]
    assert pretrain(run, tmp_path / "parts", TINY, said.append)
    assert len([line for line in said if "going on from" in line]) == 2
    assert weights(tmp_path / "parts") == weights(tmp_path / "whole")


def test_another_seed_gives_other_weights(run: Path, tmp_path: Path) -> None:
    found = []
    for seed in (1, 1, 2):
        assert pretrain(run, tmp_path / "out", replace(TINY, seed=seed, tokens=1_000), lambda _: None)
        found.append(weights(tmp_path / "out"))
        for checkpoint in run.glob("step-*"):
            shutil.rmtree(checkpoint)
    assert found[0] == found[1] != found[2]


def test_a_run_goes_on_into_the_folder_it_was_begun_for_and_no_other(run: Path, tmp_path: Path) -> None:
    pretrain(run, tmp_path / "a" / "enc", TINY, lambda _: None, minutes=0)
    with pytest.raises(ConfigError, match=r"begun with --out .*/a/enc; give that one"):
        pretrain(run, tmp_path / "b" / "enc", TINY, lambda _: None)
    assert str(tmp_path) not in (tmp_path / "a" / "enc" / "manifest.json").read_text(encoding="utf-8")
    [checkpoint] = run.glob("step-*")
    facts = sealed.open_folder(checkpoint, "checkpoint")["settings"]
    sealed.seal_folder(checkpoint, "checkpoint", {key: value for key, value in facts.items() if key != "out"})
    assert pretrain(run, tmp_path / "b" / "enc", TINY, lambda _: None)  # begun before the place was noted


@pytest.mark.parametrize("minutes", [0.0, -1.0, math.nan, math.inf])
def test_a_budget_is_a_time(minutes: float) -> None:
    with pytest.raises(ConfigError, match=rf"--budget {minutes}: it must be minutes above 0"):
        recipe("cpu", minutes=minutes)
    assert recipe("gpu", minutes=0.5).minutes == 0.5
    assert recipe("gpu", tokens=5).minutes is None


def test_a_broken_checkpoint_is_passed_over_and_none_whole_is_an_error(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pretraining, "CHECKPOINT_SECONDS", 0)
    pretrain(run, tmp_path / "out", TINY, lambda _: None)
    before, last = sorted(run.glob("step-*"))
    state = last / "state.safetensors"
    state.write_bytes(state.read_bytes()[:-100])
    said: list[str] = []
    pretrain(run, tmp_path / "out", TINY, said.append)
    assert "is not used" in said[0]
    assert "sha256" in said[0]
    assert "going on from" in said[1]
    for checkpoint in (before, last):
        (checkpoint / "manifest.json").unlink()
    with pytest.raises(ArtefactError, match=r"none of its checkpoints is whole; delete"):
        pretrain(run, tmp_path / "out", TINY, said.append)


def test_it_does_not_go_on_another_way(root: Path, run: Path, text: Path, tmp_path: Path) -> None:
    pretrain(run, tmp_path / "out", TINY, lambda _: None, minutes=0)
    with pytest.raises(ConfigError, match=r"begun with layers 1, now 2; use the same"):
        pretrain(run, tmp_path / "out", replace(TINY, layers=2), lambda _: None)
    assert pretrain(run, tmp_path / "out", replace(TINY, tokens=1_000), lambda _: None)
    other = tmp_path / "other.txt"
    other.write_text(posts(200), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"begun with another text \(posts.txt\)"):
        ensure(root, other, run, TINY.entries, lambda _: None)
    with pytest.raises(ConfigError, match=r"no such recipe; it must be one of cpu, gpu, tiny"):
        recipe("large")
    with pytest.raises(ConfigError, match=r"--device tpu"):
        pretrain(run, tmp_path / "out", TINY, lambda _: None, device="tpu")


def test_a_folder_of_something_else_is_left_alone(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "notes"
    (out / "sub").mkdir(parents=True)
    (out / "README.md").write_text("mine", encoding="utf-8")
    for taken in (out, out / "README.md"):
        with pytest.raises(ConfigError, match=r"holds something else than an encoder; name a new folder"):
            pretrain(run, taken, TINY, lambda _: None)
    sealed.seal_folder(out, "judge", {})
    with pytest.raises(ArtefactError, match=r"holds 'judge', format 1, but a 'encoder'"):
        pretrain(run, out, TINY, lambda _: None)
    assert (out / "README.md").read_text(encoding="utf-8") == "mine"
    assert list(run.glob("step-*")) == []


def test_a_text_too_short_to_hold_lines_out_is_trained_on(root: Path, tmp_path: Path) -> None:
    short = tmp_path / "short.txt"
    short.write_text(posts(100), encoding="utf-8")
    ensure(root, short, tmp_path / "run", TINY.entries, lambda _: None)
    assert Prepared(tmp_path / "run" / "tokens").held_out(256, 1_000) == []
    assert pretrain(tmp_path / "run", tmp_path / "out", replace(TINY, tokens=300), lambda _: None)


def test_whole_words_are_hidden_about_as_often_as_asked() -> None:
    tokens = torch.randint(5, 90, (64, 30), generator=torch.Generator().manual_seed(1))
    tokens[:, 0], tokens[:, -1] = 2, 3
    goes_on = torch.zeros(64, 30, dtype=torch.bool)
    goes_on[:, 2:29:2] = True  # words of two tokens
    batch = mask_words(tokens, goes_on, 90, (1, 2), 0.2)
    hidden = torch.zeros(64 * 30, dtype=torch.bool)
    hidden[batch.masked] = True
    pairs = hidden.view(64, 30)[:, 1:29].reshape(64, 14, 2)
    assert torch.equal(pairs[..., 0], pairs[..., 1])
    assert 0.17 < pairs.float().mean() < 0.23
    assert 0.7 < (batch.tokens.flatten()[batch.masked] == MASK).float().mean() < 0.9
    assert torch.equal(batch.answers, tokens.flatten()[batch.masked])
    assert torch.equal(batch.tokens.flatten()[~hidden], tokens.flatten()[~hidden])


def test_each_line_is_in_one_batch_of_a_pass_and_none_that_is_held_out(run: Path) -> None:
    prepared = Prepared(run / "tokens")
    lines = np.concatenate(prepared.plan(7, 0, 256))
    held_out = np.concatenate(prepared.held_out(256, 1_000))
    assert sorted(lines) == list(range(len(lines)))
    assert len(held_out) == prepared.facts["held_out"] > 0
    assert len(lines) + len(held_out) == prepared.facts["lines"]
    sizes = [prepared.batch(batch, (1,), 0.2).tokens.numel() for batch in prepared.plan(7, 1, 256)]
    assert max(sizes) <= 256
    assert not np.array_equal(lines, np.concatenate(prepared.plan(7, 1, 256)))


@pytest.mark.parametrize("pack", [lzma.open, gzip.open], ids=["xz", "gz"])
def test_packed_text_gives_the_same_tokens(root: Path, run: Path, tmp_path: Path, pack: object) -> None:
    packed = tmp_path / ("posts.txt.xz" if pack is lzma.open else "posts.txt.gz")
    with pack(packed, "wt", encoding="utf-8") as file:  # type: ignore[operator]
        file.write(posts())
    ensure(root, packed, tmp_path / "packed", TINY.entries, lambda _: None)
    hashes = [sealed.file_sha256(folder / "tokens" / "tokens.u16") for folder in (run, tmp_path / "packed")]
    assert hashes[0] == hashes[1]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("empty.txt", b"", r"empty.txt: 0 lines, 0% of their letters Chinese, teach no Chinese; give"),
        ("english.txt", b"drink more water\n" * 200, r"200 lines, 0% of their letters"),
        ("gbk.txt", "多喝热水\n".encode("gbk") * 200, r"line 1 cannot be read"),
        ("cut.txt.xz", lzma.compress(posts().encode())[:-50], r"cannot be read"),
    ],
)
def test_text_that_teaches_nothing_is_refused(
    root: Path, tmp_path: Path, name: str, content: bytes, expected: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigError, match=expected):
        ensure(root, tmp_path / name, tmp_path / "run", 600, lambda _: None)
    assert not (tmp_path / "run" / "tokens").exists()


def test_no_text_at_all_is_an_error(root: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no such file"):
        ensure(root, tmp_path / "none.txt", tmp_path / "run", 600, lambda _: None)
    with pytest.raises(ConfigError, match=r"say which with --text"):
        ensure(root, None, tmp_path / "run", 600, lambda _: None)


def test_altered_tokens_are_refused(run: Path) -> None:
    tokens = run / "tokens" / "tokens.u16"
    tokens.write_bytes(tokens.read_bytes()[:-2])
    with pytest.raises(ArtefactError, match=r"tokens.u16: sha256 is"):
        Prepared(run / "tokens")
    sealed.seal_folder(run / "tokens", "tokens", json.loads((run / "tokens" / "manifest.json").read_text())["settings"])
    with pytest.raises(ArtefactError, match=r"prepare the text again"):
        Prepared(run / "tokens")


def test_likeness_is_one_where_the_same_are_alike_and_the_near_are_not() -> None:
    axis = {"a": [1, 0], "b": [0.9, 0.1], "c": [-1, 0.2], "d": [-0.8, -0.5]}
    pairs = [("a", "b", "same"), ("c", "d", "same"), ("a", "c", "near"), ("b", "d", "near")]
    found = likeness(pairs, lambda texts: np.array([axis[t] for t in texts], np.float32))
    assert found == {"same against near": 1.0}


def test_pairs_are_read_and_a_mistake_in_one_names_its_line(
    root: Path, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = root / "guidance" / "probes"
    folder.mkdir()
    rows = [{"a": f"喝{f}治{i}", "b": f"{f}能治{i}", "label": label} for f, i, label in zip(
        FOODS, ILLS * 2, ["same", "near", "unrelated", "same", "near"] * 2, strict=True)]  # fmt: skip
    path = folder / "food.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    said: list[str] = []
    pretrain(run, tmp_path / "out", replace(TINY, tokens=1_000), said.append)
    monkeypatch.chdir(tmp_path)
    measure(root, "out", said.append)
    assert "| models/words-zh, weighted means | " in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert open_encoder(str(tmp_path / "out"), root).meanings(["喝姜汤"]).shape == (1, TINY.width)
    path.write_text('{"a": "x", "b": "y", "label": "alike"}', encoding="utf-8")
    with pytest.raises(GuidanceError, match=r"food.jsonl:1: .*same or near or unrelated"):
        read_pairs(folder)
    path.unlink()


def test_neighbours_alone_guess_the_word_that_is_like_them() -> None:
    vectors = torch.zeros(len(SPECIAL) + 3, 2)
    garlic, ginger, weather = range(len(SPECIAL), len(SPECIAL) + 3)
    vectors[garlic], vectors[ginger], vectors[weather] = (torch.tensor(v) for v in ([1.0, 0.1], [1.0, 0.2], [0.0, 1.0]))
    shown = torch.tensor([[CLS, ginger, MASK, ginger, SEP]])
    batch = Batch(shown, torch.ones_like(shown), torch.tensor([2]), torch.tensor([ginger]))
    assert guess_from_neighbours(vectors, batch).tolist() == [ginger]
