"""Find: asked at the covering set, checked again, merged by torrent; liars change nothing."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from random import Random

from kkiri.base.types import Signature, UnixTime
from kkiri.event import kinds
from kkiri.event.filters import Filter
from kkiri.event.listing import PeerAddress
from kkiri.event.presence import Presence, to_tags
from kkiri.event.profile import Profile, profile_content
from kkiri.event.record import Event, Record, as_record
from kkiri.event.verify import Signer
from kkiri.flows.asking import standing
from kkiri.flows.find import find, find_stream, follow
from kkiri.flows.finds import Found
from kkiri.flows.world import HubState
from kkiri.ports.state import PersonNote
from kkiri.search.query import parse
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

A, B, C = (f"ws://127.1.0.{n}:4848" for n in (1, 2, 3))
X = "ab" * 20
ANN, BEN, EVE = signer(21), signer(22), signer(66)


async def met(network: FakeNetwork, count: int = 2) -> tuple[FakePeer, list[FakeHub]]:
    """Give a peer that is about to open links to some hubs."""
    hubs = [network.hub(url, 11 + n) for n, url in enumerate((A, B, C)[:count])]
    return network.peer(1, bootstrap=[hub.url for hub in hubs]), hubs


def now(network: FakeNetwork) -> int:
    return network.clock.now()


def says(who: Signer, network: FakeNetwork, name: str) -> Record:
    content = profile_content(Profile(name=name))
    return who.sign(kinds.PROFILE, (), content, network.clock.now())


def is_on(who: Signer, network: FakeNetwork, port: int, seconds: int = 600) -> Record:
    said = Presence(
        addresses=(PeerAddress(host="127.0.0.9", port=port),),
        until=UnixTime(network.clock.now() + seconds),
    )
    return who.sign(kinds.PRESENCE, to_tags(said), "", network.clock.now())


async def titles(peer: FakePeer, words: str) -> list[str]:
    return [found.title for found in await find(peer.world, parse(words))]


@virtual
async def test_what_any_hub_has_is_found_and_once(network: FakeNetwork) -> None:
    peer, (one, two) = await met(network)
    listing = listing_record(ANN, "Silent Harbor", now(network), info_hash=X)
    one.put(listing)
    two.put(listing, listing_record(BEN, "Silent Night", now(network)))
    peer.own.put(listing_record(ANN, "Silent Sea", now(network)))
    one.put(listing_record(ANN, "Loud", now(network)))
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 3)
        found = await titles(peer, "silent")
    assert sorted(found) == ["Silent Harbor", "Silent Night", "Silent Sea"]


@virtual
async def test_n1_one_torrent_of_three_keys_is_one_find_that_tells_who(
    network: FakeNetwork,
) -> None:
    peer, (one, two) = await met(network)
    at = now(network)
    one.put(listing_record(ANN, "Silent Harbor", at - 5, info_hash=X, address="127.0.0.5:6881"))
    two.put(listing_record(BEN, "Silent Harbor", at, info_hash=X, address="127.0.0.6:6881"))
    # does not say the word, but is of the same torrent
    two.put(listing_record(EVE, "Other words", at, info_hash=X))
    one.put(says(ANN, network, "앤"))
    two.put(is_on(BEN, network, 7_000))
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 3)
        (found,) = await find(peer.world, parse("silent"))
    assert found.title == "Silent Harbor"
    assert found.author == ANN.pubkey
    assert found.author_name == "앤"
    assert set(found.authors) == {ANN.pubkey, BEN.pubkey, EVE.pubkey}
    assert found.on == 1
    # where a publisher says it is now comes first
    assert [str(a) for a in found.addresses] == [
        "127.0.0.9:7000",
        "127.0.0.5:6881",
        "127.0.0.6:6881",
    ]
    assert found.sources == 3
    assert found.link.startswith(f"magnet:?xt=urn:btih:{X}")
    assert "x.pe=127.0.0.9:7000" in found.link


@virtual
async def test_an_expired_presence_counts_as_gone(network: FakeNetwork) -> None:
    peer, (one, _) = await met(network)
    one.put(listing_record(ANN, "Silent Harbor", now(network)), is_on(ANN, network, 7_000, 30))
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 3)
        assert (await find(peer.world, parse("silent")))[0].on == 1
        await asyncio.sleep(31)
        assert (await find(peer.world, parse("silent")))[0].on == 0


@virtual
async def test_whom_one_follows_comes_first_and_whom_one_blocks_not_at_all(
    network: FakeNetwork,
) -> None:
    peer, (one, _) = await met(network)
    at = now(network)
    one.put(*(listing_record(who, f"Silent {n}", at) for n, who in enumerate((ANN, BEN, EVE))))
    peer.state.people.put_note(PersonNote(pubkey=BEN.pubkey, followed=True))
    peer.state.people.put_note(PersonNote(pubkey=EVE.pubkey, blocked=True))
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 3)
        found = await find(peer.world, parse("silent"))
    assert [one.author for one in found] == [BEN.pubkey, ANN.pubkey]
    assert [one.followed for one in found] == [True, False]


@virtual
async def test_a_blocked_author_s_words_bring_up_nothing(network: FakeNetwork) -> None:
    peer, (one, _) = await met(network)
    one.put(listing_record(EVE, "Silent bait", now(network), info_hash=X))
    one.put(listing_record(ANN, "Quite other", now(network), info_hash=X))
    peer.state.people.put_note(PersonNote(pubkey=EVE.pubkey, blocked=True))
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 3)
        assert await titles(peer, "silent") == []


@virtual
async def test_by_a_name_finds_that_person_s(network: FakeNetwork) -> None:
    peer, (one, _) = await met(network)
    one.put(listing_record(ANN, "Silent A", now(network)))
    one.put(listing_record(BEN, "Silent B", now(network)))
    peer.state.people.put_note(PersonNote(pubkey=BEN.pubkey, petname="벤"))
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 3)
        assert await titles(peer, "silent by:벤") == ["Silent B"]
        assert await titles(peer, f"silent by:{ANN.pubkey}") == ["Silent A"]


@virtual
async def test_a_deleted_listing_never_shows_when_one_hub_withholds_the_deletion(
    network: FakeNetwork,
) -> None:
    peer, (one, two) = await met(network)
    listing = listing_record(ANN, "Silent Harbor", now(network) - 50)
    gone = deletion_of(ANN, listing, now(network))
    one.put(listing)  # withholds: it has the listing and not the deletion
    two.put(gone)
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 3)
        assert await titles(peer, "silent") == []


@virtual
async def test_nobody_deletes_another_s_listing(network: FakeNetwork) -> None:
    peer, (one, two) = await met(network)
    listing = listing_record(ANN, "Silent Harbor", now(network) - 50)
    one.put(listing)
    two.put(deletion_of(EVE, listing, now(network)))
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 3)
        assert await titles(peer, "silent") == ["Silent Harbor"]


def test_what_stands_is_a_function_of_the_set() -> None:
    old = listing_record(ANN, "Silent", 100)
    records = [
        old,
        deletion_of(EVE, old, 200),
        ANN.sign(kinds.PROFILE, (), "{}", UnixTime(100)),
        ANN.sign(kinds.PROFILE, (), '{"name":"a"}', UnixTime(101)),
    ]
    for seed in range(20):
        mixed = [*records, *records[:2]]
        Random(seed).shuffle(mixed)
        assert set(standing(mixed)) == {old, records[1], records[3]}
        assert old not in standing([*mixed, deletion_of(ANN, old, 50)])


def forged(record: Record, title: str) -> Event:
    """Change a record and keep its id and signature."""
    tags = tuple(("title", title) if tag[0] == "title" else tag for tag in record.tags)
    fields = {name: getattr(record, name) for name in record.__struct_fields__}
    return Event(**(fields | {"tags": tags}))


@virtual
async def test_n5_forged_and_unasked_records_are_dropped_and_the_hub_is_banned(
    network: FakeNetwork,
) -> None:
    peer, (one, two) = await met(network)
    real = listing_record(ANN, "Silent Harbor", now(network))
    two.put(real)
    other = listing_record(EVE, "Loud", now(network))
    resigned = as_record(forged(real, "Silent fake"))

    def lie(filters: Sequence[Filter], events: list[Event]) -> list[Event]:
        bad = Event(**{n: getattr(real, n) for n in real.__struct_fields__} | {"sig": FALSE})
        return [*events, forged(real, "Silent fake"), resigned, bad, other]

    one.lie = lie
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 3)
        for _ in range(3):
            (found,) = await find(peer.world, parse("silent"))
            assert (found.title, found.author) == ("Silent Harbor", ANN.pubkey)
        await until(lambda: A not in urls(peer))
        row = next(row for row in peer.hubs.rows() if row.url == A)
        assert row.state is HubState.BANNED
        assert "forged or not asked for" in row.why
        assert await titles(peer, "silent") == ["Silent Harbor"]


FALSE = Signature("0" * 128)


@virtual
async def test_a_hub_that_floods_gives_a_page_and_is_banned(network: FakeNetwork) -> None:
    peer, (one, two) = await met(network)
    two.put(listing_record(ANN, "Silent Harbor", now(network)))
    flood = [listing_record(EVE, f"Silent {n}", now(network)) for n in range(600)]
    one.lie = lambda _filters, _events: list(flood)
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 3)
        for _ in range(3):
            found = await find(peer.world, parse("silent harbor"))
            assert [one.title for one in found] == ["Silent Harbor"]
        await until(lambda: A not in urls(peer))


@virtual
async def test_a_hub_that_hangs_delays_a_search_by_the_grace_at_most(
    network: FakeNetwork,
) -> None:
    peer, (one, two) = await met(network)
    two.put(listing_record(ANN, "Silent Harbor", now(network)))
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 3)
        one.hangs = True
        begun = peer.world.clock.monotonic()
        assert await titles(peer, "silent") == ["Silent Harbor"]
        assert peer.world.clock.monotonic() - begun < 1.0


@virtual
async def test_alone_with_hubs_that_hang_the_own_hub_answers_in_time(
    network: FakeNetwork,
) -> None:
    peer, (one, two) = await met(network)
    peer.own.put(listing_record(ANN, "Silent Harbor", now(network)))
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 3)
        one.hangs = two.hangs = True
        begun = peer.world.clock.monotonic()
        assert await titles(peer, "silent") == ["Silent Harbor"]
        assert peer.world.clock.monotonic() - begun < 4.0


@virtual
async def test_a_hub_that_dies_meanwhile_is_not_waited_for(network: FakeNetwork) -> None:
    peer, (one, two) = await met(network)
    two.put(listing_record(ANN, "Silent Harbor", now(network)))
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 3)
        one.up = False  # the link has not noticed yet
        assert await titles(peer, "silent") == ["Silent Harbor"]


@virtual
async def test_a_relay_without_search_is_searched_by_us(network: FakeNetwork) -> None:
    old = network.hub(A, None, searches=False)
    old.put(listing_record(ANN, "옛날이야기", now(network)), listing_record(ANN, "x", now(network)))
    peer = network.peer(1, bootstrap=[A])
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 2)
        assert await titles(peer, "옛날 이야기") == ["옛날이야기"]


@virtual
async def test_a_stream_gives_the_quick_hub_s_answer_first(network: FakeNetwork) -> None:
    peer, (one, two) = await met(network)
    one.put(listing_record(ANN, "Silent near", now(network)))
    two.put(listing_record(ANN, "Silent far", now(network)))
    two.latency = 0.2
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 3)
        lists = [
            sorted(found.title for found in best)
            async for best in find_stream(peer.world, parse("silent"))
        ]
    assert ["Silent near"] in lists
    assert lists[-1] == ["Silent far", "Silent near"]


@virtual
async def test_a_stream_may_be_left_early(network: FakeNetwork) -> None:
    peer, (one, _) = await met(network)
    one.put(listing_record(ANN, "Silent near", now(network)))
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 3)
        async with aclosing(find_stream(peer.world, parse("silent"))) as lists:
            async for best in lists:
                if best:
                    break
        async with aclosing(follow(peer.world, parse("silent"))) as finds:
            task = asyncio.current_task()
            assert task is not None
            one_new = asyncio.timeout(5)
            async with one_new:
                one.put(listing_record(ANN, "Silent new", now(network)))
                await asyncio.sleep(1)
                one.put(listing_record(ANN, "Silent newer", now(network) + 1))
                async for found in finds:
                    assert found.title.startswith("Silent new")
                    break


@virtual
async def test_who_wants_more_than_a_page_gets_more(network: FakeNetwork) -> None:
    peer, (one, _) = await met(network)
    one.put(
        *(
            listing_record(ANN, f"Silent {n}", now(network) - n, info_hash=f"{n:040x}")
            for n in range(1_203)
        )
    )
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 3)
        for limit in (200, 500, 1_000):
            found = await find(peer.world, parse("silent"), limit=limit)
            assert len({one.info_hash for one in found}) == limit


@virtual
async def test_typing_errors_are_forgiven_when_nothing_else_is_found(
    network: FakeNetwork,
) -> None:
    peer, (one, _) = await met(network)
    harbour = listing_record(ANN, "Metallica Live", now(network))
    one.put(harbour)
    one.lie = lambda filters, events: [*events, harbour] if filters[0].search else events
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 3)
        assert await titles(peer, "metalica") == ["Metallica Live"]
        assert [found.near for found in await find(peer.world, parse("metalica"))] == [True]
        assert [found.near for found in await find(peer.world, parse("metallica"))] == [False]
        row = next(row for row in peer.hubs.rows() if row.url == A)
        assert row.refused == 0


@virtual
async def test_p2_nothing_in_any_field_is_dialled(network: FakeNetwork) -> None:
    trap = "ws://127.66.66.66:6666"
    network.hub(trap, 99)
    peer, (one, _) = await met(network)
    tags = (
        ("title", f"Silent {trap}"),
        ("x", X),
        ("address", "127.66.66.66:6666"),
        ("relay", trap),
        ("r", trap),
        ("p", EVE.pubkey, trap),
        ("e", "00" * 32, trap),
        ("url", "http://127.66.66.66:6666/"),
        ("image", "http://127.66.66.66:6666/"),
        ("file", "a.mp3", "5"),
    )
    one.put(EVE.sign(kinds.LISTING, tags, trap, network.clock.now()))
    one.put(EVE.sign(kinds.PROFILE, (), f'{{"name":"e","picture":"{trap}"}}', network.clock.now()))
    one.put(EVE.sign(kinds.FOLLOWS, (("p", ANN.pubkey, trap),), "", network.clock.now()))
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 3)
        (found,) = await find(peer.world, parse("silent"))
        assert isinstance(found, Found)
        assert replace(found) == found
    assert trap not in peer.links.touched
