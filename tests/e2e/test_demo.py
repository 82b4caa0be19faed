"""`kkiri demo --once`: ends well, in both languages, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.soak.peer import environment

DEMO_SECONDS_MAX = 180  # under 60 alone; the other tests may load both cores


def _start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "kkiri", "demo", "--once", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment() | {"TMPDIR": str(folder), "HOME": str(folder / "nowhere")},
    )


def _left(folder: Path) -> list[str]:
    """Give processes that still name the folder; -ww, as ps cuts lines to the terminal."""
    done = subprocess.run(
        ["ps", "-A", "-ww", "-o", "args="], capture_output=True, text=True, check=True
    )
    return [line for line in done.stdout.splitlines() if str(folder) in line]


def _gone(folder: Path) -> None:
    deadline = time.monotonic() + 10
    while _left(folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _left(folder) == []
    assert list(folder.iterdir()) == []


def test_once(tmp_path: Path) -> None:
    demo = _start(tmp_path, "--lang", "ko")
    said, wrong = demo.communicate(timeout=DEMO_SECONDS_MAX)
    assert demo.returncode == 0, said + wrong
    words = ["다섯 사람", "소리바다", "2명에게서", "새 노래", "전원", "이것이 끼리입니다"]
    assert [word for word in words if word not in said] == []
    _gone(tmp_path)


def test_with_a_folder_of_ones_own(tmp_path: Path) -> None:
    own, temporary = tmp_path / "내 것", tmp_path / "tmp"
    own.mkdir()
    temporary.mkdir()
    (own / "일기.txt").write_text("오늘은 끼리를 켰다.\n" * 20_000, encoding="utf-8")
    (own / "notes.txt").write_text("short", encoding="utf-8")
    demo = _start(temporary, "--lang", "en", "--share", str(own))
    said, wrong = demo.communicate(timeout=DEMO_SECONDS_MAX)
    assert demo.returncode == 0, said + wrong
    words = ["Five people", "You fetch 일기", "2 people have it", "new song", "That was kkiri"]
    assert [word for word in words if word not in said] == []
    assert sorted(path.name for path in own.iterdir()) == ["notes.txt", "일기.txt"]
    _gone(temporary)


def test_stopped_half_way_it_cleans_up(tmp_path: Path) -> None:
    demo = _start(tmp_path)
    deadline = time.monotonic() + DEMO_SECONDS_MAX
    while len(_left(tmp_path)) < 2:
        assert demo.poll() is None, demo.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    os.kill(demo.pid, signal.SIGTERM)
    demo.communicate(timeout=60)
    assert demo.returncode == 128 + signal.SIGTERM
    _gone(tmp_path)
