"""Bringing a shared folder and the library in line: withdraw first, then hash and publish.

What is gone or changed is withdrawn at once (SAFETY F3: within 5 s), never behind a long hash.
New files are hashed in batches; each batch is one transaction, so `kill -9` costs one batch.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kkiri.base.errors import BadMetainfoError, KkiriError, NotFoundError, RefusedError
from kkiri.base.types import EventId, InfoHash, Seconds
from kkiri.event import kinds
from kkiri.event.listing import MediaFacts
from kkiri.event.record import Record, Tag
from kkiri.flows.publish import sign
from kkiri.flows.sharing.making import (
    Difference,
    Hashes,
    Wanted,
    compare,
    kept_hashes,
    make,
    moved,
    piece_bytes_of,
)
from kkiri.flows.world import World
from kkiri.ports.state import SharedListing
from kkiri.ports.torrents import SeedSpec

BATCH_LISTINGS = 200  # one transaction of about 0.5 MB, under 50 ms of signing
BATCH_BYTES = 512 * 1024 * 1024  # about a second of hashing: what `kill -9` may cost
HASHED_AT_ONCE = 2  # the threads that DiskFolders has
QUIET_SECONDS = 1.0  # a file that is still being written changes more often than that
RECENT_SECONDS = 2  # older than this by the clock needs no waiting
TOLD_BYTES_MIN = 1024 * 1024  # a bar moves no finer, and waking the loop for each text costs 7 %
SEEDED_AT_ONCE = 16  # the engine takes 0.3 ms for each: 5 ms, then others get the loop
DELETED_AT_ONCE = 500  # ids in one deletion: 38 kB, below what common relays take

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """How far a share has come."""

    step: str
    """`walk`, then `hash`, then `done`."""
    done: int
    """Listings published."""
    total: int
    """Listings that there will be."""
    name: str
    """Of the one at hand."""
    bytes_done: int = 0
    bytes_total: int = 0


Report = Callable[[Sharing], None]


class Progress:
    """Counts what was hashed and published, and reports it."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._now = Sharing(step="walk", done=0, total=0, name="")
        report(self._now)

    def plan(self, difference: Difference) -> None:
        """Take in how much there is to do."""
        done = difference.kept + len(difference.renamed)
        size = sum(one.size for one in difference.new)
        total = done + len(difference.new)
        self._tell(
            replace(self._now, step="hash", done=done, total=total, bytes_done=0, bytes_total=size)
        )

    def hashed(self, count: int) -> None:
        """Add bytes."""
        self._tell(replace(self._now, bytes_done=self._now.bytes_done + count))

    def at(self, name: str) -> None:
        """Name the one at hand."""
        self._tell(replace(self._now, name=name))

    def published(self, count: int) -> None:
        """Add listings."""
        self._tell(replace(self._now, done=self._now.done + count))

    def _tell(self, now: Sharing) -> None:
        self._now = now
        self._report(now)


class _Told:
    """Tells of bytes as a thread reads them; small ones are told at the end, all at once."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._loop = asyncio.get_running_loop()
        self.count = 0
        """What was told."""

    def read(self, count: int) -> None:
        """Hear of some bytes; called in the thread."""
        if count >= TOLD_BYTES_MIN:
            self.count += count
            self._loop.call_soon_threadsafe(self._progress.hashed, count)


async def settle(world: World, root: Path) -> Difference:
    """Withdraw what is gone or changed and publish what was renamed; says what is new.

    Raises: DiskFullError; what was wrong is no longer seeded even then.
    """
    async with world.bells.writing:
        difference = await _look(world, root)
        await _withdraw(world, root, difference.gone)
        await _rename(world, root, difference.renamed)
        return difference


async def add_new(world: World, root: Path, progress: Progress) -> bool:
    """Settle, then hash and publish what is new; true when some was not quiet yet.

    The caller holds `bells.adding(root)`. Raises: DiskFullError.
    """
    difference = await settle(world, root)
    seen_at = world.clock.monotonic()
    progress.plan(difference)
    recent = {one.name for one in difference.new if _is_recent(world, one)}
    again = False
    for batch in _batches([one for one in difference.new if one.name not in recent]):
        again |= not await _add(world, root, batch, progress)
    if not recent:
        return again
    await _sleep_until(world, Seconds(seen_at + QUIET_SECONDS))
    young = [one for one in difference.new if one.name in recent]
    quiet = [one for one in young if _is_same(world, one)]
    for batch in _batches(quiet):
        again |= not await _add(world, root, batch, progress)
    return again or len(quiet) < len(young)


async def withdraw_all(world: World, root: Path) -> None:
    """Withdraw every listing of a root. Raises: DiskFullError."""
    async with world.bells.writing:
        await _withdraw(world, root, await asyncio.to_thread(world.library.listings, root))


async def _look(world: World, root: Path) -> Difference:
    try:
        files = await world.folders.walk(root)
    except NotFoundError:
        files = []
    known = await asyncio.to_thread(world.library.listings, root)
    return await asyncio.to_thread(compare, files, known)


async def _withdraw(world: World, root: Path, gone: Sequence[SharedListing]) -> None:
    for start in range(0, len(gone), DELETED_AT_ONCE):
        some = gone[start : start + DELETED_AT_ONCE]
        for listing in some:
            await world.torrents.remove(listing.info_hash)
        alone = [one for one in some if world.library.roots_of(one.info_hash) == [root]]
        ids = [record for listing in alone for record in listing.records]
        deletions = [
            _deletion(world, ids[at : at + DELETED_AT_ONCE])
            for at in range(0, len(ids), DELETED_AT_ONCE)
        ]
        hashes = [listing.info_hash for listing in some]
        await asyncio.to_thread(world.library.withdraw, root, hashes, deletions)
        world.bells.journal.ring()
        for listing in some:
            await _hand_over(world, listing)


def _deletion(world: World, ids: Sequence[EventId]) -> Record:
    tags: tuple[Tag, ...] = (*(("e", one) for one in ids), ("k", str(kinds.LISTING)))
    return sign(world, kinds.DELETION, tags, "")


async def _hand_over(world: World, gone: SharedListing) -> None:
    """Let the same torrent go on from another root where an equal file stands."""
    other = await asyncio.to_thread(world.library.listing, gone.info_hash)
    if other is None:
        return
    if gone.records:
        await asyncio.to_thread(world.library.put_listings, [moved(other, gone)], [])
    await seed(world, [other])


async def _rename(
    world: World, root: Path, renamed: Sequence[tuple[SharedListing, Wanted]]
) -> None:
    for start in range(0, len(renamed), BATCH_LISTINGS):
        some = renamed[start : start + BATCH_LISTINGS]
        made: list[tuple[Wanted, Hashes]] = []
        for listing, wanted in some:
            before = await asyncio.to_thread(world.library.listing, listing.info_hash)
            if before is not None:
                made.append((wanted, kept_hashes(before)))
        facts = await _facts(world, [wanted for wanted, _ in made])
        await _withdraw(world, root, [listing for listing, _ in some])
        await _put(world, root, made, facts)


async def _add(world: World, root: Path, batch: Sequence[Wanted], progress: Progress) -> bool:
    """Hash and publish a batch; false when a file of it changed meanwhile."""
    done: list[tuple[Wanted, Hashes]] = []
    waiting = deque(batch)
    async with asyncio.TaskGroup() as group:
        asked = group.create_task(_facts(world, batch), name="facts")
        for number in range(HASHED_AT_ONCE):
            group.create_task(_hash(world, waiting, done, progress), name=f"hash {number}")
    async with world.bells.writing:
        if root not in world.library.roots():
            return True  # unshared meanwhile
        same = [(wanted, hashes) for wanted, hashes in done if _is_same(world, wanted)]
        await _put(world, root, same, asked.result())
    progress.published(len(same))
    return all(_is_same(world, wanted) for wanted in batch)


async def _hash(
    world: World,
    waiting: deque[Wanted],
    done: list[tuple[Wanted, Hashes]],
    progress: Progress,
) -> None:
    while waiting:
        wanted = waiting.popleft()
        progress.at(wanted.name)
        told = _Told(progress)
        piece_bytes = piece_bytes_of(wanted)
        try:
            hashed = await world.folders.hash(wanted.files, piece_bytes, told.read)
        except RefusedError as error:  # it changed, went or cannot be read: the next look tells
            log.info("a file is not shared yet", extra={"reason": error.detail})
            continue
        progress.hashed(wanted.size - told.count)
        sized = zip(wanted.files, hashed.roots, strict=True)
        merkles = tuple(merkle if file.stat.size else None for file, merkle in sized)
        done.append(
            (wanted, Hashes(piece_bytes=piece_bytes, pieces=hashed.pieces, merkles=merkles))
        )


async def _facts(world: World, batch: Sequence[Wanted]) -> dict[Path, MediaFacts]:
    paths = [path for wanted in batch for path in wanted.probed()]
    return dict(zip(paths, await world.media.facts(paths), strict=True)) if paths else {}


async def _put(
    world: World,
    root: Path,
    made: Sequence[tuple[Wanted, Hashes]],
    facts: dict[Path, MediaFacts],
) -> None:
    """Publish in one durable transaction, then seed; the caller holds `bells.writing`."""
    listings, records = await asyncio.to_thread(_make_all, world, root, made, facts)
    if not listings:
        return
    await asyncio.to_thread(world.library.put_listings, listings, records)
    world.bells.journal.ring()
    await seed(world, listings)


async def seed(world: World, listings: Sequence[SharedListing]) -> None:
    """Seed listings that come with metainfo, without holding the loop."""
    for number, listing in enumerate(listings, 1):
        try:
            stats = tuple(file.stat for file in listing.files)
            spec = SeedSpec(metainfo=listing.metainfo, folder=listing.folder, stats=stats)
            await world.torrents.seed(spec)
        except BadMetainfoError:
            log.warning("a torrent of ours is broken", extra={"title": listing.title})
        if number % SEEDED_AT_ONCE == 0:
            await asyncio.sleep(0)


def _make_all(
    world: World,
    root: Path,
    made: Sequence[tuple[Wanted, Hashes]],
    facts: dict[Path, MediaFacts],
) -> tuple[list[SharedListing], list[Record]]:
    listings: list[SharedListing] = []
    records: list[Record] = []
    for wanted, hashes in made:
        said = [facts.get(path, MediaFacts()) for path in wanted.probed()]
        try:
            listing, signed = make(world, root, wanted, hashes, said)
        except (BadMetainfoError, RefusedError) as error:
            log.warning("a folder is not shared", extra={"reason": _reason(error)})
            continue
        if _is_elsewhere(world, listing.info_hash, root):
            listing, signed = replace(listing, records=()), []
        listings.append(listing)
        records += signed
    return listings, records


def _reason(error: KkiriError) -> str:
    return error.detail


def _is_elsewhere(world: World, info_hash: InfoHash, root: Path) -> bool:
    return any(other != root for other in world.library.roots_of(info_hash))


def _batches(wanted: Sequence[Wanted]) -> Iterator[list[Wanted]]:
    batch: list[Wanted] = []
    size = 0
    for one in wanted:
        if batch and (len(batch) == BATCH_LISTINGS or size + one.size > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += one.size
    if batch:
        yield batch


def _is_recent(world: World, wanted: Wanted) -> bool:
    since = (world.clock.now() - RECENT_SECONDS) * 1_000_000_000
    return any(file.stat.mtime_ns >= since for file in wanted.files)


def _is_same(world: World, wanted: Wanted) -> bool:
    return all(world.folders.stat(file.path) == file.stat for file in wanted.files)


async def _sleep_until(world: World, when: Seconds) -> None:
    await asyncio.sleep(max(0.0, when - world.clock.monotonic()))
