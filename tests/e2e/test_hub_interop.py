"""Other programs and our hub, and our links with other programs as hub."""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from kkiri.base.errors import LinkLostError
from kkiri.base.types import HubUrl, Kind, Seconds
from kkiri.event.filters import Filter
from kkiri.event.verify import Signer
from tests.e2e.hubs import links, running_hub, sign, until

REPO = Path(__file__).parents[2]
PROGRAM_SECONDS = 60.0
WAIT = Seconds(15.0)
ANN = Signer(bytes([11]) * 32)

NOSTR_RELAY = """
storage:
  sqlalchemy.url: sqlite+aiosqlite:///{folder}/nostr.sqlite3
  validators:
    - nostr_relay.validators.is_signed
gunicorn:
  bind: 127.0.0.1:{port}
verification:
  nip05_verification: disabled
authentication:
  enabled: false
subscription_limit: 32
max_limit: 6000
"""


async def run(*command: str) -> dict[str, Any]:
    """Run a program to its end, and read the one JSON object that it prints."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=REPO, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(PROGRAM_SECONDS):
            out, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0
    found: dict[str, Any] = json.loads(out)
    return found


async def test_nostr_tools(tmp_path: Path) -> None:
    async with running_hub(tmp_path) as hub:
        found = await run("node", "tests/node/hub.mjs", hub.url)
    assert found.pop("info")["self"] == hub.key
    assert len(found.pop("pubkey")) == 64
    assert found == {
        "read": 300,
        "newest": ["노트 0", "노트 1", "노트 2"],
        "search": ["소리바다의 노래"],
        "live": "+",
        "refused": "invalid: id or signature is wrong",
        "deleted": True,
        "count": 299,
        "wrap": ["둘만의 말"],
        "have": True,
        "need": 200,
    }


async def test_nostr_sdk(tmp_path: Path) -> None:
    program = str(REPO / "tests/e2e/nostr_sdk_program.py")
    async with running_hub(tmp_path / "hub") as hub:
        found = await run(sys.executable, program, hub.url, str(tmp_path / "lmdb"))
    assert found.pop("rounds") <= 3
    assert found == {
        "accepted": 300,
        "read": 300,
        "search": True,
        "deleted": True,
        "synced": 300,
        "uploaded": True,
    }


@asynccontextmanager
async def nostr_relay(folder: Path) -> AsyncIterator[HubUrl]:
    """Run nostr-relay with settings of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = folder / "relay.yaml"
    config.write_text(NOSTR_RELAY.format(folder=folder, port=port), "utf-8")
    program = str(Path(sys.executable).with_name("nostr-relay"))
    process = await asyncio.create_subprocess_exec(
        *(program, "--config", str(config), "serve", "--use-uvicorn"),
        cwd=folder,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    url = HubUrl(f"ws://127.0.0.1:{port}")

    async def answers() -> bool:
        try:
            async with links(ANN).dial(url):
                return True
        except LinkLostError:
            return False

    try:
        await until(answers, 40.0)
        yield url
    finally:
        process.terminate()
        await process.wait()


async def test_nostr_relay_as_a_hub(tmp_path: Path) -> None:
    records = [sign(ANN, 1, f"노트 {number}", back_seconds=number) for number in range(50)]
    listing = sign(ANN, 2003, "", (("title", "소리바다"), ("x", "a" * 40)))
    async with nostr_relay(tmp_path) as url:
        person = links(ANN)
        assert (await person.info(url, WAIT)).proved is None
        async with person.dial(url) as link:
            oks = await link.publish([*records, listing], WAIT)
            assert all(ok.accepted for ok in oks)
            answer = await link.ask([Filter(kinds=(Kind(1),), limit=100)], WAIT)
            assert {record.id for record in answer.records} == {record.id for record in records}
            tagged = await link.ask([Filter(tags=(("x", ("a" * 40,)),))], WAIT)
            assert [record.id for record in tagged.records] == [listing.id]
            follow = link.follow([Filter(kinds=(Kind(7),))])
            async with asyncio.timeout(WAIT), asyncio.TaskGroup() as group:
                first = group.create_task(anext(follow), name="first")
                await link.ask([Filter(kinds=(Kind(7),))], WAIT)
                like = sign(ANN, 7, "+")
                assert (await link.publish([like], WAIT))[0].accepted
                assert (await first).id == like.id
            await follow.aclose()


async def test_our_hub_learns_from_nostr_relay(tmp_path: Path) -> None:
    """A relay without NIP-77: what is new there comes by the live subscription."""
    (tmp_path / "relay").mkdir()
    async with nostr_relay(tmp_path / "relay") as relay, running_hub(tmp_path / "hub") as hub:
        hub.order(sync=[relay])
        person = links(ANN)
        async with person.dial(relay) as there, person.dial(hub.url) as here:
            number = 0

            async def arrives() -> bool:
                nonlocal number
                number += 1
                listing = sign(ANN, 2003, "", (("title", f"{number}"), ("x", "a" * 40)))
                await there.publish([listing], WAIT)
                await asyncio.sleep(0.2)
                return bool((await here.ask([Filter(kinds=(Kind(2003),))], WAIT)).records)

            await until(arrives)


PROGRAM = """
import asyncio, os, sys
import nostr_sdk as sdk
async def main():
    limit = sdk.RateLimit(max_reqs=1000, notes_per_minute=1000000)
    relay = sdk.LocalRelayBuilder().rate_limit(limit).build()
    await relay.run()
    print(await relay.url(), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
asyncio.run(main())
os._exit(0)
"""


async def test_nostr_sdk_relay_as_a_hub(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None and process.stdin is not None
    url = HubUrl((await process.stdout.readline()).decode().strip())
    records = [sign(ANN, 2003, f"{number}", back_seconds=number) for number in range(120)]
    only_here = [sign(ANN, 2003, f"h{number}") for number in range(7)]
    try:
        async with links(ANN).dial(url) as link:
            assert all(ok.accepted for ok in await link.publish(records, WAIT))
            items = [(one.created_at, one.id) for one in [*records[:70], *only_here]]
            found = await link.compare(Filter(kinds=(Kind(2003),)), items, WAIT)
            assert found.have == {record.id for record in only_here}
            assert found.need == {record.id for record in records[70:]}
        async with running_hub(tmp_path) as hub, links(ANN).dial(hub.url) as here:
            hub.order(sync=[url])

            async def equal() -> bool:
                answer = await here.ask([Filter(kinds=(Kind(2003),))], WAIT)
                return {one.id for one in answer.records} == {one.id for one in records}

            await until(equal)
    finally:
        process.stdin.close()
        await process.wait()
