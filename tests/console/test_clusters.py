"""The stories of a period, one story, and what leads change: merges and splits, and their undoing."""

import re

import pytest

from pipeline import db
from pipeline.console.growth import growth
from pipeline.decisions import Role
from pipeline.site import Site
from tests.console.conftest import SignedIn
from tests.console.flags import YES, change, decided, raised, rows
from tests.flagged import cluster
from tests.world import DAY

MEMBERS = "SELECT cluster_id, count(*), bool_and(is_by_person) FROM claim_cluster_member GROUP BY 1 ORDER BY 1"


def clustered(site: Site, *flags: int) -> int:
    with db.transaction(site.engine) as connection:
        return cluster(connection, *flags)


@pytest.fixture
def stories(console_site: Site) -> tuple[int, int]:
    """Two clusters: one of three posts in two wordings, one of a single post."""
    large = raised(console_site, 3.0, 2.0, text="大蒜水杀死病毒"), raised(console_site, 1.0, platform="weibo")
    small = raised(console_site, 5.0, text="喝酒能解毒", account="account-2", guidance_id="WHO-003")
    decided(console_site, large[0][0], YES)
    return clustered(console_site, *large[0], *large[1]), clustered(console_site, *small)


def shown(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'<tr data-cluster="(\d+)"', page)]


def test_stories_stand_by_size(signed_in: SignedIn, stories: tuple[int, int]) -> None:
    page = signed_in(Role.REVIEWER).get("/clusters").text
    assert shown(page) == list(stories)
    assert ("阿姨" in page, "大蒜" in page, "contradicts guidance" in page) == (True, True, True)
    assert "Posts a day: 0, 0, 0, 0, 0, 0, 3" in page
    assert "to review <b>2</b>" in page


@pytest.mark.parametrize(("filters", "count"), [
    ("position=WHO-003", 1), ("day=2026-11-19", 0), ("day=2026-11-21&days=1", 0), ("day=2026-11-21&days=14", 2),
])  # fmt: skip
def test_the_period_and_the_position_choose(
    signed_in: SignedIn, stories: tuple[int, int], filters: str, count: int
) -> None:
    assert len(shown(signed_in(Role.VIEWER).get(f"/clusters?{filters}").text)) == count


def test_stories_come_in_pages(console_site: Site, signed_in: SignedIn) -> None:
    made = [clustered(console_site, flag) for flag in raised(console_site, *[1.0] * 30)]
    browser = signed_in(Role.VIEWER)
    first = browser.get("/clusters?days=14").text
    [following] = re.findall(r'href="([^"]+)" rel="next"', first)
    second = browser.get(following.replace("&amp;", "&")).text
    assert shown(first) + shown(second) == made


def test_a_story_shows_who_carried_it_and_how_it_was_decided(
    console_site: Site, signed_in: SignedIn, stories: tuple[int, int]
) -> None:
    page = signed_in(Role.REVIEWER).get(f"/clusters/{stories[0]}").text
    assert page.count("<tr data-flag=") == 3
    assert ("Wordings <b>2</b>" in page, "Posts <b>3</b>" in page, "阿姨" in page) == (True, True, True)
    assert '<form method="post" action="/clusters' not in page
    seen = rows(console_site, "SELECT subject FROM audit_entry WHERE action = 'view'")
    assert seen == [(f"cluster {stories[0]}",)]


def test_viewers_see_pseudonyms(signed_in: SignedIn, stories: tuple[int, int]) -> None:
    browser = signed_in(Role.VIEWER)
    for address in ("/clusters", f"/clusters/{stories[0]}"):
        page = browser.get(address).text
        assert ("阿姨" in page, "account-1" in page, ">h_" in page) == (False, False, True)


def test_hostile_claims_are_shown_as_text(console_site: Site, signed_in: SignedIn) -> None:
    hostile = "<script>alert(1)</script>\u202e" + "长" * 50_000
    flags = raised(console_site, 1.0, text=hostile)
    change(console_site, "INSERT INTO claim SELECT content_hash, 0, 40000, document FROM post_text")
    change(console_site, "UPDATE flag SET end_offset = 40000")
    number = clustered(console_site, *flags)
    browser = signed_in(Role.LEAD)
    for address in ("/clusters", f"/clusters/{number}"):
        page = browser.get(address).text
        assert "&lt;script&gt;alert(1)" in page
        assert not re.search("\u202e|<script>", page)
        assert len(page) < 20_000


# ---- merge and split ------------------------------------------------------------------------------------


def test_a_merge_moves_all_and_leaves_an_address(
    console_site: Site, signed_in: SignedIn, stories: tuple[int, int]
) -> None:
    large, small = stories
    browser = signed_in(Role.LEAD)
    assert browser.post(f"/clusters/{small}/merge", data={"into": str(large), "note": "同一说法"}).status_code == 303
    assert rows(console_site, MEMBERS) == [(large, 3, False)]
    assert browser.get(f"/clusters/{small}").headers["location"] == f"/clusters/{large}"
    assert "同一说法" in browser.get(f"/clusters/{large}").text
    [[number]] = rows(console_site, "SELECT change_id FROM claim_cluster_change")
    assert browser.post(f"/clusters/changes/{number}/undo").headers["location"] == f"/clusters/{small}"
    assert rows(console_site, MEMBERS) == [(large, 2, False), (small, 1, True)]
    assert browser.get(f"/clusters/{small}").status_code == 200
    assert browser.post(f"/clusters/changes/{number}/undo").status_code == 409


def test_a_split_moves_the_chosen_wordings(console_site: Site, signed_in: SignedIn, stories: tuple[int, int]) -> None:
    large, small = stories
    browser = signed_in(Role.LEAD)
    keys = re.findall(r'name="claim" value="([^"]+)"', browser.get(f"/clusters/{large}").text)
    assert len(keys) == 2
    assert browser.post(f"/clusters/{large}/split", data={"claim": keys[:1]}).status_code == 303
    new = small + 1
    assert rows(console_site, MEMBERS) == [(large, 1, False), (small, 1, False), (new, 1, True)]
    [[number]] = rows(console_site, "SELECT change_id FROM claim_cluster_change")
    browser.post(f"/clusters/changes/{number}/undo")
    assert rows(console_site, MEMBERS) == [(large, 2, False), (small, 1, False)]
    assert browser.get(f"/clusters/{new}").headers["location"] == f"/clusters/{large}"


def test_what_came_later_is_undone_first(console_site: Site, signed_in: SignedIn, stories: tuple[int, int]) -> None:
    large, small = stories
    browser = signed_in(Role.LEAD)
    third = clustered(console_site, *raised(console_site, 1.0, text="喝醋防流感"))
    browser.post(f"/clusters/{small}/merge", data={"into": str(large)})
    browser.post(f"/clusters/{large}/merge", data={"into": str(third)})
    [[first], [second]] = rows(console_site, "SELECT change_id FROM claim_cluster_change ORDER BY 1")
    answer = browser.post(f"/clusters/changes/{first}/undo")
    assert (answer.status_code, f"change {second} came after change {first}" in answer.text) == (409, True)
    for number in (second, first):
        assert browser.post(f"/clusters/changes/{number}/undo").status_code == 303
    assert [found[:2] for found in rows(console_site, MEMBERS)] == [(large, 2), (small, 1), (third, 1)]


@pytest.mark.parametrize(("form", "values", "status", "told"), [
    ("merge", {"into": "999"}, 409, "there is no cluster 999"),
    ("merge", {"into": "{large}"}, 409, "cannot be merged into itself"),
    ("merge", {"into": "x"}, 400, "x is no number of a cluster"),
    ("split", {}, 409, "choose some of the 2 wordings"),
    ("split", {"claim": "x"}, 400, "x is no place in this list"),
    ("split", {"claim": "00" * 32 + "~0~2"}, 409, "no more; look again"),
])  # fmt: skip
def test_what_cannot_be_changed_is_said_and_nothing_moves(
    console_site: Site,
    signed_in: SignedIn,
    stories: tuple[int, int],
    form: str,
    values: dict[str, str],
    status: int,
    told: str,
) -> None:
    before = rows(console_site, MEMBERS)
    data = {name: value.format(large=stories[0]) for name, value in values.items()}
    answer = signed_in(Role.LEAD).post(f"/clusters/{stories[0]}/{form}", data=data)
    assert (answer.status_code, told in answer.text) == (status, True)
    assert (rows(console_site, MEMBERS), rows(console_site, "SELECT FROM claim_cluster_change")) == (before, [])


@pytest.mark.parametrize(("address", "status", "told"), [
    ("/clusters/999", 404, "There is no cluster 999."),
    ("/clusters?days=8", 400, "days cannot be 8; it can be 1, 7"),
    ("/clusters?after=x", 400, "x is no place in this list"),
    ("/clusters?day=0001-01-01", 400, "is no date"),
])  # fmt: skip
def test_what_is_wrong_in_an_address_is_said(signed_in: SignedIn, address: str, status: int, told: str) -> None:
    answer = signed_in(Role.VIEWER).get(address)
    assert (answer.status_code, told in answer.text) == (status, True)


def test_columns_are_as_tall_as_their_days() -> None:
    found = growth({DAY: 4}, DAY, 7, 20)
    assert [(c.posts, c.height) for c in found.columns] == [(0, 0.0)] * 6 + [(4, 20.0)]
    assert found.width == 56
