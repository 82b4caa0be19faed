"""A neighbour's questions while one link floods the hub, against a quiet hub (SAFETY N4).

usage: PYTHONPATH=src python bench/flood.py [--seconds 4] [--no-limits]
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from websockets.asyncio.client import connect

from bench.hub import ask, make_records, ours, program, put, say
from kkiri.event.wire import Put, write_asked

# a flooder of its own process: frames made beforehand, written as fast as TCP takes them
FLOODER = """
import asyncio, sys, time
async def main(host, port, seconds):
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET / HTTP/1.1\\r\\nHost: {host}:{port}\\r\\nUpgrade: websocket\\r\\n"
        "Connection: Upgrade\\r\\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\\r\\n"
        "Sec-WebSocket-Version: 13\\r\\n\\r\\n".encode())
    await reader.readuntil(b"\\r\\n\\r\\n")
    ask = b'["REQ","f",{"kinds":[2003],"limit":1}]'
    frames = (bytes([0x81, 0x80 | len(ask)]) + bytes(4) + ask) * 200
    end = time.monotonic() + float(seconds)
    async def drain():
        while await reader.read(1 << 16):
            pass
    reading = asyncio.ensure_future(drain())
    sent = 0
    while time.monotonic() < end:
        begin = time.monotonic()
        writer.write(frames)
        sent += 200
        try:
            await asyncio.wait_for(writer.drain(), end - time.monotonic())
        except TimeoutError:
            break
        await asyncio.sleep(max(0, 0.01 - (time.monotonic() - begin)))  # 20,000 a second
    reading.cancel()
    print(sent)
asyncio.run(main(*sys.argv[1:]))
"""


@asynccontextmanager
async def flooding(url: str, seconds: float, links: int) -> AsyncIterator[None]:
    """Flood for so long; says what the hub let in."""
    host, port = url.removeprefix("ws://").rsplit(":", 1)
    command = (sys.executable, "-c", FLOODER, host, port, str(seconds))
    flooders = [
        await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        for _ in range(links)
    ]
    await asyncio.sleep(0.5)
    yield
    sent = [int((await flooder.communicate())[0]) for flooder in flooders]
    say(f"  the flood got rid of {sum(sent) / seconds:.0f} messages a second")


async def neighbour(url: str, wanted: list[dict[str, object]], seconds: float) -> list[float]:
    """Ask for so long; give the times in milliseconds, sorted."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    taken: list[float] = []
    while loop.time() < end:
        taken += await ask(url, wanted)
        await asyncio.sleep(0.05)
    return sorted(taken)


async def main() -> None:
    """Print p50 and p99 quiet and flooded, and their ratio."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--no-limits", action="store_true", help="show what limits are for")
    asked = parser.parse_args()
    records = make_records(500)
    wanted: list[dict[str, object]] = [{"ids": [record.id]} for record in records[:20]]
    with tempfile.TemporaryDirectory() as folder:
        command = [word for word in ours(folder) if word != "--no-limits" or asked.no_limits]
        async with program(*command) as url:
            async with connect(url, compression=None) as connection:
                await put(connection, [write_asked(Put(event=record)) for record in records])
            await neighbour(url, wanted, 1.0)
            quiet = await neighbour(url, wanted, asked.seconds)
            async with flooding(url, asked.seconds + 1.5, links=1):
                flooded = await neighbour(url, wanted, asked.seconds)
    for name, times in (("quiet", quiet), ("flooded", flooded)):
        say(f"{name:8} p50 {at(times, 0.5):7.2f} ms  p99 {at(times, 0.99):7.2f} ms  n {len(times)}")
    say(f"ratio of p99, flooded to quiet: {at(flooded, 0.99) / at(quiet, 0.99):.1f}")


def at(times: list[float], part: float) -> float:
    """Give a quantile of sorted times."""
    return times[min(len(times) - 1, int(len(times) * part))]


if __name__ == "__main__":
    asyncio.run(main())
