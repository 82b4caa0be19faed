"""Music: what one has, what the network has, and opening a song wherever it is.

One's own is read from the library, the journal and the downloads; what a search brought from the
network is remembered for a while, and found again by its info-hash when it was forgotten. Opening a
song that is not here begins to fetch it: that is what pressing play asks for.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from kkiri.base.errors import (
    BadMetainfoError,
    BadRecordError,
    NotFoundError,
    NotReachableError,
)
from kkiri.base.types import InfoHash, Link, Seconds, Seq, UnixTime
from kkiri.event import listing_tags
from kkiri.event.kinds import LISTING
from kkiri.event.listing import MediaFacts, Sort
from kkiri.flows import fetch
from kkiri.flows.find import find
from kkiri.flows.finds import Found
from kkiri.flows.listings import of_torrent
from kkiri.flows.playing.screening import Screens
from kkiri.flows.playing.songs import (
    Album,
    Collection,
    Song,
    Work,
    album_hash,
    album_of,
    collect,
    file_number,
    song_parts,
)
from kkiri.flows.world import World
from kkiri.ports.arriving import ArrivingFile
from kkiri.ports.state import SharedListing, Transfer
from kkiri.search import query as searches
from kkiri.swarm.magnet import write_link
from kkiri.swarm.metainfo import read
from kkiri.swarm.places import places

OWN_SECONDS = 2.0  # a player that opens asks twenty times in a second for the same
SEEN_WORKS_MAX = 1_000  # of the network, about 2 MB
SEARCHES_MAX = 16  # a player asks for artists, albums and songs of one search page by page
SEARCH_SECONDS = 60.0  # ... within a minute
JOURNAL_PAGE = 500  # records read at once: 20 ms in a thread
TOLD_FILES_MAX = 200  # of one album, asked what they say of themselves: a box of ten records
TOLD_ALBUMS_MAX = 500  # remembered, about 10 MB
OPEN_SECONDS = Seconds(30.0)  # a player gives up about then; the fetch goes on


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What our own listing says of a torrent."""

    facts: MediaFacts
    topics: tuple[str, ...]
    created_at: UnixTime
    sort: Sort


class Music:
    """The music of one peer; what it remembers is made of what is on disk, and can be lost."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._screens = Screens(world)
        self._said: dict[InfoHash, _Said] = {}
        self._journal_at = Seq(0)
        self._works: dict[InfoHash, Work] = {}
        self._collection = collect(())
        self._looked_at: Seconds | None = None
        self._looking = asyncio.Lock()
        self._seen: OrderedDict[InfoHash, Work] = OrderedDict()
        self._searches: OrderedDict[str, tuple[Seconds, tuple[InfoHash, ...]]] = OrderedDict()
        self._told: OrderedDict[InfoHash, dict[str, MediaFacts]] = OrderedDict()

    async def own(self) -> Collection:
        """Give all music that is in the library or among the downloads."""
        async with self._looking:
            now = self._world.clock.monotonic()
            if self._looked_at is None or now - self._looked_at >= OWN_SECONDS:
                known = [
                    (one, self._world.torrents.metainfo(one.info_hash))
                    for one in self._world.transfers.transfers()
                ]
                works = await asyncio.to_thread(self._own_works, known)
                self._works = {work.info_hash: work for work in works}
                self._collection = await asyncio.to_thread(collect, works)
                self._looked_at = self._world.clock.monotonic()
            return self._collection

    async def found(self, words: str) -> list[Album]:
        """Give albums of the network that answer a search and are not here; best first."""
        await self.own()
        key, now = words.casefold().strip(), self._world.clock.monotonic()
        known = self._searches.get(key)
        if known is None or now - known[0] >= SEARCH_SECONDS:
            query = replace(searches.parse(words), sort=(Sort.MUSIC.value,))
            works = [_network_work(one) for one in await find(self._world, query)]
            for work in works:
                self._see(work)
            known = (now, tuple(work.info_hash for work in works))
            self._searches[key] = known
            while len(self._searches) > SEARCHES_MAX:
                self._searches.popitem(last=False)
        seen = [self._seen[one] for one in known[1] if one in self._seen]
        return [album_of(work) for work in seen if work.info_hash not in self._works]

    async def album(self, album_id: str) -> Album:
        """Give an album with all that its files say of themselves. Raises: NotFoundError."""
        album = (await self.own()).albums.get(album_id)
        info_hash = album_hash(album_id)
        if info_hash is None:
            if album is None:
                raise NotFoundError(album_id[:80])
            return album
        work = await self._work(info_hash)
        return album_of(work, await self._facts(work))

    async def song(self, song_id: str) -> Song:
        """Give a song. Raises: NotFoundError."""
        parts = song_parts(song_id)
        if parts is None:
            raise NotFoundError(song_id[:80])
        own = (await self.own()).songs.get(song_id)
        if own is not None and own.album_id != f"al-{parts[0]}":
            return own  # a single song: its own listing says it all
        for song in (await self.album(f"al-{parts[0]}")).songs:
            if song.id == song_id:
                return song
        raise NotFoundError(song_id[:80])

    async def open(self, song_id: str) -> ArrivingFile:
        """Open a song to be read; fetches it when it is not here. Whoever opens it closes it.

        Raises: NotFoundError, NotReachableError when nobody who has it answers in time.
        """
        song = await self.song(song_id)
        world = self._world
        work = await self._work(song.info_hash)
        if world.library.listing(song.info_hash) is None:
            await self._ask_for(work, song.path)
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                info = read(await world.torrents.wait_metainfo(song.info_hash))
                if song.info_hash not in self._works:
                    self._looked_at = None
                number = file_number(info, song.path)
                if number is None:
                    raise NotFoundError(song_id)
                seconds = None if song.seconds is None else Seconds(float(song.seconds))
                return await world.torrents.open(song.info_hash, number, seconds)
        except TimeoutError:
            raise NotReachableError(song.title[:80]) from None

    async def _ask_for(self, work: Work, path: str) -> None:
        """Fetch one file of a torrent beside those of it that were asked for before."""
        world = self._world
        found = (one for one in world.transfers.transfers() if one.info_hash == work.info_hash)
        before = next(found, None)
        only = [path]
        if before is not None:
            if before.paused:
                await fetch.pause(world, before.info_hash, False)
            if before.only is None or path in before.only:
                return
            only = [*before.only, path]
        addresses = () if before is None else before.addresses
        link = work.link or write_link(work.info_hash, work.title, addresses=addresses)
        await fetch.fetch(world, link, only=only)
        self._looked_at = None

    async def cover(self, any_id: str) -> bytes:
        """Give a small JPEG for a song, album or artist. Raises: NotFoundError."""
        return await self._screens.still(await self._covered(any_id), None)

    async def _covered(self, any_id: str) -> InfoHash:
        parts = song_parts(any_id)
        info_hash = parts[0] if parts is not None else album_hash(any_id)
        if info_hash is not None:
            return info_hash
        own = await self.own()
        album = own.albums.get(any_id)
        artist = own.artists.get(any_id)
        if album is None and artist is not None:
            album = artist.albums[0]
        if album is None:
            raise NotFoundError(any_id[:80])
        return album.songs[0].info_hash

    async def _work(self, info_hash: InfoHash) -> Work:
        await self.own()
        work = self._works.get(info_hash) or self._seen.get(info_hash)
        if work is None:
            found = await of_torrent(self._world, info_hash)
            if found is None:
                raise NotFoundError(info_hash)
            work = _network_work(found)
            self._see(work)
        return work

    def _see(self, work: Work) -> None:
        self._seen[work.info_hash] = work
        self._seen.move_to_end(work.info_hash)
        while len(self._seen) > SEEN_WORKS_MAX:
            self._seen.popitem(last=False)

    async def _facts(self, work: Work) -> dict[str, MediaFacts]:
        """Ask the files of an album that are on this disk what they say of themselves."""
        if len(work.files) == 1 or not work.paths:
            return {}
        if work.info_hash not in self._told:
            wanted = [path for path, _ in work.songs if path in work.paths][:TOLD_FILES_MAX]
            facts = await self._world.media.facts([work.paths[path] for path in wanted])
            self._told[work.info_hash] = dict(zip(wanted, facts, strict=True))
            while len(self._told) > TOLD_ALBUMS_MAX:
                self._told.popitem(last=False)
        return self._told[work.info_hash]

    # ---- what is here; in a thread

    def _own_works(self, known: Sequence[tuple[Transfer, bytes | None]]) -> list[Work]:
        self._read_journal()
        works = [self._shared_work(one) for one in self._world.library.listings()]
        shared = {work.info_hash for work in works}
        for transfer, raw in known:
            if transfer.info_hash not in shared:
                works += self._fetched_work(transfer, raw)
        return [work for work in works if _is_music(work)]

    def _read_journal(self) -> None:
        while True:
            page = self._world.journal.after(self._journal_at, JOURNAL_PAGE)
            if not page:
                return
            for seq, record in page:
                self._journal_at = seq
                if record.kind != LISTING:
                    continue
                try:
                    listing = listing_tags.from_event(record)
                except BadRecordError:
                    continue
                self._said[listing.info_hash] = _Said(
                    facts=listing.facts,
                    topics=listing.topics,
                    created_at=record.created_at,
                    sort=listing.sort,
                )

    def _shared_work(self, shared: SharedListing) -> Work:
        paths = {}
        files = []
        for file in shared.files:
            parts = file.path.relative_to(shared.folder).parts
            path = "/".join(parts[1:]) or parts[0]
            files.append((path, file.stat.size))
            paths[path] = file.path
        said = self._said.get(shared.info_hash)
        return Work(
            info_hash=shared.info_hash,
            title=shared.title,
            created_at=said.created_at if said else UnixTime(0),
            files=tuple(files),
            facts=said.facts if said else MediaFacts(),
            topics=said.topics if said else (),
            paths=MappingProxyType(paths),
        )

    def _fetched_work(self, transfer: Transfer, raw: bytes | None) -> list[Work]:
        """Give a download as a work once it is known what it consists of; a list of one or none."""
        before = self._works.get(transfer.info_hash)
        if before is not None and (before.paths or transfer.path is None):
            return [before]
        if raw is None:
            return []
        try:
            info = read(raw)
            where = places(info)
        except BadMetainfoError:
            return []
        names = ["/".join(file.parts) or info.name for file in info.files]
        whole = transfer.path is not None
        paths = {
            name: transfer.folder.joinpath(*place)
            for name, place in zip(names, where, strict=True)
            if whole and (transfer.only is None or name in transfer.only)
        }
        seen = self._seen.get(transfer.info_hash)
        work = Work(
            info_hash=transfer.info_hash,
            title=seen.title if seen else transfer.name,
            created_at=transfer.added_at,
            files=tuple(
                (name, file.size)
                for name, file in zip(names, info.files, strict=True)
                if not file.padding
            ),
            facts=seen.facts if seen else MediaFacts(),
            topics=seen.topics if seen else (),
            paths=MappingProxyType(paths),
        )
        return [work]


def _network_work(found: Found) -> Work:
    return Work(
        info_hash=found.info_hash,
        title=found.title,
        created_at=found.created_at,
        files=tuple((file.path, file.size) for file in found.files),
        facts=found.facts,
        topics=found.topics,
        link=Link(found.link),
    )


def _is_music(work: Work) -> bool:
    """Say whether music is most of it: a film's sound track beside it makes no album."""
    music = sum(size for _, size in work.songs)
    return 2 * music > sum(size for _, size in work.files)
