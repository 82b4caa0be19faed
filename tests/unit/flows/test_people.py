"""Persons: found by name or key, followed without losing a list made elsewhere, browsed whole."""

from collections import Counter

import msgspec
import pytest

from kkiri.base.errors import BadKeyError, NotFoundError, RefusedError
from kkiri.base.types import Seq, UnixTime
from kkiri.event import kinds, nip19
from kkiri.event.presence import Presence, to_tags
from kkiri.event.profile import read_follows
from kkiri.event.record import Record
from kkiri.event.verify import Signer
from kkiri.flows import people, profile
from kkiri.flows.publish import sign
from tests.fakes.network import (
    FakeHub,
    FakeNetwork,
    FakePeer,
    deletion_of,
    keeping,
    listing_record,
    signer,
    until,
    urls,
    virtual,
)

A, B = (f"ws://127.1.0.{n}:4848" for n in (1, 2))
ANN, BEN, EVE = signer(21), signer(22), signer(66)


def met(network: FakeNetwork) -> tuple[FakePeer, FakeHub, FakeHub]:
    one, two = network.hub(A, 11), network.hub(B, 12)
    return network.peer(1, bootstrap=[A, B]), one, two


async def ready(peer: FakePeer) -> None:
    await until(lambda: len(urls(peer)) == 3)


def says(who: Signer, network: FakeNetwork, content: str) -> Record:
    return who.sign(kinds.PROFILE, (), content, network.clock.now())


def is_on(who: Signer, network: FakeNetwork) -> Record:
    said = Presence(addresses=(), until=UnixTime(network.clock.now() + 600))
    return who.sign(kinds.PRESENCE, to_tags(said), "", network.clock.now())


def journalled(peer: FakePeer, kind: int) -> Record:
    rows = peer.state.journal.after(Seq(0), 999)
    return [record for _, record in rows if record.kind == kind][-1]


@virtual
async def test_a_person_is_named_by_key_npub_petname_or_a_name_that_is_one_person_s(
    network: FakeNetwork,
) -> None:
    peer, one, two = met(network)
    one.put(says(ANN, network, '{"name":"Ann","about":"hi"}'), is_on(ANN, network))
    two.put(says(BEN, network, '{"name":"Ben"}'), says(EVE, network, '{"name":"Ben"}'))
    async with keeping(peer):
        await ready(peer)
        for who in (ANN.pubkey, nip19.npub(ANN.pubkey), "nostr:" + nip19.npub(ANN.pubkey), "ann"):
            assert await people.resolve(peer.world, who) == ANN.pubkey
        view = await people.person(peer.world, "Ann")
        assert (view.name, view.about, view.on, view.followed) == ("Ann", "hi", True, False)
        with pytest.raises(RefusedError, match="2 people"):
            await people.resolve(peer.world, "Ben")
        with pytest.raises(NotFoundError):
            await people.resolve(peer.world, "Nobody")
        with pytest.raises(BadKeyError):
            await people.resolve(peer.world, "npub1xyz")
        await people.petname(peer.world, EVE.pubkey, "벤이 아닌 벤")
        assert await people.resolve(peer.world, "벤이 아닌 벤") == EVE.pubkey
        # whom I follow is meant before others of the same name
        await people.follow(peer.world, BEN.pubkey)
        assert await people.resolve(peer.world, "Ben") == BEN.pubkey
        assert (await people.person(peer.world, EVE.pubkey)).name == "벤이 아닌 벤"


@virtual
async def test_a_name_that_looks_like_a_followed_one_s_is_told(network: FakeNetwork) -> None:
    peer, one, _ = met(network)
    one.put(says(ANN, network, '{"name":"Alice"}'), says(EVE, network, '{"name":"Аlice"}'))
    async with keeping(peer):
        await ready(peer)
        await people.follow(peer.world, ANN.pubkey)
        assert (await people.person(peer.world, EVE.pubkey)).looks_like == "Alice"
        assert (await people.person(peer.world, ANN.pubkey)).looks_like == ""


@virtual
async def test_following_adds_to_a_list_made_elsewhere(network: FakeNetwork) -> None:
    peer, one, _ = met(network)
    before = (("p", ANN.pubkey, "wss://x.example", "ann"),)
    one.put(peer.signer.sign(kinds.FOLLOWS, before, "", UnixTime(network.clock.now() - 99)))
    async with keeping(peer):
        await ready(peer)
        await people.follow(peer.world, BEN.pubkey)
        listed = read_follows(journalled(peer, kinds.FOLLOWS))
        assert {one.pubkey for one in listed} == {ANN.pubkey, BEN.pubkey}
        assert listed[0].petname == "ann"
        one.put(journalled(peer, kinds.FOLLOWS))
        await people.follow(peer.world, ANN.pubkey, on=False)
        assert [o.pubkey for o in read_follows(journalled(peer, kinds.FOLLOWS))] == [BEN.pubkey]


@virtual
async def test_petnames_and_blocks_are_published_to_nobody(network: FakeNetwork) -> None:
    peer, _, _ = met(network)
    async with keeping(peer):
        await ready(peer)
        await people.petname(peer.world, ANN.pubkey, "앤")
        await people.block(peer.world, EVE.pubkey)
    assert peer.state.journal.last() == 0
    notes = {note.pubkey: note for note in peer.state.people.notes()}
    assert notes[ANN.pubkey].petname == "앤"
    assert notes[EVE.pubkey].blocked


@virtual
async def test_one_petname_is_one_person(network: FakeNetwork) -> None:
    peer, _, _ = met(network)
    async with keeping(peer):
        await ready(peer)
        await people.petname(peer.world, ANN.pubkey, "Ann")
        with pytest.raises(RefusedError):
            await people.petname(peer.world, EVE.pubkey, "ann ")
        await people.petname(peer.world, ANN.pubkey, "")
        await people.petname(peer.world, EVE.pubkey, "ann")


@virtual
async def test_a_profile_keeps_what_other_programs_wrote(network: FakeNetwork) -> None:
    peer, one, _ = met(network)
    old = '{"name":"me","lud16":"me@pay.example","banner":"https://x.example/b.png","about":"old"}'
    one.put(peer.signer.sign(kinds.PROFILE, (), old, UnixTime(network.clock.now() - 99)))
    async with keeping(peer):
        await ready(peer)
        await profile.set_profile(peer.world, name="나", about="")
    said = msgspec.json.decode(journalled(peer, kinds.PROFILE).content)
    assert said == {
        "name": "나",
        "lud16": "me@pay.example",
        "banner": "https://x.example/b.png",
    }


@virtual
async def test_who_is_on(network: FakeNetwork) -> None:
    peer, one, two = met(network)
    one.put(is_on(ANN, network))
    two.put(is_on(BEN, network))
    two.put(peer.signer.sign(kinds.PRESENCE, is_on(peer.signer, network).tags, "", UnixTime(5)))
    promise = Presence(addresses=(), until=UnixTime(network.clock.now() + 10**8))
    two.put(EVE.sign(kinds.PRESENCE, to_tags(promise), "", network.clock.now()))
    async with keeping(peer):
        await ready(peer)
        assert sorted(await people.who_is_on(peer.world)) == sorted([ANN.pubkey, BEN.pubkey])
        await people.follow(peer.world, EVE.pubkey)
        views = await people.known(peer.world)
        assert [(view.pubkey, view.on) for view in views][0] == (EVE.pubkey, False)
        assert {view.pubkey for view in views} == {ANN.pubkey, BEN.pubkey, EVE.pubkey}


@virtual
async def test_a_library_of_1_700_is_whole_though_no_hub_has_all_of_it(
    network: FakeNetwork,
) -> None:
    peer, one, two = met(network)
    at = network.clock.now() - 10_000
    songs = [listing_record(ANN, f"Song {n}", at + n // 3) for n in range(1_700)]
    one.put(*songs[:1_200])
    two.put(*songs[600:], deletion_of(ANN, songs[5], at + 9_000))
    one.put(listing_record(BEN, "not hers", at))
    async with keeping(peer):
        await ready(peer)
        library = await people.library_of(peer.world, ANN.pubkey)
    assert {found.title for found in library} == {s.value("title") for s in songs} - {"Song 5"}
    assert len(library) == 1_699
    assert library == sorted(library, key=lambda found: (-found.created_at, found.info_hash))


@virtual
async def test_a_library_that_was_shared_within_a_second_is_whole(network: FakeNetwork) -> None:
    peer, _, _ = met(network)
    tags = listing_record(ANN, "Song", network.clock.now()).tags
    signed = [
        sign(peer.world, kinds.LISTING, (*tags[:1], ("x", f"{n:040x}"), *tags[2:]), "")
        for n in range(1_300)
    ]
    assert max(Counter(record.created_at for record in signed).values()) < 500
    gone = sign(peer.world, kinds.DELETION, (("e", signed[-1].id), ("k", "2003")), "")
    again = sign(peer.world, kinds.LISTING, signed[-1].tags, "")
    assert again.id != signed[-1].id
    peer.own.put(*signed, gone, again)
    async with keeping(peer):
        await ready(peer)
        library = await people.library_of(peer.world, peer.signer.pubkey)
    assert {found.info_hash for found in library} == {f"{n:040x}" for n in range(1_300)}


@virtual
async def test_a_hub_that_says_more_for_ever_is_left(network: FakeNetwork) -> None:
    peer, one, _ = met(network)
    song = listing_record(ANN, "Song", network.clock.now() - 9)
    one.page = lambda _filters: ([song], True)  # type: ignore[method-assign]
    async with keeping(peer):
        await ready(peer)
        before = one.asked
        library = await people.library_of(peer.world, ANN.pubkey)
    assert [found.title for found in library] == ["Song"]
    assert one.asked - before < 10
