"""What the engine's side of a download must remember over a restart: one small file each.

`<info-hash>.torrent` is its `info`; `<info-hash>.ticket` is where it stands. Both are replaced
whole, so that `kill -9` leaves the old or the new one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kkiri.adapters.torrents.disk import write_durably
from kkiri.base.errors import BadMetainfoError
from kkiri.base.types import InfoHash, SafeName
from kkiri.swarm.bencode import Bencoded, decode, encode
from kkiri.swarm.metainfo import METAINFO_BYTES_MAX

TICKET_BYTES_MAX = 64 * 1024 * 1024  # resume data of the largest torrent is about 10 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """Where one download stands."""

    info_hash: InfoHash
    folder: Path
    """The chosen one, links resolved."""
    only: tuple[str, ...] | None = None
    first: tuple[int, ...] = ()
    """Numbers of the files that come before the others."""
    paused: bool = False
    name: SafeName | None = None
    """The final name, chosen before the move."""
    done: bool = False
    stats: tuple[tuple[int, int], ...] = ()
    """Size and time of change of each wanted file when it was done."""
    resume: bytes = b""
    """What the engine said last; trusted only while the machine has not been started anew."""
    boot: str = ""


class Tickets:
    """The folder of tickets."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder

    def load(self, info_hash: InfoHash) -> Ticket | None:
        """Read one; None when there is none or it cannot be read."""
        try:
            raw = self._path(info_hash, "ticket").read_bytes()
            value = decode(raw, bytes_max=TICKET_BYTES_MAX)
        except (OSError, BadMetainfoError):
            return None
        return _read(info_hash, value) if isinstance(value, Mapping) else None

    def all(self) -> list[InfoHash]:
        """Give the info-hash of every ticket."""
        return [InfoHash(path.stem) for path in sorted(self.folder.glob("*.ticket"))]

    def store(self, ticket: Ticket) -> None:
        """Write one durably."""
        write_durably(self._path(ticket.info_hash, "ticket"), encode(_plain(ticket)))

    def metainfo(self, info_hash: InfoHash) -> bytes | None:
        """Give the stored torrent file."""
        path = self._path(info_hash, "torrent")
        try:
            return path.read_bytes() if path.stat().st_size <= METAINFO_BYTES_MAX else None
        except OSError:
            return None

    def store_metainfo(self, info_hash: InfoHash, metainfo: bytes) -> None:
        """Write the torrent file durably."""
        write_durably(self._path(info_hash, "torrent"), metainfo)

    def remove(self, info_hash: InfoHash) -> None:
        """Forget one."""
        for ending in ("ticket", "torrent"):
            self._path(info_hash, ending).unlink(missing_ok=True)
        for path in self.folder.glob(f".{info_hash}*.parts"):
            path.unlink(missing_ok=True)

    def _path(self, info_hash: InfoHash, ending: str) -> Path:
        return self.folder / f"{info_hash}.{ending}"


def boot_mark() -> str:
    """Name this run of the machine; after a power cut resume data may say more than the disk has.

    Empty where the system does not tell.
    """
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _plain(ticket: Ticket) -> dict[bytes, Bencoded]:
    found: dict[bytes, Bencoded] = {
        b"folder": str(ticket.folder).encode(errors="surrogateescape"),
        b"paused": int(ticket.paused),
        b"done": int(ticket.done),
        b"name": (ticket.name or "").encode(),
        b"stats": [list(pair) for pair in ticket.stats],
        b"resume": ticket.resume,
        b"boot": ticket.boot.encode(),
    }
    if ticket.only is not None:
        found[b"only"] = [path.encode() for path in ticket.only]
    if ticket.first:
        found[b"first"] = [*ticket.first]
    return found


def _read(info_hash: InfoHash, value: Mapping[bytes, Bencoded]) -> Ticket:
    only = value.get(b"only")
    first, stats = value.get(b"first"), value.get(b"stats")
    name = _text(value.get(b"name"))
    return Ticket(
        info_hash=info_hash,
        folder=Path(_text(value.get(b"folder"))),
        only=tuple(_text(path) for path in only) if isinstance(only, list) else None,
        first=tuple(n for n in first if isinstance(n, int)) if isinstance(first, list) else (),
        paused=value.get(b"paused") == 1,
        name=SafeName(name) if name else None,
        done=value.get(b"done") == 1,
        stats=tuple(_pair(pair) for pair in stats) if isinstance(stats, list) else (),
        resume=_bytes(value.get(b"resume")),
        boot=_text(value.get(b"boot")),
    )


def _bytes(value: Bencoded | None) -> bytes:
    return value if isinstance(value, bytes) else b""


def _text(value: Bencoded | None) -> str:
    return _bytes(value).decode(errors="surrogateescape")


def _pair(value: Bencoded) -> tuple[int, int]:
    if isinstance(value, list) and len(value) == 2:
        size, changed = value
        if isinstance(size, int) and isinstance(changed, int):
            return size, changed
    return (-1, -1)
