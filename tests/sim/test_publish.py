"""Our records reach every hub once each, whatever hubs and links do; in virtual time."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from kkiri.base.errors import NotReachableError
from kkiri.base.types import EventId, HubUrl, Kind, PubKey, Seq
from kkiri.event import kinds
from kkiri.event.record import Record
from kkiri.event.wire import Ok
from kkiri.flows import publish as flow
from kkiri.flows.publish import Fate, deliver, delivered, fate, publish, publish_records
from kkiri.flows.world import World
from tests.fakes.virtual import run
from tests.fakes.world import OWN_HUB, FakeLink, FakeWorld

OTHER = HubUrl("ws://127.0.0.1:2")
NOTE = Kind(1)


async def delivering(world: World, then: Callable[[], Awaitable[None]]) -> None:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(deliver(world))
        await asyncio.sleep(0)
        await then()
        task.cancel()


async def write(fake: FakeWorld, count: int, first: int = 0) -> list[Record]:
    texts = (f"{number}" for number in range(first, first + count))
    records = [flow.sign(fake.world, NOTE, (), text) for text in texts]
    await publish_records(fake.world, records)
    return records


def ids(records: list[Record]) -> set[EventId]:
    return {record.id for record in records}


def test_a_published_record_is_journalled_and_verifies() -> None:
    async def main() -> None:
        fake = FakeWorld()
        record = await publish(fake.world, NOTE, (("t", "a"),), "안녕")
        assert [one for _, one in fake.state.journal.after(Seq(0), 9)] == [record]
        assert (record.pubkey, record.content) == (fake.signer.pubkey, "안녕")

    run(main())


def test_every_open_hub_gets_every_record_once() -> None:
    async def main() -> None:
        fake = FakeWorld()
        own, other = FakeLink(OWN_HUB), FakeLink(OTHER)
        fake.hubs.add(own, own=True)
        first = await write(fake, 450)

        async def then() -> None:
            await delivered(fake.world, fake.state.journal.last())
            assert own.taken.keys() == ids(first)
            fake.hubs.add(other)
            second = await write(fake, 3, 1_000)
            await delivered(fake.world, fake.state.journal.last())
            for link in (own, other):
                assert link.taken.keys() == ids([*first, *second])
                assert link.offered == 453

        await delivering(fake.world, then)

    run(main())


def test_after_a_restart_it_goes_on_at_the_cursor() -> None:
    async def main() -> None:
        fake = FakeWorld()
        own = FakeLink(OWN_HUB)
        fake.hubs.add(own, own=True)
        await write(fake, 250)

        async def then() -> None:
            await delivered(fake.world, fake.state.journal.last())

        await delivering(fake.world, then)
        fake.world = fake.again()
        await write(fake, 1, 1_000)
        await delivering(fake.world, then)
        assert own.offered == 251

    run(main())


def test_a_lost_link_is_taken_up_again() -> None:
    async def main() -> None:
        fake = FakeWorld()
        link = FakeLink(OWN_HUB)
        hub = fake.hubs.add(link, own=True, key=PubKey("a" * 64))
        records = await write(fake, 1_000)

        def lose(record: Record) -> str:
            if len(link.taken) == 500:
                fake.hubs.lose(hub)
            return ""

        link.answer = lose

        async def then() -> None:
            await hub.link.closed()
            again = FakeLink(HubUrl("ws://127.0.0.1:99"))  # another port after its restart
            again.taken.update(link.taken)
            fake.hubs.add(again, own=True, key=PubKey("a" * 64))
            await delivered(fake.world, fake.state.journal.last())
            assert again.taken.keys() == ids(records)
            assert again.offered <= 1_000 - 500 + flow.DELIVER_RECORDS

        await delivering(fake.world, then)

    run(main())


@pytest.mark.parametrize(
    "reason", ["invalid: no", "blocked: you", "restricted: members", "pow: 20"]
)
def test_what_a_hub_refuses_for_good_does_not_hold_up_the_rest(reason: str) -> None:
    async def main() -> None:
        fake = FakeWorld()
        own, other = FakeLink(OWN_HUB), FakeLink(OTHER)
        own.answer = lambda record: reason if record.content == "5" else ""
        fake.hubs.add(own, own=True)
        fake.hubs.add(other)
        records = await write(fake, 10)

        async def then() -> None:
            await delivered(fake.world, fake.state.journal.last())
            assert ids(records) - own.taken.keys() == {records[5].id}
            assert other.taken.keys() == ids(records)
            assert own.offered == 10

        await delivering(fake.world, then)

    run(main())


def test_a_rate_limit_is_waited_out() -> None:
    async def main() -> None:
        fake = FakeWorld()
        own, slow = FakeLink(OWN_HUB), FakeLink(OTHER)
        loop = asyncio.get_running_loop()
        begin = loop.time()

        def ten_a_second(_record: Record) -> str:
            room = 10 * (loop.time() - begin) - len(slow.taken)
            return "" if room >= 1 else "rate-limited: slow down"

        slow.answer = ten_a_second
        fake.hubs.add(own, own=True)
        fake.hubs.add(slow)
        records = await write(fake, 300)

        async def then() -> None:
            await delivered(fake.world, fake.state.journal.last())
            assert slow.taken.keys() == ids(records)
            assert loop.time() - begin < 120
            assert slow.offered < 100 * len(records)

        await delivering(fake.world, then)

    run(main())


def test_an_error_is_tried_some_times_and_then_passed_over() -> None:
    async def main() -> None:
        fake = FakeWorld()
        own = FakeLink(OWN_HUB)
        own.answer = lambda record: "error: no room" if record.content == "0" else ""
        fake.hubs.add(own, own=True)
        records = await write(fake, 3)

        async def then() -> None:
            async with asyncio.timeout(600):
                while len(own.taken) < 2 or fake.state.journal.cursor(OWN_HUB) < 3:  # noqa: ASYNC110
                    await asyncio.sleep(1)
            assert own.taken.keys() == ids(records[1:])

        await delivering(fake.world, then)

    run(main())


def test_deleted_before_it_was_delivered_it_is_never_handed_over() -> None:
    async def main() -> None:
        fake = FakeWorld()
        record = await publish(fake.world, NOTE, (), "wrong")
        deletion = await publish(fake.world, kinds.DELETION, (("e", record.id),), "")
        own = FakeLink(OWN_HUB)
        fake.hubs.add(own, own=True)

        async def then() -> None:
            await delivered(fake.world, fake.state.journal.last())
            assert own.taken.keys() == {deletion.id}

        await delivering(fake.world, then)

    run(main())


def test_waiting_for_nobody_ends_with_a_sentence() -> None:
    async def main() -> None:
        fake = FakeWorld()
        await write(fake, 1)
        with pytest.raises(NotReachableError):
            await delivered(fake.world, fake.state.journal.last())
        assert asyncio.get_running_loop().time() < 2 * flow.PATIENCE_SECONDS

    run(main())


def test_two_profiles_of_one_second_keep_their_order() -> None:
    async def main() -> None:
        fake = FakeWorld()
        for number in range(20):
            await publish(fake.world, kinds.PROFILE, (), f'{{"name":"{number}"}}')
        rows = fake.state.journal.after(Seq(0), 99)
        assert [record.content for _, record in rows] == ['{"name":"19"}']

    run(main())


@pytest.mark.parametrize(
    ("accepted", "reason", "outcome"),
    [
        (True, "", Fate.TAKEN),
        (True, "duplicate: here", Fate.TAKEN),
        (False, "duplicate: here", Fate.TAKEN),
        (False, "invalid: id", Fate.REFUSED),
        (False, "blocked: no", Fate.REFUSED),
        (False, "rate-limited: later", Fate.WAITING),
        (False, "error: no answer from the hub", Fate.LATER),
        (False, "auth-required: who are you", Fate.LATER),
        (False, "", Fate.LATER),
        (False, "whatever", Fate.LATER),
    ],
)
def test_answers(accepted: bool, reason: str, outcome: Fate) -> None:
    assert fate(Ok(id=EventId("a" * 64), accepted=accepted, reason=reason)) is outcome
