"""Listings by a tag instead of by words: of an info-hash, or of a film's number elsewhere."""

import asyncio
from collections.abc import Sequence

from kkiri.base.limits import FILTER_LIMIT_MAX
from kkiri.base.types import InfoHash, Seconds
from kkiri.event import kinds
from kkiri.event.filters import Filter
from kkiri.flows.asking import ask_hubs, standing
from kkiri.flows.finds import Found, found_of, torrents_in
from kkiri.flows.learning import learn_more
from kkiri.flows.naming import known_from
from kkiri.flows.world import World

ASK_SECONDS = Seconds(2.0)  # a program waits as long as a person for a search


async def of_torrent(world: World, info_hash: InfoHash) -> Found | None:
    """Give what the hubs list under an info-hash."""
    return next(iter(await of_tag(world, "x", [info_hash])), None)


async def of_tag(world: World, name: str, values: Sequence[str]) -> list[Found]:
    """Give the torrents whose listings carry one of these values, newest first."""
    wanted = Filter(kinds=(kinds.LISTING,), tags=((name, tuple(values)),), limit=FILTER_LIMIT_MAX)
    gathered = await ask_hubs(world, world.hubs.plan(), lambda _: (wanted,), ASK_SECONDS)
    hits = standing(gathered.records.values())
    if not hits:
        return []
    hashes = {(record.value("x") or "").lower() for record in hits}
    more = await learn_more(world, hits)
    everybody = known_from(world, more)
    groups = await asyncio.to_thread(torrents_in, more, everybody.blocked)
    found = [found_of(group, everybody) for group in groups if group.info_hash in hashes]
    return sorted(found, key=lambda one: (-one.created_at, one.info_hash))
