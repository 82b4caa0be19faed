"""The home folder: private what must be, the same at the next start (SAFETY W3)."""

import base64
import os
from pathlib import Path

import pytest

from kkiri.app.home import (
    Home,
    RunningPeer,
    hold,
    keep_links,
    last_links,
    prepare,
    read_running,
    remember_port,
    remembered_port,
    token,
    write_running,
)
from kkiri.base.errors import AlreadyUpError

HOMES = 50
TOKEN_BITS = 256


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_w3_fifty_fresh_homes_have_fifty_private_tokens(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        tokens = []
        for number in range(HOMES):
            home = Home(tmp_path / f"home {number}")
            prepare(home)
            tokens.append(token(home))
            assert _mode(home.path) == 0o700
            assert _mode(home.run) == 0o700
            assert _mode(home.hub) == 0o700
            assert _mode(home.run / "token") == 0o600
            assert list(home.shared.iterdir()) == []
            assert home.incoming != home.shared
    finally:
        os.umask(old)
    assert len(set(tokens)) == HOMES
    for text in tokens:
        assert len(base64.urlsafe_b64decode(text + "==")) * 8 >= TOKEN_BITS
    # each place takes many values: nothing of it is fixed or counted up
    assert all(len({text[place] for text in tokens}) > 10 for place in range(42))


def test_a_token_is_kept_and_closed_and_a_short_one_replaced(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    prepare(home)
    first = token(home)
    (home.run / "token").chmod(0o644)
    assert token(home) == first
    assert _mode(home.run / "token") == 0o600
    for weak in ("", "secret", "x" * 42, "\n" * 50):
        (home.run / "token").write_text(weak, encoding="ascii")
        assert len(token(home)) >= 43
        assert token(home) != weak


def test_an_open_run_folder_is_closed(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.run.mkdir(parents=True, mode=0o777)
    home.run.chmod(0o777)
    prepare(home)
    assert _mode(home.run) == 0o700


def test_one_peer_holds_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kkiri.app.home.LOCK_SECONDS", 0)
    home = Home(tmp_path / "home")
    prepare(home)
    lock = hold(home)
    write_running(home, RunningPeer(pid=1, page="http://127.0.0.1:1", by_verb=True))
    with pytest.raises(AlreadyUpError):
        hold(home)
    assert read_running(home) == RunningPeer(pid=1, page="http://127.0.0.1:1", by_verb=True)
    lock.close()
    hold(home).close()
    assert read_running(home) is None


@pytest.mark.parametrize(
    "raw", [b"", b"{}", b"[]", b"{", b'{"pid":"1","page":1}', b"\xff", b"{" * 2_000_000]
)
def test_a_broken_peer_json_is_no_peer(tmp_path: Path, raw: bytes) -> None:
    home = Home(tmp_path / "home")
    prepare(home)
    home.peer.write_bytes(raw)
    assert read_running(home) is None


def test_ports_and_links_are_remembered(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    prepare(home)
    assert remembered_port(home, "page") == 0
    remember_port(home, "page", 8080)
    remember_port(home, "hub", 8081)
    assert (remembered_port(home, "page"), remembered_port(home, "hub")) == (8080, 8081)
    keep_links(home, ["magnet:?xt=1", "소리바다"])
    assert last_links(home) == ["magnet:?xt=1", "소리바다"]
    assert _mode(home.run / "last_find.json") == 0o600
