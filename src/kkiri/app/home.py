"""The home folder: what stands where, and who may read it (SAFETY W3)."""

import json
import re
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from kkiri.adapters.system import LockFile, make_private_dir, take_lock, write_private
from kkiri.base.errors import AlreadyUpError

TOKEN_BYTES = 32  # 256 bits (SAFETY W3)
LOCK_TRIES = 20  # with the wait below one second: a verb that looks holds the lock for an instant
LOCK_SECONDS = 0.05
SMALL_FILE_BYTES_MAX = 1024 * 1024  # the 500 links of a find are at most about 1 MB
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43,128}\Z")


@dataclass(frozen=True, slots=True)
class Home:
    """The paths below one home folder."""

    path: Path

    @property
    def config(self) -> Path:
        """Give where the settings stand."""
        return self.path / "config.toml"

    @property
    def run(self) -> Path:
        """Give the folder of what the running peer leaves: token, lock, peer.json, log."""
        return self.path / "run"

    @property
    def hub(self) -> Path:
        """Give the hub's folder: its own key, its records."""
        return self.path / "hub"

    @property
    def state(self) -> Path:
        """Give the database of the peer itself."""
        return self.path / "peer.db"

    @property
    def stills(self) -> Path:
        """Give the folder of small pictures, made anew when they are gone."""
        return self.path / "stills"

    @property
    def incoming(self) -> Path:
        """Give where downloads go when no folder is named."""
        return self.path / "incoming"

    @property
    def shared(self) -> Path:
        """Give the one new, empty shared folder of a newcomer."""
        return self.path / "shared"

    @property
    def lock(self) -> Path:
        """Give the lock that one running peer holds."""
        return self.run / "lock"

    @property
    def log(self) -> Path:
        """Give the log of a peer that was started in the background."""
        return self.run / "peer.log"

    @property
    def peer(self) -> Path:
        """Give where the running peer says how it is reached."""
        return self.run / "peer.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningPeer:
    """How the running peer is reached."""

    pid: int
    page: str
    by_verb: bool
    """Started by another verb, so `kkiri up` may take its place."""


def prepare(home: Home) -> None:
    """Make the folders that are not there, and close the private ones to others."""
    make_private_dir(home.path)
    make_private_dir(home.run)
    make_private_dir(home.hub)
    home.incoming.mkdir(exist_ok=True)
    home.shared.mkdir(exist_ok=True)


def hold(home: Home) -> LockFile:
    """Hold the home folder until the process ends; forgets how the last peer was reached.

    Raises: AlreadyUpError.
    """
    for _ in range(LOCK_TRIES):
        lock = take_lock(home.lock)
        if lock is not None:
            home.peer.unlink(missing_ok=True)
            return lock
        time.sleep(LOCK_SECONDS)
    raise AlreadyUpError


def token(home: Home) -> str:
    """Give the page's token, made at random on first use and kept."""
    return _secret(home.run / "token", renew=False)


def app_password(home: Home, *, renew: bool = False) -> str:
    """Give the app password of other programs, made at random on first use and when renewed."""
    return _secret(home.run / "app_password", renew=renew)


def _secret(path: Path, *, renew: bool) -> str:
    if path.exists() and not renew:
        text = path.read_text(encoding="ascii", errors="replace").strip()
        if _TOKEN.match(text):
            path.chmod(0o600)
            return text
    text = secrets.token_urlsafe(TOKEN_BYTES)
    write_private(path, text.encode())
    return text


def write_running(home: Home, running: RunningPeer) -> None:
    """Say how this peer is reached."""
    plain = {"pid": running.pid, "page": running.page, "by_verb": running.by_verb}
    write_private(home.peer, json.dumps(plain).encode())


def read_running(home: Home) -> RunningPeer | None:
    """Read how the running peer is reached; None while there is none that is ready."""
    plain = _read_object(home.peer)
    pid, page, by_verb = plain.get("pid"), plain.get("page"), plain.get("by_verb")
    if not isinstance(pid, int) or not isinstance(page, str) or not isinstance(by_verb, bool):
        return None
    return RunningPeer(pid=pid, page=page, by_verb=by_verb)


def remembered_port(home: Home, name: str) -> int:
    """Give the port that was used last for a purpose; 0 for none."""
    port = _read_object(home.run / "ports.json").get(name)
    return port if isinstance(port, int) and 0 < port < 65_536 else 0


def remember_port(home: Home, name: str, port: int) -> None:
    """Keep the port for the next start."""
    path = home.run / "ports.json"
    plain = _read_object(path)
    if plain.get(name) != port:
        write_private(path, json.dumps(plain | {name: port}).encode())


def last_links(home: Home) -> list[str]:
    """Give the links of the last find, in the order they were shown."""
    links = _read_object(home.run / "last_find.json").get("links")
    return [link for link in links if isinstance(link, str)] if isinstance(links, list) else []


def keep_links(home: Home, links: list[str]) -> None:
    """Keep the links that a person may name by number."""
    make_private_dir(home.run)
    write_private(home.run / "last_find.json", json.dumps({"links": links}).encode())


def _read_object(path: Path) -> dict[str, object]:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return {}
    if len(raw) > SMALL_FILE_BYTES_MAX:
        return {}
    try:
        plain: object = json.loads(raw)
    except ValueError:
        return {}
    return {str(key): value for key, value in plain.items()} if isinstance(plain, dict) else {}
