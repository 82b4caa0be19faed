"""Shared files and folders that are complete: thousands of them, idle, and free while idle."""

import asyncio
import logging
from pathlib import Path

import libtorrent as lt

from kkiri.adapters.torrents import params
from kkiri.adapters.torrents.alerts import (
    Added,
    Checking,
    Failed,
    PeerCame,
    PeerLeft,
    Status,
    Told,
)
from kkiri.adapters.torrents.engine import Engine
from kkiri.base.types import Bytes, InfoHash
from kkiri.ports.media import FileStat
from kkiri.ports.torrents import Progress, SeedSpec, TransferState
from kkiri.swarm.metainfo import from_info, info_hash_of, read

log = logging.getLogger(__name__)


class Seeds:
    """The seeds of one session; numbers are asked for only while a peer is connected."""

    def __init__(self, engine: Engine, *, public: bool) -> None:
        self._engine = engine
        self._public = public
        self._handles: dict[InfoHash, lt.torrent_handle | None] = {}
        self._folders: dict[InfoHash, Path] = {}
        self._stats: dict[InfoHash, tuple[FileStat, ...]] = {}
        self._peers: dict[InfoHash, int] = {}
        self._moving: dict[InfoHash, Status] = {}

    def __contains__(self, info_hash: InfoHash) -> bool:
        return info_hash in self._handles

    def __len__(self) -> int:
        return len(self._handles)

    @property
    def busy(self) -> bool:
        """Say whether a peer is connected to any of them."""
        return bool(self._peers)

    def add(self, spec: SeedSpec) -> InfoHash:
        """Seed where it stands; returns before the engine has it.

        Raises: BadMetainfoError.
        """
        info_hash = info_hash_of(spec.metainfo)
        if info_hash not in self._handles:
            found = params.for_seed(spec, self._public)
            self._handles[info_hash] = None
            self._folders[info_hash] = spec.folder
            self._stats[info_hash] = spec.stats
            self._engine.session.async_add_torrent(found)
        return info_hash

    async def remove(self, info_hash: InfoHash) -> None:
        """Stop one; its files stay."""
        if info_hash not in self._handles:
            return
        handle = self._handles[info_hash]
        while handle is None and info_hash in self._handles:  # just added
            await asyncio.sleep(0.01)
            handle = self._handles.get(info_hash)
        self._forget(info_hash)
        if handle is not None:
            await self._engine.remove(handle, info_hash)

    def handle(self, info_hash: InfoHash) -> lt.torrent_handle | None:
        """Give the engine's handle."""
        return self._handles.get(info_hash)

    def metainfo(self, info_hash: InfoHash) -> bytes | None:
        """Give the torrent file."""
        handle = self._handles.get(info_hash)
        torrent = None if handle is None else handle.torrent_file()
        return None if torrent is None else from_info(torrent.info_section())

    def folder(self, info_hash: InfoHash) -> Path | None:
        """Give the folder that holds the torrent's top name."""
        return self._folders.get(info_hash)

    def stats(self, info_hash: InfoHash) -> tuple[FileStat, ...]:
        """Give how its files stood when they were hashed; empty where not known."""
        return self._stats.get(info_hash, ())

    def path(self, info_hash: InfoHash) -> Path | None:
        """Give the shared file or folder."""
        metainfo = self.metainfo(info_hash)
        if metainfo is None:
            return None
        return self._folders[info_hash] / read(metainfo).name

    def progress_of(self, info_hash: InfoHash) -> Progress | None:
        """Give one, moving or idle."""
        if info_hash not in self._handles:
            return None
        return _progress(info_hash, self._moving.get(info_hash))

    def hear(self, one: Told) -> None:
        """Take in what the engine told of a seed."""
        match one:
            case Added(info_hash=key, handle=handle) if key in self._handles:
                if handle is None:
                    self._forget(key)
                else:
                    self._handles[key] = handle
            case PeerCame(info_hash=key) if key in self._handles:
                self._peers[key] = self._peers.get(key, 0) + 1
                self._subscribe(key, True)
            case PeerLeft(info_hash=key) if key in self._peers:
                self._peers[key] -= 1
                if self._peers[key] <= 0:
                    self._subscribe(key, False)
                    del self._peers[key]
                    self._moving.pop(key, None)
            case Status(info_hash=key) if key in self._peers:
                self._moving[key] = one
            case Checking(info_hash=key) | Failed(info_hash=key) if key in self._handles:
                self._withdraw(key)
            case _:
                pass

    def _withdraw(self, info_hash: InfoHash) -> None:
        """Stop a seed whose file is no longer what the torrent says (SAFETY F3).

        The flow that follows the folder rehashes it; until then nobody is sent what is wrong.
        """
        handle = self._handles.get(info_hash)
        self._forget(info_hash)
        if handle is not None:
            self._engine.session.remove_torrent(handle)
        log.info("a shared file changed: not seeded any more", extra={"info_hash": info_hash})

    def _forget(self, info_hash: InfoHash) -> None:
        self._handles.pop(info_hash, None)
        self._folders.pop(info_hash, None)
        self._stats.pop(info_hash, None)
        self._peers.pop(info_hash, None)
        self._moving.pop(info_hash, None)

    def _subscribe(self, info_hash: InfoHash, wanted: bool) -> None:
        handle = self._handles.get(info_hash)
        if handle is None:
            return
        if wanted:
            handle.set_flags(lt.torrent_flags.update_subscribe)
        else:
            handle.unset_flags(lt.torrent_flags.update_subscribe)


def _progress(info_hash: InfoHash, status: Status | None) -> Progress:
    return Progress(
        info_hash=info_hash,
        name=status.name if status is not None else "",
        state=TransferState.SEEDING,
        size=Bytes(status.size if status is not None else 0),
        done=Bytes(status.done if status is not None else 0),
        down_rate=0,
        up_rate=status.up_rate if status is not None else 0,
        peers=status.peers if status is not None else 0,
        seeds=0,
        sources=(),
        pieces=b"",
    )
