"""Things: what is found that is no torrent: persons, goods, auctions, texts; at the same hubs.

Read only: what other Nostr programs publish is shown as it is, with who signed it.
"""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from kkiri.base.errors import BadRecordError, NotFoundError
from kkiri.base.limits import FILTER_VALUES_MAX
from kkiri.base.types import Kind, PubKey, Seconds, UnixTime
from kkiri.event import kinds, nip19
from kkiri.event.auction import Auction, read_auction
from kkiri.event.filters import Filter
from kkiri.event.goods import Goods, read_goods
from kkiri.event.listing_tags import from_event
from kkiri.event.nip19 import AddressPointer, EventPointer
from kkiri.event.profile import Profile, read_profile
from kkiri.event.record import Record
from kkiri.event.writing import Writing, read_writing
from kkiri.flows.asking import ask_hubs, standing
from kkiri.flows.find import FIND_SECONDS, with_keys
from kkiri.flows.learning import MORE_SECONDS, persons
from kkiri.flows.naming import Known, known_from, notes_of
from kkiri.flows.world import OpenHub, World
from kkiri.search.matching import answers
from kkiri.search.query import Query, asked_of, to_search
from kkiri.search.rank import TextScore
from kkiri.search.tokens import Searchable
from kkiri.swarm.magnet import MagnetLink
from kkiri.trust.petnames import clean_name

EACH_MAX = 60  # of one sort: a page of people or goods; the next search is narrower
TRUST = {0: 3.0, 1: 2.0, 2: 1.0}  # by distance of following, against a text's 0 to 1


class ThingSort(Enum):
    """What a thing is; `sort:` in a search names it."""

    PERSON = "person"
    GOODS = "goods"
    AUCTION = "auction"
    TEXT = "text"


KINDS: dict[ThingSort, Kind] = {
    ThingSort.PERSON: kinds.PROFILE,
    ThingSort.GOODS: kinds.GOODS,
    ThingSort.AUCTION: kinds.AUCTION,
    ThingSort.TEXT: kinds.WRITING,
}
NOT_FILES = frozenset({"person", "goods", "auction", "work"})
"""Sorts that no torrent has; nothing is of the sort `work` yet."""

Said = Profile | Goods | Auction | Writing


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One thing as it is shown."""

    sort: ThingSort
    pointer: str
    """npub of a person; naddr of what has one."""
    said: Said
    author: PubKey
    author_name: str
    looks_like: str
    followed: bool
    on: bool
    """The author's peer is on now."""
    created_at: UnixTime


async def find_things(
    world: World, query: Query, wait_seconds: Seconds = FIND_SECONDS
) -> list[Thing]:
    """Search once; best first, persons that are known here among them.

    Raises: NotFoundError, BadKeyError, RefusedError when `by:` names nobody, or several.
    """
    wanted = sorts_of(query)
    named_sort = not NOT_FILES.isdisjoint(query.sort)
    if not wanted or _counts_bytes(query) or (query.node is None and not named_sort):
        return []
    query = replace(await with_keys(world, query), sort=())
    known = _known_here(world, query) if ThingSort.PERSON in wanted else []
    asked = [_filter(query, sort) for sort in wanted]
    named: list[Filter] = []
    if known:
        named.append(Filter(kinds=(kinds.PROFILE,), authors=tuple(known), limit=len(known)))

    def filters_of(hub: OpenHub) -> Sequence[Filter]:
        # without NIP-50 a relay would give its newest of each kind, which answer nothing
        return [*asked, *named] if hub.searches else (named or [_nothing()])

    plan = world.hubs.plan()
    gathered = await ask_hubs(world, plan, filters_of, wait_seconds)
    records = [r for r in gathered.records.values() if r.kind in KINDS.values()]
    return await _settle(world, query, records, frozenset(known))


async def thing(world: World, pointer: EventPointer | AddressPointer) -> Thing:
    """Give one by its pointer. Raises: NotFoundError when no hub has it or it cannot be shown."""
    match pointer:
        case AddressPointer(kind=kind, author=author, d=d):
            if kind not in KINDS.values():
                raise NotFoundError(f"kind {kind}")
            tags = (("d", (d,)),) if kinds.is_addressable(kind) else ()
            wanted = Filter(kinds=(kind,), authors=(author,), tags=tags, limit=1)
        case EventPointer(id=event_id):
            wanted = Filter(ids=(event_id,), limit=1)
    gathered = await ask_hubs(world, world.hubs.plan(), lambda _: [wanted], FIND_SECONDS)
    records = standing(gathered.records.values())
    shown = await _settle(world, Query(), records, ())
    if not shown:
        raise NotFoundError("nothing stands there")
    return shown[0]


async def listed_at(world: World, pointer: EventPointer) -> MagnetLink | None:
    """Give the torrent that a pointer leads to; None when it leads to no listing."""
    wanted = Filter(kinds=(kinds.LISTING,), ids=(pointer.id,), limit=1)
    gathered = await ask_hubs(world, world.hubs.plan(), lambda _: [wanted], FIND_SECONDS)
    for record in gathered.records.values():
        try:
            listing = from_event(record)
        except BadRecordError:
            continue
        return MagnetLink(
            info_hash=listing.info_hash,
            name=listing.title,
            size=listing.size,
            addresses=listing.addresses,
        )
    return None


def sorts_of(query: Query) -> tuple[ThingSort, ...]:
    """Give the sorts of things that a search asks for."""
    if not query.sort:
        return tuple(ThingSort)
    return tuple(sort for sort in ThingSort if sort.value in query.sort)


def asks_for_files(query: Query) -> bool:
    """Say whether any torrent could answer."""
    return not query.sort or not NOT_FILES.issuperset(query.sort)


def _counts_bytes(query: Query) -> bool:
    spans = (query.min_size, query.max_size, query.min_seconds, query.max_seconds)
    return bool(query.artist) or spans != (None,) * 4


def _filter(query: Query, sort: ThingSort) -> Filter:
    return Filter(
        kinds=(KINDS[sort],),
        authors=tuple(PubKey(key) for key in query.by) or None,
        since=query.after,
        until=None if query.before is None else UnixTime(max(0, query.before - 1)),
        search=to_search(query) or None,
        limit=EACH_MAX,
    )


def _nothing() -> Filter:
    return Filter(kinds=(kinds.PROFILE,), limit=0)


def _known_here(world: World, query: Query) -> list[PubKey]:
    """Give those whose petname says what was typed; hubs know nothing of petnames."""
    typed = clean_name(to_search(replace(query, by=(), after=None, before=None))).casefold()
    return [
        key
        for key, note in notes_of(world).items()
        if typed and typed in note.petname.casefold() and not note.blocked
    ][:EACH_MAX]


async def _settle(
    world: World, query: Query, records: Sequence[Record], sure: Collection[PubKey]
) -> list[Thing]:
    """Check against the query, learn who stands behind it, and put in order."""
    asked = asked_of(query)
    blocked = frozenset(key for key, note in notes_of(world).items() if note.blocked)
    hits = [
        record
        for record in records
        if record.pubkey not in blocked
        and (record.pubkey in sure or answers(asked, Searchable(record), forgiving=True))
    ]
    if not hits and not sure:
        return []
    authors = tuple(dict.fromkeys([*sure, *(record.pubkey for record in hits)]))
    more = [*_deletions(hits), *persons(world, authors)]
    learned = await ask_hubs(world, world.hubs.plan(), lambda _: more, MORE_SECONDS)
    stands = standing([*hits, *learned.records.values()])
    ids = {record.id for record in stands}
    shown = [record for record in hits if record.id in ids]
    everybody = known_from(world, stands)
    nameless = [_nameless(key, everybody) for key in sure if key not in everybody.profiles]
    return nameless + await asyncio.to_thread(_ordered, shown, query, everybody)


def _deletions(hits: Sequence[Record]) -> list[Filter]:
    """Ask what their authors took back, by id or by address (NIP-09)."""
    authors = tuple(dict.fromkeys(record.pubkey for record in hits))[:FILTER_VALUES_MAX]
    ids = tuple(record.id for record in hits)[:FILTER_VALUES_MAX]
    named = tuple(address for record in hits if (address := kinds.address_of(record)))
    return [
        Filter(kinds=(kinds.DELETION,), authors=authors, tags=((name, values),), limit=EACH_MAX)
        for name, values in (("e", ids), ("a", named[:FILTER_VALUES_MAX]))
        if values
    ]


def _ordered(records: Iterable[Record], query: Query, everybody: Known) -> list[Thing]:
    score = TextScore(asked_of(query))
    found: list[tuple[float, Thing]] = []
    for record in records:
        try:
            one = _thing(record, everybody)
        except BadRecordError:
            continue
        near = TRUST.get(everybody.distances.get(record.pubkey, 9), 0.0)
        found.append((near + score.of(Searchable(record)) + 0.5 * one.on, one))
    found.sort(key=lambda pair: (-pair[0], -pair[1].created_at, pair[1].pointer))
    return [one for _, one in found]


def _thing(record: Record, everybody: Known) -> Thing:
    sort = next((sort for sort, kind in KINDS.items() if kind == record.kind), None)
    if sort is None:
        raise BadRecordError(f"kind {record.kind}")
    shown = everybody.shown(record.pubkey)
    return Thing(
        sort=sort,
        pointer=_pointer(record),
        said=_read(record, sort),
        author=record.pubkey,
        author_name=shown.name,
        looks_like=shown.looks_like,
        followed=record.pubkey in everybody.followed,
        on=record.pubkey in everybody.on,
        created_at=record.created_at,
    )


def _nameless(key: PubKey, everybody: Known) -> Thing:
    """Give a person known here of whom no hub has a profile."""
    return Thing(
        sort=ThingSort.PERSON,
        pointer=nip19.npub(key),
        said=Profile(),
        author=key,
        author_name=everybody.shown(key).name,
        looks_like="",
        followed=key in everybody.followed,
        on=key in everybody.on,
        created_at=UnixTime(0),
    )


def _read(record: Record, sort: ThingSort) -> Said:
    match sort:
        case ThingSort.PERSON:
            return read_profile(record)
        case ThingSort.GOODS:
            return read_goods(record)
        case ThingSort.AUCTION:
            return read_auction(record)
        case ThingSort.TEXT:
            return read_writing(record)


def _pointer(record: Record) -> str:
    if record.kind == kinds.PROFILE:
        return nip19.npub(record.pubkey)
    d = record.value("d") or ""
    if len(d.encode()) > 255:
        return nip19.encode(EventPointer(id=record.id))
    return nip19.encode(AddressPointer(kind=record.kind, author=record.pubkey, d=d))
