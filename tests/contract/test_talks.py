"""Conversations, rooms and notices in peer.db, and their fake: the same promises."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kkiri.adapters.state.peer_db import PeerState
from kkiri.base.limits import (
    NOTICES_MAX,
    REQUESTS_MAX,
    STRANGER_MESSAGES_MAX,
    WRAPS_KEPT_SECONDS,
)
from kkiri.base.types import EventId, Kind, PubKey, UnixTime
from kkiri.chat.rumor import Said, talk_id
from kkiri.event.record import Record
from kkiri.event.verify import Signer
from kkiri.ports.talks import Arrived, KeptRoom, Taken, TalkState
from tests.fakes.talks import fake_talk_state

ME, ANN, BEN = (PubKey(letter * 64) for letter in "abc")
NOW = UnixTime(1_000)


@pytest.fixture(params=["peer.db", "fake"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TalkState]:
    if request.param == "fake":
        yield fake_talk_state()
        return
    real = PeerState(tmp_path / "peer.db")
    yield real.talk
    real.close()


def said(number: int, by: PubKey = ANN, *to: PubKey, at: int = 0, subject: str = "") -> Said:
    return Said(
        id=EventId(f"{number:064x}"),
        author=by,
        people=tuple(sorted({by, *(to or (ME,))})),
        text=f"말 {number}",
        at=UnixTime(at or number),
        subject=subject,
    )


def arrived(number: int, what: Said | None, *, own: bool = False, known: bool = True) -> Arrived:
    talk = "" if what is None else talk_id(what.people, ME)
    return Arrived(wrap=EventId(f"{number:064x}"), said=what, talk=talk, own=own, known=known)


def wrap(number: int) -> Record:
    return Signer(bytes([9]) * 32).sign(Kind(1059), (), f"{number}", UnixTime(1))


def test_a_message_arrives_once_however_many_wraps_bring_it(state: TalkState) -> None:
    wraps = [EventId(f"{number:064x}") for number in (1, 2, 3)]
    assert state.inbox.unknown(wraps) == frozenset(wraps)
    told = state.inbox.take([arrived(1, said(5)), arrived(2, said(5)), arrived(3, None)], NOW)
    assert told == [Taken.NEW, Taken.KNOWN, Taken.KNOWN]
    assert state.inbox.unknown(wraps) == frozenset()
    (talk,) = state.talks.talks()
    assert (talk.id, talk.people, talk.unread, talk.accepted) == (ANN, (ME, ANN), 1, True)
    assert talk.last is not None and talk.last.text == "말 5"


def test_wraps_are_forgotten_after_the_time_hubs_are_asked_back_for(state: TalkState) -> None:
    state.inbox.take([arrived(1, None)], NOW)
    state.inbox.put_mark("hub", UnixTime(NOW + WRAPS_KEPT_SECONDS))
    assert state.inbox.unknown([EventId(f"{1:064x}")]) == frozenset()
    state.inbox.put_mark("hub", UnixTime(NOW + WRAPS_KEPT_SECONDS + 1))
    assert state.inbox.unknown([EventId(f"{1:064x}")]) != frozenset()
    assert state.inbox.mark("hub") == NOW + WRAPS_KEPT_SECONDS + 1
    assert state.inbox.mark("another") is None


def test_messages_come_in_the_order_they_were_said_and_in_pages(state: TalkState) -> None:
    for number, at in ((1, 30), (2, 10), (3, 20), (4, 20)):
        state.inbox.take([arrived(number, said(number, at=at))], NOW)
    every = state.talks.messages(ANN, 10)
    assert [one.text for one in every] == ["말 2", "말 3", "말 4", "말 1"]
    assert [one.text for one in state.talks.messages(ANN, 2)] == ["말 4", "말 1"]
    before = state.talks.messages(ANN, 2, every[2].id)
    assert [one.text for one in before] == ["말 2", "말 3"]
    assert state.talks.messages(ANN, 2, EventId("f" * 64)) == []


def test_unread_is_what_others_said_since_it_was_read(state: TalkState) -> None:
    state.inbox.take([arrived(1, said(1)), arrived(2, said(2, ME, ANN), own=True)], NOW)
    assert [one.unread for one in state.talks.talks()] == [1]
    state.talks.mark_read(ANN)
    state.inbox.take([arrived(3, said(3, at=1))], NOW)  # said earlier, arrived later
    talk = state.talks.talk(ANN)
    assert talk is not None and talk.unread == 1


def test_the_newest_subject_is_the_subject(state: TalkState) -> None:
    state.inbox.take([arrived(1, said(9, subject="새것"))], NOW)
    state.inbox.take([arrived(2, said(3, subject="옛것")), arrived(3, said(10))], NOW)
    talk = state.talks.talk(ANN)
    assert talk is not None and talk.subject == "새것"


def test_a_stranger_says_so_much_until_taken_in(state: TalkState) -> None:
    for number in range(STRANGER_MESSAGES_MAX):
        told = state.inbox.take([arrived(number, said(number + 1), known=False)], NOW)
        assert told == [Taken.NEW]
    over = [arrived(90, said(90), known=False)]
    assert state.inbox.take(over, NOW) == [Taken.DROPPED]
    talk = state.talks.talk(ANN)
    assert talk is not None and not talk.accepted
    state.talks.accept(ANN)
    assert state.inbox.take([arrived(91, said(91), known=False)], NOW) == [Taken.NEW]


def test_the_stranger_silent_longest_makes_room(state: TalkState) -> None:
    state.inbox.take([arrived(1, said(1, BEN), known=True)], NOW)
    strangers = [PubKey(f"{number:064x}") for number in range(1, REQUESTS_MAX + 2)]
    for number, who in enumerate(strangers, 100):
        state.inbox.take([arrived(number, said(number, who), known=False)], NOW)
    left = {one.id for one in state.talks.talks()}
    assert len(left) == REQUESTS_MAX + 1
    assert BEN in left and strangers[0] not in left and strangers[1] in left


def test_what_goes_out_is_counted_by_the_receiver_who_has_least(state: TalkState) -> None:
    what = said(1, ME, ANN, BEN, subject="셋")
    talk = talk_id(what.people, ME)
    wraps = [(ANN, wrap(1)), (BEN, wrap(2)), (ME, wrap(3))]
    state.outbox.put(what, talk, wraps, NOW)
    state.outbox.put(what, talk, wraps, NOW)
    message = state.outbox.message(what.id)
    assert message is not None and (message.hubs, message.waiting) == (0, 2)
    assert {one.wrap for one in state.outbox.outgoing(9)} == {one for _, one in wraps}
    assert state.inbox.unknown([wrap(3).id, wrap(1).id]) == {wrap(1).id}
    state.outbox.mark_taken(wrap(1).id, ["ws://a", "ws://b"], settled=True)
    state.outbox.mark_taken(wrap(2).id, ["ws://a"], settled=False)
    message = state.outbox.message(what.id)
    assert message is not None and (message.hubs, message.waiting) == (1, 0)
    left = {one.receiver: one.taken for one in state.outbox.outgoing(9)}
    assert left == {BEN: ("ws://a",), ME: ()}
    assert len(state.outbox.outgoing(1)) == 1
    one = state.talks.talk(talk)
    assert one is not None and (one.accepted, one.unread, one.subject) == (True, 0, "셋")


def test_what_is_forgotten_is_gone_here(state: TalkState) -> None:
    what = said(1, ME, ANN)
    state.outbox.put(what, ANN, [(ANN, wrap(1))], NOW)
    state.inbox.take([arrived(5, said(2)), arrived(6, said(3))], NOW)
    state.talks.forget_message(EventId(f"{2:064x}"))
    assert [one.text for one in state.talks.messages(ANN, 9)] == ["말 1", "말 3"]
    state.talks.mute(ANN, True)
    talk = state.talks.talk(ANN)
    assert talk is not None and talk.muted
    state.talks.forget(ANN)
    assert state.talks.talks() == [] and state.outbox.outgoing(9) == []
    assert state.talks.messages(ANN, 9) == [] and state.outbox.message(what.id) is None


def test_words_are_found_as_they_stand(state: TalkState) -> None:
    odd = replace(said(1), text="100% sure_thing\\ Sea")
    state.inbox.take([arrived(1, odd), arrived(2, said(2))], NOW)
    for words in ("100%", "_", "\\", "sea"):
        assert [one.id for one in state.talks.search(words, 9)] == [odd.id]
    assert [one.text for one in state.talks.search("말", 9)] == ["말 2"]
    assert state.talks.search("x%", 9) == []


def test_rooms(state: TalkState) -> None:
    room = KeptRoom(
        id=EventId("d" * 64), name="바다", muted=False, entered_at=NOW, read_at=UnixTime(0)
    )
    other = replace(room, id=EventId("e" * 64), entered_at=UnixTime(NOW + 1))
    state.rooms.put_room(room)
    state.rooms.put_room(other)
    state.rooms.put_room(replace(room, muted=True))
    assert state.rooms.rooms() == [other, replace(room, muted=True)]
    state.rooms.remove_room(other.id)
    assert state.rooms.rooms() == [replace(room, muted=True)]


def test_what_one_person_publishes_in_a_day_is_one_notice(state: TalkState) -> None:
    one, two, three = (letter * 40 for letter in "123")
    first = state.notices.publishes(ANN, one, "하나", UnixTime(86_400))
    assert first is not None
    state.notices.mark_read(first.number)
    again = state.notices.publishes(ANN, two, "둘", UnixTime(86_500))
    assert again is not None and again.number > first.number and not again.read
    assert state.notices.publishes(ANN, one, "하나", UnixTime(86_600)) is None
    assert state.notices.publishes(ANN, one, "하나", UnixTime(200_000)) is None
    assert state.notices.publishes(ANN, three, "셋", UnixTime(200_000)) is not None
    assert state.notices.publishes(BEN, one, "하나", UnixTime(86_450)) is not None
    seen = [(n.who, n.title, n.things) for n in state.notices.notices(9)]
    assert seen == [(ANN, "셋", (three,)), (ANN, "둘", (one, two)), (BEN, "하나", (one,))]


def test_who_follows_is_told_once_and_notices_are_bounded(state: TalkState) -> None:
    assert state.notices.follows(ANN, NOW) is not None
    assert state.notices.follows(ANN, UnixTime(2_000)) is None
    for number in range(NOTICES_MAX):
        assert state.notices.follows(PubKey(f"{number:064x}"), NOW) is not None
    kept = state.notices.notices(NOTICES_MAX + 9)
    assert len(kept) == NOTICES_MAX and ANN not in {one.who for one in kept}
    state.notices.mark_read(kept[0].number)
    assert all(one.read for one in state.notices.notices(NOTICES_MAX))
