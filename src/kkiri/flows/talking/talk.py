"""Talk in private: say something to people, and see what was said.

What is said is on this disk before it leaves; hubs get it as wraps (flows.outbox), answers come
by flows.inbox.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from kkiri.base.errors import BadRecordError, BadSealError, NotFoundError, RefusedError
from kkiri.base.hexes import is_hex32
from kkiri.base.types import EventId, PubKey, UnixTime
from kkiri.chat import rumor as rumors
from kkiri.event.record import Record
from kkiri.flows.naming import Known, notes_of
from kkiri.flows.people import persons, resolve
from kkiri.flows.talking.wrapping import wrap
from kkiri.flows.world import World
from kkiri.ports.talks import Message, Talk
from kkiri.trust.petnames import Shown

PAGE_MESSAGES = 50  # a screen or two; older ones are asked for
FOUND_MAX = 100  # of a search in one's messages; the next one is narrower
TALKS_MAX = 500  # in the list; older ones are found by who is in them


class NotSendableError(RefusedError):
    """That message cannot be sent. | 보낼 수 없는 메시지입니다."""

    number = 121


class TooManyPeopleError(RefusedError):
    """A conversation has at most twenty others. | 대화 상대는 스무 명까지입니다."""

    number = 122


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkView:
    """A conversation with the names of who is in it."""

    talk: Talk
    names: Mapping[PubKey, Shown]
    on: frozenset[PubKey]
    """Who of them is on."""
    blocked: bool
    """The only other one is blocked."""


async def say(
    world: World,
    to: Sequence[str],
    text: str,
    *,
    subject: str = "",
    answers: EventId | None = None,
) -> Message:
    """Say something to people, or in a conversation by its name; durable when this returns.

    Raises: NotFoundError, BadKeyError, RefusedError as `people.resolve`; NotSendableError,
    TooManyPeopleError, DiskFullError.
    """
    keys = await _receivers(world, to)
    me, bells = world.signer.pubkey, world.bells
    # a second of its own each: who was off reads them in the order in which they were said
    now = bells.said_last = UnixTime(max(world.clock.now(), bells.said_last + 1))
    if len(set(keys) - {me}) > rumors.OTHERS_MAX:
        raise TooManyPeopleError
    try:
        rumor = rumors.compose(me, keys, text, now, subject=subject, answers=answers)
        said = rumors.said(rumor, now)
        if said is None or not said.text:
            raise NotSendableError
        wraps = await asyncio.to_thread(_wraps, world, rumor, said.people)
    except (BadRecordError, BadSealError) as error:
        raise NotSendableError from error
    talk = rumors.talk_id(said.people, me)
    await asyncio.to_thread(world.talk.outbox.put, said, talk, wraps, now)
    world.bells.outbox.ring()
    message = await asyncio.to_thread(world.talk.outbox.message, said.id)
    if message is None:
        raise NotFoundError(said.id)
    return message


async def talks(world: World) -> list[TalkView]:
    """Show the conversations, the one that was spoken in last first."""
    found = (await asyncio.to_thread(world.talk.talks.talks))[:TALKS_MAX]
    return await _views(world, found)


async def talk(world: World, name: str) -> TalkView:
    """Show one conversation: by its name, or with a person; empty when nothing was said yet.

    Raises: as `people.resolve`.
    """
    found = await asyncio.to_thread(world.talk.talks.talk, name)
    if found is None:
        key = await resolve(world, name)
        me = world.signer.pubkey
        found = await asyncio.to_thread(world.talk.talks.talk, key) or Talk(
            id=key,
            people=tuple(sorted({me, key})),
            subject="",
            accepted=True,
            muted=False,
            unread=0,
            last=None,
        )
    return (await _views(world, [found]))[0]


async def messages(
    world: World, talk_name: str, before: EventId | None = None, limit: int = PAGE_MESSAGES
) -> list[Message]:
    """Give the newest messages of a conversation, or those before one; oldest first."""
    return await asyncio.to_thread(world.talk.talks.messages, talk_name, limit, before)


async def search(world: World, words: str) -> list[Message]:
    """Find one's own messages by words, newest first."""
    wanted = words.strip()
    if not wanted:
        return []
    return await asyncio.to_thread(world.talk.talks.search, wanted, FOUND_MAX)


class Change(Enum):
    """What a person may do with a conversation here; nobody else is told."""

    READ = "read"
    ACCEPT = "accept"
    MUTE = "mute"
    UNMUTE = "unmute"
    FORGET = "forget"


async def change(world: World, name: str, what: Change) -> None:
    """Do something with a conversation.

    Raises: NotFoundError when nothing was said in it; as `people.resolve`; DiskFullError.
    """
    one = (await talk(world, name)).talk
    if one.last is None and what is not Change.FORGET:
        raise NotFoundError(name[:40])
    kept = world.talk.talks
    match what:
        case Change.READ:
            await asyncio.to_thread(kept.mark_read, one.id)
        case Change.ACCEPT:
            await asyncio.to_thread(kept.accept, one.id)
        case Change.MUTE | Change.UNMUTE:
            await asyncio.to_thread(kept.mute, one.id, what is Change.MUTE)
        case Change.FORGET:
            await asyncio.to_thread(kept.forget, one.id)


async def forget_message(world: World, message: EventId) -> None:
    """Drop one message here; the others keep theirs. Raises: DiskFullError."""
    await asyncio.to_thread(world.talk.talks.forget_message, message)


def is_request(view: TalkView) -> bool:
    """Say whether a conversation is a stranger's, not taken in yet."""
    return not view.talk.accepted


async def _receivers(world: World, to: Sequence[str]) -> tuple[PubKey, ...]:
    keys: list[PubKey] = []
    for who in to:
        known = None
        if not is_hex32(who):
            known = await asyncio.to_thread(world.talk.talks.talk, who)
        keys += [await resolve(world, who)] if known is None else known.people
    if not keys:
        raise NotFoundError("nobody")
    return tuple(dict.fromkeys(keys))


def _wraps(
    world: World, rumor: rumors.Rumor, people: Sequence[PubKey]
) -> list[tuple[PubKey, Record]]:
    return [(key, wrap(world, rumor, key)) for key in people]


async def _views(world: World, found: Sequence[Talk]) -> list[TalkView]:
    keys = list(dict.fromkeys(key for one in found for key in one.people))
    everybody = await persons(world, keys)
    return [_view(world, one, everybody) for one in found]


def _view(world: World, one: Talk, everybody: Known) -> TalkView:
    me = world.signer.pubkey
    others = [key for key in one.people if key != me]
    notes = notes_of(world)
    return TalkView(
        talk=one,
        names={key: everybody.shown(key) for key in one.people},
        on=frozenset(key for key in others if key in everybody.on),
        blocked=len(others) == 1 and others[0] in notes and notes[others[0]].blocked,
    )
