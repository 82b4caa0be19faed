"""Hubs become equal: at first contact, live, and after one was away; what is private stays."""

from pathlib import Path

from kkiri.base.types import Kind, Seconds
from kkiri.event.filters import Filter
from kkiri.event.kinds import GIFT_WRAP, HUB_CARD
from kkiri.event.record import Record
from kkiri.event.verify import Signer
from tests.e2e.hubs import RunningHub, links, running_hub, sign, start_hub, stop_hub, until

ANN, BOB = Signer(bytes([11]) * 32), Signer(bytes([12]) * 32)
WAIT = Seconds(15.0)


def notes(by: Signer, name: str, count: int) -> list[Record]:
    return [sign(by, 2003, f"{name} {number}", back_seconds=number) for number in range(count)]


async def publish(hub: RunningHub, records: list[Record], by: Signer = ANN) -> None:
    async with links(by).dial(hub.url) as link:
        assert all(ok.accepted for ok in await link.publish(records, WAIT))


async def holds(hub: RunningHub, records: list[Record]) -> bool:
    ids = tuple(record.id for record in records)
    async with links(BOB).dial(hub.url) as link:
        return len((await link.ask([Filter(ids=ids, limit=500)], WAIT)).records) == len(ids)


async def test_two_hubs(tmp_path: Path) -> None:
    one = await start_hub(tmp_path / "one")
    two = await start_hub(tmp_path / "two")
    left, right, shared = notes(ANN, "l", 300), notes(BOB, "r", 200), notes(ANN, "s", 100)
    await publish(one, left + shared)
    await publish(two, right + shared, BOB)
    private = sign(ANN, GIFT_WRAP, "secret", (("p", BOB.pubkey),))
    protected = sign(ANN, 1, "mine", (("-",),))
    await publish(one, [private, protected])

    one.order(sync=[two.url])  # only one of them dials: the other could be behind NAT
    await until(lambda: holds(one, right), 20.0)
    await until(lambda: holds(two, left), 20.0)

    live = notes(BOB, "live", 5)
    await publish(two, live, BOB)
    await until(lambda: holds(one, live))
    gone = sign(BOB, 5, "", (("e", right[0].id),))
    await publish(two, [gone], BOB)

    async def deleted() -> bool:
        return not await holds(one, [right[0]])

    await until(deleted)
    async with links(BOB).dial(two.url) as link:
        assert (await link.ask([Filter(kinds=(GIFT_WRAP,))], WAIT)).records == ()
        assert (await link.ask([Filter(kinds=(Kind(1),))], WAIT)).records == ()
        cards = (await link.ask([Filter(kinds=(HUB_CARD,))], WAIT)).records
        assert {card.pubkey for card in cards} == {one.key, two.key}

    moved = "ws://127.0.0.1:7"
    one.order(address=moved)

    async def told_of_the_move() -> bool:
        async with links(BOB).dial(two.url) as link:
            asked = [Filter(kinds=(HUB_CARD,), authors=(one.key,))]
            return any(
                card.value("address") == moved for card in (await link.ask(asked, WAIT)).records
            )

    await until(told_of_the_move, 20.0)

    assert await stop_hub(two) == 0
    away = notes(ANN, "away", 20)
    await publish(one, away)
    port = int(two.url.rsplit(":", 1)[1])
    two = await start_hub(tmp_path / "two", port=port)
    await until(lambda: holds(two, away), 20.0)

    one.order(sync=[])
    assert await stop_hub(one) == 0
    assert await stop_hub(two) == 0


async def test_gossip_over_a_third(tmp_path: Path) -> None:
    """What comes to one hub reaches a hub it does not know, and nothing goes round for ever."""
    async with (
        running_hub(tmp_path / "a") as a,
        running_hub(tmp_path / "b") as b,
        running_hub(tmp_path / "c") as c,
    ):
        a.order(sync=[b.url])
        b.order(sync=[c.url, a.url])
        c.order(sync=[b.url])
        records = notes(ANN, "x", 30)
        await publish(a, records)
        await until(lambda: holds(c, records), 20.0)
        passing = sign(ANN, 20_001, "not for ever")
        await publish(c, [passing])
        more = notes(ANN, "y", 3)
        await publish(c, more)
        await until(lambda: holds(a, more), 20.0)
