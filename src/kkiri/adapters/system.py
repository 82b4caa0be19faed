"""The operating system: clock, lock file, private folders, atomic files, processes, browser."""

import os
import subprocess
import sys
import time
import webbrowser
from collections.abc import Mapping, Sequence
from pathlib import Path

from kkiri.base.types import Seconds, UnixTime

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

PRIVATE_DIR = 0o700
PRIVATE_FILE = 0o600
LOG_BYTES_MAX = 5_000_000  # a log of a background peer; older lines are dropped at the next start


class SystemClock:
    """The machine's clocks."""

    def now(self) -> UnixTime:
        """Give the wall clock's second."""
        return UnixTime(int(time.time()))

    def monotonic(self) -> Seconds:
        """Give a clock that never goes back."""
        return Seconds(time.monotonic())


class LockFile:
    """A lock held until it is closed or the process ends, `kill -9` included."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def close(self) -> None:
        """Let the lock go."""
        os.close(self._handle)


def take_lock(path: Path) -> LockFile | None:
    """Take the lock; None while another process holds it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return LockFile(handle)


def make_private_dir(path: Path) -> None:
    """Make a folder that only its owner may enter; one that is there is closed to others."""
    path.mkdir(mode=PRIVATE_DIR, parents=True, exist_ok=True)
    if path.stat().st_mode & 0o777 != PRIVATE_DIR:
        path.chmod(PRIVATE_DIR)


def write_private(path: Path, body: bytes) -> None:
    """Replace a file in one step, readable by its owner only, on disk when this returns."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    try:
        with os.fdopen(handle, "wb", closefd=False) as file:  # os.write may stop half-way
            file.write(body)
        os.fsync(handle)
    finally:
        os.close(handle)
    part.replace(path)
    _sync_dir(path.parent)


def _sync_dir(path: Path) -> None:
    if sys.platform == "win32":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def spawn_detached(argv: Sequence[str], log: Path, environment: Mapping[str, str]) -> int:
    """Start a process that outlives this one, its output in a private log; give its pid."""
    if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
        log.unlink()
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
    try:
        process = subprocess.Popen(  # noqa: S603 - a list, no shell (SAFETY W5)
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=handle,
            stderr=handle,
            env=dict(environment),
            start_new_session=True,
        )
    finally:
        os.close(handle)
    return process.pid


def become(argv: Sequence[str]) -> None:
    """Turn this process into another program; does not return."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(argv[0], list(argv))  # noqa: S606 - a list, no shell (SAFETY W5)


def open_browser(url: str) -> bool:
    """Show a page in the person's browser; False where there is none."""
    return webbrowser.open(url)
