"""Conversations, rooms and notices in memory: the same promises as peer.db but for the disk."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from kkiri.base.limits import (
    NOTICE_THINGS_MAX,
    NOTICES_MAX,
    REQUESTS_MAX,
    STRANGER_MESSAGES_MAX,
    WRAPS_KEPT_SECONDS,
)
from kkiri.base.types import EventId, PubKey, UnixTime
from kkiri.chat.rumor import Said
from kkiri.event.record import Record
from kkiri.ports.talks import (
    Arrived,
    KeptRoom,
    Message,
    Notice,
    Outgoing,
    Taken,
    Talk,
    TalkState,
)


@dataclass
class _Talk:
    people: tuple[PubKey, ...]
    accepted: bool
    subject: tuple[int, str] = (0, "")
    muted: bool = False
    read: int = 0


@dataclass
class _Kept:
    seq: int
    said: Said
    talk: str
    own: bool
    wraps: dict[EventId, tuple[Outgoing, bool, bool]] = field(default_factory=dict)
    """(what, to ourselves, settled)"""

    def message(self) -> Message:
        counts = [len(one.taken) for one, own, _ in self.wraps.values() if not own]
        said = self.said
        return Message(
            id=said.id,
            talk=self.talk,
            author=said.author,
            at=said.at,
            text=said.text,
            answers=said.answers,
            hubs=min(counts, default=0),
            waiting=counts.count(0),
        )


class FakeTalks:
    """Conversations, what arrives and what goes out."""

    def __init__(self) -> None:
        self._talks: dict[str, _Talk] = {}
        self._kept: dict[EventId, _Kept] = {}
        self._wraps: dict[EventId, int] = {}
        self._marks: dict[str, UnixTime] = {}
        self._seq = 0

    # ---- Talks
    def talks(self) -> list[Talk]:
        found = [self._talk(one) for one in self._talks]
        return sorted(found, key=lambda one: (-(one.last.at if one.last else 0), one.id))

    def talk(self, talk: str) -> Talk | None:
        return self._talk(talk) if talk in self._talks else None

    def _of(self, talk: str) -> list[_Kept]:
        found = [one for one in self._kept.values() if one.talk == talk]
        return sorted(found, key=lambda one: (one.said.at, one.seq))

    def _talk(self, talk: str) -> Talk:
        one, said = self._talks[talk], self._of(talk)
        return Talk(
            id=talk,
            people=one.people,
            subject=one.subject[1],
            accepted=one.accepted,
            muted=one.muted,
            unread=sum(kept.seq > one.read and not kept.own for kept in said),
            last=said[-1].message() if said else None,
        )

    def messages(self, talk: str, limit: int, before: EventId | None = None) -> list[Message]:
        said = self._of(talk)
        if before is not None:
            places = [at for at, kept in enumerate(said) if kept.said.id == before]
            said = said[: places[0]] if places else []
        return [kept.message() for kept in said[-limit:]]

    def search(self, words: str, limit: int) -> list[Message]:
        found = [k for k in self._kept.values() if words.lower() in k.said.text.lower()]
        found.sort(key=lambda kept: (-kept.said.at, -kept.seq))
        return [kept.message() for kept in found[:limit]]

    def mark_read(self, talk: str) -> None:
        if talk in self._talks:
            self._talks[talk].read = max((one.seq for one in self._of(talk)), default=0)

    def accept(self, talk: str) -> None:
        if talk in self._talks:
            self._talks[talk].accepted = True

    def mute(self, talk: str, on: bool) -> None:
        if talk in self._talks:
            self._talks[talk].muted = on

    def forget(self, talk: str) -> None:
        self._talks.pop(talk, None)
        self._kept = {name: one for name, one in self._kept.items() if one.talk != talk}

    def forget_message(self, message: EventId) -> None:
        self._kept.pop(message, None)

    # ---- Inbox
    def unknown(self, wraps: Collection[EventId]) -> frozenset[EventId]:
        return frozenset(wraps) - self._wraps.keys()

    def take(self, arrived: Sequence[Arrived], now: UnixTime) -> list[Taken]:
        return [self._take(one, now) for one in arrived]

    def _take(self, one: Arrived, now: UnixTime) -> Taken:
        self._wraps[one.wrap] = now
        if one.said is None:
            return Taken.KNOWN
        welcome = one.own or one.known
        if not welcome and not self._has_room(one.talk):
            return Taken.DROPPED
        self._put_talk(one.said, one.talk, welcome)
        return self._put(one.said, one.talk, one.own)

    def _has_room(self, talk: str) -> bool:
        if talk in self._talks:
            return self._talks[talk].accepted or len(self._of(talk)) < STRANGER_MESSAGES_MAX
        strange = [name for name, one in self._talks.items() if not one.accepted]
        strange.sort(key=lambda name: -max((kept.seq for kept in self._of(name)), default=0))
        for name in strange[REQUESTS_MAX - 1 :]:
            self.forget(name)
        return True

    def _put_talk(self, said: Said, talk: str, accepted: bool) -> None:
        one = self._talks.setdefault(talk, _Talk(said.people, accepted))
        one.accepted = one.accepted or accepted
        if said.subject and said.at >= one.subject[0]:
            one.subject = (said.at, said.subject)

    def _put(self, said: Said, talk: str, own: bool) -> Taken:
        if said.id in self._kept:
            return Taken.KNOWN
        self._seq += 1
        self._kept[said.id] = _Kept(self._seq, said, talk, own)
        return Taken.NEW

    def mark(self, name: str) -> UnixTime | None:
        return self._marks.get(name)

    def put_mark(self, name: str, at: UnixTime) -> None:
        self._marks[name] = at
        gone = at - WRAPS_KEPT_SECONDS
        self._wraps = {wrap: seen for wrap, seen in self._wraps.items() if seen >= gone}


class FakeOutbox:
    """What is to be delivered; a view on the same talks."""

    def __init__(self, talks: FakeTalks) -> None:
        self._talks = talks

    def put(
        self, said: Said, talk: str, wraps: Sequence[tuple[PubKey, Record]], now: UnixTime
    ) -> None:
        talks = self._talks
        talks._put_talk(said, talk, True)
        if talks._put(said, talk, True) is not Taken.NEW:
            return
        for receiver, wrap in wraps:
            one = Outgoing(wrap=wrap, message=said.id, receiver=receiver, made_at=now, taken=())
            own = receiver == said.author
            talks._kept[said.id].wraps[wrap.id] = (one, own, False)
            if own:
                talks._wraps[wrap.id] = now

    def outgoing(self, limit: int) -> list[Outgoing]:
        every = [one for kept in self._talks._kept.values() for one in kept.wraps.values()]
        found = [one for one, _, settled in every if not settled]
        return sorted(found, key=lambda one: (one.made_at, one.wrap.id))[:limit]

    def mark_taken(self, wrap: EventId, hubs: Sequence[str], *, settled: bool) -> None:
        for kept in self._talks._kept.values():
            if wrap in kept.wraps:
                one, own, before = kept.wraps[wrap]
                kept.wraps[wrap] = (replace(one, taken=tuple(hubs)), own, before or settled)

    def message(self, message: EventId) -> Message | None:
        kept = self._talks._kept.get(message)
        return None if kept is None else kept.message()


class FakeRooms:
    """Entered rooms in a dict."""

    def __init__(self) -> None:
        self._rooms: dict[EventId, KeptRoom] = {}

    def rooms(self) -> list[KeptRoom]:
        return sorted(self._rooms.values(), key=lambda room: (-room.entered_at, room.id))

    def put_room(self, room: KeptRoom) -> None:
        self._rooms[room.id] = room

    def remove_room(self, room: EventId) -> None:
        self._rooms.pop(room, None)


class FakeNotices:
    """Notices in a dict by what makes them one."""

    def __init__(self) -> None:
        self._notices: dict[str, Notice] = {}
        self._next = 1

    def notices(self, limit: int) -> list[Notice]:
        return sorted(self._notices.values(), key=lambda one: (-one.at, -one.number))[:limit]

    def publishes(self, who: PubKey, thing: str, title: str, at: UnixTime) -> Notice | None:
        same = [one for one in self._notices.values() if one.who == who]
        if any(thing in one.things for one in same):
            return None
        key = f"published:{who}:{at // 86_400}"
        today = self._notices[key].things if key in self._notices else ()
        return self._put(key, "published", who, at, title, (*today, thing)[-NOTICE_THINGS_MAX:])

    def follows(self, who: PubKey, at: UnixTime) -> Notice | None:
        key = f"follows:{who}"
        return None if key in self._notices else self._put(key, "follows", who, at, "", ())

    def _put(
        self, key: str, sort: str, who: PubKey, at: UnixTime, title: str, things: tuple[str, ...]
    ) -> Notice:
        made = Notice(
            number=self._next, sort=sort, who=who, at=at, title=title, things=things, read=False
        )
        self._notices[key] = made
        self._next += 1
        oldest = sorted(self._notices, key=lambda one: -self._notices[one].number)[NOTICES_MAX:]
        for name in oldest:
            del self._notices[name]
        return made

    def mark_read(self, until: int) -> None:
        for key, one in self._notices.items():
            if one.number <= until:
                self._notices[key] = replace(one, read=True)


def fake_talk_state() -> TalkState:
    """Give all of it, empty."""
    talks = FakeTalks()
    return TalkState(
        talks=talks,
        inbox=talks,
        outbox=FakeOutbox(talks),
        rooms=FakeRooms(),
        notices=FakeNotices(),
    )
