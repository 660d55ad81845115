"""The command line as people use it: what goes where, and with which exit status."""

import errno
import json
import os
import re
import subprocess
import sys
import zlib
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
import time_machine
import typer
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from pipeline import cli, db, display
from pipeline.artefacts.words import open_words
from pipeline.cli import judging, shared
from pipeline.judge import Judge
from pipeline.settings import PROJECT
from pipeline.site import Site
from tests import world
from tests.stepping import video
from tests.tiny import write_project

COMMANDS = (
    *("up", "run", "table", "flag", "close", "rejudge", "migrate", "doctor", "collect", "sources"),
    *("serve", "users", "decisions"),
    *("assess", "explain", "train", "vectors", "pretrain", "probe", "eval", "guidance", "quarantine"),
)


def kolwatch(*words: str, given: str | bytes = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the real command in a process of its own."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("kolwatch")), *words],
        input=given if isinstance(given, str) else given.decode("utf-8", "surrogateescape"),
        capture_output=True,
        text=True,
        errors="surrogateescape",
        cwd=PROJECT,
        env=os.environ | {"KOLWATCH_CONFIG": str(PROJECT / "kolwatch.toml")} | environment,
        check=False,
    )


def at_once(*words: str, **environment: str) -> Result:
    """The same command in this process; for what is refused before anything is opened."""
    return CliRunner().invoke(cli.app, words, env={"KOLWATCH_CONFIG": str(PROJECT / "kolwatch.toml")} | environment)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> world.ToldJudge:
    """The judge of the command line, told what to say, and the guidance that it speaks of."""
    judge = world.ToldJudge({"大蒜水": ["WHO-001"]})
    monkeypatch.setattr(Site, "judge", judge)
    monkeypatch.setattr(Site, "guidance", world.GUIDANCE)
    monkeypatch.setenv("KOLWATCH_CONFIG", str(PROJECT / "kolwatch.toml"))
    return judge


def assess(*lines: Any) -> tuple[int, list[dict[str, Any]], str]:
    given = "".join(line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    done = CliRunner().invoke(cli.app, ["assess"], input=given)
    return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_help_names_every_command() -> None:
    shown = kolwatch("--help")
    assert shown.returncode == 0
    assert re.findall(r"^  (\w+)  ", shown.stdout, re.MULTILINE) == list(COMMANDS)


def test_help_loads_no_model_library() -> None:
    code = (
        "import sys; from pipeline import cli;"
        "print(sorted({'torch', 'transformers', 'airflow', 'gensim', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_wrong_usage_is_status_2() -> None:
    assert kolwatch("table", "--date", "yesterday").returncode == 2
    assert at_once("table", "--date", "2026-11-20", "--platform", "nosuch").exit_code == 2


def test_assess_writes_one_line_per_line_in_order(told: world.ToldJudge) -> None:
    status, lines, errors = assess({"id": 7, "text": "喝大蒜水能治病"}, {"id": "b", "text": ""})
    assert (status, errors) == (0, "")
    assert [line["id"] for line in lines] == [7, "b"]
    assert list(lines[0]) == ["id", "flagged", "band", "probability", "expression", "severity", "claims"]
    assert list(lines[0]["claims"][0]) == ["start", "end", "text", "guidance_id", "stance", "probability"]


def test_offsets_count_code_points_of_the_text_as_given(told: world.ToldJudge) -> None:
    text = "𠮷😷\u200b喝大蒜水"
    _, [line], _ = assess({"id": 1, "text": text})
    claim = line["claims"][0]
    assert text[claim["start"] : claim["end"]] == claim["text"] == "大蒜水"


@pytest.mark.parametrize("line", ['{"id": NaN, "text": "a"}\n', '{"id": [-1e999], "text": "a"}\n', "\n"])
def test_what_is_no_number_and_an_empty_line_are_no_json(told: world.ToldJudge, line: str) -> None:
    assert assess(line, {"id": 1, "text": "一"})[:2] == (1, assess({"id": 1, "text": "一"})[1])


def test_explain_needs_a_text_and_reads_one_from_a_pipe(shipped_judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Site, "judge", shipped_judge)
    monkeypatch.setenv("KOLWATCH_CONFIG", str(PROJECT / "kolwatch.toml"))

    def explain(*words: str, given: str | bytes = "") -> tuple[int, str]:
        done = CliRunner().invoke(cli.app, ["explain", *words], input=given)
        return done.exit_code, done.stdout

    status, shown = explain("-", given="今天去爬山\x1b[31m")
    assert (status, "\x1b" in shown) == (0, False)
    assert "nothing was compared with a position" in shown
    assert explain()[0] == 2
    assert "read as: \ufffd" in explain("-", given=b"\xff")[1]


@pytest.mark.parametrize("command", [judging.assess, lambda: judging.explain("-")], ids=["assess", "explain"])
def test_a_closed_standard_input_is_a_message(
    command: Callable[[], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", None)  # what Python makes of `<&-`
    with pytest.raises(typer.Exit) as ended:
        command()
    assert ended.value.exit_code == 1
    assert capsys.readouterr().err.startswith("kolwatch: standard input is closed; pipe")


def test_a_training_that_cannot_begin_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "PROJECT", tmp_path)
    (tmp_path / "gold.jsonl").touch()
    for options in ([], ["--gold", str(tmp_path / "gold.jsonl")]):
        done = CliRunner().invoke(cli.app, ["train", "--out", str(tmp_path / "models" / "new"), *options])
        assert done.exit_code == 1
        assert not (tmp_path / "models").exists()


@pytest.mark.parametrize("out", [".", "..", "/", "models/.."])
def test_a_pretraining_without_a_name_is_wrong_usage(out: str) -> None:
    done = CliRunner().invoke(cli.app, ["pretrain", "--out", out])
    assert done.exit_code == 2
    assert "has no name of its own" in done.stderr


def test_a_budget_of_nothing_is_refused_before_the_text_is_read(tmp_path: Path) -> None:
    text, out = tmp_path / "posts.txt", tmp_path / "enc"
    text.write_text("多喝热水\n")
    done = CliRunner().invoke(cli.app, ["pretrain", "--out", str(out), "--text", str(text), "--budget", "0"])
    assert (done.exit_code, done.stderr[:30]) == (1, "kolwatch: --budget 0.0: it mus")


def test_vectors_are_made_from_the_projects_lexicon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "PROJECT", write_project(tmp_path))
    (tmp_path / "posts.txt").write_text("中午炒萝卜吃,配米饭很香\n" * 200, encoding="utf-8")
    out = tmp_path / "models" / "words-mine"
    words = ["vectors", "--text", str(tmp_path / "posts.txt"), "--out", str(out)]
    assert CliRunner().invoke(cli.app, words).exit_code == 0
    assert "萝卜" in open_words(out).vocabulary
    assert CliRunner().invoke(cli.app, ["vectors", "--text", str(tmp_path / "none.txt")]).exit_code == 2


def test_lone_surrogates_stay_as_they_were(told: world.ToldJudge) -> None:
    status, [line, after], _ = assess('{"id": "\\ud800", "text": "\\udc00大蒜水"}\n', {"id": 2, "text": "二"})
    assert (status, line["id"], line["claims"][0]["start"], after["id"]) == (0, "\ud800", 1, 2)


@pytest.mark.parametrize(
    "text_id", [None, True, [1, {"a": [None]}], 10**4000, 1e308, "a\u2028b\x85c\r\n\x1b", "\x00", "\udfff", ""]
)
def test_any_id_comes_back_as_it_was_on_one_line_of_json(told: world.ToldJudge, text_id: object) -> None:
    line = json.dumps({"id": text_id, "text": "一"}) + "\n"
    status, [found], errors = assess(line)
    assert (status, found["id"], errors) == (0, text_id, "")


def test_a_line_that_is_no_json_fails_after_the_rest_is_done(told: world.ToldJudge) -> None:
    status, lines, errors = assess({"id": 1, "text": "一"}, "{broken\n", {"id": 2}, [1], {"id": 3, "text": "三"})
    assert (status, [line["id"] for line in lines]) == (1, [1, 3])
    assert re.findall(r"^kolwatch: line (\d)", errors, re.MULTILINE) == ["2", "3", "4"]


def test_the_exit_status_is_1_and_the_message_plain_when_the_database_is_down() -> None:
    done = kolwatch("sources", KOLWATCH_DATABASE_URL="postgresql+psycopg://nobody@127.0.0.1:9/none")
    assert (done.returncode, done.stdout) == (1, "")
    assert "127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (IsADirectoryError(errno.EISDIR, "Is a directory", "/a"), "/a: Is a directory; see that it is there and that"),
        (PermissionError(errno.EACCES, "Permission denied", "/a"), "/a: Permission denied; see that it is there and"),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device; make room on that disk, then"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "Connection refused\n"),
        (TimeoutError("timed out"), "timed out\n"),
        (TimeoutError(), "TimeoutError\n"),
        (URLError("no host given"), "<urlopen error no host given>\n"),
        (OSError(errno.EIO, "Input/output error", "/a"), "/a: Input/output error\n"),
    ],
    ids=repr,
)
def test_an_error_of_the_system_is_its_reason_and_the_advice_that_fits(
    error: OSError, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    @shared.fail_clearly
    def read() -> None:
        raise error

    with pytest.raises(typer.Exit) as ended:
        read()
    assert ended.value.exit_code == 1
    assert capsys.readouterr().err.startswith(f"kolwatch: {said}")


@pytest.mark.parametrize(
    "words",
    [("eval", "docs"), ("train", "--gold", "docs"), ("train", "--out", "LICENSE"), ("pretrain", "--out", "LICENSE")],
    ids=" ".join,
)
def test_a_folder_for_a_file_or_the_reverse_is_wrong_usage(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PROJECT)
    done = at_once(*words)
    assert done.exit_code == 2
    assert f"'{words[-1]}' is a" in done.stderr


def test_a_wrong_configuration_is_named(tmp_path: Path) -> None:
    (tmp_path / "kolwatch.toml").write_text('[source.one]\nformat = "x"\npath = "*"\nspeed = 3\n')
    done = at_once("sources", KOLWATCH_CONFIG=str(tmp_path / "kolwatch.toml"))
    assert done.exit_code == 1
    assert "kolwatch.toml" in done.stderr
    assert "speed" in done.stderr


def test_commands_over_a_server(database_url: str) -> None:
    assert kolwatch("migrate", KOLWATCH_DATABASE_URL=database_url).stdout == "0011\n"
    shown = kolwatch("sources", "--json", KOLWATCH_DATABASE_URL=database_url)
    assert "xiaohongshu" in [json.loads(line)["source"] for line in shown.stdout.splitlines()]
    assert kolwatch("table", "--date", "2026-11-20", "--json", KOLWATCH_DATABASE_URL=database_url).stdout == ""


@pytest.mark.parametrize(("zone", "shown"), [("Asia/Shanghai", "2026-11-21T01:00:00+08:00"), ("UTC", "20T17:00")])
def test_times_of_sources_are_in_the_configured_zone(
    engine: Engine, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone: str, shown: str
) -> None:
    (tmp_path / "kolwatch.toml").write_text(f'timezone = "{zone}"\n')
    monkeypatch.setenv("KOLWATCH_CONFIG", str(tmp_path / "kolwatch.toml"))
    monkeypatch.setenv("KOLWATCH_DATABASE_URL", database_url)
    with db.transaction(engine) as connection:
        connection.execute("INSERT INTO source_state (source, last_success_at) VALUES ('one', '2026-11-20T17:00Z')")
    as_json = CliRunner().invoke(cli.app, ["sources", "--json"]).stdout
    assert shown in json.loads(as_json)["last_success_at"]
    assert shown.replace("T", " ") in CliRunner().invoke(cli.app, ["sources"]).stdout


# ---- what a terminal is shown -------------------------------------------------------------------------


@pytest.mark.parametrize("hostile", ["\x1b]0;owned\x07", "a\x00b", "‮txt.exe", "one\r\ntwo", "\x9b31m", "﻿​"])
def test_what_comes_from_a_post_cannot_steer_the_terminal(hostile: str) -> None:
    assert not display.UNPRINTABLE.search(display.printable(hostile))


def test_a_json_line_cannot_steer_the_terminal_and_means_the_same() -> None:
    hostile = {"claim": "\x9b31m\u202etxt.exe\x07"}
    line = display.jsonable(hostile)
    assert not display.UNPRINTABLE.search(line)
    assert json.loads(line) == hostile


def test_a_day_that_fails_holds_up_no_other(database_url: str, tmp_path: Path) -> None:
    for day in ("2026-11-18", "2026-11-19"):
        (tmp_path / "drop" / day).mkdir(parents=True)
    (tmp_path / "drop" / "2026-11-18" / "cut.jsonl.gz").write_bytes(b"\x1f\x8bnot gzip")
    (tmp_path / "kolwatch.toml").write_text('[source.one]\nformat = "douyin-mediacrawler"\npath = "drop/{date}/*"\n')
    there = {"KOLWATCH_CONFIG": str(tmp_path / "kolwatch.toml"), "KOLWATCH_DATABASE_URL": database_url}
    done = kolwatch("collect", "--source", "one", "--since", "2026-11-18", "--until", "2026-11-19", **there)
    assert done.returncode == 1
    assert "2026-11-18: " in done.stderr
    assert [json.loads(line)["day"] for line in done.stdout.splitlines()] == ["2026-11-19"]


def test_a_record_of_a_source_that_is_gone_holds_up_no_other_replay(
    database_url: str, engine: Engine, tmp_path: Path
) -> None:
    table = '[source.{0}]\nformat = "douyin-mediacrawler"\npath = "{0}/{{date}}/*"\n'
    there = {"KOLWATCH_CONFIG": str(tmp_path / "kolwatch.toml"), "KOLWATCH_DATABASE_URL": database_url}
    (tmp_path / "kolwatch.toml").write_text(table.format("gone") + table.format("here"))
    for source in ("gone", "here"):
        (tmp_path / source / "2026-11-20").mkdir(parents=True)
        (tmp_path / source / "2026-11-20" / "a.jsonl").write_text('{"aweme_id": "9"\n')
        assert kolwatch("collect", "--source", source, "--since", "2026-11-20", **there).returncode == 0
    (tmp_path / "kolwatch.toml").write_text(table.format("here"))
    with db.transaction(engine) as connection:
        connection.execute("UPDATE raw_record SET body = %s", [zlib.compress(video(9, "大蒜水包治百病"))])
        raw_ids = [row["raw_id"] for row in db.run(connection, "collect.quarantined")]
    done = kolwatch("quarantine", "replay", *map(str, raw_ids), "77777", **there)
    assert done.returncode == 1
    [replayed] = map(json.loads, done.stdout.splitlines())
    assert (replayed["raw_id"], replayed["quarantined"]) == (raw_ids[1], 0)
    assert f"record {raw_ids[0]}: kolwatch.toml has no [source.gone]; its sources are: here; put" in done.stderr
    assert "record 77777: not in quarantine" in done.stderr


def test_a_span_that_ends_before_it_begins_is_wrong_usage() -> None:
    done = at_once("collect", "--source", "douyin", "--since", "2026-11-20", "--until", "2026-11-18")
    assert done.exit_code == 2
    assert "is before --since" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("run", "--date", "2999-01-01"),
        ("close", "--date", "2999-01-01"),
        ("collect", "--source", "douyin", "--since", "2026-11-18", "--until", "2999-01-01"),
        ("rejudge", "--since", "2026-11-18", "--on", "2999-01-01"),
    ],
    ids=lambda words: words[0],
)
def test_a_day_to_come_is_wrong_usage(words: tuple[str, ...]) -> None:
    done = at_once(*words, KOLWATCH_DATABASE_URL="postgresql+psycopg://nobody@127.0.0.1:9/none")
    assert done.exit_code == 2
    assert f"{words[-2]} 2999-01-01 is still to come; in Asia/Shanghai it is" in " ".join(done.stderr.split())


def test_today_is_worked_on_but_not_closed(
    told: world.ToldJudge, engine: Engine, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kolwatch.toml").touch()
    monkeypatch.setenv("KOLWATCH_CONFIG", str(tmp_path / "kolwatch.toml"))
    monkeypatch.setenv("KOLWATCH_DATABASE_URL", database_url)

    def run(command: str, day: str) -> tuple[int, str]:
        done = CliRunner().invoke(cli.app, [command, "--date", day])
        return done.exit_code, done.stderr

    with time_machine.travel("2026-11-20 16:30+00:00", tick=True):  # the 21st in Shanghai
        assert run("run", "2026-11-20")[0] == 0
        status, told_to = run("run", "2026-11-21")
        assert (status, "2026-11-21 has not ended, so it is not closed" in told_to) == (0, True)
        assert run("run", "2026-11-22")[0] == 2
        assert run("close", "2026-11-21")[0] == 2
    with db.transaction(engine) as connection:
        assert connection.execute("SELECT day FROM day_close").fetchall() == [(date(2026, 11, 20),)]


def row(post_id: str, guidance_id: str) -> dict[str, Any]:
    return {"platform": "douyin", "platform_post_id": post_id, "guidance_id": guidance_id}


def expected(tmp_path: Path, *lines: tuple[str, bool, Sequence[str]]) -> Path:
    path = tmp_path / "expected.jsonl"
    rows = (
        {
            "platform": "douyin",
            "platform_post_id": post_id,
            "day": "2026-11-20",
            "flag": flag,
            "guidance_ids": ids,
            "why": "because",
        }
        for post_id, flag, ids in lines
    )
    path.write_text("".join(json.dumps(line) + "\n" for line in rows), encoding="utf-8")
    return path


def test_the_sample_says_what_the_table_missed_and_got_wrong(tmp_path: Path) -> None:
    path = expected(
        tmp_path, ("1", True, ["WHO-001"]), ("2", True, ["WHO-002"]), ("3", False, []), ("5", True, ["WHO-5"])
    )
    rows = [row("1", "WHO-001"), row("3", "WHO-009"), row("4", "WHO-009"), row("5", "WHO-6")]
    shown = display.differences_from(path, date(2026, 11, 20), rows)
    assert shown[0] == "Of 3 posts of 2026-11-20 that deserve a flag, 2 are in the table."
    assert [line.split(":")[0].strip() for line in shown[1:]] == [
        "missed",
        "other position",
        "flagged wrongly",
        "flagged wrongly",
    ]
