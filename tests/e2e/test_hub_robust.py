"""The hub under abuse and sudden death: limits hold by count, and what it acknowledged is there."""

import asyncio
import json
import os
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from kkiri.base.limits import MESSAGE_BYTES_MAX
from kkiri.base.types import HubUrl, Kind, Seconds
from kkiri.event.filters import Filter
from kkiri.event.record import Record, encode
from kkiri.event.verify import Signer
from kkiri.flows.hub.serve import LINK_RATE, STRIKES_MAX
from tests.e2e.hubs import (
    OWNER,
    RunningHub,
    links,
    running_hub,
    sign,
    start_hub,
    stop_hub,
    until,
)

ANN, BOB = Signer(bytes([11]) * 32), Signer(bytes([12]) * 32)
WAIT = Seconds(15.0)
NOTES = Filter(kinds=(Kind(1),), limit=500)


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[RunningHub]:
    async with running_hub(tmp_path) as running:
        yield running


async def stored_ids(url: HubUrl, records: list[Record]) -> set[str]:
    found: set[str] = set()
    async with links(OWNER).dial(url) as link:
        for start in range(0, len(records), 400):
            missing = {record.id for record in records[start : start + 400]}
            while missing:
                answer = await link.ask([Filter(ids=tuple(missing), limit=400)], WAIT)
                found |= {record.id for record in answer.records}
                missing -= found
                if answer.complete:
                    break
    return found


async def seen_live(url: HubUrl, records: list[Record], count: int) -> None:
    """Wait until so many of the records are stored."""
    left = {record.id for record in records}
    wanted = len(left) - count
    async with links(OWNER).dial(url) as link:
        async for record in link.follow([NOTES]):
            left.discard(record.id)
            if len(left) <= wanted:
                return


async def test_the_writer_is_killed_in_a_burst(hub: RunningHub) -> None:
    records = [sign(OWNER, 1, str(number)) for number in range(3_000)]
    async with links(OWNER).dial(hub.url) as link, asyncio.TaskGroup() as group:
        publishing = group.create_task(link.publish(records, WAIT), name="publish")
        victims = set()
        for _ in range(3):
            await asyncio.sleep(0.15)
            victims.add(hub.writer_pid())
            os.kill(hub.writer_pid(), signal.SIGKILL)

            async def again() -> bool:
                try:
                    return hub.writer_pid() not in victims
                except IndexError:
                    return False

            await until(again)
        oks = await publishing
    assert len(victims) == 3
    assert [ok.accepted for ok in oks] == [True] * len(records)
    assert await stored_ids(hub.url, records) == {record.id for record in records}


async def test_the_hub_is_killed_in_a_burst(tmp_path: Path) -> None:
    acknowledged: set[str] = set()
    port = 0
    for turn in range(3):
        hub = await start_hub(tmp_path, port=port)
        port = int(hub.url.rsplit(":", 1)[1])
        records = [sign(OWNER, 1, f"{turn} {number}") for number in range(4_000)]
        async with links(OWNER).dial(hub.url) as link, asyncio.TaskGroup() as group:
            publishing = group.create_task(link.publish(records, WAIT), name="publish")
            await seen_live(hub.url, records, 150 * (turn + 1))
            await hub.kill()
            oks = await publishing
        assert any(ok.accepted for ok in oks) and not all(ok.accepted for ok in oks)
        acknowledged |= {ok.id for ok in oks if ok.accepted}
        hub = await start_hub(tmp_path, port=port)
        found = await stored_ids(hub.url, records)
        assert {ok.id for ok in oks if ok.accepted} <= found
        assert await stop_hub(hub) == 0
    async with running_hub(tmp_path) as hub:
        ids = sorted(acknowledged)[:400]
        async with links(OWNER).dial(hub.url) as link:
            answer = await link.ask([Filter(ids=tuple(ids), limit=400)], WAIT)  # type: ignore[arg-type]
        assert {record.id for record in answer.records} == set(ids)


async def test_no_hub_outlives_its_peer(tmp_path: Path) -> None:
    hub = await start_hub(tmp_path)
    writer = hub.writer_pid()
    assert await stop_hub(hub) == 0

    assert not is_running(writer)


async def test_a_writer_does_not_outlive_a_killed_hub(tmp_path: Path) -> None:
    hub = await start_hub(tmp_path)
    writer = hub.writer_pid()
    await hub.kill()

    async def gone() -> bool:
        return not is_running(writer)

    await until(gone)


def is_running(pid: int) -> bool:
    """Say whether a process is there and no zombie."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text("ascii").rsplit(")", 1)[1].split()[0] != "Z"


async def test_a_flood_is_read_slowly(hub: RunningHub) -> None:
    """One link says 20,000 messages as fast as it can; a neighbour's questions are all answered."""
    seconds = 3.0
    answers = 0
    message = json.dumps(["REQ", "f", {"ids": ["0" * 64]}])

    async def flood() -> None:
        async with connect(
            hub.url, compression=None, max_queue=None, close_timeout=0.1
        ) as connection:

            async def listen() -> None:
                nonlocal answers
                async for raw in connection:
                    answers += '"EOSE"' in str(raw) or '"CLOSED"' in str(raw)

            async with asyncio.TaskGroup() as group:
                group.create_task(listen(), name="listen")
                for _ in range(20_000):
                    await connection.send(message)

    neighbour = sign(ANN, 1, "still here")
    async with links(ANN).dial(hub.url) as link, asyncio.TaskGroup() as group:
        await link.publish([neighbour], WAIT)
        flooding = group.create_task(flood(), name="flood")
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        asked = 0
        while loop.time() < end:
            answer = await link.ask([Filter(ids=(neighbour.id,))], WAIT)
            assert len(answer.records) == 1
            asked += 1
            await asyncio.sleep(0.01)
        assert not flooding.done()  # TCP holds it back: it is dropped only for what it breaks
        flooding.cancel()
    # a question costs two: the burst, what fills up meanwhile, and a little for the time to stop
    assert 0 < answers <= (LINK_RATE.burst + LINK_RATE.per_second * (seconds + 2.0)) / 2
    assert asked >= 20


async def test_a_slow_reader_is_dropped(hub: RunningHub) -> None:
    big = [sign(OWNER, 1, "x" * 60_000 + str(number)) for number in range(200)]
    host, port = hub.url.removeprefix("ws://").rsplit(":", 1)
    sock = socket.create_connection((host, int(port)))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.sendall(
        f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    await asyncio.get_running_loop().run_in_executor(None, sock.recv, 4_096)
    ask = b'["REQ","s",{"kinds":[1]}]'
    sock.sendall(bytes([0x81, 0x80 | len(ask)]) + bytes(4) + ask)
    with sock:
        async with links(OWNER).dial(hub.url) as link:
            before = resident_bytes(hub)
            for start in range(0, len(big), 50):
                oks = await link.publish(big[start : start + 50], WAIT)
                assert all(ok.accepted for ok in oks)
            assert resident_bytes(hub) - before < 40 * 1024 * 1024

        async def dropped() -> bool:
            sock.setblocking(False)
            try:
                while sock.recv(1 << 20):
                    pass
            except BlockingIOError:
                return False
            except ConnectionResetError:
                return True
            return True

        await until(dropped)


def resident_bytes(hub: RunningHub) -> int:
    pages = Path(f"/proc/{hub.process.pid}/statm").read_text("ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


async def test_rule_breakers_are_dropped(hub: RunningHub) -> None:
    async with connect(hub.url, compression=None) as connection:
        said = 0
        with pytest.raises(ConnectionClosed):
            for _ in range(STRIKES_MAX + 200):
                await connection.send("[[[")
                said += 1
                await connection.recv()
        assert said <= STRIKES_MAX + 2


async def test_forgers_are_dropped(hub: RunningHub) -> None:
    forged = [
        b'["EVENT",' + encode(sign(ANN, 1, str(n))).replace(b'"content":"', b'"content":"!') + b"]"
        for n in range(STRIKES_MAX + 30)
    ]
    async with connect(hub.url, compression=None) as connection:
        with pytest.raises(ConnectionClosed):
            for message in forged:
                await connection.send(message, text=True)
            async with asyncio.timeout(WAIT):
                while True:
                    assert '"OK"' not in (told := str(await connection.recv())) or "false" in told
    async with links(BOB).dial(hub.url) as link:
        assert (await link.ask([NOTES], WAIT)).records == ()


HOSTILE = [
    b"\x00" * 100 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"X-A: b\r\n" * 5_000 + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nUpgrade: websocket\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nAccept: application/nostr+json\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nAccept: application/nostr+json\r\n"
    b"X-Kkiri-Nonce: " + b"z" * 64 + b"\r\n\r\n",
]


async def test_hostile_http(hub: RunningHub) -> None:
    host, port = hub.url.removeprefix("ws://").rsplit(":", 1)
    for request in HOSTILE:
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(request)
        try:
            async with asyncio.timeout(WAIT):
                answer = await reader.read(200_000)
        except ConnectionResetError:
            answer = b""
        writer.close()
        assert len(answer) <= len(request) + 4_096, request[:60]
        assert answer[9:10] != b"5", request[:60]
    assert (await links(ANN).info(hub.url, WAIT)).proved == hub.key


async def test_a_handshake_that_never_ends(hub: RunningHub) -> None:
    host, port = hub.url.removeprefix("ws://").rsplit(":", 1)
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET / HTTP/1.1\r\nHost:")
    async with asyncio.timeout(WAIT):
        assert await reader.read() == b""
    writer.close()


@pytest.mark.parametrize("size", [MESSAGE_BYTES_MAX + 1, 2_000_000])
async def test_messages_too_large(hub: RunningHub, size: int) -> None:
    async with connect(hub.url, compression=None) as connection:
        await connection.recv()
        await connection.send('["EVENT","' + "x" * size)
        try:
            assert json.loads(await connection.recv())[0] == "NOTICE"
        except ConnectionClosed as error:
            assert error.rcvd is not None and error.rcvd.code == 1009
    async with links(BOB).dial(hub.url) as link:
        assert (await link.ask([NOTES], WAIT)).complete


async def test_a_full_store_refuses_and_still_answers(tmp_path: Path) -> None:
    async with running_hub(tmp_path, "--bytes", "400000") as hub:
        records = [sign(OWNER, 1, f"{number}" + os.urandom(2_000).hex()) for number in range(400)]
        async with links(OWNER).dial(hub.url) as link:
            oks = [ok for record in records for ok in await link.publish([record], WAIT)]
            assert oks[0].accepted and not oks[-1].accepted
            assert oks[-1].reason == "error: no room"
            kept = [record for record, ok in zip(records, oks, strict=True) if ok.accepted]
            gone = sign(OWNER, 5, "", (("e", kept[0].id),))
            assert (await link.publish([gone], WAIT))[0].accepted
        assert await stored_ids(hub.url, records) == {record.id for record in kept[1:]}
