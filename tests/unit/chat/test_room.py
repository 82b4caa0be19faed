"""Public rooms: which one a name means, and what is shown of it, whatever the order of records."""

from random import Random

import pytest

from kkiri.base.errors import BadRecordError
from kkiri.base.types import EventId, Kind, PubKey, UnixTime
from kkiri.chat.room import (
    AHEAD_SECONDS_MAX,
    PACE_MESSAGES,
    PACE_SECONDS,
    Room,
    Spoken,
    choose,
    clean_name,
    list_tags,
    name_key,
    read_room,
    read_spoken,
    room_content,
    room_tags,
    said_at,
    shown,
    spoken_tags,
    with_facts,
)
from kkiri.event import kinds
from kkiri.event.record import Record
from kkiri.event.verify import Signer

ANN, BEN = Signer(bytes([1]) * 32), Signer(bytes([2]) * 32)
NOW = UnixTime(1_000_000)


def made(name: str, by: Signer = ANN, at: int = 10, about: str = "") -> Record:
    return by.sign(kinds.ROOM, room_tags(name), room_content(name, about), UnixTime(at))


def spoken(text: str, room: str = "a" * 64, by: Signer = ANN, at: int = 10) -> Spoken:
    tags = spoken_tags(EventId(room))
    return read_spoken(by.sign(kinds.ROOM_TEXT, tags, text, UnixTime(at)))


def test_a_room_is_found_under_its_name_however_it_is_written() -> None:
    assert name_key("#소리바다") == name_key("소리바다 ") == "소리바다"
    assert name_key("Sea") == name_key("ＳＥＡ") != name_key("Seas")
    room = read_room(made("# 바다\u202e", about="파도"))
    assert (room.name, room.about, clean_name("#a b")) == ("바다", "파도", "a b")


def test_what_is_no_room_is_refused() -> None:
    for content in ("", "[]", "{}", '{"name":5}', '{"name":" \\u202e "}', "[" * 99_999):
        with pytest.raises(BadRecordError):
            read_room(ANN.sign(kinds.ROOM, (), content, NOW))
    with pytest.raises(BadRecordError):
        read_room(ANN.sign(Kind(1), (), room_content("a", ""), NOW))


def test_only_its_maker_renames_a_room() -> None:
    record = made("옛 이름")
    tags = (("e", record.id),)
    new = ANN.sign(kinds.ROOM_FACTS, tags, room_content("새 이름", "말"), UnixTime(30))
    old = ANN.sign(kinds.ROOM_FACTS, tags, room_content("중간", ""), UnixTime(20))
    bad = ANN.sign(kinds.ROOM_FACTS, tags, "nonsense", UnixTime(40))
    eve = BEN.sign(kinds.ROOM_FACTS, tags, room_content("훔친 이름", ""), UnixTime(50))
    other = ANN.sign(
        kinds.ROOM_FACTS, (("e", "f" * 64),), room_content("남의 방", ""), UnixTime(60)
    )
    room = read_room(record)
    for order in range(5):
        events = [new, old, bad, eve, other]
        Random(order).shuffle(events)
        named = with_facts(room, events)
        assert (named.name, named.about) == ("새 이름", "말")
    assert with_facts(room, [eve, other]) == room


def test_a_message_names_its_room() -> None:
    one = spoken("두\n줄\u202e")
    assert (one.room, one.text, one.answers) == ("a" * 64, "두\n줄", None)
    tags = spoken_tags(EventId("a" * 64), EventId("b" * 64))
    answer = read_spoken(ANN.sign(kinds.ROOM_TEXT, tags, "응", NOW))
    assert (answer.room, answer.answers) == ("a" * 64, "b" * 64)
    unmarked = ANN.sign(kinds.ROOM_TEXT, (("e", "c" * 64),), "x", NOW)
    assert read_spoken(unmarked).room == "c" * 64
    for bad_tags, text in (((), "x"), ((("e", "no"),), "x"), (tags, " \n ")):
        with pytest.raises(BadRecordError):
            read_spoken(ANN.sign(kinds.ROOM_TEXT, bad_tags, text, NOW))


def test_nobody_fills_a_room_alone_and_the_blocked_are_not_seen() -> None:
    flood = [spoken(f"{n}", at=100 + n % 20) for n in range(200)]
    calm = [spoken(f"b{n}", by=BEN, at=95 + n * 10) for n in range(5)]
    seen = None
    for order in range(5):
        every = [*flood, *calm, *calm]
        Random(order).shuffle(every)
        told = shown(every, (), NOW)
        assert seen is None or told == seen
        seen = told
    assert seen is not None
    assert sum(one.author == ANN.pubkey for one in seen.spoken) == PACE_MESSAGES
    assert sum(one.author == BEN.pubkey for one in seen.spoken) == 5
    assert seen.left_out == 200 - PACE_MESSAGES
    alone = shown([*flood, *calm], {ANN.pubkey}, NOW)
    assert {one.author for one in alone.spoken} == {BEN.pubkey}
    assert alone.left_out == 200
    slow = [spoken(f"{n}", at=100 + n * PACE_SECONDS // PACE_MESSAGES) for n in range(50)]
    assert shown(slow, (), NOW).left_out == 0


def test_a_clock_ahead_stays_where_now_is() -> None:
    told = shown([spoken("ahead", at=NOW + 9_000), spoken("now", by=BEN, at=NOW)], (), NOW)
    assert [one.at for one in told.spoken] == [NOW, NOW]


def test_a_name_means_the_room_one_is_in_then_a_friend_s_then_where_people_are() -> None:
    def room(letter: str, author: str, at: int) -> Room:
        key = PubKey(author * 64)
        return Room(
            id=EventId(letter * 64), name="바다", about="", author=key, created_at=UnixTime(at)
        )

    mine, friend = room("1", "a", 50), room("2", "b", 40)
    full, oldest = room("3", "c", 30), room("4", "d", 1)
    voices = {full.id: 9, oldest.id: 2}
    followed = {PubKey("b" * 64)}
    every = [oldest, full, friend, mine]
    for rooms, wanted in ((every, mine), (every[:3], friend), (every[:2], full)):
        got = choose(rooms, entered={mine.id}, followed=followed, voices=voices)
        assert got == wanted
    assert choose(every[:2], entered=(), followed=(), voices={}) == oldest
    assert choose([], entered=(), followed=(), voices={}) is None


def test_what_other_programs_put_in_the_list_of_rooms_stays() -> None:
    before = (("a", "34550:x:y"), ("e", "0" * 64), ("client", "x"))
    assert list_tags([EventId("1" * 64)], before) == (
        ("a", "34550:x:y"),
        ("client", "x"),
        ("e", "1" * 64),
    )


def test_quick_talk_keeps_its_order_and_a_clock_ahead_is_not_followed() -> None:
    said: list[Spoken] = []
    for number in range(AHEAD_SECONDS_MAX + 1):
        said.append(spoken(f"{number}", at=said_at(NOW, said)))
    assert [one.text for one in shown(said, (), NOW).spoken] == [one.text for one in said]
    assert {one.at for one in shown(said, (), NOW).spoken} == {NOW}
    late = spoken("one more", at=said_at(NOW, said))
    assert late.at == NOW + AHEAD_SECONDS_MAX
    assert said_at(NOW, [spoken("ahead", at=NOW + 86_400)]) == NOW
    assert said_at(NOW, [spoken("before", at=NOW - 9)]) == said_at(NOW, ()) == NOW
