"""What the local API says of talk: conversations, rooms, notices, one's own profile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kkiri.base.types import EventId, InfoHash, PubKey
from kkiri.chat.room import Spoken
from kkiri.event import nip19
from kkiri.event.nip19 import npub
from kkiri.event.picture import jpeg_of
from kkiri.event.profile import Profile
from kkiri.flows.naming import Known
from kkiri.flows.talking.rooms import RoomView
from kkiri.flows.talking.talk import TalkView
from kkiri.ports.talks import KeptRoom, Message, Notice
from kkiri.swarm.magnet import write_link
from kkiri.trust.petnames import SHORT_CHARS, Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerAnswer:
    """One person of a conversation or a room."""

    npub: str
    name: str
    on: bool
    looks_like: str
    """A known person's name that this one could be taken for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageAnswer:
    """One message of a conversation or a room."""

    id: str
    talk: str
    """The conversation's id; empty for a message in a room."""
    room: str
    """The room's id; empty for a private message."""
    author: str
    """npub."""
    author_name: str
    mine: bool
    at: int
    text: str
    answers: str | None
    """The id of the message that it answers."""
    hubs: int
    """Of one's own private message: how many hubs have it, for the receiver with the fewest."""
    waiting: int
    """... and for how many receivers no hub has it yet: 0 is delivered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkAnswer:
    """One conversation."""

    id: str
    """What the routes take: the other's npub, or 32 hex digits for several people."""
    people: list[PartnerAnswer]
    """The others."""
    subject: str
    request: bool
    """A stranger's, not taken in yet."""
    muted: bool
    blocked: bool
    unread: int
    last: MessageAnswer | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkMessagesAnswer:
    """A conversation and some of its messages, oldest first."""

    talk: TalkAnswer
    messages: list[MessageAnswer]
    more: bool
    """There are older ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomRowAnswer:
    """One room that was entered."""

    id: str
    link: str
    """What others paste to enter it."""
    name: str
    muted: bool
    unread: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomAnswer:
    """One public room."""

    id: str
    link: str
    name: str
    about: str
    author: str
    """npub of who made it."""
    author_name: str
    entered: bool
    muted: bool
    unread: int
    members: list[PartnerAnswer]
    """Who says to be in it or has spoken, those who are on first."""
    messages: list[MessageAnswer]
    """Oldest first."""
    left_out: int
    """Messages that are not shown: of blocked people, or faster than anybody reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeAnswer:
    """Something that happened among the people one knows."""

    number: int
    kind: str
    """`published`: a followed person has; `follows`: somebody follows you."""
    who: str
    """npub."""
    name: str
    at: int
    title: str
    """Of the newest thing that was published."""
    things: int
    """How many were, that day."""
    link: str
    """Fetches the newest of them; empty for `follows`."""
    read: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadAnswer:
    """How much was not read: muted and blocked ones are not counted."""

    talks: int
    requests: int
    rooms: int
    notices: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileAnswer:
    """What one says of oneself."""

    npub: str
    name: str
    about: str
    picture: bool
    """There is one, at /api/people/NPUB/picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedAnswer:
    """A report that was published."""

    records: int
    """How many records it names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldMessage:
    """What the topic `message` says: a new message, or that one of ours got further."""

    message: MessageAnswer
    muted: bool


def public_id(talk: str) -> str:
    """Give a conversation's name as people see it: an npub where it is one person's key."""
    return npub(PubKey(talk)) if len(talk) == 64 else talk


def message_answer(message: Message, me: PubKey, names: Mapping[PubKey, Shown]) -> MessageAnswer:
    """Tell of one private message."""
    return MessageAnswer(
        id=message.id,
        talk=public_id(message.talk),
        room="",
        author=npub(message.author),
        author_name=_name(message.author, names),
        mine=message.author == me,
        at=message.at,
        text=message.text,
        answers=message.answers,
        hubs=message.hubs,
        waiting=message.waiting,
    )


def spoken_answer(spoken: Spoken, me: PubKey, name: str) -> MessageAnswer:
    """Tell of one message in a room."""
    return MessageAnswer(
        id=spoken.id,
        talk="",
        room=spoken.room,
        author=npub(spoken.author),
        author_name=name,
        mine=spoken.author == me,
        at=spoken.at,
        text=spoken.text,
        answers=spoken.answers,
        hubs=0,
        waiting=0,
    )


def talk_answer(view: TalkView, me: PubKey) -> TalkAnswer:
    """Tell of one conversation."""
    talk = view.talk
    others = [key for key in talk.people if key != me] or [me]
    return TalkAnswer(
        id=public_id(talk.id),
        people=[_partner(key, view.names[key], key in view.on) for key in others],
        subject=talk.subject,
        request=not talk.accepted,
        muted=talk.muted,
        blocked=view.blocked,
        unread=talk.unread,
        last=None if talk.last is None else message_answer(talk.last, me, view.names),
    )


def talk_messages_answer(
    view: TalkView, messages: Sequence[Message], me: PubKey, limit: int
) -> TalkMessagesAnswer:
    """Tell of a conversation with some of its messages; one more than the limit says there are."""
    shown = messages[-limit:]
    return TalkMessagesAnswer(
        talk=talk_answer(view, me),
        messages=[message_answer(one, me, view.names) for one in shown],
        more=len(messages) > limit,
    )


def room_link(room: str, author: PubKey | None = None) -> str:
    """Give what others paste to enter a room."""
    return nip19.SCHEME + nip19.encode(nip19.EventPointer(id=EventId(room), author=author))


def room_row_answer(room: KeptRoom, unread: int) -> RoomRowAnswer:
    """Tell of one room that was entered."""
    return RoomRowAnswer(
        id=room.id, link=room_link(room.id), name=room.name, muted=room.muted, unread=unread
    )


def room_answer(view: RoomView, me: PubKey) -> RoomAnswer:
    """Tell of one room."""
    room, people = view.room, view.people
    return RoomAnswer(
        id=room.id,
        link=room_link(room.id, room.author),
        name=room.name,
        about=room.about,
        author=npub(room.author),
        author_name=people.shown(room.author).name,
        entered=view.kept is not None,
        muted=view.kept is not None and view.kept.muted,
        unread=view.unread,
        members=[_partner(key, people.shown(key), key in people.on) for key in view.members],
        messages=[spoken_answer(one, me, people.shown(one.author).name) for one in view.spoken],
        left_out=view.left_out,
    )


def notice_answer(notice: Notice, people: Known) -> NoticeAnswer:
    """Tell of one notice."""
    newest = InfoHash(notice.things[-1]) if notice.things else None
    return NoticeAnswer(
        number=notice.number,
        kind=notice.sort,
        who=npub(notice.who),
        name=people.shown(notice.who).name,
        at=notice.at,
        title=notice.title,
        things=len(notice.things),
        link="" if newest is None else write_link(newest, notice.title),
        read=notice.read,
    )


def profile_answer(profile: Profile, me: PubKey) -> ProfileAnswer:
    """Tell of one's own profile."""
    return ProfileAnswer(
        npub=npub(me),
        name=profile.name,
        about=profile.about,
        picture=jpeg_of(profile.picture) is not None,
    )


def _partner(key: PubKey, shown: Shown, on: bool) -> PartnerAnswer:
    return PartnerAnswer(npub=npub(key), name=shown.name, on=on, looks_like=shown.looks_like)


def _name(key: PubKey, names: Mapping[PubKey, Shown]) -> str:
    return names[key].name if key in names else key[:SHORT_CHARS]
