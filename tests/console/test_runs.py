"""Sources and their counts, and the quarantine: records shown harmlessly, and read again."""

import re
import zlib
from pathlib import Path

import msgspec
import pytest

from pipeline import db
from pipeline.console.pages.runs import SHOWN_BYTES
from pipeline.decisions import Role
from pipeline.settings import ConsoleSettings
from pipeline.site import Site
from tests.console.conftest import SignedIn
from tests.stepping import A_DAY, collect, deliver, video
from tests.world import DAY


@pytest.fixture
def console_site(console_site: Site, site: Site, tmp_path: Path) -> Site:
    """The console over a site that has collected a day, with one record that cannot be read."""
    deliver(site, *A_DAY)
    collect(site)
    console_site.settings = msgspec.structs.replace(console_site.settings, root=tmp_path, home=tmp_path / "home")
    console_site.__dict__["screen"] = site.screen
    return console_site


def quarantined(site: Site) -> int:
    with db.transaction(site.engine) as connection:
        [row] = db.run(connection, "collect.quarantined").fetchall()
    return int(row["raw_id"])


def mend(site: Site, body: bytes) -> None:
    with db.transaction(site.engine) as connection:
        values = [zlib.compress(body), quarantined(site)]
        connection.execute("UPDATE raw_record SET body = %s WHERE raw_id = %s", values)


def test_each_source_shows_what_came_and_what_became_of_it(signed_in: SignedIn) -> None:
    page = signed_in(Role.OPERATOR).get("/runs").text
    assert "douyin-mediacrawler" in page
    found = re.findall(r"<b>([\d,]+)</b>\s*<small>kept (\d+)</small>\s*<small>dropped (\d+)", page)
    assert found == [("5", "3", "1")]
    assert "cannot be read 1" in page


def test_counts_stay_when_bodies_of_dropped_records_are_gone(console_site: Site, signed_in: SignedIn) -> None:
    with db.transaction(console_site.engine) as connection:
        db.run(connection, "flags.forget_dropped_bodies", day=DAY)
    assert re.search(r"<b>5</b>\s*<small>kept 3</small>\s*<small>dropped 1", signed_in(Role.OPERATOR).get("/runs").text)


def test_an_error_and_a_source_that_is_gone_are_shown_as_text(console_site: Site, signed_in: SignedIn) -> None:
    with db.transaction(console_site.engine) as connection:
        db.run(connection, "collect.note_failure", source="<b>old", error="<i>no\u202e file")
    page = signed_in(Role.OPERATOR).get("/runs").text
    assert "&lt;b&gt;old" in page
    assert "&lt;i&gt;no  file" in page
    assert "not configured any more" in page


def test_airflow_is_linked_where_it_is_known(console_site: Site, signed_in: SignedIn) -> None:
    browser = signed_in(Role.OPERATOR)
    assert "Airflow" not in browser.get("/runs").text
    there = ConsoleSettings(airflow="https://airflow.example/")
    console_site.settings = msgspec.structs.replace(console_site.settings, console=there)
    page = browser.get("/runs").text
    assert 'href="https://airflow.example/dags/collect_douyin" rel="noreferrer noopener"' in page


def test_a_record_that_cannot_be_read_is_shown_harmlessly(console_site: Site, signed_in: SignedIn) -> None:
    mend(console_site, b"{<script>alert(1)</script>\xff\x00" + "\u202e".encode() + b"x" * 5_000_000)
    browser = signed_in(Role.OPERATOR)
    raw_id = quarantined(console_site)
    assert f'href="/runs/quarantine/{raw_id}"' in browser.get("/runs/quarantine").text
    page = browser.get(f"/runs/quarantine/{raw_id}").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\xff" in page
    assert not re.search("<script>|\u202e|\0", page)
    assert len(page) < 3 * SHOWN_BYTES
    with db.transaction(console_site.engine) as connection:
        assert connection.execute("SELECT subject FROM audit_entry WHERE action = 'view'").fetchall() == [
            (f"record {raw_id}",)
        ]


def test_a_record_is_read_again_once_its_cause_is_mended(console_site: Site, signed_in: SignedIn) -> None:
    browser, raw_id = signed_in(Role.OPERATOR), quarantined(console_site)
    still = browser.post(f"/runs/quarantine/{raw_id}/replay")
    assert "It still cannot be read." in browser.get(still.headers["location"]).text
    mend(console_site, video(9, "大蒜水能杀死病毒，快转给家人"))
    read = browser.post(f"/runs/quarantine/{raw_id}/replay")
    page = browser.get(read.headers["location"]).text
    assert (f"Record {raw_id} was read" in page, "Every record could be read." in page) == (True, True)
    assert browser.post(f"/runs/quarantine/{raw_id}/replay").status_code == 404
    with db.transaction(console_site.engine) as connection:
        assert connection.execute("SELECT count(*) FROM post WHERE platform_post_id = '9'").fetchone() == (1,)


def test_a_record_of_a_source_that_is_gone_says_so(console_site: Site, signed_in: SignedIn) -> None:
    raw_id = quarantined(console_site)
    console_site.settings = msgspec.structs.replace(console_site.settings, source={})
    browser = signed_in(Role.OPERATOR)
    assert "not configured any more" in browser.get(f"/runs/quarantine/{raw_id}").text
    answer = browser.post(f"/runs/quarantine/{raw_id}/replay")
    assert (answer.status_code, "douyin" in answer.text) == (409, True)


def test_the_quarantine_is_listed_in_pages_and_by_filter(console_site: Site, signed_in: SignedIn) -> None:
    with db.transaction(console_site.engine) as connection:
        connection.execute(
            "WITH made AS (INSERT INTO raw_record (source, external_id, sha256, body, origin, collected_for)"
            " SELECT 'other', n::text, sha256(n::text::bytea), '', 'x', %s FROM generate_series(1, 60) AS n"
            " RETURNING raw_id) INSERT INTO quarantine SELECT raw_id, 'odd', 'why' FROM made",
            [DAY],
        )
    browser = signed_in(Role.OPERATOR)
    first = browser.get("/runs/quarantine?source=other").text
    [following] = re.findall(r'href="([^"]+)" rel="next"', first)
    second = browser.get(following.replace("&amp;", "&")).text
    assert [page.count("<tr data-record") for page in (first, second)] == [50, 10]


@pytest.mark.parametrize(("address", "status", "told"), [
    ("/runs?day=never", 400, "never is no date"),
    ("/runs?colour=red", 400, "no filter colour"),
    ("/runs/quarantine?before=x", 400, "x is no number of a record"),
    ("/runs/quarantine/999999", 404, "Record 999999 is not in quarantine."),
])  # fmt: skip
def test_what_is_wrong_in_an_address_is_said(signed_in: SignedIn, address: str, status: int, told: str) -> None:
    answer = signed_in(Role.OPERATOR).get(address)
    assert (answer.status_code, told in answer.text) == (status, True)


def test_a_day_that_cannot_be_counted_back_from_is_refused(signed_in: SignedIn) -> None:
    assert signed_in(Role.OPERATOR).get("/runs?day=0001-01-02").status_code == 400


def test_records_are_stored_under_the_day_they_were_collected_for(console_site: Site) -> None:
    with db.transaction(console_site.engine) as connection:
        rows = db.run(connection, "console_runs.counts", first=DAY, last=DAY).fetchall()
    assert [(row["source"], row["records"], row["unread"]) for row in rows] == [("douyin", 5, 1)]
