"""The hub as a process: what the NIPs promise, told over real links."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from kkiri.base.errors import HubRefusedError
from kkiri.base.types import HubUrl, Kind, Seconds
from kkiri.event.filters import Filter
from kkiri.event.kinds import AUTH, GIFT_WRAP, HUB_CARD
from kkiri.event.verify import Signer
from tests.e2e.hubs import OWNER, RunningHub, links, now, running_hub, sign, until

ANN, BOB = Signer(bytes([11]) * 32), Signer(bytes([12]) * 32)
WAIT = Seconds(10.0)


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[RunningHub]:
    async with running_hub(tmp_path) as running:
        yield running


class Raw:
    """A plain Nostr client: JSON lists each way."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def say(self, *parts: object) -> None:
        await self._connection.send(json.dumps(parts))

    async def hear(self, *words: str) -> list[Any]:
        """Wait for a message that opens with one of the words."""
        async with asyncio.timeout(WAIT):
            while True:
                parts: list[Any] = json.loads(await self._connection.recv())
                if parts[0] in words:
                    return parts

    async def stored(self, sub: str, *filters: dict[str, object]) -> tuple[list[Any], list[Any]]:
        """Ask, and give the records and the end of them."""
        await self.say("REQ", sub, *filters)
        found = []
        while (parts := await self.hear("EVENT", "EOSE", "CLOSED"))[0] == "EVENT":
            found.append(parts[2])
        return found, parts


def raw(url: HubUrl) -> connect:
    return connect(url, compression=None, max_size=None)


def plain(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__struct_fields__}


async def test_store_ask_follow(hub: RunningHub) -> None:
    records = [sign(ANN, 1, f"n{number}", back_seconds=number) for number in range(5)]
    async with raw(hub.url) as one, raw(hub.url) as two:
        first, second = Raw(one), Raw(two)
        assert len((await first.hear("AUTH"))[1]) == 32
        for record in records:
            await first.say("EVENT", plain(record))
            assert await first.hear("OK") == ["OK", record.id, True, ""]
        await first.say("EVENT", plain(records[0]))
        assert (await first.hear("OK"))[2:] == [True, "duplicate: it is here"]
        found, end = await second.stored("s", {"kinds": [1], "limit": 3})
        assert [event["id"] for event in found] == [record.id for record in records[:3]]
        assert end == ["EOSE", "s", ["more"]]
        found, end = await second.stored("t", {"kinds": [1]}, {"ids": [records[0].id]})
        assert sorted(event["id"] for event in found) == sorted(record.id for record in records)
        assert end == ["EOSE", "t", ["finish"]]
        fresh = sign(BOB, 1, "new")
        await first.say("EVENT", plain(fresh))
        heard = [await second.hear("EVENT") for _ in range(2)]
        assert sorted(parts[1] for parts in heard) == ["s", "t"]
        assert {parts[2]["id"] for parts in heard} == {fresh.id}
        await second.say("CLOSE", "s")
        await second.say("COUNT", "c", {"kinds": [1]})
        assert await second.hear("COUNT") == ["COUNT", "c", {"count": 6}]


async def test_forged_and_misshapen(hub: RunningHub) -> None:
    good = plain(sign(ANN, 1, "x"))
    async with raw(hub.url) as connection:
        client = Raw(connection)
        for changes in ({"content": "y"}, {"sig": "0" * 128}, {"created_at": now() + 200_000}):
            await client.say("EVENT", good | changes)
            assert (await client.hear("OK"))[2] is False
        await client.say("EVENT", good | {"kind": "1"})
        assert (await client.hear("OK"))[3].startswith("invalid:")
        await client.say("REQ", "bad", {"kinds": ["x"]})
        assert (await client.hear("CLOSED"))[1] == "bad"
        await client.say("HELLO")
        await client.hear("NOTICE")
        assert (await client.stored("s", {}))[0] != [good]


async def test_replaced_deleted_expired_vanished(hub: RunningHub) -> None:
    async with links(ANN).dial(hub.url) as link:

        async def kept(**wanted: Any) -> set[str]:
            answer = await link.ask([Filter(authors=(ANN.pubkey,), **wanted)], WAIT)
            assert answer.complete and answer.refused == 0
            return {record.content for record in answer.records}

        old, new = sign(ANN, 0, "old", back_seconds=9), sign(ANN, 0, "new", back_seconds=8)
        oks = await link.publish([new, old], WAIT)
        assert [ok.accepted for ok in oks] == [True, True]
        assert await kept(kinds=(Kind(0),)) == {"new"}

        note = sign(ANN, 1, "note", back_seconds=7)
        gone = sign(ANN, 5, "", (("e", note.id),), back_seconds=6)
        await link.publish([note, gone], WAIT)
        again = await link.publish([note], WAIT)
        assert not again[0].accepted
        assert await kept(kinds=(Kind(1),)) == set()

        short = sign(ANN, 1, "short", (("expiration", str(now() + 2)),))
        past = sign(ANN, 1, "past", (("expiration", str(now() - 1)),))
        assert [ok.accepted for ok in await link.publish([short, past], WAIT)] == [True, False]
        assert await kept(kinds=(Kind(1),)) == {"short"}

        async def expired() -> bool:
            return not await kept(kinds=(Kind(1),))

        await until(expired)

        vanish = sign(ANN, 62, "bye", (("relay", hub.url),))
        assert (await link.publish([vanish], WAIT))[0].accepted
        assert "new" not in await kept()


async def test_ephemeral_is_passed_on_and_not_kept(hub: RunningHub) -> None:
    async with links(ANN).dial(hub.url) as link, raw(hub.url) as connection:
        client = Raw(connection)
        await client.stored("s", {"kinds": [20_001]})
        assert (await link.publish([sign(ANN, 20_001, "now")], WAIT))[0].accepted
        assert (await client.hear("EVENT"))[2]["content"] == "now"
        assert (await client.stored("t", {"kinds": [20_001]}))[0] == []


async def test_gift_wraps_reach_their_receiver_only(hub: RunningHub) -> None:
    wrap = sign(ANN, GIFT_WRAP, "secret", (("p", BOB.pubkey),))
    wanted = Filter(kinds=(GIFT_WRAP,))
    async with (
        raw(hub.url) as connection,
        links(BOB).dial(hub.url) as bobs,
        links(ANN).dial(hub.url) as anns,
    ):
        stranger = Raw(connection)
        await stranger.stored("live", {})
        assert (await stranger.stored("wraps", {"kinds": [GIFT_WRAP]}))[1][0] == "CLOSED"
        assert (await anns.publish([wrap], WAIT))[0].accepted
        assert [record.id for record in (await bobs.ask([wanted], WAIT)).records] == [wrap.id]
        assert (await anns.ask([wanted], WAIT)).records == ()
        by_id = Filter(ids=(wrap.id,))
        assert (await bobs.ask([by_id], WAIT)).records and not (
            await anns.ask([by_id], WAIT)
        ).records
        found, _ = await stranger.stored("all", {}, {"#p": [BOB.pubkey]})
        assert {event["kind"] for event in found} <= {int(HUB_CARD)}
        await stranger.say("COUNT", "c", {"#p": [BOB.pubkey]})
        assert (await stranger.hear("COUNT"))[2] == {"count": 0}
        assert (await anns.compare(Filter(), [], WAIT)).need.isdisjoint({wrap.id})
        marker = sign(ANN, 1, "marker")
        await anns.publish([marker], WAIT)
        assert (await stranger.hear("EVENT"))[2]["id"] == marker.id  # the wrap did not come before


async def test_protected_only_from_its_author(hub: RunningHub) -> None:
    mine = sign(ANN, 1, "mine", (("-",),))
    async with links(BOB).dial(hub.url) as bobs, links(ANN).dial(hub.url) as anns:
        ok = (await bobs.publish([mine], WAIT))[0]
        assert not ok.accepted and ok.reason.startswith("auth-required:")
        assert (await anns.publish([mine], WAIT))[0].accepted


async def test_auth_is_for_this_hub_and_this_link(hub: RunningHub) -> None:
    async with raw(hub.url) as connection:
        client = Raw(connection)
        challenge = (await client.hear("AUTH"))[1]
        for url, word in ((hub.url, "0" * 32), ("ws://evil.example", challenge)):
            proof = sign(ANN, AUTH, "", (("relay", url), ("challenge", word)))
            await client.say("AUTH", plain(proof))
            assert (await client.hear("OK"))[2] is False
        proof = sign(ANN, AUTH, "", (("relay", hub.url + "/"), ("challenge", challenge)))
        await client.say("AUTH", plain(proof))
        assert (await client.hear("OK"))[2] is True
        assert (await client.stored("a", {"kinds": [AUTH]}))[0] == []


async def test_search_both_ways(hub: RunningHub) -> None:
    film = sign(ANN, 2003, "", (("title", "소리바다 이야기"), ("x", "a" * 40), ("t", "film")))
    song = sign(ANN, 2003, "", (("title", "Napster Blues"), ("x", "b" * 40), ("t", "music")))
    async with links(BOB).dial(hub.url) as bobs, links(ANN).dial(hub.url) as anns:
        follow = bobs.follow([Filter(kinds=(Kind(2003),), search="바다", limit=0)])
        await bobs.ask([Filter(kinds=(HUB_CARD,))], WAIT)
        first = asyncio.ensure_future(anext(follow))
        await bobs.ask([Filter(kinds=(HUB_CARD,))], WAIT)
        await anns.publish([song, film], WAIT)
        async with asyncio.timeout(WAIT):
            assert (await first).id == film.id
            found = await bobs.ask([Filter(search="napster")], WAIT)
            assert [record.id for record in found.records] == [song.id]
        await follow.aclose()


async def test_card_and_proof(hub: RunningHub) -> None:
    person = links(ANN)
    info = await person.info(hub.url, WAIT)
    assert info.proved == hub.key and {1, 9, 11, 13, 40, 42, 45, 50, 62, 67, 70, 77} <= info.nips
    async with person.dial(hub.url) as link:
        async with asyncio.timeout(WAIT):
            card = await anext(link.follow([Filter(kinds=(HUB_CARD,), authors=(hub.key,))]))
        assert card.value("address") == hub.url
        hub.order(address="ws://127.0.0.1:9")
        async with asyncio.timeout(WAIT):
            async for record in link.follow([Filter(kinds=(HUB_CARD,))]):
                if record.value("address") == "ws://127.0.0.1:9":
                    break


async def test_too_many_subscriptions(hub: RunningHub) -> None:
    async with raw(hub.url) as connection:
        client = Raw(connection)
        for number in range(65):
            _, end = await client.stored(str(number), {"ids": ["0" * 64]})
        assert end[0] == "CLOSED" and end[2].startswith("rate-limited:")


async def test_a_comparison_is_refused_politely(hub: RunningHub) -> None:
    async with raw(hub.url) as connection:
        client = Raw(connection)
        await client.say("NEG-OPEN", "n", {}, "6100")
        assert (await client.hear("NEG-ERR"))[1] == "n"
        await client.say("NEG-MSG", "n", "61")
        assert (await client.hear("NEG-ERR"))[1] == "n"
        await client.say("NEG-OPEN", "n", {}, "61")
        assert (await client.hear("NEG-MSG"))[2] == "61"


async def test_owner_and_stranger(hub: RunningHub) -> None:
    records = [sign(OWNER, 1, str(number)) for number in range(3_000)]
    async with links(OWNER).dial(hub.url) as link:
        oks = await link.publish(records, WAIT)
        assert all(ok.accepted for ok in oks)
        answer = await link.ask([Filter(kinds=(Kind(1),), limit=500)], WAIT)
        assert len(answer.records) == 500 and not answer.complete


async def test_refusals_reach_the_asker(hub: RunningHub) -> None:
    async with links(ANN).dial(hub.url) as link:
        with pytest.raises(HubRefusedError):
            await link.ask([Filter(kinds=(GIFT_WRAP,)) for _ in range(21)], WAIT)
