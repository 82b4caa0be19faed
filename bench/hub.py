"""Hub ingest and query beside nostr-sdk's LocalRelay, in one run; ratios are what counts.

usage: PYTHONPATH=src python bench/hub.py [--events 4000] [--questions 200]
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from websockets.asyncio.client import ClientConnection, connect

from kkiri.base.types import Kind, UnixTime
from kkiri.event.record import Record
from kkiri.event.verify import Signer
from kkiri.event.wire import Put, write_asked

WINDOW = 500
WORDS = "소리바다 한강 노래 이야기 바람 river song night train blue paper moon summer".split()
RELAY = """
import asyncio, os, sys
import nostr_sdk as sdk
async def main():
    sdk.uniffi_set_event_loop(asyncio.get_running_loop())
    builder = sdk.LocalRelayBuilder().rate_limit(
        sdk.RateLimit(max_reqs=100000, notes_per_minute=100000000))
    if sys.argv[1]:
        builder = builder.database(await sdk.NostrLmdb.open(sys.argv[1]))
    relay = builder.build()
    await relay.run()
    print(await relay.url(), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
asyncio.run(main())
os._exit(0)
"""


def make_records(count: int) -> list[Record]:
    """Sign listings of about 1 kB by twenty authors."""
    signers = [Signer(os.urandom(32)) for _ in range(20)]
    now = int(time.time())
    return [
        signers[number % 20].sign(
            Kind(2003),
            (
                ("title", f"{WORDS[number % 13]} {WORDS[number * 7 % 13]} {number}"),
                ("x", f"{number:040x}"),
                ("t", "music"),
                ("file", f"{WORDS[number % 13]}.mp3", "123456"),
            ),
            " ".join(WORDS[(number * 5 + at * at) % 13] for at in range(55)),
            UnixTime(now - number),
        )
        for number in range(count)
    ]


@asynccontextmanager
async def program(*command: str) -> AsyncIterator[str]:
    """Run a hub that prints its address in its first line."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None and process.stdout is not None
    line = (await process.stdout.readline()).decode()
    try:
        yield json.loads(line)["ready"] if line.startswith("{") else line.strip()
    finally:
        process.stdin.close()
        await process.wait()


def ours(folder: str) -> Sequence[str]:
    """Give the command of our hub."""
    words = ("--folder", folder, "--listen", "127.0.0.1:0", "--owner", "0" * 64, "--no-limits")
    return (sys.executable, "-m", "kkiri.app.hub_process", *words)


async def put(connection: ClientConnection, messages: Sequence[bytes]) -> int:
    """Send with a window, and count what was accepted."""
    room = asyncio.Semaphore(WINDOW)
    accepted = 0

    async def listen() -> None:
        nonlocal accepted
        heard = 0
        while heard < len(messages):
            raw = await connection.recv(decode=False)
            if raw.startswith(b'["OK"'):
                heard += 1
                accepted += b",true," in raw
                room.release()

    async with asyncio.TaskGroup() as group:
        group.create_task(listen(), name="listen")
        for message in messages:
            await room.acquire()
            await connection.send(message, text=True)
    return accepted


async def ingest(url: str, messages: Sequence[bytes], links: int) -> float:
    """Give accepted events a second over so many links."""
    connections = [await connect(url, compression=None, max_size=None) for _ in range(links)]
    begin = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        putting = [
            group.create_task(put(connection, messages[at::links]), name="put")
            for at, connection in enumerate(connections)
        ]
    seconds = time.perf_counter() - begin
    for connection in connections:
        await connection.close()
    return sum(task.result() for task in putting) / seconds


async def ask(url: str, filters: Sequence[dict[str, object]]) -> list[float]:
    """Give the milliseconds of each question, one after the other."""
    taken = []
    async with connect(url, compression=None, max_size=None) as connection:
        for number, wanted in enumerate(filters):
            begin = time.perf_counter()
            await connection.send(json.dumps(["REQ", f"q{number}", wanted]))
            while not (await connection.recv(decode=False)).startswith(b'["EOSE"'):
                pass
            taken.append((time.perf_counter() - begin) * 1e3)
            await connection.send(json.dumps(["CLOSE", f"q{number}"]))
    return taken


async def measure(command: Sequence[str], records: Sequence[Record], questions: int) -> list[float]:
    """Give ingest over one link, over four, and the median times of three questions."""
    messages = [write_asked(Put(event=record)) for record in records]
    half = len(messages) // 2
    step = max(1, len(records) // questions)
    by_id: list[dict[str, object]] = [{"ids": [record.id]} for record in records[::step]]
    search: list[dict[str, object]] = [
        {"search": str(number), "limit": 50} for number in range(0, len(records), step)
    ]
    hot: list[dict[str, object]] = [
        {"search": WORDS[number % 13], "limit": 50} for number in range(questions // 4)
    ]
    async with program(*command) as url:
        one = await ingest(url, messages[:half], 1)
        four = await ingest(url, messages[half:], 4)
        found = [await ask(url, filters) for filters in (by_id, search, hot)]
    return [one, four, *(statistics.median(times) for times in found)]


async def main() -> None:
    """Print one line a hub, then the ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=4_000)
    parser.add_argument("--questions", type=int, default=200)
    asked = parser.parse_args()
    records = make_records(asked.events)
    size = len(write_asked(Put(event=records[0])))
    say(f"{asked.events} events of {size} bytes, half over one link, half over four")
    say(f"{'':24}{'1 link/s':>10}{'4 links/s':>10}{'id ms':>9}{'rare ms':>9}{'hot ms':>9}")
    with tempfile.TemporaryDirectory() as folder:
        rows = {
            "kkiri": await measure(ours(f"{folder}/ours"), records, asked.questions),
            "LocalRelay, memory": await measure(
                (sys.executable, "-c", RELAY, ""), records, asked.questions
            ),
            "LocalRelay, LMDB": await measure(
                (sys.executable, "-c", RELAY, f"{folder}/lmdb"), records, asked.questions
            ),
        }
    for name, row in rows.items():
        say(f"{name:24}" + "".join(f"{n:10.0f}" for n in row[:2]) + fixed(row[2:]))
    for name in ("LocalRelay, memory", "LocalRelay, LMDB"):
        pairs = list(zip(rows["kkiri"], rows[name], strict=True))
        ingest_ratios = [mine / theirs for mine, theirs in pairs[:2]]
        faster = [theirs / mine for mine, theirs in pairs[2:]]
        say(
            f"kkiri / {name}: ingest {ingest_ratios[0]:.1f} x and {ingest_ratios[1]:.1f} x,"
            f" questions {', '.join(f'{ratio:.1f} x' for ratio in faster)} as fast"
        )


def fixed(numbers: Sequence[float]) -> str:
    """Give numbers in columns."""
    return "".join(f"{number:9.2f}" for number in numbers)


def say(line: str) -> None:
    """Print one line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
