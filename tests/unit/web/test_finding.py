"""A search that goes on ends with its asker: nothing is left running at the hubs."""

import asyncio
from typing import cast

import pytest

from kkiri.app.peer import Peer
from kkiri.app.refusal import only_refusal
from kkiri.base.errors import LinkLostError
from kkiri.web import finding
from kkiri.web.asked import AskedFind
from tests.fakes.network import (
    FakeNetwork,
    FakePeer,
    keeping,
    listing_record,
    signer,
    until,
    urls,
    virtual,
)

A = "ws://127.1.0.1:4848"


class _Surface:
    """The part of a peer that these routes use."""

    def __init__(self, peer: FakePeer) -> None:
        self.world = peer.world


async def _ends(network: FakeNetwork, *, live: bool) -> None:
    hub = network.hub(A, 11)
    peer = network.peer(1, bootstrap=[A])
    gone = asyncio.Event()

    async def emit(value: object) -> None:
        if gone.is_set():
            raise LinkLostError("the asker")  # as a send to a closed connection

    run = finding._live if live else finding._follow
    asked = AskedFind(words="silent", wait=0.5)
    async with keeping(peer):
        await until(lambda: len(urls(peer)) == 2)
        before = asyncio.all_tasks()
        with pytest.raises(LinkLostError):
            async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
                asking = tasks.create_task(_swallow(run(cast("Peer", _Surface(peer)), asked, emit)))
                await until(lambda: bool(hub._followers))
                gone.set()
                hub.put(listing_record(signer(21), "Silent", network.clock.now()))
                failed = await asking
            # looked at before anything could be collected by chance
            assert asyncio.all_tasks() <= before
            assert hub._followers == []
            raise failed


async def _swallow(work: object) -> BaseException:
    try:
        await work  # type: ignore[misc]
    except LinkLostError as error:
        return error.with_traceback(None)
    except BaseExceptionGroup as errors:
        first = only_refusal(errors)
        assert isinstance(first, LinkLostError)
        return first.with_traceback(None)
    raise AssertionError("it ended by itself")


@virtual
async def test_a_live_search_ends_with_its_asker(network: FakeNetwork) -> None:
    await _ends(network, live=True)


@virtual
async def test_a_followed_search_ends_with_its_asker(network: FakeNetwork) -> None:
    await _ends(network, live=False)
