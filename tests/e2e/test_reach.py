"""Real hubs that dial back who asks: yes, no, in bounded time, and not as often as one likes."""

import asyncio
from pathlib import Path

import pytest

from kkiri.base.errors import LinkLostError
from kkiri.base.types import PubKey, Seconds
from kkiri.flows.hub.answer_reach import RATE
from kkiri.hub.address import port_of
from tests.e2e.hubs import OWNER, links, running_hub
from tests.e2e.peers import people, until

PATIENCE = Seconds(10.0)
REACH_SECONDS_MAX = 60.0  # once linked it is one question; two busy cores get patience
BURST = int(RATE.burst) + 1  # a bucket goes into debt once


async def test_a_hub_says_whether_it_reaches_the_hub_of_the_asker(tmp_path: Path) -> None:
    async with running_hub(tmp_path / "one") as one, running_hub(tmp_path / "two") as two:
        asker = links(OWNER)
        assert await asker.dial_back(one.url, port_of(two.url), two.key, PATIENCE) == two.url
        # another key answers there: somebody else's hub behind the same router
        other = PubKey("ab" * 32)
        assert await asker.dial_back(one.url, port_of(two.url), other, PATIENCE) is None
        with pytest.raises(LinkLostError):  # 429: a low port is never dialled
            await asker.dial_back(one.url, 25, two.key, PATIENCE)
        for _ in range(BURST - 2):
            assert await asker.dial_back(one.url, port_of(two.url), two.key, PATIENCE) == two.url
        with pytest.raises(LinkLostError):  # 429: too often
            await asker.dial_back(one.url, port_of(two.url), two.key, PATIENCE)
        assert (await asker.info(one.url, PATIENCE)).proved == one.key  # all else goes on


async def test_one_that_never_answers_costs_seconds_only(tmp_path: Path) -> None:
    ends = asyncio.Event()

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ends.wait()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server, running_hub(tmp_path / "one") as one:
        port = server.sockets[0].getsockname()[1]
        # without an end of its own the asker's patience would run out, which raises
        assert await links(OWNER).dial_back(one.url, port, one.key, PATIENCE) is None
        ends.set()


def test_a_peer_that_listens_everywhere_learns_from_others_where_it_is_reached(
    tmp_path: Path,
) -> None:
    with people(tmp_path, "one", "two") as (one, two):
        first = one.up("--listen", "0.0.0.0:0")
        assert first["reachable"] is False  # nobody has dialled it yet
        assert "leaf" in one.do("status").out
        two.up("--bootstrap", first["hub"])
        for person in (one, two):
            until(lambda person=person: person.ready()["reachable"], REACH_SECONDS_MAX)
        assert "leaf" not in one.do("status").out
