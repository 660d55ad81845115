"""Reads guidance/lexicon/: our health terms, evasive and regional spellings, and words that tell what an author does.

Three tables with a header line, tab-separated: terms.tsv (term, frequency, tag, screen), variants.tsv (variant,
canonical, kind) and cues.tsv (word, tag). Every mistake names the file and line; all are collected.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.errors import GuidanceError

HEADERS = {
    "terms.tsv": ("term", "frequency", "tag", "screen"),
    "variants.tsv": ("variant", "canonical", "kind"),
    "cues.tsv": ("word", "tag"),
}
CUE_TAGS = ("debunking", "asking", "negation", "hedging", "certainty", "sales")
TERM_TAGS = (
    "body", "disease", "drug", "effect", "epidemic", "exposure", "nutrition",
    "prevention", "procedure", "remedy", "role", "slang", "symptom", "vaccine",
)  # fmt: skip
SCREENS = ("0", "1", "2")


@dataclass(frozen=True, slots=True)
class Term:
    """A word of ours: how common jieba should think it, what it is, and how surely it means health (0 to 2)."""

    frequency: int
    tag: str
    screen: int


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All of guidance/lexicon/."""

    terms: Mapping[str, Term]
    variants: Mapping[str, str]
    """Evasive, regional and variant spelling → the spelling that guidance uses."""
    cues: Mapping[str, tuple[str, ...]]
    """Words by tag."""
    version: str
    """First 12 hex digits of the sha256 over the three files and the keywords."""
    keywords: tuple[str, ...] = ()
    """Health words of a site's own; they say what is about health and worth checking, and nothing else."""

    def with_keywords(self, words: Iterable[str]) -> "Lexicon":
        """The same with a site's own words, as another version: texts are judged that were not before."""
        keywords = tuple(sorted(set(words)))
        named = "\0".join((self.version, *keywords))
        return replace(self, keywords=keywords, version=_digest(named)) if keywords else self

    def tagged(self, tag: str) -> list[str]:
        return [word for word, term in self.terms.items() if term.tag == tag]


@dataclass(frozen=True, slots=True)
class _Row:
    where: str
    fields: tuple[str, ...]


def load(folder: Path) -> Lexicon:
    """Read the three tables of `folder`.

    Raises GuidanceError listing every mistake as `file:line: what, and what to do`.
    """
    mistakes: list[str] = []
    contents = {name: _contents(folder / name, mistakes) for name in HEADERS}
    rows = {name: list(_rows(name, contents[name], mistakes)) for name in HEADERS}
    terms = _terms(rows["terms.tsv"], mistakes)
    variants = _variants(rows["variants.tsv"], mistakes)
    cues = _cues(rows["cues.tsv"], mistakes)
    if mistakes:
        raise GuidanceError("\n".join(mistakes))
    return Lexicon(terms, variants, cues, _digest("\0".join(contents.values())))


def _digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def _contents(path: Path, mistakes: list[str]) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        mistakes.append(f"{path}: no such file; give the folder that holds {', '.join(HEADERS)}")
        return ""
    if raw.startswith(b"\xef\xbb\xbf") or b"\r" in raw:
        line = 1 if raw.startswith(b"\xef\xbb\xbf") else raw[: raw.index(b"\r")].count(b"\n") + 1
        mistakes.append(f"{path.name}:{line}: a BOM or CR line end, which loses words: save it as UTF-8 with LF")
        return ""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        mistakes.append(f"{path.name}:{raw[: error.start].count(10) + 1}: is not UTF-8: save it as UTF-8")
        return ""


def _rows(name: str, content: str, mistakes: list[str]) -> Iterator[_Row]:
    """The well-formed rows below the header."""
    header = HEADERS[name]
    lines = content.split("\n")
    if content and tuple(lines[0].split("\t")) != header:
        mistakes.append(f"{name}:1: the header is {lines[0]!r}; it must be {', '.join(header)}, separated by tabs")
        return
    seen: dict[str, int] = {}
    for number, line in enumerate(lines[1:], 2):
        if not line:
            continue
        fields = tuple(line.split("\t"))
        if len(fields) != len(header) or any(not f or f != f.strip() for f in fields):
            mistakes.append(f"{name}:{number}: {line!r} needs {len(header)} fields ({', '.join(header)}) without space")
        elif seen.setdefault(fields[0], number) != number:
            mistakes.append(f"{name}:{number}: {fields[0]} already stands in line {seen[fields[0]]}; delete one")
        else:
            yield _Row(f"{name}:{number}", fields)


def _terms(rows: list[_Row], mistakes: list[str]) -> dict[str, Term]:
    terms: dict[str, Term] = {}
    for row in rows:
        word, frequency, tag, screen = row.fields
        before = len(mistakes)
        if not frequency.isascii() or not frequency.isdigit() or int(frequency) < 1:
            mistakes.append(f"{row.where}: the frequency of {word} is {frequency!r}; give a whole number from 1 up")
        if tag not in TERM_TAGS:
            mistakes.append(f"{row.where}: the tag of {word} is {tag!r}; it must be one of {', '.join(TERM_TAGS)}")
        if screen not in SCREENS:
            mistakes.append(f"{row.where}: the screen weight of {word} is {screen!r}; it must be 0, 1 or 2")
        if len(mistakes) == before:
            terms[word] = Term(int(frequency), tag, int(screen))
    return terms


def _variants(rows: list[_Row], mistakes: list[str]) -> dict[str, str]:
    variants = {}
    for row in rows:
        variant, canonical, _ = row.fields
        if variant == canonical:
            mistakes.append(f"{row.where}: {variant} is its own canonical spelling; delete the line")
        variants[variant] = canonical
    return variants


def _cues(rows: list[_Row], mistakes: list[str]) -> dict[str, tuple[str, ...]]:
    cues: dict[str, list[str]] = {tag: [] for tag in CUE_TAGS}
    for row in rows:
        word, tag = row.fields
        if tag in cues:
            cues[tag].append(word)
        else:
            mistakes.append(f"{row.where}: the tag of {word} is {tag!r}; it must be one of {', '.join(CUE_TAGS)}")
    return {tag: tuple(words) for tag, words in cues.items()}
