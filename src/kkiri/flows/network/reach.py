"""Find out whether strangers can dial our hub; until it is shown, the peer is a leaf.

Linked hubs are asked to dial back the address they see us at; never asked where the hub's address
says it all. Source: docs/protocol/finding-hubs.md, reachable.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence

from kkiri.base.errors import RemoteError
from kkiri.base.types import HubUrl, PubKey, Seconds
from kkiri.flows.world import OpenHub, World
from kkiri.hub.address import neighbourhood
from kkiri.hub.reach import agreed

ASKED_MAX = 4  # two that agree are enough; two may be down or lie
ASK_SECONDS_MAX = Seconds(5.0)  # the hub's own dial has 3 s
LEAF_AGAIN_SECONDS = 120.0  # a router may have opened a port meanwhile
HUB_AGAIN_SECONDS = 600.0  # addresses of homes change daily, not by the minute
FAILURES_MAX = 2  # in a row, before a hub that was reachable counts as a leaf again

log = logging.getLogger(__name__)


async def watch_reach(world: World, port: int, tell: Callable[[HubUrl | None], None]) -> None:
    """Ask again and again for ever, and tell of each change."""
    failures = 0
    while True:
        answers = await _ask(world, port)
        before, now = world.hubs.address(), agreed(answers)
        failures = 0 if now is not None else failures + 1
        keeps = now is None and (not answers or failures < FAILURES_MAX)
        if now != before and not (before is not None and keeps):
            log.info("who reaches our hub has changed", extra={"address": now})
            world.hubs.reached(now)
            tell(now)
        again = LEAF_AGAIN_SECONDS if world.hubs.address() is None else HUB_AGAIN_SECONDS
        try:
            async with asyncio.timeout(again):
                if answers:
                    await asyncio.sleep(again)
                else:
                    await world.hubs.changed()
        except TimeoutError:
            continue


async def _ask(world: World, port: int) -> list[HubUrl | None]:
    """Give what each hub that answered said."""
    own = next((hub.key for hub in world.hubs.open() if hub.own), None)
    if own is None:
        return []
    answers: list[HubUrl | None] = []

    async def one(hub: OpenHub, key: PubKey) -> None:
        try:
            async with asyncio.timeout(ASK_SECONDS_MAX):
                answers.append(await world.links.dial_back(hub.url, port, key, ASK_SECONDS_MAX))
        except (RemoteError, TimeoutError):
            log.debug("a hub did not say whether it reaches us", extra={"hub": hub.url})

    async with asyncio.TaskGroup() as tasks:
        for hub in _witnesses(world.hubs.open()):
            tasks.create_task(one(hub, own), name=f"dial back {hub.url}")
    return answers


def _witnesses(hubs: Sequence[OpenHub]) -> list[OpenHub]:
    """Choose hubs that proved their key, one a neighbourhood."""
    found: dict[str, OpenHub] = {}
    for hub in hubs:
        if not hub.own and hub.key is not None:
            found.setdefault(neighbourhood(hub.url), hub)
    return list(found.values())[:ASKED_MAX]
