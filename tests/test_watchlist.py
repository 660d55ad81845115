"""Watchlists: who is listed, with how many followers, and what is refused."""

from datetime import date
from pathlib import Path

import pytest

from pipeline import watchlist
from pipeline.errors import ConfigError
from pipeline.records import Count

HEADER = "platform,account_id,name,follower_count,observed_at,note\n"


def write(folder: Path, *lines: str) -> Path:
    path = folder / "watchlist.csv"
    path.write_text(HEADER + "".join(f"{line},\n" for line in lines), encoding="utf-8")
    return path


def test_a_listed_account_may_have_a_count(tmp_path: Path) -> None:
    found = watchlist.load(write(tmp_path, "douyin,one,一号,1200,2026-11-01", "weibo,two,,,"))
    assert found["douyin", "one"].followers == Count(1200)
    assert found["douyin", "one"].observed_on == date(2026, 11, 1)
    assert found["weibo", "two"].followers == Count()


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["douyin,one,一号,1200,2026-11-01", "douyin,one,,,"], "line 3: douyin/one is listed twice"),
        (["douyin,one,一号,1.2万,2026-11-01"], "follower_count '1.2万' is no whole number"),
        (["douyin,one,一号,9999999999999999,2026-11-01"], "at most 15 digits"),
        (["nosuch,one,,,"], "nosuch"),
    ],
)
def test_a_line_that_cannot_be_meant_is_named(tmp_path: Path, lines: list[str], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        watchlist.load(write(tmp_path, *lines))


def test_a_folder_is_no_watchlist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is a folder; name the CSV file"):
        watchlist.load(tmp_path)
