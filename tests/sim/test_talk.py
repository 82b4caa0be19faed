"""Private messages in virtual time: they reach who is off, survive a restart, come once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kkiri.base.limits import STRANGER_MESSAGES_MAX
from kkiri.base.types import EventId, Seq
from kkiri.event import kinds
from kkiri.event.profile import read_inbox_list
from kkiri.event.record import decode
from kkiri.flows import people
from kkiri.flows.publish import deliver
from kkiri.flows.talking import talk
from kkiri.flows.talking.inbox import NewMessage, keep_inbox
from kkiri.flows.talking.outbox import deliver_talks
from kkiri.ports.state import PersonNote
from tests.fakes.network import FakeHub, FakeNetwork, FakePeer, keeping, until, urls, virtual

A, B, C = (f"ws://127.1.0.{n}:4848" for n in (1, 2, 3))
DAY = 86_400


class On:
    """A peer that is on: what arrives, what is told of deliveries."""

    def __init__(self, peer: FakePeer) -> None:
        self.peer = peer
        self.arrived: list[NewMessage] = []
        self.delivered: list[EventId] = []

    @property
    def heard(self) -> list[str]:
        return [one.said.text for one in self.arrived]


@asynccontextmanager
async def on(peer: FakePeer) -> AsyncIterator[On]:
    one = On(peer)
    peer.own.rise()
    async with asyncio.TaskGroup() as tasks, keeping(peer):
        work = [
            tasks.create_task(keep_inbox(peer.world, one.arrived.append)),
            tasks.create_task(deliver_talks(peer.world, one.delivered.append)),
            tasks.create_task(deliver(peer.world)),
        ]
        try:
            yield one
        finally:
            for task in work:
                task.cancel()
            peer.own.die()  # its hub goes with it


def three(network: FakeNetwork) -> list[FakeHub]:
    hubs = [network.hub(url, number) for number, url in enumerate((A, B, C), 11)]
    for hub in hubs[1:]:
        hubs[0].befriend(hub)
    return hubs


def pair(network: FakeNetwork) -> tuple[FakePeer, FakePeer]:
    three(network)
    return network.peer(1, bootstrap=[A, B, C]), network.peer(2, bootstrap=[A, B, C])


def again(network: FakeNetwork, peer: FakePeer, number: int) -> FakePeer:
    """Start a peer anew: its disk and its hub's disk, nothing else."""
    return network.peer(number, bootstrap=[A, B, C], state=peer.state, own=peer.own)


async def said_where(one: On) -> None:
    """Wait until everybody can know where to write to."""
    peer = one.peer

    def listed() -> bool:
        rows = peer.state.journal.after(Seq(0), 99)
        lists = [record for _, record in rows if record.kind == kinds.DM_RELAY_LIST]
        return bool(lists) and len(read_inbox_list(lists[-1])) == 4

    await until(lambda: len(urls(peer)) == 4)
    await until(listed)


@virtual
async def test_a_message_is_heard_and_answered(network: FakeNetwork) -> None:
    ann, ben = pair(network)
    async with on(ann) as a, on(ben) as b:
        await said_where(a)
        await said_where(b)
        sent = await talk.say(ann.world, [ben.signer.pubkey], "잘 지내?")
        await until(lambda: b.heard == ["잘 지내?"])
        await until(lambda: _hubs(ann, sent.id) == 4)
        (view,) = await talk.talks(ben.world)
        assert talk.is_request(view) and view.talk.unread == 1
        await talk.say(ben.world, [view.talk.id], "응")
        await until(lambda: a.heard == ["응"])
        (view,) = await talk.talks(ben.world)
        assert not talk.is_request(view)
        spoken = await talk.messages(ann.world, ben.signer.pubkey)
        assert [(one.text, one.waiting) for one in spoken] == [("잘 지내?", 0), ("응", 0)]
        await asyncio.sleep(3_600)
        assert (a.heard, b.heard) == (["응"], ["잘 지내?"])


def _hubs(peer: FakePeer, message: EventId) -> int:
    found = peer.state.talk.outbox.message(message)
    return found.hubs if found else -1


@virtual
async def test_who_is_off_hears_it_weeks_later(network: FakeNetwork) -> None:
    ann, ben = pair(network)
    async with on(ben) as b:
        await said_where(b)
        await asyncio.sleep(120)
    async with on(ann) as a:
        await said_where(a)
        for number in range(10):
            await talk.say(ann.world, [ben.signer.pubkey], f"{number}")
            await asyncio.sleep(DAY * 2)
    ben = again(network, ben, 2)
    ben.state.people.put_note(PersonNote(pubkey=ann.signer.pubkey, followed=True))
    async with on(ben) as b:
        await until(lambda: len(b.heard) == 10)
        assert sorted(b.heard, key=int) == [str(number) for number in range(10)]
        spoken = await talk.messages(ben.world, ann.signer.pubkey)
        assert [one.text for one in spoken] == [str(number) for number in range(10)]
    ben = again(network, ben, 2)
    async with on(ben) as b:
        await asyncio.sleep(DAY)
        assert b.heard == []


@virtual
async def test_what_is_said_without_any_hub_leaves_after_a_restart(network: FakeNetwork) -> None:
    hubs = three(network)
    ann, ben = (network.peer(number, bootstrap=[A, B, C]) for number in (1, 2))
    async with on(ben) as b:
        await said_where(b)
        for hub in hubs:
            hub.die()
        async with on(ann):
            sent = await talk.say(ann.world, [ben.signer.pubkey], "혼잣말")
            await asyncio.sleep(600)
            assert (_hubs(ann, sent.id), b.heard) == (0, [])
        for hub in hubs:
            hub.rise()
        ann = again(network, ann, 1)
        async with on(ann):
            await until(lambda: b.heard == ["혼잣말"], 900)
            await until(lambda: _hubs(ann, sent.id) > 0)


@virtual
async def test_one_s_own_words_come_back_on_another_machine(network: FakeNetwork) -> None:
    ann, ben = pair(network)
    async with on(ann) as a, on(ben) as b:
        await said_where(b)
        await said_where(a)
        await talk.say(ann.world, [ben.signer.pubkey], "어디서든")
        await until(lambda: b.heard == ["어디서든"])
        await asyncio.sleep(60)
    other = network.peer(1, bootstrap=[A, B, C])  # the same key, an empty disk
    async with on(other) as o:
        await until(lambda: o.heard == ["어디서든"])
        (view,) = await talk.talks(other.world)
        assert (view.talk.id, view.talk.accepted, view.talk.unread) == (ben.signer.pubkey, True, 0)


@virtual
async def test_a_flood_of_strangers_is_bounded_and_the_blocked_are_not_heard(
    network: FakeNetwork,
) -> None:
    ann, ben = pair(network)
    eve = network.peer(66, bootstrap=[A, B, C])
    async with on(ann) as a, on(ben) as b, on(eve) as e:
        for one in (a, b, e):
            await said_where(one)
        await people.block(ann.world, ben.signer.pubkey)
        await talk.say(ben.world, [ann.signer.pubkey], "unheard")
        for number in range(STRANGER_MESSAGES_MAX + 15):
            await talk.say(eve.world, [ann.signer.pubkey], f"buy {number}")
        await until(lambda: len(a.heard) >= STRANGER_MESSAGES_MAX)
        await asyncio.sleep(600)
        assert len(a.heard) == STRANGER_MESSAGES_MAX
        assert [view.talk.id for view in await talk.talks(ann.world)] == [eve.signer.pubkey]


@virtual
async def test_a_group_is_one_conversation_for_all(network: FakeNetwork) -> None:
    ann, ben = pair(network)
    cho = network.peer(3, bootstrap=[A, B, C])
    async with on(ann) as a, on(ben) as b, on(cho) as c:
        for one in (a, b, c):
            await said_where(one)
        to = [ben.signer.pubkey, cho.signer.pubkey]
        await talk.say(ann.world, to, "모이자", subject="우리 셋")
        await until(lambda: b.heard == c.heard == ["모이자"])
        (view,) = await talk.talks(ben.world)
        assert (len(view.talk.people), view.talk.subject) == (3, "우리 셋")
        await talk.say(ben.world, [view.talk.id], "좋아")
        await until(lambda: a.heard == ["좋아"] and c.heard == ["모이자", "좋아"])
        names = {(await talk.talks(peer.world))[0].talk.id for peer in (ann, ben, cho)}
        assert len(names) == 1


@virtual
async def test_hubs_see_wraps_and_nothing_else_of_it(network: FakeNetwork) -> None:
    """SAFETY N6 at the hubs: no words, no sender, no rumor, nothing that two wraps share."""
    hubs = three(network)
    ann, ben = (network.peer(number, bootstrap=[A, B, C]) for number in (1, 2))
    async with on(ann) as a, on(ben) as b:
        await said_where(a)
        await said_where(b)
        for number in range(10):
            await talk.say(ann.world, [ben.signer.pubkey], f"비밀 {number}")
        await until(lambda: len(b.heard) == 10)
        rows = [raw for hub in (*hubs, ann.own, ben.own) for _, raw in hub.store.since(Seq(0), 999)]
    wraps = {one.id: one for one in map(decode, rows) if one.kind == kinds.GIFT_WRAP}
    assert {one.value("p") for one in wraps.values()} == {ann.signer.pubkey, ben.signer.pubkey}
    assert len({one.pubkey for one in wraps.values()}) == len(wraps) == 20
    private = {kinds.SEAL, kinds.PRIVATE_TEXT}
    assert not [raw for raw in rows if decode(raw).kind in private or b"\xeb\xb9\x84" in raw]


@virtual
async def test_a_hub_that_is_off_gets_it_when_it_returns_or_never(network: FakeNetwork) -> None:
    hubs = three(network)
    ann, ben = (network.peer(number, bootstrap=[A, B, C]) for number in (1, 2))
    async with on(ben) as b:
        await said_where(b)
    async with on(ann) as a:
        await said_where(a)
        hubs[2].die()
        sent = await talk.say(ann.world, [ben.signer.pubkey], "하나")
        await until(lambda: _hubs(ann, sent.id) == 2)  # Ben's own hub is off as well
        hubs[2].rise()
        await until(lambda: _hubs(ann, sent.id) == 3, 900)
        assert ann.state.talk.outbox.outgoing(9) != []
        await asyncio.sleep(2 * DAY + 900)
        assert ann.state.talk.outbox.outgoing(9) == []


@virtual
async def test_after_a_month_nobody_is_waited_for(network: FakeNetwork) -> None:
    hubs = three(network)
    ann, ben = (network.peer(number, bootstrap=[A, B, C]) for number in (1, 2))
    for hub in hubs:
        hub.die()
    async with on(ann):
        sent = await talk.say(ann.world, [ben.signer.pubkey], "아무도 없나")
        await asyncio.sleep(600)
        assert {one.receiver for one in ann.state.talk.outbox.outgoing(9)} >= {ben.signer.pubkey}
    await asyncio.sleep(31 * DAY)
    async with on(again(network, ann, 1)):
        await until(lambda: ann.state.talk.outbox.outgoing(9) == [], 60)
        message = ann.state.talk.outbox.message(sent.id)
        assert message is not None and (message.hubs, message.waiting) == (0, 1)
