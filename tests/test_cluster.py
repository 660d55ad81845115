"""Which claims are the same, measured on groups of wordings, and what stays where it was put."""

from collections.abc import Sequence

import pytest

from bench.cluster_claims import groups, measure
from pipeline import db, regroup, steps
from pipeline.cluster import Clusters, place
from pipeline.decisions import Role, User
from pipeline.grouping import read_claims
from pipeline.site import Site
from tests.flagged import raise_flags
from tests.stepping import SHIPPED, rows
from tests.world import DAY

MEMBERS = (
    "SELECT c.text, m.cluster_id FROM claim_cluster_member AS m JOIN claim AS c USING (content_hash, start_offset,"
    " end_offset) ORDER BY m.cluster_id, c.text"
)
ZHAO = User(name="zhao", role=Role.LEAD)


def placed(*claims: str) -> list[int]:
    return place(read_claims(SHIPPED, claims), Clusters(), range(len(claims)))


def test_claims_that_are_put_together_belong_together() -> None:
    precision, recall, repeats = measure(SHIPPED, groups())
    assert precision >= 0.95
    assert (recall >= 0.17, repeats >= 0.45) == (True, True)


@pytest.mark.parametrize(("claims", "together"), [
    (("大蒜水能杀死新冠病毒", "喝大蒜水可以杀死新冠病毒！！"), True),
    (("大蒜水能杀死新冠病毒，快转给家人看看", "生姜水能杀死新冠病毒，快转给家人看看"), False),
    (("喝醋能治好糖尿病", "喝醋能治好高血压"), False),
    (("", ""), False),
    (("。。。", "！！！"), False),
    (("😀" * 2000, "😀" * 2000), False),
    (("大" * 100_000, "大" * 100_000), True),
    (("\ud800\0大蒜水", "大蒜水"), True),
])  # fmt: skip
def test_what_is_the_same(claims: Sequence[str], together: bool) -> None:
    first, second = placed(*claims)
    assert (first == second) == together


# ---- in the database ------------------------------------------------------------------------------------


def flagged(site: Site, *texts: str) -> None:
    """A flag a text, on all of it."""
    with db.transaction(site.engine) as connection:
        for text in texts:
            raise_flags(connection, 1.0, text=text)
        connection.execute(
            "INSERT INTO claim SELECT content_hash, 0, char_length(document), document FROM post_text"
            " ON CONFLICT DO NOTHING"
        )
        connection.execute(
            "UPDATE flag AS f SET end_offset = char_length(document) FROM post_text AS x"
            " WHERE x.content_hash = f.content_hash"
        )


GARLIC, AGAIN, LIQUOR = "大蒜水能杀死新冠病毒", "喝大蒜水可以杀死新冠病毒", "喝白酒能消灭体内病毒"


def test_new_claims_join_the_clusters_of_old_ones(site: Site) -> None:
    flagged(site, GARLIC, LIQUOR)
    assert steps.cluster_claims(site) == {"clustered": 2}
    before = dict(rows(site, MEMBERS))
    flagged(site, AGAIN)
    assert steps.cluster_claims(site) == {"clustered": 1}
    assert dict(rows(site, MEMBERS)) == {**before, AGAIN: before[GARLIC]}
    assert steps.cluster_claims(site) == {"clustered": 0}


def test_what_people_split_stays_apart(site: Site) -> None:
    flagged(site, GARLIC, AGAIN)
    steps.cluster_claims(site)
    [(_, number), _] = rows(site, MEMBERS)
    with db.transaction(site.engine) as connection:
        [key] = connection.execute(
            "SELECT content_hash, start_offset, end_offset FROM claim WHERE text = %s", [AGAIN]
        ).fetchall()
        regroup.split(connection, ZHAO, number, [key])
    before = dict(rows(site, MEMBERS))
    assert before[AGAIN] != before[GARLIC]
    flagged(site, f"{AGAIN}。", f"{GARLIC}！")
    steps.cluster_claims(site)
    assert dict(rows(site, MEMBERS)) == {
        **before,
        f"{AGAIN}。": before[AGAIN],
        f"{GARLIC}！": before[GARLIC],
    }


def test_a_post_of_a_decided_claim_is_a_likely_repeat(site: Site) -> None:
    flagged(site, GARLIC, LIQUOR)
    with db.transaction(site.engine) as connection:
        connection.execute(
            "UPDATE flag AS f SET status = 'decided', awaits = NULL, outcome = 'contradicts_guidance'"
            " FROM post_text AS x WHERE x.content_hash = f.content_hash AND x.document = %s",
            [GARLIC],
        )
    flagged(site, AGAIN)
    steps.cluster_claims(site)
    repeats = "SELECT claim FROM flagged_posts_daily WHERE day = %s AND is_likely_repeat"
    assert rows(site, repeats, DAY) == [(AGAIN,)]
