"""Flags and decisions of others, for tests of the pages that show them."""

import re
from typing import Any

from pipeline import db, review
from pipeline.decisions import Role, User
from pipeline.records import DecisionOutcome
from pipeline.review import Verdict
from pipeline.settings import ReviewSettings
from pipeline.site import Site
from tests.flagged import raise_flags

YES, NO = DecisionOutcome.CONTRADICTS_GUIDANCE, DecisionOutcome.NOT_MISINFORMATION
LI = User(name="li", role=Role.REVIEWER)
WANG = User(name="wang", role=Role.REVIEWER)
ONCE = ReviewSettings(second_share=0, second_severities=(), golden_share=0)
TWICE = ReviewSettings(second_share=1, golden_share=0)


def raised(site: Site, *priorities: float, **changed: Any) -> list[int]:
    with db.transaction(site.engine) as connection:
        return list(raise_flags(connection, *priorities, **changed))


def decided(
    site: Site,
    flag_id: int,
    outcome: DecisionOutcome = YES,
    who: User = LI,
    *,
    note: str = "",
    rules: ReviewSettings = ONCE,
) -> None:
    with db.transaction(site.engine) as connection:
        last = max((d.decision_id for d in review.history(connection, flag_id)), default=0)
        review.decide(connection, rules, who, Verdict(flag_id=flag_id, outcome=outcome, note=note, seen=last))


def made_golden(site: Site, outcome: DecisionOutcome = NO) -> int:
    """A golden item, of a flag that somebody has decided on."""
    [flag] = raised(site, 3.0)
    decided(site, flag, outcome, note="很清楚")
    with db.transaction(site.engine) as connection:
        review.add_golden(connection, User(name="zhao", role=Role.LEAD), flag, outcome, "")
    return flag


def rows(site: Site, query: str, *values: object) -> list[tuple[Any, ...]]:
    with db.transaction(site.engine) as connection:
        return connection.execute(query.encode(), values).fetchall()


def change(site: Site, statement: str, *values: object) -> None:
    with db.transaction(site.engine) as connection:
        connection.execute(statement.encode(), values)


def state(site: Site, flag_id: int) -> tuple[Any, ...]:
    [found] = rows(site, "SELECT status, awaits, outcome FROM flag WHERE flag_id = %s", flag_id)
    return found


def field(page: str, name: str) -> str:
    """What a hidden field or a box of a page holds."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]
