"""Neighbours by multicast: cards are heard, and a flood gets less back than it sends."""

import asyncio
import socket

import pytest

from kkiri.adapters.lan import (
    DATAGRAM_BYTES_MAX,
    MAGIC,
    READS_BURST,
    READS_PER_SECOND,
    LanNeighbours,
)
from kkiri.base.types import Bytes, HubUrl, UnixTime
from kkiri.event import card
from kkiri.event.kinds import HUB_CARD
from kkiri.event.record import Record, encode
from kkiri.event.verify import Signer
from kkiri.ports.neighbours import Heard

GROUP = "239.255.75.76"


def card_of(number: int, address: str = "ws://127.0.0.1:4848") -> Record:
    said = card.HubCard(
        url=HubUrl(address), prefix="", depth=0, capacity=Bytes(2**31), since=UnixTime(1)
    )
    signer = Signer(number.to_bytes(32))
    return signer.sign(HUB_CARD, card.to_tags(said), "", UnixTime(1_800_000_000))


def test_a_card_fits_a_datagram() -> None:
    longest = "wss://[2001:0db8:1111:2222:3333:4444:5555:6666]:65535/relay"
    assert len(MAGIC + encode(card_of(1, longest))) <= DATAGRAM_BYTES_MAX


async def hear(lan: LanNeighbours, own: Record | None, count: int) -> list[Heard]:
    found: list[Heard] = []
    async with asyncio.timeout(10):
        async for heard in lan.meet(lambda: own):
            found.append(heard)
            if len(found) == count:
                break
    return found


async def test_two_neighbours_hear_each_other(unused_udp_port: int) -> None:
    one, two = (LanNeighbours("127.0.0.1", GROUP, unused_udp_port) for _ in range(2))
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(hear(one, card_of(1), 1))
        second = tasks.create_task(hear(two, card_of(2), 1))
    assert [heard.card.pubkey for heard in first.result()] == [card_of(2).pubkey]
    assert [heard.card.pubkey for heard in second.result()] == [card_of(1).pubkey]
    assert first.result()[0].host.startswith("127.")


async def test_n3_a_flood_gets_less_back_than_it_sends(unused_udp_port: int) -> None:
    """Valid cards of many keys, forged ones and rubbish, from one sender within two seconds."""
    lan = LanNeighbours("127.0.0.1", GROUP, unused_udp_port)
    sent = back = heard = 0
    good = [MAGIC + encode(card_of(n)) for n in range(2, 60)]
    forged = [raw.replace(b"4848", b"4849") for raw in good]
    with _member(unused_udp_port) as spy, _sender() as sender:
        own_port = sender.getsockname()[1]

        async def flood() -> None:
            nonlocal sent
            for turn in range(20):
                for raw in (*good, *forged, b"kkiri1\n{", b"x" * 2_000):
                    sent += sender.sendto(raw, (GROUP, unused_udp_port))
                await asyncio.sleep(0.1 if turn < 19 else 0)

        async def listen() -> None:
            nonlocal heard
            async for _ in lan.meet(lambda: card_of(1)):
                heard += 1

        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(listen())
            await flood()
            await asyncio.sleep(0.2)
            listening.cancel()
        mine = encode(card_of(1))
        for raw, _ in _drain(spy):
            back += len(raw) if mine in raw else 0
        assert _drain(sender) == [], f"something was sent to port {own_port}"
    assert 0 < heard <= READS_BURST + 4 * READS_PER_SECOND
    assert 0 < back <= 2 * (len(MAGIC) + len(mine))
    assert back / sent < 0.01


@pytest.mark.parametrize("raw", [b"", b"kkiri1\n", b"kkiri2\n{}", b"kkiri1\n[]", b"\xff" * 500])
async def test_rubbish_is_dropped(raw: bytes, unused_udp_port: int) -> None:
    lan = LanNeighbours("127.0.0.1", GROUP, unused_udp_port)
    with _sender() as sender:

        async def disturb() -> None:
            while True:
                sender.sendto(raw, (GROUP, unused_udp_port))
                sender.sendto(MAGIC + encode(card_of(2)), (GROUP, unused_udp_port))
                await asyncio.sleep(0.02)

        async with asyncio.TaskGroup() as tasks:
            disturbing = tasks.create_task(disturb())
            found = await hear(lan, None, 3)
            disturbing.cancel()
    assert {heard.card.pubkey for heard in found} == {card_of(2).pubkey}


async def test_a_forged_card_is_not_heard(unused_udp_port: int) -> None:
    lan = LanNeighbours("127.0.0.1", GROUP, unused_udp_port)
    forged = encode(card_of(3)).replace(b"4848", b"4849")
    resigned = encode(card_of(3)).replace(b'"sig":"', b'"sig":"0')[:-3] + b'"}'
    with _sender() as sender:

        async def disturb() -> None:
            while True:
                for raw in (forged, resigned, encode(card_of(2))):
                    sender.sendto(MAGIC + raw, (GROUP, unused_udp_port))
                await asyncio.sleep(0.02)

        async with asyncio.TaskGroup() as tasks:
            disturbing = tasks.create_task(disturb())
            found = await hear(lan, None, 5)
            disturbing.cancel()
    assert {heard.card.pubkey for heard in found} == {card_of(2).pubkey}


def _sender() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.bind(("127.0.0.1", 0))
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
    return sock


def _member(port: int) -> socket.socket:
    return LanNeighbours("127.0.0.1", GROUP, port)._open()


def _drain(sock: socket.socket) -> list[tuple[bytes, tuple[str, int]]]:
    found = []
    while True:
        try:
            found.append(sock.recvfrom(4_096))
        except BlockingIOError:
            return found
