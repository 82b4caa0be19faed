"""Files, torrents and sessions on loopback for the tests of the torrent engine."""

import asyncio
import hashlib
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import libtorrent as lt

from kkiri.adapters.torrents import LibtorrentSession, SessionSettings, open_session
from kkiri.base.types import InfoHash
from kkiri.event.listing import PeerAddress
from kkiri.swarm.metainfo import build, info_hash_of

PIECE_BYTES = 64 * 1024


def content(seed: str, size: int) -> bytes:
    """Give bytes that look random and are the same each time."""
    return hashlib.shake_256(seed.encode()).digest(size)


def make_torrent(
    folder: Path,
    name: str,
    files: Sequence[tuple[tuple[str, ...], bytes]],
    piece_bytes: int = PIECE_BYTES,
) -> bytes:
    """Write files below the folder and give their torrent; one file without parts is single."""
    for parts, data in files:
        path = folder.joinpath(name, *parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return torrent_of(name, files, piece_bytes)


def torrent_of(
    name: str, files: Sequence[tuple[tuple[str, ...], bytes]], piece_bytes: int = PIECE_BYTES
) -> bytes:
    """Give the torrent of such files."""
    whole = b"".join(data for _, data in files)
    pieces = b"".join(
        hashlib.sha1(whole[start : start + piece_bytes]).digest()
        for start in range(0, len(whole), piece_bytes)
    )
    return build(name, [(parts, len(data)) for parts, data in files], piece_bytes, pieces)


def hash_of(metainfo: bytes) -> InfoHash:
    """Give the info-hash."""
    return info_hash_of(metainfo)


@asynccontextmanager
async def session(state: Path, *, public: bool = False) -> AsyncIterator[LibtorrentSession]:
    """Open a session on 127.0.0.1 without a DHT and without port mapping."""
    settings = SessionSettings(state=state, public=public, dht=False, map_ports=False)
    async with open_session(settings) as found:
        yield found


def here(found: LibtorrentSession) -> tuple[PeerAddress, ...]:
    """Give where a session listens."""
    assert found.address is not None
    return (found.address,)


async def until(holds: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110  what is waited for is in another process's hands
            await asyncio.sleep(0.02)


def say(word: object) -> None:
    """Tell the test that started this process."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


class PlainSeeder:
    """Another client with libtorrent's own settings, which seeds any torrent from harmless names.

    Stands for a stranger: names in its torrents are whatever they like.
    """

    def __init__(self) -> None:
        self.session = lt.session(
            {
                "listen_interfaces": "127.0.0.1:0",
                "enable_dht": False,
                "enable_lsd": False,
                "enable_upnp": False,
                "enable_natpmp": False,
                "allow_multiple_connections_per_ip": True,
                "seeding_outgoing_connections": False,
                "tick_interval": 50,
            }
        )

    @property
    def address(self) -> PeerAddress:
        """Give where it listens."""
        return PeerAddress(host="127.0.0.1", port=self.session.listen_port())

    def seed(self, metainfo: bytes, folder: Path, bodies: Sequence[bytes]) -> None:
        """Seed the files' bodies under the names 0, 1, …"""
        folder.mkdir(parents=True)
        params = lt.load_torrent_buffer(metainfo)
        for number, body in enumerate(bodies):
            (folder / str(number)).write_bytes(body)
        params.renamed_files = {number: str(number) for number in range(len(bodies))}
        params.save_path = str(folder)
        params.flags = lt.torrent_flags.seed_mode
        self.session.add_torrent(params)

    def limit(self, rate: int) -> None:
        """Hold it to bytes a second; 0 for no limit."""
        # peers on loopback are held by their class, not by `upload_rate_limit`
        classes = self.session.get_peer_class(lt.session.local_peer_class_id)
        classes["upload_limit"] = rate
        self.session.set_peer_class(lt.session.local_peer_class_id, classes)
        self.session.apply_settings({"upload_rate_limit": rate})

    def given(self) -> int:
        """Give how many bytes of files it has sent."""
        return sum(one.status().all_time_upload for one in self.session.get_torrents())
