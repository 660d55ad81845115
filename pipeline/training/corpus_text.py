"""Reads unlabelled text once: makes a tokeniser from its words, and a sealed folder of its tokens to train on.

The tokeniser (a unigram model of characters and frequent words) needs no segmenter afterwards: transformers opens it
by itself. The segmenter's words come in twice: they are its entries, and where one falls apart into several tokens,
the tokens after the first are marked, so that a masked word is masked whole.
"""

import gzip
import lzma
import math
import shutil
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, chain, islice
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Encoding, Tokenizer, models, normalizers, pre_tokenizers, processors

from pipeline import guidance, judge, lexicon
from pipeline.artefacts import sealed
from pipeline.artefacts.tokens import CLS, SEP, SPECIAL, UNKNOWN
from pipeline.artefacts.words import open_words
from pipeline.errors import ConfigError
from pipeline.training.batches import GOES_ON, KIND, LENGTHS, MAX_TOKENS, START, TOKENISER, TOKENS, Prepared, Say

MIN_COUNT, MIN_TERM_COUNT = 8, 2
MIN_LINES, MIN_CHINESE = 100, 0.3
MIN_LINE_TOKENS = 4
HELD_OUT = 200
"""One line in so many is kept out of training, the same ones whenever the text is read."""
AT_ONCE = 20_000
BETWEEN = "\x1f"


def open_text(path: Path) -> TextIO:
    """A text file, one post a line, perhaps compressed. Raises ConfigError where there is none."""
    if not path.is_file():
        raise ConfigError(f"{path}: no such file; give a file of plain text, one post a line (.txt, .txt.xz, .txt.gz)")
    if path.suffix == ".xz":
        return lzma.open(path, "rt", encoding="utf-8")
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")


def frequent(counts: Counter[str], terms: Mapping[str, object], size: int) -> list[str]:
    """The most frequent words, and our own terms even where they are rare."""
    wanted = [w for w, n in counts.most_common() if n >= MIN_COUNT or (w in terms and n >= MIN_TERM_COUNT)]
    ours = [w for w in wanted if w in terms]
    others = [w for w in wanted if w not in terms][: max(0, size - len(ours))]
    return sorted((*ours, *others), key=lambda w: (-counts[w], w))[:size]


def ensure(root: Path, text: Path | None, run: Path, entries: int, say: Say) -> None:
    """Prepare `text` in the folder of a run, unless that has been done. Raises ConfigError if that was another text."""
    folder = run / "tokens"
    if folder.is_dir():
        prepared = Prepared(folder).facts
        if text is not None and (not text.is_file() or sealed.file_sha256(text) != prepared["text_sha256"]):
            raise ConfigError(f"{run}: begun with another text ({prepared['text']}); give that one, or another --out")
    elif text is None:
        raise ConfigError(f"{folder}: no prepared text here; say which with --text")
    else:
        prepare(root, text, folder, entries, say)


def prepare(root: Path, text: Path, out: Path, entries: int, say: Say) -> None:
    """Write a tokeniser of at most `entries` and the tokens of `text` and guidance/ into the sealed folder `out`."""
    known = lexicon.load(root / "guidance" / "lexicon")
    positions = guidance.load(root / "guidance")
    part = out.with_name(out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    say(f"reading {text.name}")
    cut = part / "cut.tmp"
    counts = _cut_lines(text, [t.text for t in positions.texts], judge.text_tools(known), cut)
    words = _entries(counts, known.terms, entries - len(SPECIAL))
    tokeniser = _tokeniser(words, counts)
    tokeniser.save(str(part / TOKENISER))
    facts = _write_tokens(tokeniser, cut, part)
    cut.unlink()
    save_file({"vectors": _start((*SPECIAL, *words), root / "models" / "words-zh")}, part / START)
    facts |= {"text": text.name, "text_sha256": sealed.file_sha256(text), "entries": len(SPECIAL) + len(words)}
    facts |= {"lexicon_version": known.version, "guidance_version": positions.version}
    sealed.seal_folder(part, KIND, facts)
    shutil.rmtree(out, ignore_errors=True)
    part.rename(out)
    say(f"{facts['lines']:,} lines, {facts['tokens']:,} tokens, {facts['entries']:,} entries; written to {out}")


def _cut_lines(text: Path, others: Sequence[str], tools: judge.TextTools, out: Path) -> Counter[str]:
    """Write each different line once, folded and cut into words; count the words. Chinese text only."""
    counts: Counter[str] = Counter()
    seen: set[int] = set()
    with out.open("w", encoding="utf-8") as file:
        for line in chain(read_lines(text), others):
            words = tools.cut(" ".join(tools.fold(line).text.split()))
            known = hash("".join(words))
            if known not in seen:
                seen.add(known)
                counts.update(word for word in words if not word.isspace())
                file.write(BETWEEN.join(words) + "\n")
    return counts


def read_lines(path: Path) -> Iterator[str]:
    """The lines of a text file. Raises ConfigError where it cannot be read or is hardly Chinese."""
    lines = chinese = characters = 0
    try:
        with open_text(path) as file:
            for line in file:
                lines += 1
                characters += sum(c.isalnum() for c in line)
                chinese += sum("\u4e00" <= c <= "\u9fff" for c in line)
                yield line
    except (UnicodeDecodeError, lzma.LZMAError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ConfigError(f"{path}: line {lines + 1} cannot be read ({error}); give UTF-8 text, whole files") from error
    if lines < MIN_LINES or chinese < MIN_CHINESE * characters:
        share = chinese / max(1, characters)
        raise ConfigError(
            f"{path}: {lines} lines, {share:.0%} of their letters Chinese, teach no Chinese; "
            f"give at least {MIN_LINES} lines, one post a line, {MIN_CHINESE:.0%} Chinese or more"
        )


def _entries(counts: Counter[str], terms: Mapping[str, object], size: int) -> list[str]:
    """All characters that are not rare, then the most frequent words, up to `size`."""
    single: Counter[str] = Counter()
    for word, count in counts.items():
        for character in word:
            single[character] += count
    characters = [c for c, n in single.most_common(size * 3 // 4) if n >= MIN_COUNT]
    taken = set(characters)
    words = Counter({word: count for word, count in counts.items() if word not in taken})
    return sorted((*characters, *frequent(words, terms, size - len(characters))), key=lambda w: (-counts[w], w))


def _tokeniser(words: Sequence[str], counts: Counter[str]) -> Tokenizer:
    """The likeliest way to cut a text into entries; what is not among them is unknown."""
    total = sum(counts.values())
    scores = [(word, math.log(max(counts[word], 0.5) / total)) for word in words]
    tokeniser = Tokenizer(models.Unigram([*((s, 0.0) for s in SPECIAL), *scores], unk_id=UNKNOWN))
    tokeniser.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokeniser.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    ends = [(SPECIAL[CLS], CLS), (SPECIAL[SEP], SEP)]
    tokeniser.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=ends
    )
    return tokeniser


def _write_tokens(tokeniser: Tokenizer, cut: Path, out: Path) -> dict[str, int | str]:
    """Write the tokens of all lines behind one another, those held out last, and the length of each line."""
    lengths: tuple[list[int], list[int]] = ([], [])
    held_out = out / "held-out.tmp"
    files = (out / TOKENS).open("wb"), held_out.open("wb")
    with cut.open(encoding="utf-8") as lines, files[0], files[1]:
        while batch := [line.removesuffix("\n").split(BETWEEN) for line in islice(lines, AT_ONCE)]:
            texts = ["".join(words) for words in batch]
            encoded = tokeniser.encode_batch(texts, add_special_tokens=False)
            for text, words, found in zip(texts, batch, encoded, strict=True):
                which = zlib.crc32(text.encode()) % HELD_OUT == 0
                for piece in _pieces(found, words):
                    lengths[which].append(len(piece))
                    files[which].write(piece.tobytes())
    with (out / TOKENS).open("ab") as whole, held_out.open("rb") as rest:
        shutil.copyfileobj(rest, whole)
    held_out.unlink()
    (out / LENGTHS).write_bytes(np.array([*lengths[0], *lengths[1]], np.uint16).tobytes())
    return {"lines": sum(map(len, lengths)), "held_out": len(lengths[1]), "tokens": sum(map(sum, lengths))}


def _pieces(found: Encoding, words: Iterable[str]) -> Iterator[NDArray[np.uint16]]:
    """The tokens of a line, marked where they go on a word, in pieces that the network can read."""
    starts = {0, *accumulate(map(len, words))}
    goes_on = np.array([start not in starts for start, _ in found.offsets], np.uint16)
    tokens = np.array(found.ids, np.uint16) | goes_on * np.uint16(GOES_ON)
    for at in range(0, len(tokens), MAX_TOKENS - 2):
        piece = tokens[at : at + MAX_TOKENS - 2]
        if len(piece) >= MIN_LINE_TOKENS:
            yield piece


def _start(vocabulary: Sequence[str], folder: Path) -> NDArray[np.float16]:
    """The word vectors of each entry; one without is the mean of its characters, or nothing."""
    known = open_words(folder)
    row = {word: n for n, word in enumerate(known.vocabulary)}
    vectors = np.zeros((len(vocabulary), known.vectors.shape[1]), np.float32)
    for n, word in enumerate(vocabulary[len(SPECIAL) :], len(SPECIAL)):
        rows = [row[word]] if word in row else [row[c] for c in word if c in row]
        if rows:
            vectors[n] = known.vectors[rows].mean(0)
    return vectors.astype(np.float16)
