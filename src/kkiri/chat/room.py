"""Public rooms: made once, entered by name or link, spoken in by anyone. Source: NIP-28, NIP-51.

All of it is a function of the set of records: which room a name means, and what is shown of it.
"""

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

import msgspec

from kkiri.base.errors import BadRecordError
from kkiri.base.hexes import is_hex32
from kkiri.base.types import EventId, PubKey, UnixTime
from kkiri.event import fields, kinds
from kkiri.event.record import Event, Tag

NAME_CHARS_MAX = 80  # one line in a list
ABOUT_CHARS_MAX = 500  # two lines above the talk
TEXT_CHARS_MAX = 2_000  # half a screen; who has more to say writes a text
CONTENT_CHARS_MAX = 16_384  # of a room's facts, gated before it is parsed
PACE_MESSAGES = 10  # of one author in PACE_SECONDS; nobody reads faster
PACE_SECONDS = 60
LISTED_MAX = 200  # rooms one person says to be in
AHEAD_SECONDS_MAX = 5  # of the clock, in quick talk; who is further ahead is not followed


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One public room."""

    id: EventId
    name: str
    about: str
    author: PubKey
    created_at: UnixTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """One message in a room."""

    id: EventId
    room: EventId
    author: PubKey
    at: UnixTime
    text: str
    answers: EventId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is shown of a room's messages."""

    spoken: tuple[Spoken, ...]
    """Oldest first."""
    left_out: int
    """How many are not: of blocked authors, or faster than anybody reads."""


class _Facts(msgspec.Struct):
    name: object = None
    about: object = None


def clean_name(name: str) -> str:
    """Give a room's name as it is shown; a leading # is how people write rooms."""
    return fields.clean(name.strip().lstrip("#"), NAME_CHARS_MAX)


def name_key(name: str) -> str:
    """Give what rooms of one name share."""
    return unicodedata.normalize("NFKC", clean_name(name)).casefold()


def room_content(name: str, about: str) -> str:
    """Give the content of the record that makes a room."""
    facts = {"name": clean_name(name), "about": about[:ABOUT_CHARS_MAX], "picture": ""}
    return msgspec.json.encode(facts).decode()


def room_tags(name: str) -> tuple[Tag, ...]:
    """Give the tags of the record that makes a room: by `t` it is found under its name."""
    return (("t", name_key(name)),)


def read_room(event: Event) -> Room:
    """Read a room.

    Raises: BadRecordError when it has no name.
    """
    if event.kind != kinds.ROOM:
        raise BadRecordError(f"kind {event.kind}")
    name, about = _facts(event)
    if not name:
        raise BadRecordError("room")
    return Room(
        id=event.id, name=name, about=about, author=event.pubkey, created_at=event.created_at
    )


def with_facts(room: Room, events: Iterable[Event]) -> Room:
    """Take the newest name and description that the room's own author gave it (kind 41)."""
    said = [
        event
        for event in events
        if event.kind == kinds.ROOM_FACTS
        and event.pubkey == room.author
        and _root(event) == room.id
    ]
    for event in sorted(said, key=lambda event: (-event.created_at, event.id)):
        try:
            name, about = _facts(event)
        except BadRecordError:
            continue
        return replace(room, name=name or room.name, about=about)
    return room


def spoken_tags(room: EventId, answers: EventId | None = None) -> tuple[Tag, ...]:
    """Give the tags of a message in a room."""
    root: Tag = ("e", room, "", "root")
    return (root,) if answers is None else (root, ("e", answers, "", "reply"))


def read_spoken(event: Event) -> Spoken:
    """Read a message in a room.

    Raises: BadRecordError when it names no room or says nothing.
    """
    room = _root(event)
    lines = event.content[: TEXT_CHARS_MAX * 2].splitlines()
    text = "\n".join(fields.clean(line, TEXT_CHARS_MAX) for line in lines)[:TEXT_CHARS_MAX].strip()
    if event.kind != kinds.ROOM_TEXT or room is None or not text:
        raise BadRecordError("room message")
    replies = [t[1] for t in event.tags if len(t) > 3 and t[0] == "e" and t[3] == "reply"]
    answers = next((EventId(one) for one in replies if is_hex32(one)), None)
    return Spoken(
        id=event.id,
        room=room,
        author=event.pubkey,
        at=event.created_at,
        text=text,
        answers=answers,
    )


def said_at(now: UnixTime, before: Iterable[Spoken]) -> UnixTime:
    """Give the second of a message that comes after those its author has before them.

    Messages of one second are ordered by id, and the same words twice in it are one record.
    """
    end = now + AHEAD_SECONDS_MAX
    newest = max((one.at for one in before if one.at < end), default=0)
    return UnixTime(max(now, newest + 1))


def shown(spoken: Iterable[Spoken], blocked: Collection[PubKey], now: UnixTime) -> Shown:
    """Give what is shown: nobody blocked, and no more of one author than can be read."""
    every = {one.id: one for one in spoken}.values()
    kept: list[Spoken] = []
    lately: dict[PubKey, list[int]] = {}
    for one in sorted(every, key=lambda one: (one.at, one.id)):
        times = lately.setdefault(one.author, [])
        pace = [at for at in times[-PACE_MESSAGES:] if at > one.at - PACE_SECONDS]
        if one.author in blocked or len(pace) >= PACE_MESSAGES:
            continue
        times.append(one.at)
        # a clock that is ahead would keep its owner's words below everybody's
        kept.append(replace(one, at=min(one.at, now)))
    return Shown(spoken=tuple(kept), left_out=len(every) - len(kept))


def choose(
    rooms: Collection[Room],
    *,
    entered: Collection[EventId],
    followed: Collection[PubKey],
    voices: Mapping[EventId, int],
) -> Room | None:
    """Choose the room that a name means.

    One that was entered; else one by somebody followed; else where most people speak; of equals
    the oldest.
    """
    return min(
        rooms,
        key=lambda room: (
            room.id not in entered,
            room.author not in followed,
            -voices.get(room.id, 0),
            room.created_at,
            room.id,
        ),
        default=None,
    )


def list_tags(rooms: Iterable[EventId], before: Iterable[Tag]) -> tuple[Tag, ...]:
    """Give the tags of the list of rooms one is in (10005); what other programs put in it stays."""
    others = [tag for tag in before if tag and tag[0] != "e"]
    return (*others, *(("e", room) for room in list(rooms)[:LISTED_MAX]))


def _facts(event: Event) -> tuple[str, str]:
    if len(event.content) > CONTENT_CHARS_MAX:
        raise BadRecordError("room")
    try:
        facts = msgspec.json.decode(event.content, type=_Facts)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadRecordError("room") from error
    name = clean_name(facts.name) if isinstance(facts.name, str) else ""
    about = fields.clean(facts.about, ABOUT_CHARS_MAX) if isinstance(facts.about, str) else ""
    return name, about


def _root(event: Event) -> EventId | None:
    tags = [tag for tag in event.tags if len(tag) > 1 and tag[0] == "e"]
    marked = [tag for tag in tags if len(tag) > 3 and tag[3] == "root"]
    found = next((tag[1] for tag in (*marked, *tags)), "")
    return EventId(found) if is_hex32(found) else None
