"""Rooms over hubs: made once, entered by name and link, followed live, left."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from kkiri.app.talks import room_link
from kkiri.base.errors import NotFoundError
from kkiri.base.types import Seq
from kkiri.chat.room import Spoken
from kkiri.event import kinds
from kkiri.event.record import Record
from kkiri.flows import people
from kkiri.flows.publish import deliver
from kkiri.flows.talking import rooms
from kkiri.flows.talking.rooms import Halls
from tests.fakes.network import FakeNetwork, FakePeer, keeping, until, urls, virtual

A, B = (f"ws://127.1.0.{n}:4848" for n in (1, 2))


class There:
    """A peer whose rooms are followed."""

    def __init__(self, peer: FakePeer) -> None:
        self.peer, self.world, self.halls = peer, peer.world, Halls()
        self.heard: list[str] = []

    def hear(self, _room: object, spoken: Spoken) -> None:
        self.heard.append(spoken.text)

    def texts(self, view: rooms.RoomView) -> list[str]:
        return [one.text for one in view.spoken]


@asynccontextmanager
async def there(*peers: FakePeer) -> AsyncIterator[list[There]]:
    made = [There(peer) for peer in peers]
    async with asyncio.TaskGroup() as tasks, keeping(*peers):
        work = []
        for one in made:
            work += [
                tasks.create_task(one.halls.keep(one.world, one.hear)),
                tasks.create_task(deliver(one.world)),
            ]
        for peer in peers:
            await until(lambda peer=peer: len(urls(peer)) == 3)  # type: ignore[misc]
        try:
            yield made
        finally:
            for task in work:
                task.cancel()


def hubs(network: FakeNetwork) -> None:
    one, two = network.hub(A, 11), network.hub(B, 12)
    one.befriend(two)


def journalled(peer: FakePeer, kind: int) -> list[Record]:
    return [r for _, r in peer.state.journal.after(Seq(0), 999) if r.kind == kind]


@virtual
async def test_a_room_is_made_once_and_entered_by_name_or_link(network: FakeNetwork) -> None:
    hubs(network)
    ann, ben, cho = (network.peer(number, bootstrap=[A, B]) for number in (1, 2, 3))
    async with there(ann, ben, cho) as (a, b, c):
        made = await rooms.enter(a.world, a.halls, "#소리바다", "노래 이야기")
        await asyncio.sleep(1)
        assert (await rooms.enter(b.world, b.halls, "소리바다")).id == made.id
        link = room_link(made.id, ann.signer.pubkey)
        assert (await rooms.enter(c.world, c.halls, link)).id == made.id
        assert (await rooms.enter(c.world, c.halls, made.id)).id == made.id
        assert len(journalled(ann, kinds.ROOM)) == 1
        assert journalled(ben, kinds.ROOM) == journalled(cho, kinds.ROOM) == []
        await asyncio.sleep(1)
        await rooms.speak(a.world, a.halls, "소리바다", "여러분!")
        await until(lambda: b.heard == c.heard == ["여러분!"])
        await rooms.speak(b.world, b.halls, made.id, "네")
        await until(lambda: a.heard == ["네"] and c.heard == ["여러분!", "네"])
        view = await rooms.room_view(c.world, c.halls, "소리바다")
        assert (c.texts(view), view.room.about, view.unread) == (
            ["여러분!", "네"],
            "노래 이야기",
            2,
        )
        members = {peer.signer.pubkey for peer in (ann, ben, cho)}
        assert set(view.members) == members
        await rooms.mark(c.world, c.halls, "소리바다")
        assert [unread for _, unread in await rooms.all_entered(c.world, c.halls)] == [0]
        await rooms.leave(c.world, c.halls, "소리바다")
        assert journalled(cho, kinds.ROOMS_LIST)[-1].values("e") == ()
        with pytest.raises(NotFoundError):
            await rooms.speak(c.world, c.halls, "소리바다", "?")
        await asyncio.sleep(1)
        view = await rooms.room_view(c.world, c.halls, made.id)
        assert view.kept is None and c.texts(view) == ["여러분!", "네"]
        assert cho.signer.pubkey not in view.members


@virtual
async def test_what_is_said_in_one_second_is_read_in_its_order(network: FakeNetwork) -> None:
    hubs(network)
    ann, ben = (network.peer(number, bootstrap=[A, B]) for number in (1, 2))
    async with there(ann, ben) as (a, b):
        await rooms.enter(a.world, a.halls, "바다")
        await asyncio.sleep(1)
        await rooms.enter(b.world, b.halls, "바다")
        for text in ("하나", "둘", "ㅋㅋ", "ㅋㅋ"):
            await rooms.speak(a.world, a.halls, "바다", text)
        await until(lambda: len(b.heard) == 4)
        await rooms.speak(b.world, b.halls, "바다", "셋")
        await until(lambda: len(a.heard) == 1)
        for one in (a, b):
            view = await rooms.room_view(one.world, one.halls, "바다")
            assert one.texts(view) == ["하나", "둘", "ㅋㅋ", "ㅋㅋ", "셋"]


@virtual
async def test_history_is_there_after_a_restart_and_blocked_people_are_not(
    network: FakeNetwork,
) -> None:
    hubs(network)
    ann, ben = (network.peer(number, bootstrap=[A, B]) for number in (1, 2))
    async with there(ann, ben) as (a, b):
        made = await rooms.enter(a.world, a.halls, "바다")
        await asyncio.sleep(1)
        await rooms.enter(b.world, b.halls, "바다")
        await rooms.speak(b.world, b.halls, "바다", "광고")
        await rooms.speak(a.world, a.halls, "바다", "파도")
        await until(lambda: a.heard == ["광고"])
    again = network.peer(1, bootstrap=[A, B], state=ann.state, own=ann.own)
    async with there(again) as (a,):
        await until(lambda: len(a.halls.spoken(made.id)) == 2)
        assert a.heard == []  # what was said before is no news
        await people.block(a.world, ben.signer.pubkey)
        view = await rooms.room_view(a.world, a.halls, "바다")
        assert (a.texts(view), view.left_out) == (["파도"], 1)
        assert ben.signer.pubkey not in view.members


@virtual
async def test_two_rooms_of_one_name_are_told_apart(network: FakeNetwork) -> None:
    hubs(network)
    ann, ben, cho = (network.peer(number, bootstrap=[A, B]) for number in (1, 2, 3))
    async with there(ann) as (a,):
        first = await rooms.enter(a.world, a.halls, "바다")
        await asyncio.sleep(1)
    name = ann.world.talk.rooms.rooms()[0].name
    second = ben.signer.sign(kinds.ROOM, (("t", name),), '{"name":"바다"}', network.clock.now())
    ben.own.put(second)
    for hub in network.hubs.values():
        hub.put(second)
    async with there(cho) as (c,):
        found = await rooms.find_room(c.world, "바다")
        assert found is not None and found.id == first.id  # of equals the oldest
        await people.follow(c.world, ben.signer.pubkey)
        found = await rooms.find_room(c.world, "바다")
        assert found is not None and found.id == second.id
