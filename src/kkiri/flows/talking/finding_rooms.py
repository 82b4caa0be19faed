"""Which public room a name or a link means, and what hubs know of it."""

import asyncio
from collections.abc import Mapping, Sequence

from kkiri.base.errors import BadRecordError, NotFoundError
from kkiri.base.hexes import is_hex32
from kkiri.base.limits import FILTER_LIMIT_MAX, FILTER_VALUES_MAX
from kkiri.base.types import EventId, PubKey, Seconds
from kkiri.chat import room as rooms
from kkiri.chat.room import Room, Spoken
from kkiri.event import kinds, nip19
from kkiri.event.filters import Filter
from kkiri.event.record import Record
from kkiri.flows.asking import ask_hubs, standing
from kkiri.flows.naming import notes_of
from kkiri.flows.world import World

SAME_NAME_MAX = 50  # rooms of one name that are looked at
VOICES_MAX = 500  # messages looked at to see in which of them people speak
ASK_SECONDS = Seconds(2.0)  # as a search


async def find_room(world: World, name: str) -> Room | None:
    """Find a room by id, link or name; None when nobody has made one of that name.

    Raises: NotFoundError when a link's room is not there, BadKeyError.
    """
    pointed = pointed_room(name)
    if pointed is not None:
        records = await ask_all(world, [Filter(kinds=(kinds.ROOM,), ids=(pointed,), limit=1)])
        found = _rooms_in(records)
        if not found:
            raise NotFoundError(pointed[:16])
        return found[0]
    key = rooms.name_key(name)
    if not key:
        return None
    filters = [
        Filter(kinds=(kinds.ROOM,), tags=(("t", (key,)),), limit=SAME_NAME_MAX),
        Filter(kinds=(kinds.ROOM,), limit=FILTER_LIMIT_MAX),  # made elsewhere, without our tag
    ]
    same = [room for room in _rooms_in(await ask_all(world, filters)) if _has_name(room, key)]
    kept = await asyncio.to_thread(world.talk.rooms.rooms)
    voices: Mapping[EventId, int] = {}
    if len(same) > 1:
        ids = tuple(room.id for room in same)[:SAME_NAME_MAX]
        voices = _voices(await ask_all(world, [messages_of(ids, VOICES_MAX)]))
    notes = notes_of(world)
    return rooms.choose(
        [room for room in same if room.author not in blocked_of(world)],
        entered={room.id for room in kept},
        followed={key for key, note in notes.items() if note.followed} | {world.signer.pubkey},
        voices=voices,
    )


def pointed_room(name: str) -> EventId | None:
    """Read an id or link to a room; None for a name.

    Raises: BadKeyError.
    """
    text = name.strip()
    if is_hex32(text.lower()):
        return EventId(text.lower())
    if text.lower().removeprefix(nip19.SCHEME).startswith(("note1", "nevent1")):
        match nip19.decode(text):
            case nip19.EventPointer(id=event_id):
                return event_id
            case nip19.ProfilePointer() | nip19.AddressPointer():
                return None
    return None


def _rooms_in(records: Sequence[Record]) -> list[Room]:
    found = []
    for record in records:
        if record.kind != kinds.ROOM:
            continue
        try:
            found.append(rooms.read_room(record))
        except BadRecordError:
            continue
    return found


def _has_name(room: Room, key: str) -> bool:
    return rooms.name_key(room.name) == key


def said_in(records: Sequence[Record], room: EventId) -> list[Spoken]:
    """Read what some records say in a room."""
    found = []
    for record in records:
        if record.kind != kinds.ROOM_TEXT:
            continue
        try:
            found.append(rooms.read_spoken(record))
        except BadRecordError:
            continue
    return [one for one in found if one.room == room]


def _voices(records: Sequence[Record]) -> dict[EventId, int]:
    """Count in each room how many different people speak."""
    heard: dict[EventId, set[PubKey]] = {}
    for record in records:
        try:
            spoken = rooms.read_spoken(record)
        except BadRecordError:
            continue
        heard.setdefault(spoken.room, set()).add(spoken.author)
    return {room: len(authors) for room, authors in heard.items()}


def messages_of(ids: tuple[EventId, ...], limit: int) -> Filter:
    """Give the question for the newest messages of some rooms."""
    return Filter(kinds=(kinds.ROOM_TEXT,), tags=(("e", ids[:FILTER_VALUES_MAX]),), limit=limit)


def blocked_of(world: World) -> frozenset[PubKey]:
    """Give whom this person has blocked."""
    return frozenset(key for key, note in notes_of(world).items() if note.blocked)


async def ask_all(world: World, filters: Sequence[Filter]) -> list[Record]:
    """Ask the covering hubs and give what stands of their answers."""
    gathered = await ask_hubs(world, world.hubs.plan(), lambda _: filters, ASK_SECONDS)
    return standing(gathered.records.values())
