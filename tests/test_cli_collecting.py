"""The commands of what comes in: trying a source, collecting without writing, looking at what could not be read."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer.testing
from sqlalchemy import Engine

from pipeline import cli, display
from pipeline.cli import shared
from pipeline.records import Count
from tests.stepping import video

CONFIG = """
[source.good]
format = "douyin-mediacrawler"
path = "drop/{date}/*.jsonl"

[source.guessed]
path = "drop/{date}/*.jsonl"

[source.bad]
format = "douyin-mediacrawler"
transport = "pigeon"
"""
GOOD = video(7, "大蒜水包治百病，家家都要备上一大桶", liked_count="1.2万+")
BROKEN = video(9, "大蒜", create_time="never").replace("大蒜".encode(), b"\x1b[31m")
DAY = ("--date", "2026-11-20")
Kolwatch = Callable[..., typer.testing.Result]


@pytest.fixture
def kolwatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kolwatch:
    (tmp_path / "kolwatch.toml").write_text(CONFIG)
    folder = tmp_path / "drop" / "2026-11-20"
    folder.mkdir(parents=True)
    (folder / "a.jsonl").write_bytes(GOOD + b"\n" + BROKEN + b"\n" + video(8, "今天去公园散步看到很多花都已经开了"))
    monkeypatch.setenv("KOLWATCH_CONFIG", str(tmp_path / "kolwatch.toml"))
    monkeypatch.setenv("KOLWATCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KOLWATCH_DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:9/none")
    return lambda *words: typer.testing.CliRunner().invoke(cli.app, words)


@pytest.fixture
def with_database(kolwatch: Kolwatch, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Kolwatch:
    monkeypatch.setenv("KOLWATCH_DATABASE_URL", database_url)
    return kolwatch


def test_a_check_shows_posts_as_they_are_understood_without_a_database(kolwatch: Kolwatch) -> None:
    done = kolwatch("sources", "check", "good", *DAY, "--json")
    first, second, third = map(json.loads, done.stdout.splitlines())
    assert [row["becomes"] for row in (first, second, third)] == ["judged", "bad_time", "not_health"]
    assert (first["platform_post_id"], first["counts"]["likes"]) == ("7", "12000+")
    assert first["posted_at"].endswith("+08:00")
    assert "`create_time` is 'never'" in second["detail"]
    assert done.exit_code == 0


def test_a_check_is_readable(kolwatch: Kolwatch) -> None:
    shown = kolwatch("sources", "check", "good", *DAY).stdout
    assert "good: judged" in shown
    assert "大蒜水包治百病" in shown


def test_a_check_of_all_names_what_is_wrong_and_goes_on(kolwatch: Kolwatch) -> None:
    done = kolwatch("sources", "check", "bad", "good", *DAY)
    assert done.exit_code == 1
    assert "kolwatch: bad: [source.bad]: transport = 'pigeon' is unknown" in done.stderr
    assert "good: judged" in done.stdout


def test_a_check_names_the_format_it_guessed(kolwatch: Kolwatch) -> None:
    done = kolwatch("sources", "check", "guessed", *DAY)
    assert "guessed: judged" in done.stdout
    assert 'guessed: reads like douyin-mediacrawler; say format = "douyin-mediacrawler" to settle it' in done.stderr
    assert "reads like" not in kolwatch("sources", "check", "good", *DAY).stderr


def test_a_check_says_where_nothing_was_delivered(kolwatch: Kolwatch) -> None:
    done = kolwatch("sources", "check", "good", "--date", "2026-11-19")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "good: well configured; nothing was delivered for 2026-11-19" in done.stderr


def test_a_dry_run_counts_and_writes_nothing(with_database: Kolwatch, engine: Engine) -> None:
    done = with_database("collect", "--source", "good", "--since", "2026-11-20", "--dry-run")
    counts = json.loads(done.stdout)
    assert (counts["dry_run"], counts["records"], counts["posts"], counts["quarantined"]) == (True, 3, 1, 1)
    real = json.loads(with_database("collect", "--source", "good", "--since", "2026-11-20").stdout)
    assert (real["stored"], real["not_health"]) == (3, 1)


def test_what_no_format_knows_is_read_once_the_format_is_known(with_database: Kolwatch, tmp_path: Path) -> None:
    path = tmp_path / "drop" / "2026-11-20" / "a.jsonl"
    path.write_bytes(path.read_bytes() + b'\n{"headline":"x"}')
    counts = json.loads(with_database("collect", "--source", "guessed", "--since", "2026-11-20").stdout)
    assert (counts["read_as_douyin-mediacrawler"], counts["quarantined"]) == (2, 2)
    rows = [json.loads(line) for line in with_database("quarantine", "list", "--json").stdout.splitlines()]
    assert {row["reason"] for row in rows} == {"bad_time", "unknown_format"}
    [unknown] = [str(row["raw_id"]) for row in rows if row["reason"] == "unknown_format"]
    assert with_database("quarantine", "replay", unknown).exit_code == 1
    config = tmp_path / "kolwatch.toml"
    table = '[source.guessed]\nformat = "mapped"\nmap = { platform = "zhihu", id = "headline", text = "headline" }'
    config.write_text(config.read_text().replace("[source.guessed]", table))
    assert json.loads(with_database("quarantine", "replay", unknown).stdout)["quarantined"] == 1
    config.write_text(config.read_text().replace('text = "headline"', 'text = "headline", account_id = "=x"'))
    assert json.loads(with_database("quarantine", "replay", unknown).stdout)["quarantined"] == 0


def test_without_a_day_today_is_collected(with_database: Kolwatch) -> None:
    [row] = map(json.loads, with_database("collect", "--source", "good").stdout.splitlines())
    assert (row["day"], row["records"]) == (shared.today().isoformat(), 0)


def test_a_source_shows_how_far_it_has_been_collected(with_database: Kolwatch) -> None:
    with_database("collect", "--source", "good", "--since", "2026-11-20")
    good, guessed, bad = map(json.loads, with_database("sources", "--json").stdout.splitlines())
    assert guessed["format"] == "auto"
    assert (good["watermark"], good["transport"]) == ("2026-11-21T00:00:00+08:00", "files")
    assert good["lag"] > 0
    assert (bad["watermark"], bad["lag"]) == (None, None)


def test_a_quarantined_record_can_be_looked_at(with_database: Kolwatch) -> None:
    with_database("collect", "--source", "good", "--since", "2026-11-20")
    [row] = map(json.loads, with_database("quarantine", "list", "--json").stdout.splitlines())
    shown = with_database("quarantine", "show", str(row["raw_id"])).stdout
    assert "bad_time" in shown
    assert '"aweme_id": "9"' in shown
    assert "\x1b[31m" not in shown
    assert with_database("quarantine", "show", str(row["raw_id"]), "--raw").stdout_bytes == BROKEN


def test_a_record_that_is_not_there_is_named(with_database: Kolwatch) -> None:
    done = with_database("quarantine", "show", "77")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "record 77: not in quarantine" in done.stderr


@pytest.mark.parametrize(
    ("seconds", "written"), [(None, ""), (59, "0 min"), (3700, "1 h 1 min"), (90000, "1 d 1 h"), (0, "0 min")]
)
def test_a_duration_is_written_in_its_two_largest_units(seconds: int | None, written: str) -> None:
    assert display.duration(seconds) == written


def test_a_count_that_may_be_larger_carries_a_plus() -> None:
    assert [display.count(c) for c in (Count(5), Count(100000, lower_bound=True), Count())] == ["5", "100000+", None]


def test_an_excerpt_says_how_much_is_left() -> None:
    assert display.excerpt("大\n\x1b蒜".encode() + b"\xff" * 5, 8) == "大\n蒜\n… and 5 more bytes"
