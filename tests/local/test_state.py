"""Small files that are whole, private, and lock out whom they should."""

import os
import socket
import stat
from pathlib import Path

from pipeline.local import state


def test_remembers_and_forgets_what_is_unreadable(tmp_path: Path) -> None:
    state.remember(tmp_path / "note", {"port": 5})
    assert state.recall(tmp_path / "note", dict[str, int]) == {"port": 5}
    (tmp_path / "note").write_text("{half")
    assert state.recall(tmp_path / "note", dict[str, int]) is None
    assert state.recall(tmp_path / "none", dict[str, int]) is None
    assert [file.name for file in tmp_path.iterdir()] == ["note"]


def test_a_secret_is_made_once_and_private(tmp_path: Path) -> None:
    first = state.secret(tmp_path / "secret")
    assert len(first) > 20
    assert state.secret(tmp_path / "secret") == first
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_a_port_is_kept_while_it_is_free(tmp_path: Path) -> None:
    first = state.port(tmp_path / "port")
    assert state.port(tmp_path / "port") == first
    with socket.socket() as taker:
        taker.bind(("127.0.0.1", first))
        assert not state.is_free(first)
        second = state.port(tmp_path / "port")
    assert second != first
    assert state.port(tmp_path / "port") == second


def test_shared_users_keep_an_exclusive_one_out(tmp_path: Path) -> None:
    one, two, three = (state.open_lock(tmp_path / "lock") for _ in range(3))
    assert state.try_lock(one, shared=True)
    assert state.try_lock(two, shared=True)
    assert not state.try_lock(three)
    os.close(one)
    os.close(two)
    assert state.try_lock(three)
    os.close(three)
