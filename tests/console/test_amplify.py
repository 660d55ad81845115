"""Posts to amplify: which ones are taken, in which order, and their exports."""

import csv
import io
import json
import re
from hashlib import sha256
from typing import Any

import pytest

from pipeline import db
from pipeline.console.exports import Export
from pipeline.decisions import Role
from pipeline.site import Site
from tests.console.conftest import SignedIn
from tests.console.flags import NO, decided, raised, rows
from tests.flagged import raise_flags
from tests.world import DAY

JUDGED = """
WITH assessed AS (
    INSERT INTO assessment (content_hash, judge_version, probability, band, expression, found_by)
    VALUES (%(hash)s, 'judge-one', 0.1, %(band)s, %(expression)s, 'collect')
), said AS (
    INSERT INTO claim_stance VALUES (%(hash)s, 'judge-one', 0, 0, 2, %(position)s, %(stance)s, 0.1)
), seen AS (
    INSERT INTO account_observation
    SELECT account_key, '2026-11-20', %(followers)s, false, '2026-11-20' FROM post WHERE post_key = %(post)s
    ON CONFLICT DO NOTHING
)
DELETE FROM flag WHERE flag_id = %(flag)s AND NOT %(flagged)s
"""
SHOWN = re.compile(r'<tr data-post="(\d+)"')


def say(
    site: Site, text: str, followers: int = 1, *, stance: str = "supports", expression: str = "asserts",
    band: str = "none", position: str = "WHO-001", flagged: bool = False, platform: str = "douyin",
) -> str:  # fmt: skip
    """A post of an account of its own that was judged so; returns its key as pages write it."""
    with db.transaction(site.engine) as connection:
        [flag] = raise_flags(connection, 1.0, text=text, account=f"account of {text}", platform=platform)
        post = (connection.execute("SELECT post_key FROM flag WHERE flag_id = %s", [flag]).fetchone() or (0,))[0]
        values: dict[str, object] = {
            "hash": sha256(text.encode()).digest(),
            "band": band,
            "expression": expression,
            "stance": stance,
        }
        values |= {"position": position, "followers": followers, "post": post, "flag": flag, "flagged": flagged}
        connection.execute(JUDGED, values)
        return str(post)


def test_what_says_the_position_or_denies_the_myth_stands_by_reach(console_site: Site, signed_in: SignedIn) -> None:
    small = say(console_site, "喝水有益", 10)
    large = say(console_site, "大蒜不治病", 6_000_000, stance="refutes", expression="debunks")
    left_out: list[dict[str, Any]] = [
        {"stance": "refutes"}, {"stance": "not_enough_info", "expression": "debunks"}, {"band": "maybe"},
        {"expression": "asks"}, {"expression": "satire"}, {"flagged": True},
    ]  # fmt: skip
    for number, judged in enumerate(left_out):
        say(console_site, f"另一条{number}", **judged)
    page = signed_in(Role.REVIEWER).get(f"/amplify/{DAY}").text
    assert SHOWN.findall(page) == [large, small]
    assert "6,000,000" in page
    assert rows(console_site, "SELECT subject, detail FROM audit_entry WHERE action = 'view'") == [
        (f"voices of {DAY}", {"rows": 2})
    ]


def test_a_flag_that_people_took_back_is_no_bar(console_site: Site, signed_in: SignedIn) -> None:
    post = say(console_site, "喝水有益", flagged=True)
    [(flag,)] = rows(console_site, "SELECT flag_id FROM flag")
    decided(console_site, flag, NO)
    assert SHOWN.findall(signed_in(Role.VIEWER).get(f"/amplify/{DAY}").text) == [post]


@pytest.mark.parametrize(("filters", "count"), [
    ("says=debunks", 1), ("says=supports", 1), ("platform=weibo", 1), ("position=WHO-002", 1), ("topic=covid-19", 2),
    ("tier=mega", 0),
])  # fmt: skip
def test_posts_can_be_filtered(console_site: Site, signed_in: SignedIn, filters: str, count: int) -> None:
    say(console_site, "喝水有益", platform="weibo")
    say(console_site, "大蒜不治病", expression="debunks", position="WHO-002")
    assert len(SHOWN.findall(signed_in(Role.VIEWER).get(f"/amplify/{DAY}?{filters}").text)) == count


def test_pages_follow_one_another(console_site: Site, signed_in: SignedIn) -> None:
    posts = [say(console_site, f"喝水有益{number}", followers) for number, followers in enumerate([5, 7, 7] * 17)]
    browser = signed_in(Role.VIEWER)
    first = browser.get(f"/amplify/{DAY}").text
    address = re.findall(r'href="([^"]+)" rel="next"', first)[0].replace("&amp;", "&")
    found = SHOWN.findall(first) + SHOWN.findall(browser.get(address).text)
    assert (len(found), set(found)) == (51, set(posts))
    assert found[:34] == [post for number, post in enumerate(posts) if number % 3]


def test_viewers_see_no_names_and_no_way_to_them(console_site: Site, signed_in: SignedIn) -> None:
    say(console_site, "<i>喝水")
    browser = signed_in(Role.VIEWER)
    for page in (browser.get(f"/amplify/{DAY}").text, browser.get(f"/amplify/{DAY}/export/csv").text):
        assert "阿姨" not in page
        assert "example.org" not in page
    assert "<i>" not in browser.get(f"/amplify/{DAY}").text


def test_an_export_has_all_that_fits(console_site: Site, signed_in: SignedIn) -> None:
    say(console_site, "=喝水", 10)
    say(console_site, "大蒜不治病", 20, expression="debunks")
    browser = signed_in(Role.REVIEWER)
    lines = browser.get(f"/amplify/{DAY}/export/jsonl?says=supports").text.splitlines()
    assert [(row["claim"], row["says"], row["account"], row["follower_count"]) for row in map(json.loads, lines)] == [
        ("=喝", "supports", "阿姨", 10)
    ]
    content = browser.get(f"/amplify/{DAY}/export/csv").content.decode("utf-8-sig")
    assert [row["claim"] for row in csv.DictReader(io.StringIO(content))] == ["大蒜", "'=喝"]
    assert {browser.get(f"/amplify/{DAY}/export/{kind}").status_code for kind in Export} == {200}
    assert rows(console_site, "SELECT count(*) FROM audit_entry WHERE action = 'export'") == [(6,)]


def test_the_newest_day_is_shown_first(console_site: Site, signed_in: SignedIn) -> None:
    raised(console_site, 1.0)
    assert signed_in(Role.VIEWER).get("/amplify").headers["location"] == f"/amplify/{DAY}"


@pytest.mark.parametrize(("address", "told"), [
    ("/amplify/today", "today is no date"),
    (f"/amplify/{DAY}?says=nothing", "says cannot be nothing"),
    (f"/amplify/{DAY}?after=x", "x is no place in this list"),
    (f"/amplify/{DAY}/export/doc", "export cannot be doc"),
])  # fmt: skip
def test_what_is_wrong_in_an_address_is_said(signed_in: SignedIn, address: str, told: str) -> None:
    answer = signed_in(Role.VIEWER).get(address)
    assert (answer.status_code, told in answer.text) == (400, True)
