"""What this peer keeps of talk on disk: conversations, what is to be delivered, rooms, notices."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from kkiri.base.types import EventId, PubKey, UnixTime
from kkiri.chat.rumor import Said
from kkiri.event.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a conversation."""

    id: EventId
    talk: str
    author: PubKey
    at: UnixTime
    text: str
    answers: EventId | None
    hubs: int
    """Of ours: how many hubs have it for the receiver who has it at the fewest."""
    waiting: int
    """Of ours: for how many receivers no hub has it yet."""

    def __repr__(self) -> str:
        return f"Message({self.id[:8]}…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """One conversation."""

    id: str
    people: tuple[PubKey, ...]
    """Everybody in it, this person too."""
    subject: str = field(repr=False)
    accepted: bool
    """False while it is a stranger's request."""
    muted: bool
    unread: int
    last: Message | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One wrap that not every hub of its receiver has."""

    wrap: Record
    message: EventId
    receiver: PubKey
    made_at: UnixTime
    taken: tuple[str, ...]
    """Addresses of the hubs that have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """One wrap that was opened."""

    wrap: EventId
    said: Said | None = None
    """None when it held nothing for a person to read."""
    talk: str = ""
    own: bool = False
    """This person wrote it, here or elsewhere."""
    known: bool = False
    """Its author is no stranger."""


class Taken(Enum):
    """What became of a message that arrived."""

    NEW = "new"
    KNOWN = "known"
    DROPPED = "dropped"
    """A stranger has said enough for now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRoom:
    """A public room that this person has entered."""

    id: EventId
    name: str
    muted: bool
    entered_at: UnixTime
    read_at: UnixTime
    """The time of the newest message that was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that happened among the people one knows."""

    number: int
    sort: str
    """`published`, `follows`."""
    who: PubKey
    at: UnixTime
    title: str
    """Of the newest thing published."""
    things: tuple[str, ...]
    """Info-hashes of what was published, oldest first."""
    read: bool


class Talks(Protocol):
    """Conversations as a person sees them."""

    def talks(self) -> list[Talk]:
        """Give all, the one that was spoken in last first."""
        ...

    def talk(self, talk: str) -> Talk | None:
        """Give one."""
        ...

    def messages(self, talk: str, limit: int, before: EventId | None = None) -> list[Message]:
        """Give the newest messages, or those before one; oldest first."""
        ...

    def search(self, words: str, limit: int) -> list[Message]:
        """Give messages that hold the words, newest first."""
        ...

    def mark_read(self, talk: str) -> None:
        """Note that all of it was read."""
        ...

    def accept(self, talk: str) -> None:
        """Take a stranger's conversation in."""
        ...

    def mute(self, talk: str, on: bool) -> None:
        """Let a conversation make no noise, or again."""
        ...

    def forget(self, talk: str) -> None:
        """Drop a conversation here; the others keep theirs."""
        ...

    def forget_message(self, message: EventId) -> None:
        """Drop one message here."""
        ...


class Inbox(Protocol):
    """What arrives."""

    def unknown(self, wraps: Collection[EventId]) -> frozenset[EventId]:
        """Give those that were not taken in yet."""
        ...

    def take(self, arrived: Sequence[Arrived], now: UnixTime) -> list[Taken]:
        """Keep messages durably in one step, and that their wraps were seen."""
        ...

    def mark(self, name: str) -> UnixTime | None:
        """Give until when something was followed, such as the wraps of one hub."""
        ...

    def put_mark(self, name: str, at: UnixTime) -> None:
        """Note until when something was followed."""
        ...


class Outbox(Protocol):
    """What is to be delivered."""

    def put(
        self, said: Said, talk: str, wraps: Sequence[tuple[PubKey, Record]], now: UnixTime
    ) -> None:
        """Keep a message of ours and its wraps durably; its conversation is accepted with it."""
        ...

    def outgoing(self, limit: int) -> list[Outgoing]:
        """Give wraps that are not settled, oldest first."""
        ...

    def mark_taken(self, wrap: EventId, hubs: Sequence[str], *, settled: bool) -> None:
        """Note which hubs have a wrap, and whether that is enough."""
        ...

    def message(self, message: EventId) -> Message | None:
        """Give one message."""
        ...


class Rooms(Protocol):
    """Public rooms that were entered."""

    def rooms(self) -> list[KeptRoom]:
        """Give all, the one entered last first."""
        ...

    def put_room(self, room: KeptRoom) -> None:
        """Add or replace one by id."""
        ...

    def remove_room(self, room: EventId) -> None:
        """Leave one."""
        ...


class Notices(Protocol):
    """What happened, the last few hundred."""

    def notices(self, limit: int) -> list[Notice]:
        """Give the newest first."""
        ...

    def publishes(self, who: PubKey, thing: str, title: str, at: UnixTime) -> Notice | None:
        """Note that a person has published a thing; None when it was noted before.

        What one person publishes within a day is one notice.
        """
        ...

    def follows(self, who: PubKey, at: UnixTime) -> Notice | None:
        """Note that a person follows this one; None when it was noted before."""
        ...

    def mark_read(self, until: int) -> None:
        """Note that the notices up to a number were read."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkState:
    """All of it."""

    talks: Talks
    inbox: Inbox
    outbox: Outbox
    rooms: Rooms
    notices: Notices
