"""Public rooms: enter one by name or link, follow those entered, speak, see who is there.

What is said in a room is public and kept by hubs; here the last few hundred messages of each
entered room are held in memory, and which rooms were entered, on disk.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial

from kkiri.base.errors import BadRecordError, NotFoundError, RefusedError
from kkiri.base.limits import FILTER_LIMIT_MAX
from kkiri.base.types import EventId, PubKey, UnixTime
from kkiri.chat import room as rooms
from kkiri.chat.room import Room, Spoken
from kkiri.event import kinds
from kkiri.event.filters import Filter
from kkiri.event.record import Record
from kkiri.flows.bells import Bell
from kkiri.flows.naming import Known
from kkiri.flows.network.each_hub import at_each_hub
from kkiri.flows.people import newest_own, persons
from kkiri.flows.publish import publish, publish_records, sign
from kkiri.flows.talking.finding_rooms import (
    ASK_SECONDS,
    ask_all,
    blocked_of,
    find_room,
    messages_of,
    pointed_room,
    said_in,
)
from kkiri.flows.world import OpenHub, World
from kkiri.ports.links import ignore
from kkiri.ports.talks import KeptRoom

ROOMS_MAX = 20  # entered at once: each is one subscription of the 64 that a hub gives a link
HELD_MAX = 500  # messages of one room, about 1 MB at worst; older ones stay with the hubs
HISTORY_MAX = 200  # messages asked for when a room is entered: two screens of quick talk
MEMBERS_MAX = 500  # who says to be in a room

log = logging.getLogger(__name__)


class TooManyRoomsError(RefusedError):
    """You are in as many rooms as fit. | 들어간 방이 너무 많습니다."""

    number = 124


class NotSpeakableError(RefusedError):
    """That cannot be said in a room. | 방에서 할 수 없는 말입니다."""

    number = 125


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomView:
    """A room as a person sees it."""

    room: Room
    kept: KeptRoom | None
    """None when it was not entered."""
    spoken: tuple[Spoken, ...]
    left_out: int
    unread: int
    members: tuple[PubKey, ...]
    """Who says to be in it or has spoken; who is on first."""
    people: Known


OnSpoken = Callable[[KeptRoom, Spoken], None]


class Halls:
    """What was said lately in the rooms that were entered, and the tasks that follow them."""

    def __init__(self) -> None:
        self._spoken: dict[EventId, dict[EventId, Spoken]] = {}
        self._entered = Bell()

    def spoken(self, room: EventId) -> Collection[Spoken]:
        """Give what is held of a room."""
        return self._spoken.get(room, {}).values()

    def change(self) -> None:
        """Say that a room was entered or left."""
        self._entered.ring()

    def add(self, room: EventId, spoken: Spoken) -> bool:
        """Hold one message; False when it is held already or is older than all that are."""
        held = self._spoken.setdefault(room, {})
        if spoken.id in held or spoken.room != room:
            return False
        held[spoken.id] = spoken
        if len(held) > HELD_MAX:
            oldest = min(held.values(), key=lambda one: (one.at, one.id))
            del held[oldest.id]
            return oldest.id != spoken.id
        return True

    async def keep(self, world: World, on_spoken: OnSpoken) -> None:
        """Follow every entered room for ever, those entered later included."""
        running: dict[EventId, asyncio.Task[None]] = {}
        async with asyncio.TaskGroup() as tasks:
            while True:
                rung = self._entered.next()
                kept = {room.id for room in await asyncio.to_thread(world.talk.rooms.rooms)}
                for left in running.keys() - kept:
                    running.pop(left).cancel()
                    self._spoken.pop(left, None)
                for room in kept - running.keys():
                    work = self._follow(world, room, on_spoken)
                    running[room] = tasks.create_task(work, name=f"room {room[:8]}")
                await rung.wait()

    async def _follow(self, world: World, room: EventId, on_spoken: OnSpoken) -> None:
        wanted = messages_of((room,), HISTORY_MAX)

        async def listen(hub: OpenHub) -> None:
            stored = await hub.link.ask([wanted], ASK_SECONDS)
            for record in stored.records:
                self.take(room, record)
            refused = ignore if hub.key is None else partial(world.hubs.refused, hub)
            async for record in hub.link.follow([wanted], refused):
                spoken = self.take(room, record)
                if spoken is not None and spoken.author not in blocked_of(world):
                    await self._tell(world, spoken, on_spoken)

        await at_each_hub(world.hubs, world.hubs.covering, listen)

    def take(self, room: EventId, record: Record) -> Spoken | None:
        """Hold one record of a room; None when it is no message, or held already."""
        try:
            spoken = rooms.read_spoken(record)
        except BadRecordError:
            return None
        return spoken if self.add(room, spoken) else None

    async def _tell(self, world: World, spoken: Spoken, on_spoken: OnSpoken) -> None:
        """Tell of what is new, not of what one reads for the first time of long ago."""
        kept = await _kept(world, spoken.room)
        told = rooms.shown(self.spoken(spoken.room), (), world.clock.now())
        if kept is not None and any(one.id == spoken.id for one in told.spoken):
            on_spoken(kept, spoken)


async def enter(world: World, halls: Halls, name: str, about: str = "") -> KeptRoom:
    """Enter a room by name or link; one that nobody has made yet is made.

    Raises: NotFoundError, BadKeyError, TooManyRoomsError, NotSpeakableError, DiskFullError.
    """
    every = await asyncio.to_thread(world.talk.rooms.rooms)
    found = await find_room(world, name)
    if found is not None and (known := _of(every, found.id)) is not None:
        return known
    if len(every) >= ROOMS_MAX:
        raise TooManyRoomsError
    if found is None:
        if not rooms.name_key(name):
            raise NotSpeakableError(name)
        content = rooms.room_content(name, about)
        record = await publish(world, kinds.ROOM, rooms.room_tags(name), content)
        found = rooms.read_room(record)
    now = world.clock.now()
    kept = KeptRoom(id=found.id, name=found.name, muted=False, entered_at=now, read_at=UnixTime(0))
    await asyncio.to_thread(world.talk.rooms.put_room, kept)
    halls.change()
    await _say_where(world, [room.id for room in (kept, *every)])
    return kept


async def leave(world: World, halls: Halls, name: str) -> None:
    """Leave a room.

    Raises: NotFoundError, DiskFullError.
    """
    kept = await entered(world, name)
    await asyncio.to_thread(world.talk.rooms.remove_room, kept.id)
    halls.change()
    left = await asyncio.to_thread(world.talk.rooms.rooms)
    await _say_where(world, [room.id for room in left])


async def speak(
    world: World, halls: Halls, name: str, text: str, answers: EventId | None = None
) -> Spoken:
    """Say something in a room that was entered, to everybody; durable when this returns.

    Raises: NotFoundError, NotSpeakableError, DiskFullError.
    """
    kept = await entered(world, name)
    if not text.strip() or len(text) > rooms.TEXT_CHARS_MAX:
        raise NotSpeakableError
    tags = rooms.spoken_tags(kept.id, answers)
    at = rooms.said_at(world.clock.now(), halls.spoken(kept.id))
    record = sign(world, kinds.ROOM_TEXT, tags, text.strip(), not_before=at)
    await publish_records(world, [record])
    try:
        spoken = rooms.read_spoken(record)
    except BadRecordError as error:
        raise NotSpeakableError from error
    halls.add(kept.id, spoken)
    return spoken


async def mark(world: World, halls: Halls, name: str, muted: bool | None = None) -> None:
    """Note that a room was read, or that it should make no noise.

    Raises: NotFoundError, DiskFullError.
    """
    kept = await entered(world, name)
    if muted is None:
        newest = max((one.at for one in halls.spoken(kept.id)), default=kept.read_at)
        kept = replace(kept, read_at=UnixTime(max(newest, kept.read_at)))
    else:
        kept = replace(kept, muted=muted)
    await asyncio.to_thread(world.talk.rooms.put_room, kept)


async def entered(world: World, name: str) -> KeptRoom:
    """Give a room that was entered, by id, link or name.

    Raises: NotFoundError, BadKeyError.
    """
    every = await asyncio.to_thread(world.talk.rooms.rooms)
    room = pointed_room(name)
    key = rooms.name_key(name)
    found = [one for one in every if one.id == room or rooms.name_key(one.name) == key]
    if not found:
        raise NotFoundError(name[: rooms.NAME_CHARS_MAX])
    return found[0]


async def all_entered(world: World, halls: Halls) -> list[tuple[KeptRoom, int]]:
    """Give the rooms that were entered, each with how many messages are new."""
    every = await asyncio.to_thread(world.talk.rooms.rooms)
    return [(room, _unread(world, halls, room)) for room in every]


async def room_view(world: World, halls: Halls, name: str) -> RoomView:
    """Show a room: what is said, and who is there; one that was not entered too.

    Raises: NotFoundError, BadKeyError.
    """
    room = await find_room(world, name)
    if room is None:
        raise NotFoundError(name[: rooms.NAME_CHARS_MAX])
    kept = await _kept(world, room.id)
    facts = Filter(
        kinds=(kinds.ROOM_FACTS,), authors=(room.author,), tags=(("e", (room.id,)),), limit=20
    )
    lists = Filter(kinds=(kinds.ROOMS_LIST,), tags=(("e", (room.id,)),), limit=MEMBERS_MAX)
    records = await ask_all(world, [facts, lists, messages_of((room.id,), HISTORY_MAX)])
    for record in records if kept is not None else ():
        if record.kind == kinds.ROOM_TEXT:
            halls.take(room.id, record)
    said = said_in(records, room.id) if kept is None else list(halls.spoken(room.id))
    shown = rooms.shown(said, blocked_of(world), world.clock.now())
    members = {r.pubkey for r in records if r.kind == kinds.ROOMS_LIST}
    members |= {one.author for one in shown.spoken}
    keys = sorted(members - blocked_of(world))[:FILTER_LIMIT_MAX]
    people = await persons(world, keys)
    keys.sort(key=lambda key: (key not in people.on, people.shown(key).name))
    return RoomView(
        room=rooms.with_facts(room, records),
        kept=kept,
        spoken=shown.spoken[-HISTORY_MAX:],
        left_out=shown.left_out,
        unread=0 if kept is None else _unread(world, halls, kept),
        members=tuple(keys),
        people=people,
    )


def _unread(world: World, halls: Halls, room: KeptRoom) -> int:
    me = world.signer.pubkey
    blocked = blocked_of(world)
    said = [one for one in halls.spoken(room.id) if one.author != me and one.at > room.read_at]
    return len(rooms.shown(said, blocked, world.clock.now()).spoken)


def _of(every: Sequence[KeptRoom], room: EventId) -> KeptRoom | None:
    return next((one for one in every if one.id == room), None)


async def _kept(world: World, room: EventId) -> KeptRoom | None:
    return _of(await asyncio.to_thread(world.talk.rooms.rooms), room)


async def _say_where(world: World, entered: Sequence[EventId]) -> None:
    """Publish which rooms one is in; what other programs put in the list stays."""
    before = await newest_own(world, kinds.ROOMS_LIST)
    tags, content = (before.tags, before.content) if before is not None else ((), "")
    await publish(world, kinds.ROOMS_LIST, rooms.list_tags(entered, tags), content)
