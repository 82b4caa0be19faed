"""Fetch: from a pasted link to a checked file in its place, whatever ends in between.

What was asked for is on disk before `fetch` returns. Addresses come from the link, from the
listings of that info-hash at the hubs and from their authors' presence; in public, Mainline stands
beside. An address of a stranger that is not of the open internet is dialled in a private network
only (SAFETY P2).
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kkiri.base.errors import (
    BadKeyError,
    BadLinkError,
    BadRecordError,
    DiskFullError,
    KkiriError,
    NotFoundError,
)
from kkiri.base.types import EventId, InfoHash, PubKey, Seconds
from kkiri.event import listing_tags, nip19, presence
from kkiri.event.filters import Filter
from kkiri.event.kinds import LISTING, PRESENCE
from kkiri.event.listing import Listing, PeerAddress
from kkiri.event.nip19 import EventPointer
from kkiri.flows.asking import ask_hubs, standing
from kkiri.flows.world import Network, World
from kkiri.ports.state import Transfer
from kkiri.ports.torrents import FetchSpec, Progress, TransferState
from kkiri.swarm.addresses import is_global
from kkiri.swarm.magnet import MagnetLink, read_link

ASK_SECONDS_MAX = Seconds(3.0)  # a person waits for `get` to begin; more sources can come later
LISTINGS_MAX = 100  # of one info-hash; a popular file has more, these are enough to begin with
AUTHORS_MAX = 32  # asked where they are
ADDRESSES_MAX = 32  # kept with a transfer
WATCH_SECONDS = 2.0  # kill -9 loses at most so much of what was fetched
LOOK_AGAIN_SECONDS = 60.0  # a transfer without a peer asks the hubs for new addresses
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferView:
    """A transfer as a person sees it."""

    transfer: Transfer
    progress: Progress | None
    """None while the engine does not have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the hubs say of one info-hash."""

    title: str
    addresses: tuple[PeerAddress, ...]


async def fetch(
    world: World,
    link: str,
    to: Path | None = None,
    only: Sequence[str] | None = None,
    *,
    look: bool = True,
    metainfo: bytes | None = None,
) -> Transfer:
    """Ask for what a link names; returns once that is durable and the engine is at work.

    `to` is a folder, the incoming one when None; `only` are paths of single files. One that was
    asked for before is resumed where it is. Without `look` no hub is asked for more sources now,
    but as soon as it turns out to have none. `metainfo` is its torrent file where that is held.

    Raises: BadLinkError, NotFoundError, UnsafeFolderError, RefusedError, BadMetainfoError.
    """
    wanted = await named(world, link)
    before = _transfer(world, wanted.info_hash)
    if before is not None and before.path is not None and before.path.exists():
        covers = before.only is None or (only is not None and set(only) <= set(before.only))
        moves = to not in {None, before.folder} and world.library.listing(wanted.info_hash) is None
        if covers and not moves:
            return before
        if moves:  # a torrent is seeded from one place; the first copy stays where it is
            await world.torrents.remove(wanted.info_hash)
    fresh = before is None or before.finished_at is not None
    transfer = Transfer(
        info_hash=wanted.info_hash,
        name=wanted.name or wanted.info_hash,
        folder=to or world.incoming,
        addresses=_usable(world, wanted.addresses),
        added_at=world.clock.now(),
        only=None if only is None else tuple(only),
    )
    if before is not None and not fresh:
        transfer = _merged(world, before, transfer)
    world.transfers.put_transfer(transfer)
    try:
        await world.torrents.fetch(replace(_spec(transfer), metainfo=metainfo))
    except KkiriError:
        if fresh:
            world.transfers.remove_transfer(transfer.info_hash)
        raise
    await world.torrents.pause(transfer.info_hash, False)
    return await _look(world, transfer) if look else transfer


async def wait(world: World, info_hash: InfoHash) -> Transfer:
    """Wait until a transfer is complete, in its place; gives it with its path. Cancel-safe.

    Raises: NotFoundError when it is unknown or was cancelled.
    """
    transfer = _transfer(world, info_hash)
    if transfer is None:
        raise NotFoundError(info_hash)
    if transfer.finished_at is not None:
        return transfer
    path = await world.torrents.wait_complete(info_hash)
    return _finished(world, _transfer(world, info_hash) or transfer, path)


async def resume(world: World) -> None:
    """Go on with every unfinished transfer; one that cannot be is left as it is, and told."""
    for transfer in world.transfers.transfers():
        if transfer.finished_at is not None:
            continue
        try:
            await world.torrents.fetch(_spec(transfer))
            if transfer.paused:
                await world.torrents.pause(transfer.info_hash, True)
        except KkiriError as error:
            log.warning(
                "a transfer cannot go on",
                extra={"info_hash": transfer.info_hash, "reason": str(error)},
            )


async def pause(world: World, info_hash: InfoHash, paused: bool) -> None:
    """Pause a transfer or let it go on, over restarts too.

    Raises: NotFoundError.
    """
    transfer = _transfer(world, info_hash)
    if transfer is None:
        raise NotFoundError(info_hash)
    world.transfers.put_transfer(replace(transfer, paused=paused))
    if not paused and world.torrents.progress_of(info_hash) is None:
        await world.torrents.fetch(_spec(transfer))
    await world.torrents.pause(info_hash, paused)


async def cancel(world: World, info_hash: InfoHash) -> None:
    """Forget a transfer; a finished one's files stay, an unfinished one's parts go.

    Raises: NotFoundError.
    """
    if _transfer(world, info_hash) is None:
        raise NotFoundError(info_hash)
    if world.library.listing(info_hash) is None:  # what is shared goes on being seeded
        await world.torrents.remove(info_hash)
    world.transfers.remove_transfer(info_hash)


def transfers(world: World) -> list[TransferView]:
    """Give all transfers, newest first, with where each stands."""
    return [
        TransferView(transfer=one, progress=world.torrents.progress_of(one.info_hash))
        for one in world.transfers.transfers()
    ]


async def watch_transfers(world: World) -> None:
    """Save what came, note what is finished, look for sources of what stands still; forever."""
    looked: dict[InfoHash, Seconds] = {}
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        open_ones = [one for one in world.transfers.transfers() if one.finished_at is None]
        if not open_ones:
            continue
        try:
            await world.torrents.save()
            for transfer in open_ones:
                await _watch_one(world, transfer, looked)
        except DiskFullError:
            continue  # nothing is lost: the next round writes it


async def find_sources(world: World, info_hash: InfoHash) -> None:
    """Ask the hubs who has a transfer, and dial them."""
    transfer = _transfer(world, info_hash)
    if transfer is not None:
        await _look(world, transfer)


async def _watch_one(world: World, transfer: Transfer, looked: dict[InfoHash, Seconds]) -> None:
    progress = world.torrents.progress_of(transfer.info_hash)
    if progress is None:
        return
    if progress.state is TransferState.SEEDING:
        path = await world.torrents.wait_complete(transfer.info_hash)
        _finished(world, transfer, path)
        looked.pop(transfer.info_hash, None)
        return
    waiting = progress.state in {TransferState.METADATA, TransferState.FETCHING}
    now = world.clock.monotonic()
    since = looked.setdefault(transfer.info_hash, now)
    if waiting and progress.peers == 0 and now - since >= LOOK_AGAIN_SECONDS:
        looked[transfer.info_hash] = now
        await _look(world, transfer)


async def named(world: World, link: str) -> MagnetLink:
    """Read a magnet, a bare info-hash, or a nostr: link to a listing, which the hubs are asked for.

    Raises: BadLinkError, NotFoundError.
    """
    try:
        return read_link(link)
    except BadLinkError as unread:
        try:
            pointer = nip19.decode(link)
        except BadKeyError:
            raise unread from None
    if not isinstance(pointer, EventPointer):
        raise BadLinkError(link[:40])
    found = await _listings(world, Filter(kinds=(LISTING,), ids=(EventId(pointer.id),), limit=1))
    if not found:
        raise NotFoundError(link[:80])
    return MagnetLink(
        info_hash=found[0].info_hash, name=found[0].title, addresses=found[0].addresses
    )


async def _look(world: World, transfer: Transfer) -> Transfer:
    """Ask the hubs who has it, dial them, and keep the addresses with the transfer."""
    known = await _known(world, transfer.info_hash)
    more = _usable(world, (*transfer.addresses, *known.addresses))[:ADDRESSES_MAX]
    name = transfer.name
    if name == transfer.info_hash and known.title:
        name = known.title
    new = [address for address in more if address not in transfer.addresses]
    if more:  # those known before too: a peer that restarted is there again
        world.torrents.dial(transfer.info_hash, more)
    now = _transfer(world, transfer.info_hash)
    if now is None or (not new and name == now.name):
        return now or transfer
    found = replace(now, addresses=more, name=name)
    world.transfers.put_transfer(found)
    return found


async def _known(world: World, info_hash: InfoHash) -> _Known:
    wanted = Filter(kinds=(LISTING,), tags=(("x", (info_hash,)),), limit=LISTINGS_MAX)
    listings = await _listings(world, wanted)
    authors = dict.fromkeys(one.author for one in listings if one.author is not None)
    addresses = [*await _present(world, tuple(authors)[:AUTHORS_MAX])]
    addresses += [address for one in listings for address in one.addresses]
    return _Known(
        title=listings[0].title if listings else "", addresses=tuple(dict.fromkeys(addresses))
    )


async def _listings(world: World, wanted: Filter) -> list[Listing]:
    """Ask the covering set for listings, newest first."""
    answers = await ask_hubs(world, world.hubs.plan(), lambda _: (wanted,), ASK_SECONDS_MAX)
    found: list[Listing] = []
    for record in standing(answers.records.values()):
        try:
            found.append(listing_tags.from_event(record))
        except BadRecordError:
            continue
    return sorted(found, key=lambda one: one.created_at or 0, reverse=True)


async def _present(world: World, authors: tuple[PubKey, ...]) -> Iterable[PeerAddress]:
    """Ask where the authors are now: an address in an old listing may be stale."""
    if not authors:
        return ()
    wanted = Filter(kinds=(PRESENCE,), authors=authors, limit=len(authors) * 2)
    answers = await ask_hubs(world, world.hubs.plan(), lambda _: (wanted,), ASK_SECONDS_MAX)
    found: list[PeerAddress] = []
    for record in standing(answers.records.values()):
        try:
            one = presence.from_event(record)
        except BadRecordError:
            continue
        if one.until > world.clock.now():
            found.extend(one.addresses)
    return found


def _usable(world: World, addresses: Iterable[PeerAddress]) -> tuple[PeerAddress, ...]:
    """Leave out our own address and, in public, whatever is not of the open internet."""
    own = world.torrents.address
    open_only = world.network is Network.PUBLIC
    return tuple(
        dict.fromkeys(
            address
            for address in addresses
            if address != own and (not open_only or is_global(address))
        )
    )[:ADDRESSES_MAX]


def _merged(world: World, before: Transfer, asked: Transfer) -> Transfer:
    """Widen a transfer that runs: it stays in its folder, and what was wanted is still wanted."""
    only = None
    if before.only is not None and asked.only is not None:
        only = tuple(dict.fromkeys((*before.only, *asked.only)))
    addresses = _usable(world, (*asked.addresses, *before.addresses))
    return replace(before, addresses=addresses, only=only, paused=False)


def _spec(transfer: Transfer) -> FetchSpec:
    return FetchSpec(
        info_hash=transfer.info_hash,
        folder=transfer.folder,
        addresses=transfer.addresses,
        name=transfer.name,
        only=transfer.only,
    )


def _transfer(world: World, info_hash: InfoHash) -> Transfer | None:
    return next((one for one in world.transfers.transfers() if one.info_hash == info_hash), None)


def _finished(world: World, transfer: Transfer, path: Path) -> Transfer:
    if transfer.finished_at is not None:
        return transfer
    found = replace(
        transfer, finished_at=world.clock.now(), path=path, paused=False, name=path.name
    )
    world.transfers.put_transfer(found)
    return found
