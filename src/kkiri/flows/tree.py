"""What one shares and fetches as folders and files, for programs that know nothing else.

Two folders at the top: `library` holds each shared folder under its name, `downloads` each download
that is known. Names come from the disk or are made safe; equal ones get a number (SAFETY F2).
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kkiri.base.errors import BadMetainfoError, BadNameError, NotFoundError
from kkiri.base.names import collision_key, safe_name
from kkiri.base.types import Bytes, InfoHash, SafeName, Seconds, UnixTime
from kkiri.flows.world import World
from kkiri.ports.state import SharedListing, Transfer
from kkiri.swarm.metainfo import MetaInfo, read
from kkiri.swarm.places import numbered, places, top_name

LIBRARY, DOWNLOADS = "library", "downloads"
LOOK_SECONDS = 2.0  # a file manager that opens a folder asks for every entry of it
INFOS_MAX = 500  # torrents of downloads kept in memory, about 5 MB
NANO = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeFile:
    """One file of a torrent, whether it has arrived or not."""

    name: str
    info_hash: InfoHash
    number: int
    """In the torrent."""
    size: Bytes
    changed_at: UnixTime


@dataclass(slots=True, kw_only=True)
class TreeFolder:
    """A folder while it is filled, and then as it is shown."""

    name: str
    changed_at: UnixTime
    below: dict[str, "TreeFile | TreeFolder"] = field(default_factory=dict)
    """By the name that tells two entries apart on every file system."""

    def folder(self, name: str, changed_at: UnixTime) -> "TreeFolder":
        """Give the folder of a name, made when it is not there."""
        key = collision_key(name)
        found = self.below.get(key)
        if not isinstance(found, TreeFolder):
            found = TreeFolder(name=name, changed_at=changed_at)
            self.below[key] = found
        found.changed_at = max(found.changed_at, changed_at)
        return found

    def entries(self) -> list["TreeFile | TreeFolder"]:
        """List what is in it by name."""
        return sorted(self.below.values(), key=lambda one: one.name)


class Tree:
    """The folders of one peer, looked at anew after a while."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._infos: dict[InfoHash, MetaInfo] = {}
        self._top = TreeFolder(name="", changed_at=UnixTime(0))
        self._looked_at: Seconds | None = None
        self._looking = asyncio.Lock()

    async def find(self, parts: Iterable[str]) -> TreeFile | TreeFolder:
        """Give what stands at a path. Raises: NotFoundError."""
        at: TreeFile | TreeFolder = await self._look()
        for part in parts:
            below = at.below.get(collision_key(part)) if isinstance(at, TreeFolder) else None
            if below is None:
                raise NotFoundError(part[:200])
            at = below
        return at

    async def _look(self) -> TreeFolder:
        async with self._looking:
            now = self._world.clock.monotonic()
            if self._looked_at is None or now - self._looked_at >= LOOK_SECONDS:
                top = TreeFolder(name="", changed_at=UnixTime(0))
                library, downloads = (
                    top.folder(name, UnixTime(0)) for name in (LIBRARY, DOWNLOADS)
                )
                known = [
                    (one, self._world.torrents.metainfo(one.info_hash))
                    for one in self._world.transfers.transfers()
                ]
                await asyncio.to_thread(self._fill_library, library)
                await asyncio.to_thread(self._fill_downloads, downloads, known)
                self._top, self._looked_at = top, self._world.clock.monotonic()
            return self._top

    def _fill_library(self, library: TreeFolder) -> None:
        names: dict[str, int] = {}
        for root in self._world.library.roots():
            name = _name(root.name or "shared", names)
            for listing in self._world.library.listings(root):
                _fill_listing(library, name, listing)

    def _fill_downloads(
        self, downloads: TreeFolder, known: Sequence[tuple[Transfer, bytes | None]]
    ) -> None:
        names: dict[str, int] = {}
        oldest_first = sorted(known, key=lambda one: (one[0].added_at, one[0].info_hash))
        for transfer, raw in oldest_first:
            info = self._info(transfer, raw)
            if info is not None:
                _fill_transfer(downloads, _name(top_name(info), names), transfer, info)
        kept = {transfer.info_hash for transfer, _ in oldest_first[-INFOS_MAX:]}
        self._infos = {key: info for key, info in self._infos.items() if key in kept}

    def _info(self, transfer: Transfer, raw: bytes | None) -> MetaInfo | None:
        if transfer.info_hash not in self._infos:
            if raw is None:
                return None
            try:
                info = read(raw)
                places(info)
            except BadMetainfoError:
                return None
            self._infos[transfer.info_hash] = info
        return self._infos[transfer.info_hash]


def _fill_listing(library: TreeFolder, name: str, listing: SharedListing) -> None:
    for number, file in enumerate(listing.files):
        changed_at = UnixTime(file.stat.mtime_ns // NANO)
        parts = file.path.relative_to(listing.root).parts
        at = library
        for part in (name, *parts[:-1]) if parts else ():
            at = at.folder(part, changed_at)
        leaf = parts[-1] if parts else name
        at.below[collision_key(leaf)] = TreeFile(
            name=leaf,
            info_hash=listing.info_hash,
            number=number,
            size=file.stat.size,
            changed_at=changed_at,
        )


def _fill_transfer(downloads: TreeFolder, name: str, transfer: Transfer, info: MetaInfo) -> None:
    for number, (place, file) in enumerate(zip(places(info), info.files, strict=True)):
        path = "/".join(file.parts) or info.name
        if file.padding or (transfer.only is not None and path not in transfer.only):
            continue
        at = downloads
        for part in (name, *place[1:-1]) if len(place) > 1 else ():
            at = at.folder(part, transfer.added_at)
        leaf = place[-1] if len(place) > 1 else name
        at.below[collision_key(leaf)] = TreeFile(
            name=leaf,
            info_hash=transfer.info_hash,
            number=number,
            size=file.size,
            changed_at=transfer.added_at,
        )


def _name(text: str, taken: dict[str, int]) -> SafeName:
    """Give a name that stands nowhere else here, `film (2).mp4` for a second `film.mp4`."""
    try:
        name = safe_name(text)
    except BadNameError:
        name = SafeName("_")
    key = collision_key(name)
    taken[key] = taken.get(key, 0) + 1
    return numbered(name, taken[key])
