"""A sealed process can open nothing; the same attempts succeed without the seal (SAFETY P3)."""

import subprocess
import sys
from pathlib import Path

SRC = Path(__file__).parents[4] / "src"
SEALED = """
import os, pathlib, socket, subprocess, sys
from kkiri.adapters.media.limits import seal
folder = pathlib.Path(sys.argv[1])
here = os.open(folder, os.O_RDONLY)
if sys.argv[2] == "sealed":
    seal(256 * 2**20, 512 * 2**20)
def attempt(name, work):
    try:
        work()
    except (OSError, MemoryError):
        print(name, "refused")
    else:
        print(name, "done")
def instead():
    os.close(0)
    os.open(folder / "key", os.O_RDONLY)
attempt("read", lambda: (folder / "key").read_bytes())
attempt("read-python", lambda: pathlib.Path(os.__file__).read_bytes())
attempt("read-system", lambda: pathlib.Path("/usr/bin/env").read_bytes())
attempt("read-process", lambda: pathlib.Path("/proc/self/environ").read_bytes())
attempt("read-below-open", lambda: os.open("key", os.O_RDONLY, dir_fd=here))
attempt("read-in-place-of-a-pipe", instead)
attempt("list", lambda: os.listdir(folder))
attempt("write", lambda: (folder / "new").write_bytes(b"x"))
attempt("remove", lambda: (folder / "other").unlink())
attempt("truncate", lambda: os.truncate(folder / "key", 0))
attempt("socket", lambda: socket.socket())
attempt("unix", lambda: socket.socketpair())
attempt("program", lambda: subprocess.run(["/bin/true"]))
attempt("signal", lambda: os.kill(os.getppid(), 0))
attempt("memory", lambda: bytearray(2**29))
attempt("pipe", lambda: os.pipe())
"""


def attempts(tmp_path: Path, how: str) -> dict[str, str]:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "key").write_text("secret")
    (folder / "other").write_text("other")
    script = tmp_path / "sealed.py"
    script.write_text(SEALED)
    done = subprocess.run(
        [sys.executable, str(script), str(folder), how],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        stdin=subprocess.DEVNULL,
        env={"PYTHONPATH": str(SRC)},
    )
    return dict(line.split() for line in done.stdout.splitlines())


def test_a_sealed_process_can_open_nothing(tmp_path: Path) -> None:
    found = attempts(tmp_path, "sealed")
    assert len(found) == 16
    assert set(found.values()) == {"refused"}, found


def test_the_attempts_succeed_without_the_seal(tmp_path: Path) -> None:
    assert set(attempts(tmp_path, "free").values()) == {"done"}
