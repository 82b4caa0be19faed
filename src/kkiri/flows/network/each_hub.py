"""Do one thing at each of some open hubs, those that join later included.

A hub's failure ends its own run only, which is tried again while the link stands.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from kkiri.base.errors import RemoteError
from kkiri.flows.world import Hubs, OpenHub

AGAIN_SECONDS_FIRST = 2.0  # a hub that closed a subscription for load may take it again
AGAIN_SECONDS_MAX = 60.0  # ... and one that refuses is asked once a minute


async def at_each_hub(
    hubs: Hubs, choose: Callable[[], Sequence[OpenHub]], run: Callable[[OpenHub], Awaitable[None]]
) -> None:
    """Run at each chosen hub for ever; what returns or fails is run again, ever more slowly."""
    running: dict[int, OpenHub] = {}

    async def stay(hub: OpenHub) -> None:
        wait = AGAIN_SECONDS_FIRST
        try:
            while _is_open(hubs, hub):
                try:
                    await run(hub)
                except (RemoteError, TimeoutError):
                    wait = min(wait * 2, AGAIN_SECONDS_MAX)
                if _is_open(hubs, hub):
                    await asyncio.sleep(wait)
        finally:
            del running[id(hub.link)]

    async with asyncio.TaskGroup() as tasks:
        while True:
            for hub in choose():
                if id(hub.link) not in running:
                    running[id(hub.link)] = hub
                    tasks.create_task(stay(hub), name=f"at {hub.url}")
            await hubs.changed()


def _is_open(hubs: Hubs, hub: OpenHub) -> bool:
    return any(other.link is hub.link for other in hubs.open())
