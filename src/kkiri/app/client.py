"""How a verb reaches the running peer of a home folder, and starts one when none runs."""

import os
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from kkiri.adapters.peer_api import PeerApi, PeerSaidNoError
from kkiri.adapters.system import become, open_browser, spawn_detached, take_lock
from kkiri.app.home import Home, RunningPeer, prepare, read_running, token
from kkiri.base.errors import AlreadyUpError, DidNotStartError, NotFoundError, PeerNotRunningError

START_SECONDS_MAX = 60.0  # ready is 1-2 s; a slow disk and an old laptop get patience
STOP_SECONDS_MAX = 10.0  # a clean stop takes under 3 s
LOOK_SECONDS = 0.05  # between two looks at run/peer.json
PATIENCE_SECONDS = 0.5  # a peer started just now by `kkiri up &` may not hold its lock yet
STATUS_PATIENCE_SECONDS = 2.0  # scripts ask for the status right after `kkiri up &`


def default_home() -> Path:
    """Give the home folder when none is named."""
    named = os.environ.get("KKIRI_HOME")
    return Path(named) if named else Path.home() / ".kkiri"


def connect(home: Home, patience_seconds: float = PATIENCE_SECONDS) -> PeerApi:
    """Reach the running peer, starting one in the background when none runs.

    Raises: DidNotStartError, PeerNotRunningError.
    """
    running = _wait_ready(home, patience_seconds)
    if running is None:
        prepare(home)
        argv = [sys.executable, "-P", "-m", "kkiri.web", "--home", str(home.path), "--by-verb"]
        pid = spawn_detached(argv, home.log, os.environ)
        running = _wait_ready(home, START_SECONDS_MAX, pid)
    if running is None:
        raise DidNotStartError(_last_line(home.log) or str(home.log))
    return _api(home, running)


def running_peer(home: Home) -> RunningPeer | None:
    """Give how the running peer is reached; None when none runs or it is not ready yet."""
    return read_running(home) if is_locked(home) else None


def is_locked(home: Home) -> bool:
    """Say whether a peer holds the home folder."""
    if not home.lock.exists():
        return False
    lock = take_lock(home.lock)
    if lock is None:
        return True
    lock.close()
    return False


def stop(home: Home) -> bool:
    """Stop the running peer and wait until it is gone; False when none ran.

    Raises: AlreadyUpError when it does not go.
    """
    running = running_peer(home)
    if running is None:
        return False
    try:
        _api(home, running).one("POST", "/api/stop", {})
    except PeerNotRunningError:
        if is_locked(home):
            raise
    if not _wait_gone(home):
        raise AlreadyUpError(f"pid {running.pid}")
    return True


def page_link(home: Home, running: RunningPeer) -> str:
    """Give the link that opens the page once."""
    return f"{running.page}/?t={token(home)}"


def open_page(home: Home, place: str) -> bool:
    """Show a place of the page, such as `#/together/ID`, in the person's browser.

    False where there is none. Raises: PeerNotRunningError.
    """
    running = running_peer(home)
    if running is None:
        raise PeerNotRunningError
    return open_browser(page_link(home, running) + place)


def run_player(home: Home, program: str, address: str) -> None:
    """Start a player such as mpv or vlc with the address of a file or playlist.

    Raises: NotFoundError when this machine has no such program.
    """
    path = shutil.which(program)
    if path is None:
        raise NotFoundError(program)
    # the address is ours: no name of a stranger can become an option, or anything a shell reads
    spawn_detached([path, address], home.path / "player.log", os.environ)


def up(home: Home, flags: Sequence[str]) -> None:
    """Turn this process into the peer; one that a verb had started makes room.

    Raises: AlreadyUpError with the page's link.
    """
    running = running_peer(home)
    if running is not None:
        if not running.by_verb:
            raise AlreadyUpError(page_link(home, running))
        stop(home)
    become([sys.executable, "-P", "-m", "kkiri.web", "--home", str(home.path), *flags])


def _api(home: Home, running: RunningPeer) -> PeerApi:
    parts = urlsplit(running.page)
    if parts.hostname != "127.0.0.1" or parts.port is None:
        raise PeerNotRunningError
    return PeerApi(parts.hostname, parts.port, token(home))


def _wait_ready(home: Home, patience_seconds: float, pid: int | None = None) -> RunningPeer | None:
    """Wait until a peer is ready; while one holds the lock, as long as a start may take."""
    begin = time.monotonic()
    while True:
        locked = is_locked(home)
        running = read_running(home) if locked else None
        if running is not None:
            return running
        waited = time.monotonic() - begin
        if waited > (START_SECONDS_MAX if locked else patience_seconds):
            return None
        if pid is not None and not locked and _has_ended(pid):
            return None
        time.sleep(LOOK_SECONDS)


def _wait_gone(home: Home) -> bool:
    begin = time.monotonic()
    while is_locked(home):
        if time.monotonic() - begin > STOP_SECONDS_MAX:
            return False
        time.sleep(LOOK_SECONDS)
    return True


def _has_ended(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    return lines[-1][:300] if lines else ""


__all__ = [
    "PeerApi",
    "PeerSaidNoError",
    "connect",
    "default_home",
    "open_page",
    "page_link",
    "run_player",
    "running_peer",
    "stop",
    "up",
]
