"""The records that travel through the pipeline, and the words they use.

Records are frozen and born complete; each state of the data has its own type. Every enum here is checked
against the database and against docs/glossary.md by a test.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Generic, TypeVar

In = TypeVar("In")
Out = TypeVar("Out")


class Platform(StrEnum):
    QZONE = "qzone"
    QQ = "qq"
    WECHAT = "wechat"
    WECHAT_CHANNELS = "wechat_channels"
    YOUKU = "youku"
    TIKTOK = "tiktok"
    DOUYIN = "douyin"
    XIAOHONGSHU = "xiaohongshu"
    WEIBO = "weibo"
    BILIBILI = "bilibili"
    ZHIHU = "zhihu"
    KUAISHOU = "kuaishou"
    TOUTIAO = "toutiao"
    TIEBA = "tieba"


class Stance(StrEnum):
    """What the evidence (a WHO position) says of the claim."""

    REFUTES = "refutes"
    SUPPORTS = "supports"
    NOT_ENOUGH_INFO = "not_enough_info"


class Expression(StrEnum):
    """What the author does with the claim."""

    ASSERTS = "asserts"
    DEBUNKS = "debunks"
    ASKS = "asks"
    REPORTS = "reports"
    PERSONAL = "personal"
    QUOTES = "quotes"
    SATIRE = "satire"
    OTHER = "other"


class Severity(StrEnum):
    """How much harm believing a contradicted position can do."""

    S1 = "S1"
    S2 = "S2"
    S3 = "S3"
    S4 = "S4"


class Band(StrEnum):
    """Where a text's probability falls: the daily table, the `maybe` list, or neither."""

    FLAG = "flag"
    MAYBE = "maybe"
    NONE = "none"


class Tier(StrEnum):
    """The reach band of an account; cut-offs are in the table kol_tier."""

    NANO = "nano"
    MICRO = "micro"
    MID = "mid"
    MACRO = "macro"
    MEGA = "mega"


class DropReason(StrEnum):
    """Why a record was read, counted and not judged."""

    NOT_A_KOL = "not_a_kol"
    NOT_HEALTH = "not_health"
    TEXT_TOO_SHORT_TO_JUDGE = "text_too_short_to_judge"
    PRIVATE = "private"
    DELETED = "deleted"
    NO_TEXT = "no_text"


class FlagStatus(StrEnum):
    OPEN = "open"
    ASSIGNED = "assigned"
    DECIDED = "decided"


class DecisionOutcome(StrEnum):
    """What a person concluded on a flag."""

    CONTRADICTS_GUIDANCE = "contradicts_guidance"
    NOT_MISINFORMATION = "not_misinformation"
    NEEDS_EXPERT = "needs_expert"
    CANNOT_TELL = "cannot_tell"


class FoundBy(StrEnum):
    COLLECT = "collect"
    REJUDGE = "rejudge"


class Metric(StrEnum):
    """What is counted of a post."""

    VIEWS = "views"
    LIKES = "likes"
    COMMENTS = "comments"
    SHARES = "shares"
    FAVOURITES = "favourites"


@dataclass(frozen=True, slots=True)
class Dropped(Generic[In]):
    """One item that a stage let go, and why."""

    item: In
    reason: DropReason


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Out, In]):
    """What a stage kept and what it let go. Nothing leaves the pipeline uncounted."""

    kept: Sequence[Out]
    dropped: Sequence[Dropped[In]] = ()


# ---- what a source hands over -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """The bytes of one record as received, cut out of a file or page, not yet understood."""

    body: bytes
    origin: str
    """The file (relative to the source's root) or address it came from."""
    line: int | None = None
    """1-based line, or position in the array where the container has no lines."""
    context: bytes | None = None
    """Envelope fields the record needs (JSON), such as the `usrinfo` of a Qzone page."""


@dataclass(frozen=True, slots=True)
class Count:
    """A number as a platform shows it: `10万+` is (100000, lower_bound=True); unknown is (None, False)."""

    value: int | None = None
    lower_bound: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedPost:
    """One post as its format says it, in one vocabulary for all platforms. No scope decision yet."""

    platform: Platform
    platform_post_id: str
    account_id: str
    """May be empty only where the post is deleted or says nothing, so that it is never kept."""
    account_name: str = ""
    follower_count: Count = Count()
    url: str = ""
    posted_at: datetime | None = None
    """Aware; None where the record does not say."""
    edited_at: datetime | None = None
    observed_at: datetime | None = None
    """When the counts were read off the platform; None: the end of the collecting interval."""
    title: str = ""
    text: str = ""
    """The author's own words as received; markup and HTML still in it."""
    is_html: bool = False
    transcript: str = ""
    reposted_text: str = ""
    """Another author's words that the record carries; context, never judged."""
    counts: Mapping[Metric, Count] = field(default_factory=dict)
    has_media: bool = False
    is_deleted: bool = False
    is_private: bool = False
    is_truncated: bool = False
    is_sponsored: bool | None = None


# ---- posts and texts ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post in scope. `document` is what it says: title, text and transcript, joined by newlines."""

    parsed: ParsedPost
    document: str
    """Plain text of the author's own words: HTML and repost chains resolved, otherwise as written."""
    title_end: int
    """`document[:title_end]` is the title (0: none)."""
    text_end: int
    """`document[title_end:text_end]` is the text, the rest the transcript."""
    reposted_text: str
    content_hash: bytes
    """sha256 of `document`, 32 bytes."""
    followers: Count
    """The record's own count, else the watchlist's or the last one observed; may be unknown."""


@dataclass(frozen=True, slots=True)
class NormalisedText:
    """A text folded for matching, and the way back to the text as given."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    """Normalised character i came from `original[starts[i]:ends[i]]`."""

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Map a non-empty span of the normalised text to the span of the original that produced it."""
        return self.starts[start], self.ends[end - 1]


@dataclass(frozen=True, slots=True)
class Segment:
    """A sentence or window of a normalised text; `normalised.text[start:end]` is its text."""

    start: int
    end: int
    text: str
    tokens: tuple[str, ...]


# ---- what the judge says ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """An assertion in the original text: `document[start:end] == text`."""

    start: int
    end: int
    text: str
    guidance_id: str
    stance: Stance
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What the judge said of one text. `claims` come best first."""

    flagged: bool
    band: Band
    probability: float
    expression: Expression
    severity: Severity | None
    claims: tuple[Claim, ...]


# ---- guidance -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidanceText:
    """One wording somebody wrote for training: what people say about a position (or about none)."""

    text: str
    guidance_id: str | None
    stance: Stance
    expression: Expression
    form: str
    platform: Platform | None
    file: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A position of WHO, in our own words, with where it was read."""

    guidance_id: str
    topic: str
    severity: Severity
    severity_reason: str
    position_zh: str
    position_en: str
    scope: str
    source_title: str
    source_url: str
    page_date: str | None
    verification: str
    verified_by: str | None
    valid_from: date
    retired: date | None
    do_not_flag: tuple[str, ...]
    related: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guidance:
    """All of guidance/: positions by id, and what people say about them."""

    positions: Mapping[str, Position]
    texts: tuple[GuidanceText, ...]
    version: str
    """First 12 hex digits of the sha256 over positions and texts."""
    complete: frozenset[str] = frozenset()
    """The files whose texts are said to be complete."""

    @property
    def in_force(self) -> Mapping[str, Position]:
        """The positions that are not retired."""
        return {i: position for i, position in self.positions.items() if position.retired is None}

    def watched(self, topics: Collection[str]) -> Mapping[str, Position]:
        """The positions in force of some topics; of all where none is named."""
        return {i: position for i, position in self.in_force.items() if not topics or position.topic in topics}
