"""The words and records of review: what people do with flags, why, and who they are.

Every enum here is checked against the database and against docs/glossary.md by a test.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.records import DecisionOutcome


class Review(StrEnum):
    """Which look at a flag it is."""

    FIRST = "first"
    SECOND = "second"
    LEAD = "lead"
    GOLDEN = "golden"


class ReviewAction(StrEnum):
    """What an entry of the log does."""

    DECIDE = "decide"
    UNDO = "undo"
    REOPEN = "reopen"


class Reason(StrEnum):
    """Why a person decided so, took it back or reopened it."""

    STATES_AS_FACT = "states_as_fact"
    ADVISES_OTHERS = "advises_others"
    SELLS_PRODUCT = "sells_product"
    SAYS_THE_SAME = "says_the_same"
    REFUTES_IT = "refutes_it"
    JOKE_OR_QUIZ = "joke_or_quiz"
    OWN_EXPERIENCE = "own_experience"
    OTHER_CLAIM = "other_claim"
    MEDICAL_DETAIL = "medical_detail"
    POSITION_UNCLEAR = "position_unclear"
    CONTEXT_MISSING = "context_missing"
    MEDIA_NEEDED = "media_needed"
    UNSPECIFIED = "unspecified"
    UNDONE = "undone"
    APPEAL = "appeal"
    MISTAKE = "mistake"
    GUIDANCE_CHANGED = "guidance_changed"


REASONS: Mapping[DecisionOutcome, Sequence[Reason]] = {
    DecisionOutcome.CONTRADICTS_GUIDANCE: (
        *(Reason.STATES_AS_FACT, Reason.ADVISES_OTHERS, Reason.SELLS_PRODUCT),
        Reason.UNSPECIFIED,
    ),
    DecisionOutcome.NOT_MISINFORMATION: (
        *(Reason.SAYS_THE_SAME, Reason.REFUTES_IT, Reason.JOKE_OR_QUIZ, Reason.OWN_EXPERIENCE, Reason.OTHER_CLAIM),
        Reason.UNSPECIFIED,
    ),
    DecisionOutcome.NEEDS_EXPERT: (Reason.MEDICAL_DETAIL, Reason.POSITION_UNCLEAR, Reason.UNSPECIFIED),
    DecisionOutcome.CANNOT_TELL: (Reason.CONTEXT_MISSING, Reason.MEDIA_NEEDED, Reason.UNSPECIFIED),
}
"""The reasons that can be given for an outcome."""
REOPENING: Sequence[Reason] = (Reason.APPEAL, Reason.MISTAKE, Reason.GUIDANCE_CHANGED)


class SkipReason(StrEnum):
    """Why a reviewer leaves a flag to others."""

    DISTRESSING = "distressing"
    OUTSIDE_MY_FIELD = "outside_my_field"
    CONFLICT_OF_INTEREST = "conflict_of_interest"
    LATER = "later"


class ClusterChange(StrEnum):
    MERGE = "merge"
    SPLIT = "split"


class Role(StrEnum):
    """What a user of the console may do."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    LEAD = "lead"
    OPERATOR = "operator"
    ADMIN = "admin"

    def covers(self, needed: "Role") -> bool:
        """Whether a user of this role may do what is declared for `needed`."""
        return needed in _COVERS[self]


_COVERS = {
    Role.VIEWER: {Role.VIEWER},
    Role.REVIEWER: {Role.VIEWER, Role.REVIEWER},
    Role.LEAD: {Role.VIEWER, Role.REVIEWER, Role.LEAD},
    Role.OPERATOR: {Role.VIEWER, Role.OPERATOR},
    Role.ADMIN: set(Role),
}


class AuditAction(StrEnum):
    """What the audit log keeps."""

    VIEW = "view"
    EXPORT = "export"
    SIGN_IN = "sign_in"
    MANAGE = "manage"


class DeliveryState(StrEnum):
    """Whether a webhook has told of a decision."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who may sign in."""

    name: str
    role: Role
    is_disabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """That a flag is a reviewer's to decide on until a moment."""

    flag_id: int
    reviewer: str
    purpose: Review
    leased_until: datetime

    @property
    def is_blind(self) -> bool:
        """Whether the page must not show what others decided."""
        return self.purpose in (Review.SECOND, Review.GOLDEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """An entry of the log."""

    decision_id: int
    flag_id: int
    reviewer: str
    action: ReviewAction
    outcome: DecisionOutcome | None
    reason: Reason
    note: str
    decided_at: datetime
    review: Review
    undoes: int | None
    applied_from: int | None
    needs_second: bool
