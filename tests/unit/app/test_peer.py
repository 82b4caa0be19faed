"""When a peer says that it can be asked."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from kkiri.app.peer import OWN_HUB_SECONDS_MAX, Peer
from tests.fakes.network import FakeNetwork, FakePeer, keeping, urls, virtual

ELSEWHERE: Any = SimpleNamespace(home=Path("nowhere"))


def _peer(fake: FakePeer) -> Peer:
    return Peer(fake.world, ELSEWHERE, ELSEWHERE, ELSEWHERE)


@virtual
async def test_a_peer_can_be_asked_when_its_own_hub_answers(network: FakeNetwork) -> None:
    ann = network.peer(1)
    asked = asyncio.create_task(_peer(ann).own_hub_open())
    await asyncio.sleep(1)
    assert not asked.done()
    async with keeping(ann):
        await asked
        assert urls(ann) == [ann.own.url]


@virtual
async def test_without_its_own_hub_a_peer_can_be_asked_after_a_while(network: FakeNetwork) -> None:
    ann = network.peer(1)
    begin = ann.world.clock.monotonic()
    await _peer(ann).own_hub_open()
    assert ann.world.clock.monotonic() - begin >= OWN_HUB_SECONDS_MAX
