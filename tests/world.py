"""A small world for tests of the steps: positions, posts, and a judge that says what it is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256

from pipeline.records import (
    Assessment,
    Band,
    Claim,
    Count,
    Expression,
    Fragment,
    Guidance,
    Metric,
    ParsedPost,
    Platform,
    Position,
    Post,
    Severity,
    Stance,
)
from pipeline.stance import Calibration

DAY = date(2026, 11, 20)


def position(guidance_id: str, severity: Severity = Severity.S3, wording: str = "大蒜不能预防感染。") -> Position:
    return Position(
        guidance_id=guidance_id,
        topic="covid-19",
        severity=severity,
        severity_reason="People would rely on it.",
        position_zh=wording,
        position_en="Garlic does not prevent infection.",
        scope="Contradicts - garlic as prevention. Not - garlic as food.",
        source_title="Mythbusters",
        source_url="https://www.who.int/example",
        page_date=None,
        verification="A",
        verified_by=None,
        valid_from=date(2026, 1, 1),
        retired=None,
        do_not_flag=(),
        related=(),
    )


def guidance(*positions: Position) -> Guidance:
    return Guidance({p.guidance_id: p for p in positions}, (), "test-guidance")


GUIDANCE = guidance(position("WHO-001"), position("WHO-002", Severity.S4), position("WHO-003", Severity.S1))


@dataclass
class ToldJudge:
    """Flags the texts that hold one of its words, against that word's positions; breaks on texts that hold 炸."""

    words: Mapping[str, Sequence[str]]
    version: str = "judge-one"
    model_sha256: str = "model-one"
    calibration: Calibration = field(default_factory=lambda: Calibration(1.0, 0.0, 0.5, 0.2))
    seen: list[str] = field(default_factory=list)

    untrained: Sequence[str] = ()

    @property
    def parts(self) -> dict[str, str]:
        return {
            "model": "told",
            "model_sha256": self.model_sha256,
            "guidance_version": self.version,
            "lexicon_version": "test-lexicon",
        }

    def assess(self, documents: Sequence[str]) -> list[Assessment]:
        self.seen += documents
        if any("炸" in d for d in documents):
            raise ArithmeticError("a text it cannot take")
        return [self._assess(d) for d in documents]

    def _assess(self, document: str) -> Assessment:
        found = [(word, g) for word, ids in self.words.items() for g in ids if word in document]
        claims = tuple(
            Claim(
                start=document.index(word),
                end=document.index(word) + len(word),
                text=word,
                guidance_id=guidance_id,
                stance=Stance.REFUTES,
                probability=0.9 - 0.1 * n,
            )
            for n, (word, guidance_id) in enumerate(found)
        )
        band = Band.FLAG if claims else Band.MAYBE if "也许" in document else Band.NONE
        if band is Band.MAYBE:
            claims = (
                Claim(start=0, end=2, text=document[:2], guidance_id="WHO-001", stance=Stance.REFUTES, probability=0.3),
            )
        return Assessment(
            flagged=bool(found),
            band=band,
            probability=0.9 if found else 0.3 if claims else 0.01,
            expression=Expression.ASSERTS,
            severity=Severity.S3 if claims else None,
            claims=claims,
        )


def parsed(post_id: str, text: str = "", **changed: object) -> ParsedPost:
    values: dict[str, object] = {
        "platform": Platform.DOUYIN,
        "platform_post_id": post_id,
        "account_id": "account-1",
        "account_name": "灶台边的阿姨",
        "follower_count": Count(52_000),
        "url": f"https://www.douyin.com/video/{post_id}",
        "posted_at": datetime(2026, 11, 20, 3, tzinfo=UTC),
        "observed_at": datetime(2026, 11, 20, 12, tzinfo=UTC),
        "text": text,
        "counts": {Metric.LIKES: Count(1200), Metric.SHARES: Count(40)},
    }
    return ParsedPost(**(values | changed))  # type: ignore[arg-type]


def post(post_id: str, text: str, **changed: object) -> Post:
    found = parsed(post_id, text, **changed)
    return Post(
        parsed=found,
        document=text,
        title_end=0,
        text_end=len(text),
        reposted_text="",
        content_hash=sha256(text.encode()).digest(),
        followers=found.follower_count,
    )


def fragment(body: bytes, origin: str = "day.jsonl", line: int = 1) -> Fragment:
    return Fragment(body=body, origin=origin, line=line)
