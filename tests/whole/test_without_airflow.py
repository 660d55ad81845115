"""The sample days without Airflow: the table expected, whatever the order, the clock, or who is killed when."""

import json
import math
import random
import re
import subprocess
from contextlib import suppress
from datetime import date
from pathlib import Path

import time_machine

from pipeline import db, steps
from pipeline.settings import PROJECT
from tests.whole.conftest import OpenSite
from tests.whole.homes import DAYS, Home, Tables, kill, processes_of, tables_of, wait_until, work

FAMILIES = (
    {"qzone"},
    {"wechat", "wechat_channels"},
    {"youku"},
    {"tiktok", "douyin"},
    {"xiaohongshu"},
)
FLAGGED_SOURCES = """
SELECT DISTINCT p.platform, p.source
  FROM flagged_posts_daily AS f JOIN post AS p USING (platform, platform_post_id)
"""
FLAGGED = PROJECT / "tests" / "whole" / "flagged.tsv"
README_ROW = re.compile(
    r"#(?P<rank>\d+)  (?P<platform>\w+) .*  (?P<severity>S\d)  "
    r"probability (?P<probability>\S+)  priority (?P<priority>\S+)\n"
    r"says +(?P<claim>.+)\n"
    r"contradicts +(?P<guidance_id>WHO-\d+)  .+"
)
EXPECTED = [json.loads(line) for line in (PROJECT / "sample" / "expected.jsonl").read_text("utf-8").splitlines()]


def test_the_tables_hold_flags_of_every_platform_on_every_day(tables: Tables) -> None:
    assert all(tables[day] for day in DAYS)
    found = {row["platform"] for rows in tables.values() for row in rows}
    assert all(family & found for family in FAMILIES)


def test_every_family_is_flagged_through_two_formats(first: Home, open_site: OpenSite, tables: Tables) -> None:
    with open_site(first) as site, db.transaction(site.engine) as connection:
        flagged = connection.execute(FLAGGED_SOURCES).fetchall()
        sources = site.settings.source
    for family in FAMILIES:
        found = {sources[source].format for platform, source in flagged if platform in family}
        assert len(found) >= 2, (family, found)


def test_most_expected_flags_are_there_and_few_others(tables: Tables) -> None:
    keys = {(row["platform"], row["platform_post_id"], day) for day, rows in tables.items() for row in rows}
    wanted = {(e["platform"], e["platform_post_id"], e["day"]) for e in EXPECTED if e["flag"]}
    assert len(keys & wanted) / len(wanted) >= 0.4
    assert len(keys & wanted) / len(keys) >= 0.7


def test_the_tables_are_the_ones_expected_of_the_shipped_judge(tables: Tables, tmp_path: Path) -> None:
    """A judge, guidance or lexicon that changes a flag changes flagged.tsv, so that the change is seen and read."""
    columns = ("platform", "platform_post_id", "guidance_id", "severity")
    lines = ["\t".join((day, *(str(row[c]) for c in columns))) for day, rows in tables.items() for row in rows]
    found = tmp_path / "flagged.tsv"
    found.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert lines == FLAGGED.read_text("utf-8").splitlines(), f"if this is better, put {found} in place of {FLAGGED}"


def test_the_row_in_the_readme_is_one_of_the_table(tables: Tables) -> None:
    shown = README_ROW.search((PROJECT / "README.md").read_text("utf-8"))
    assert shown, "README.md shows no row"
    row = tables["2026-11-20"][int(shown["rank"]) - 1]
    priority = math.prod(row["factors"].values())
    assert shown["platform"] == row["platform"]
    assert shown["severity"] == row["severity"]
    assert shown["claim"] == row["claim"]
    assert shown["guidance_id"] == row["guidance_id"]
    assert (shown["probability"], shown["priority"]) == (f"{row['probability']:.2f}", f"{priority:.2f}")


def test_running_again_changes_nothing(first: Home, tables: Tables) -> None:
    first.run_days(DAYS[1:])
    assert first.tables() == tables


def test_the_command_shows_the_table(first: Home, tables: Tables) -> None:
    assert first.table(DAYS[2]) == tables[DAYS[2]]


def test_the_days_in_another_order_give_the_same_tables(tmp_path: Path, open_site: OpenSite, tables: Tables) -> None:
    with open_site(Home(tmp_path / "backwards")) as site:
        work(site, DAYS[::-1])
        steps.judge_due(site)
        steps.raise_flags(site)
        for day in DAYS:
            steps.close_day(site, date.fromisoformat(day))
        assert tables_of(site.engine) == tables


def test_the_year_on_the_clock_does_not_matter(tmp_path: Path, open_site: OpenSite, tables: Tables) -> None:
    with open_site(Home(tmp_path / "later")) as site, time_machine.travel("2031-05-05 12:00+00:00", tick=True):
        work(site)
        assert tables_of(site.engine) == tables


def test_kill_it_at_any_moment_and_run_again(tmp_path: Path, open_site: OpenSite, tables: Tables) -> None:
    home = Home(tmp_path / "killed")
    chance = random.Random(11)  # noqa: S311 - the same moments every time
    for day in DAYS:
        for _ in range(2):
            process = home.start("run", "--date", day)
            with suppress(subprocess.TimeoutExpired):
                process.wait(chance.uniform(1.0, 9.0))
            if process.poll() is None:
                kill(process.pid)
            process.wait()
    with open_site(home) as site:
        work(site, DAYS[:2])
    home.run_days(DAYS[2:])
    assert home.tables() == tables
    wait_until(lambda: not processes_of(home.folder), 30, "no process is left")


def test_kill_postgres_and_run_again(tmp_path: Path, open_site: OpenSite, tables: Tables) -> None:
    home = Home(tmp_path / "no-database")
    with open_site(home) as site:
        work(site, DAYS[:1])
    process = home.start("run", "--date", DAYS[1])
    pid_file = home.folder / "pg" / "postmaster.pid"
    wait_until(lambda: pid_file.exists() and "ready" in pid_file.read_text(), 60, "the server is up")
    kill(int(pid_file.read_text().split()[0]))
    assert process.wait(120) == 1
    assert re.search("^kolwatch: the (database|embedded PostgreSQL)", home.output(), re.MULTILINE)
    assert "Traceback" not in home.output()
    home.run_days(DAYS[1:2])
    with open_site(home) as site:
        work(site, DAYS[2:])
        assert tables_of(site.engine) == tables
