"""A project small enough to train in a second: two positions, a few words, random vectors."""

from pathlib import Path

import numpy as np
import yaml

from pipeline import judge, lexicon
from pipeline.artefacts import sealed
from pipeline.artefacts.tokens import SPECIAL
from pipeline.artefacts.words import KIND, Words, save_words

FOODS = ("白醋", "姜汤", "蜂蜜", "绿豆", "红茶", "萝卜", "山楂", "洋葱", "核桃", "豆浆")
ILLS = ("流感", "感冒", "肺炎", "胃病", "失眠")
TERMS = [(word, "remedy", 1) for word in FOODS] + [(word, "disease", 2) for word in ILLS] + [("疫苗", "vaccine", 2)]


def position(guidance_id: str, zh: str, say: dict[tuple[str, str], list[str]]) -> dict[str, object]:
    texts = [{"stance": s, "expression": e, "form": "post", "say": texts} for (s, e), texts in say.items()]
    return {
        "id": guidance_id,
        "severity": "S3",
        "severity_reason": "It delays care.",
        "position": {"zh": zh, "en": "As the Chinese."},
        "scope": "All.",
        "source": {"title": "A page", "url": "https://www.who.int/a", "page_date": None},
        "verification": "A",
        "verified_by": None,
        "valid_from": "2026-11-01",
        "do_not_flag": [],
        "related": [],
        "texts": texts,
    }


def topic() -> dict[str, object]:
    pairs = [(food, ill) for food in FOODS for ill in ILLS]
    cures = {
        ("refutes", "asserts"): [f"每天喝{food}能治好{ill},亲测有效" for food, ill in pairs],
        ("refutes", "debunks"): [f"{food}治{ill}是谣言,别信" for food, ill in pairs[::3]],
        ("supports", "asserts"): [f"{food}只是食物,不能代替药治{ill}" for food, ill in pairs[::4]],
    }
    fears = {("refutes", "asserts"): [f"打{ill}疫苗会让人变笨,千万别打" for ill in ILLS]}
    meals = [f"今晚炒{food}吃,配米饭很香,{ill}好了胃口也好" for food, ill in pairs[1::3]]
    return {
        "topic": "tiny",
        "title": {"zh": "小", "en": "Tiny"},
        "complete": True,
        "positions": [position("WHO-901", "食物不能治病。", cures), position("WHO-902", "疫苗安全。", fears)],
        "texts": [{"stance": "not_enough_info", "expression": "other", "form": "post", "say": meals}],
    }


def write_project(root: Path) -> Path:
    """guidance/, guidance/lexicon/ and models/words-zh under `root`."""
    tables = root / "guidance" / "lexicon"
    tables.mkdir(parents=True)
    content = yaml.safe_dump(topic(), allow_unicode=True, sort_keys=False).replace("'2026-11-01'", "2026-11-01")
    (root / "guidance" / "tiny.yaml").write_text(content, encoding="utf-8")
    lines = [f"{word}\t1000\t{tag}\t{screen}" for word, tag, screen in TERMS]
    (tables / "terms.tsv").write_text("\n".join(["term\tfrequency\ttag\tscreen", *lines]) + "\n", encoding="utf-8")
    (tables / "variants.tsv").write_text("variant\tcanonical\tkind\nyi苗\t疫苗\tevasion\n", encoding="utf-8")
    (tables / "cues.tsv").write_text("word\ttag\n谣言\tdebunking\n", encoding="utf-8")
    _write_words(root)
    return root


def _write_words(root: Path) -> None:
    tools = judge.text_tools(lexicon.load(root / "guidance" / "lexicon"))
    text = (root / "guidance" / "tiny.yaml").read_text(encoding="utf-8")
    words = sorted({word for word in tools.cut(text) if not word.isspace()})
    vectors = np.random.default_rng(1).normal(size=(len(SPECIAL) + len(words), 16)).astype(np.float32)
    vectors[: len(SPECIAL)] = 0
    folder = root / "models" / "words-zh"
    folder.mkdir(parents=True)
    save_words(Words((*SPECIAL, *words), vectors, np.ones(len(vectors), np.float32)), folder)
    sealed.seal_folder(folder, KIND, {})
