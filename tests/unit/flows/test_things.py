"""Persons, goods, auctions and texts: found by words, with who signed them."""

from collections.abc import Sequence

import pytest

from kkiri.base.errors import NotFoundError
from kkiri.base.types import PubKey, UnixTime
from kkiri.event import kinds, nip19
from kkiri.event.goods import Goods
from kkiri.event.nip19 import AddressPointer, EventPointer
from kkiri.event.profile import Profile, profile_content
from kkiri.event.record import Record, Tag
from kkiri.event.verify import Signer
from kkiri.flows.asking import standing
from kkiri.flows.find import find, find_one
from kkiri.flows.things import Thing, asks_for_files, find_things, listed_at, sorts_of, thing
from kkiri.ports.state import PersonNote
from kkiri.search.query import parse
from tests.fakes.network import FakeNetwork, FakePeer, keeping, listing_record, signer, until

from tests.fakes.network import urls, virtual  # isort: skip

A = "ws://127.1.0.1:4848"
X = "ab" * 20
ANN, BEN, EVE = signer(21), signer(22), signer(66)


def profile(who: Signer, name: str, at: int) -> Record:
    return who.sign(kinds.PROFILE, (), profile_content(Profile(name=name)), UnixTime(at))


def goods(who: Signer, title: str, at: int, *tags: Tag, d: str = "1") -> Record:
    named: tuple[Tag, ...] = (("d", d), ("title", title), ("price", "5", "EUR"), *tags)
    return who.sign(kinds.GOODS, named, "", UnixTime(at))


def auction(who: Signer, title: str, at: int) -> Record:
    tags: tuple[Tag, ...] = (("d", "2"), ("title", title), ("end_at", str(at + 60)))
    return who.sign(kinds.AUCTION, tags, "", UnixTime(at))


def writing(who: Signer, title: str, at: int) -> Record:
    return who.sign(kinds.WRITING, (("d", "3"), ("title", title)), "text", UnixTime(at))


def told(found: Sequence[Thing]) -> set[tuple[str, str]]:
    return {
        (one.sort.value, one.author_name if one.sort.value == "person" else "") for one in found
    }


async def asked(peer: FakePeer, words: str) -> list[Thing]:
    return await find_things(peer.world, parse(words))


@virtual
async def test_every_sort_is_found_with_who_signed_it(network: FakeNetwork) -> None:
    hub, now = network.hub(A, 11), network.clock.now()
    hub.put(
        profile(ANN, "Winter Ann", now),
        goods(BEN, "Winter coat", now),
        auction(BEN, "Winter clock", now),
        writing(ANN, "Of winter", now),
        profile(BEN, "Ben", now),
    )
    peer = network.peer(1, bootstrap=[A])
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 2)
        found = await asked(peer, "winter")
        assert [one.sort.value for one in found].count("goods") == 1
        assert told(found) == {
            ("person", "Winter Ann"),
            ("goods", ""),
            ("auction", ""),
            ("text", ""),
        }
        assert {one.author_name for one in found if one.sort.value == "goods"} == {"Ben"}
        only = await asked(peer, "kind:goods winter")
        assert [one.sort.value for one in only] == ["goods"]
        assert await asked(peer, "종류:물건 winter") == only
        assert await asked(peer, "kind:goods") == only  # the newest, whatever they are called
        assert await asked(peer, "kind:music winter") == []
        assert await asked(peer, "kind:work winter") == []
        assert await asked(peer, "max-size:5M winter") == []
        assert await asked(peer, "summer") == []
        assert await asked(peer, "") == []


@virtual
async def test_a_blocked_author_and_what_was_taken_back_are_left_out(network: FakeNetwork) -> None:
    hub, now = network.hub(A, 11), network.clock.now()
    gone, stays = goods(ANN, "Winter boat", now), goods(ANN, "Winter sledge", now, d="9")
    address = f"30402:{ANN.pubkey}:1"
    taken_back = ANN.sign(kinds.DELETION, (("a", address),), "", UnixTime(now + 1))
    by_another = EVE.sign(
        kinds.DELETION, (("e", stays.id), ("a", f"30402:{ANN.pubkey}:9")), "", UnixTime(now + 1)
    )
    hub.put(gone, stays, goods(EVE, "Winter fake", now))
    other = network.hub("ws://127.1.0.2:4848", 12)
    other.put(taken_back, by_another)
    peer = network.peer(1, bootstrap=[A, other.url])
    peer.world.people.put_note(PersonNote(pubkey=EVE.pubkey, blocked=True))
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 3)
        assert [one.pointer for one in await asked(peer, "winter")] == [
            nip19.encode(AddressPointer(kind=kinds.GOODS, author=ANN.pubkey, d="9"))
        ]


@virtual
async def test_a_person_is_found_by_the_name_given_here(network: FakeNetwork) -> None:
    hub, now = network.hub(A, 11), network.clock.now()
    hub.put(profile(ANN, "Something else", now))
    peer = network.peer(1, bootstrap=[A])
    for who, name in ((ANN, "우리 누나"), (BEN, "누나 친구")):
        peer.world.people.put_note(PersonNote(pubkey=who.pubkey, petname=name))
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 2)
        found = await asked(peer, "누나")
        # of Ben no hub has a profile
        assert {one.author_name for one in found} == {"우리 누나", "누나 친구"}


@virtual
async def test_whom_one_follows_comes_first_and_a_lookalike_is_told(network: FakeNetwork) -> None:
    hub, now = network.hub(A, 11), network.clock.now()
    hub.put(
        profile(ANN, "Winter", now), profile(EVE, "W1nter", now + 1), profile(BEN, "winter", now)
    )
    peer = network.peer(1, bootstrap=[A])
    peer.world.people.put_note(PersonNote(pubkey=ANN.pubkey, followed=True))
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 2)
        found = await asked(peer, "winter")
        assert found[0].author == ANN.pubkey and found[0].followed
        assert [one.looks_like for one in found if one.author == BEN.pubkey] == ["Winter"]


@virtual
async def test_nobody_takes_back_what_another_offers(network: FakeNetwork) -> None:
    hub, now = network.hub(A, 11), network.clock.now()
    coat = goods(ANN, "Winter coat", now)
    theirs: tuple[Tag, ...] = (("e", coat.id), ("a", f"30402:{ANN.pubkey}:1"))
    taken = EVE.sign(kinds.DELETION, theirs, "", UnixTime(now + 1))
    hub.put(coat, goods(EVE, "Winter boat", now), taken)
    assert coat in standing([coat, taken])
    own = ANN.sign(kinds.DELETION, theirs[1:], "", UnixTime(now + 1))
    again = goods(ANN, "Winter coat, new", now + 2)
    assert standing([coat, own]) == [own]
    assert again in standing([again, own])
    peer = network.peer(1, bootstrap=[A])
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 2)
        assert {one.author for one in await asked(peer, "winter")} == {ANN.pubkey, EVE.pubkey}


@virtual
async def test_words_that_no_hub_was_asked_for_are_looked_for_here(network: FakeNetwork) -> None:
    """Four keys fill the question to the hubs: the words have no room in it."""
    hub, now = network.hub(A, 11), network.clock.now()
    hub.put(goods(ANN, "Winter coat", now), goods(ANN, "Summer hat", now, d="2"))
    peer = network.peer(1, bootstrap=[A])
    for name, who in zip("abcd", (ANN, BEN, EVE, signer(23)), strict=True):
        peer.world.people.put_note(PersonNote(pubkey=who.pubkey, petname=name))
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 2)
        found = await asked(peer, "by:a by:b by:c by:d winter")
        assert [one.said.title for one in found if isinstance(one.said, Goods)] == ["Winter coat"]


@virtual
async def test_p2_nothing_in_any_field_is_dialled(network: FakeNetwork) -> None:
    trap = "ws://127.66.66.66:6666"
    network.hub(trap, 99)
    hub, now = network.hub(A, 11), network.clock.now()
    more: tuple[Tag, ...] = (
        ("image", trap),
        ("relay", trap),
        ("r", trap),
        ("a", "30405:x:y", trap),
    )
    said = profile_content(Profile(name=f"Winter {trap}", picture=trap, address=f"a@{trap}"))
    hub.put(
        goods(ANN, f"Winter {trap}", now, *more),
        ANN.sign(kinds.PROFILE, (), said, UnixTime(now)),
    )
    peer = network.peer(1, bootstrap=[A])
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 2)
        here = AddressPointer(kind=kinds.GOODS, author=PubKey(ANN.pubkey), d="1", relays=(trap,))
        assert len(await asked(peer, "winter")) == 2
        assert (await thing(peer.world, here)).author == ANN.pubkey
    assert trap not in peer.links.touched


@virtual
async def test_a_pointer_opens_the_thing(network: FakeNetwork) -> None:
    hub, now = network.hub(A, 11), network.clock.now()
    coat, song = goods(ANN, "Coat", now), listing_record(ANN, "Song", now, info_hash=X)
    hub.put(coat, song)
    peer = network.peer(1, bootstrap=[A])
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 2)
        here = AddressPointer(kind=kinds.GOODS, author=PubKey(ANN.pubkey), d="1")
        assert (await thing(peer.world, here)).pointer == nip19.encode(here)
        assert (await thing(peer.world, EventPointer(id=coat.id))).author == ANN.pubkey
        told = await listed_at(peer.world, EventPointer(id=song.id))
        assert told is not None and (told.info_hash, told.name) == (song.value("x"), "Song")
        assert await listed_at(peer.world, EventPointer(id=coat.id)) is None
        for nowhere in (
            AddressPointer(kind=kinds.GOODS, author=PubKey(BEN.pubkey), d="1"),
            AddressPointer(kind=kinds.HUB_CARD, author=PubKey(ANN.pubkey), d=""),
            EventPointer(id=song.id),
        ):
            with pytest.raises(NotFoundError):
                await thing(peer.world, nowhere)


@virtual
async def test_one_torrent_is_told_in_full(network: FakeNetwork) -> None:
    hub, now = network.hub(A, 11), network.clock.now()
    hub.put(listing_record(ANN, "Song", now, info_hash=X), profile(ANN, "Ann", now))
    peer = network.peer(1, bootstrap=[A])
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 2)
        song = listing_record(ANN, "Song", now, info_hash=X)
        wanted = song.value("x") or ""
        (listed,) = await find(peer.world, parse("song"))
        assert wanted == listed.info_hash
        one = await find_one(peer.world, listed.info_hash)
        assert (one.title, one.author_name) == ("Song", "Ann")
        with pytest.raises(NotFoundError):
            await find_one(peer.world, type(listed.info_hash)("cd" * 20))


@pytest.mark.parametrize(
    ("words", "things", "files"),
    [
        ("a", 4, True),
        ("kind:person a", 1, False),
        ("kind:text a", 1, True),
        ("kind:film a", 0, True),
        ("kind:work a", 0, False),
        ("kind:goods kind:music a", 1, True),
    ],
)
def test_a_kind_says_where_to_look(words: str, things: int, files: bool) -> None:
    query = parse(words)
    assert (len(sorts_of(query)), asks_for_files(query)) == (things, files)
