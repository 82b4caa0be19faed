"""The verb of playing, in front of a peer that answers from a table."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kkiri.app.home import Home, read_running, token
from tests.unit.cli import test_program as program

SOURCE = Path(__file__).parents[3] / "src"
PLAYER = """#!/bin/sh
for one in "$@"; do printf '%s\\n' "$one"; done > "$0.said"
"""
home, run = program.home, program.run  # fixtures


@pytest.fixture
def player(tmp_path: Path) -> Path:
    """Give a program that tells what it was started with to who reads `player.said`."""
    path = tmp_path / "player"
    path.write_text(PLAYER)
    path.chmod(0o755)
    os.mkfifo(path.with_name("player.said"))  # to be read once the player writes
    return path


def _said(player: Path) -> list[str]:
    return player.with_name("player.said").read_text().splitlines()


def test_play_opens_the_page_at_the_first_film(
    run: program._Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("kkiri.app.client.open_browser", lambda url: opened.append(url) or True)
    run("find", "바다")
    assert run("play", "1")[0] == 0
    assert program._Peer.asked[-1][3] == {"link": program.FOUND["link"]}
    assert opened == [f"http://127.0.0.1:{_port(home)}/?t={token(home)}#/play/{'a' * 40}/0"]


def _port(home: Home) -> str:
    found = read_running(home)
    assert found is not None
    return found.page.rpartition(":")[2]


def test_play_takes_words_links_and_hashes(run: program._Run) -> None:
    for words, link in (
        (("소리바다", "밤"), program.FOUND["link"]),
        (("magnet:?xt=urn:btih:" + "b" * 40,), "magnet:?xt=urn:btih:" + "b" * 40),
        (("c" * 40,), "c" * 40),
    ):
        code, out, _ = run("play", *words, "--print")
        assert (code, program._Peer.asked[-1][3]) == (0, {"link": link})
        assert out.strip().startswith("http://127.0.0.1:1/open/")
    assert run("play", "nothing")[0] == 1
    assert run("play", "99")[0] == 1


def test_w5_a_player_gets_one_address_whatever_the_names(home: Home, player: Path) -> None:
    verb = ["play", "magnet:?album", "--with", str(player)]
    done = subprocess.run(  # a process of its own, which the player outlives
        [sys.executable, "-P", "-m", "kkiri", "--home", str(home.path), *verb],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    (only,) = _said(player)
    assert only.startswith("http://127.0.0.1:1/open/")
    assert not set(only) & set(" ;$`'\"<>|&()\\")


@pytest.mark.parametrize("program", ["no-such-player", "sh -c x", "--help", "; true", ""])
def test_w5_a_program_is_a_program_and_no_command_line(run: program._Run, program: str) -> None:
    code, _, err = run("play", "1" * 40, f"--with={program}")
    assert code == 1
    assert err.count("\n") == 1
