"""Which open hubs a search asks, and in what order: the covering set.

The own hub, and two others for each part of the record space; in the public network no two others
share a /16 (IPv4) or /32 (IPv6). A leaf asks its home hub, which keeps links to every shard, and a
second one as a check. Foreign relays that a person named are asked beside them: they sync with
nobody, so what is there is nowhere else. Source: DESIGN, how records are found; SAFETY N2.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kkiri.base.types import HubUrl, PubKey, Seconds
from kkiri.hub.address import neighbourhood
from kkiri.hub.shard import Shard, covers, holds, regions

PER_SHARD = 2  # DESIGN: first answer wins, the second shows what the first hides
FOREIGN_MAX = 4  # relays that a person named; each costs every search one question
SLOW_SECONDS = 0.6  # once round the world and back is 0.4 s; slower ones are asked last
HOMES_MAX = 3  # DESIGN: a leaf has three or more hubs; sync carries records to the others


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPlace:
    """One open link as the choice sees it."""

    url: HubUrl
    key: PubKey | None
    """None for a foreign relay."""
    shard: Shard
    own: bool
    named: bool
    latency: Seconds
    """Of its answers of late."""
    lot: float
    """Drawn from [0, 1) when the link was opened: whoever wants to be chosen cannot buy it."""
    strikes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """The hubs to ask; a search has its answer when each need has one."""

    places: tuple[OpenPlace, ...]
    """The own hub first, then likely quickest first."""
    needs: tuple[frozenset[HubUrl], ...]
    """For each part of the space, the other hubs of the set that hold it; any one will do."""


def covering(open_places: Iterable[OpenPlace], *, public: bool, leaf: bool = False) -> Cover:
    """Choose the covering set of a search."""
    ranked = sorted(open_places, key=_order)
    own = [place for place in ranked if place.own][:1]
    others = _distinct([place for place in ranked if not place.own and place.key is not None])
    foreign = [place for place in ranked if not place.own and place.key is None and place.named]
    parts = regions(place.shard for place in others)
    if leaf and any(not place.shard.depth for place in others):
        parts = (Shard(),)  # a home that answers for everything
    chosen: list[OpenPlace] = []
    for part in parts:
        _fill(chosen, others, part, public=public)
    needs = (frozenset(p.url for p in chosen if covers(p.shard, part)) for part in parts)
    chosen.sort(key=lambda place: (place.latency, place.url))
    return Cover(
        places=(*own, *chosen, *foreign[:FOREIGN_MAX]),
        needs=tuple(dict.fromkeys(need for need in needs if need)),
    )


def homes(open_places: Iterable[OpenPlace], author: PubKey) -> tuple[OpenPlace, ...]:
    """Choose the hubs that should hold an author's records: own, foreign ones, HOMES_MAX others."""
    ranked = sorted(open_places, key=_order)
    own = [place for place in ranked if place.own][:1]
    others = [place for place in ranked if not place.own and place.key is not None]
    holding = _distinct([place for place in others if holds(place.shard, author)])
    foreign = [place for place in ranked if not place.own and place.key is None and place.named]
    return (*own, *holding[:HOMES_MAX], *foreign[:FOREIGN_MAX])


def _fill(
    chosen: list[OpenPlace], others: Sequence[OpenPlace], part: Shard, *, public: bool
) -> None:
    """Add hubs that hold the part until PER_SHARD do; first those of new neighbourhoods only."""
    missing = PER_SHARD - sum(covers(place.shard, part) for place in chosen)
    used = {neighbourhood(place.url) for place in chosen}
    for place in others:
        if missing <= 0:
            return
        if place in chosen or not covers(place.shard, part):
            continue
        if public and neighbourhood(place.url) in used:
            continue
        chosen.append(place)
        used.add(neighbourhood(place.url))
        missing -= 1


def _order(place: OpenPlace) -> tuple[int, bool, int, bool, float, str]:
    # not by latency: a Sybil near us would always be asked. Strikes make it the last choice, and
    # shallow shards save questions.
    slow = place.latency > SLOW_SECONDS
    return (place.strikes, slow, place.shard.depth, not place.named, place.lot, place.url)


def _distinct(places: Iterable[OpenPlace]) -> list[OpenPlace]:
    """Keep one link for each key: one hub with two addresses is one voice."""
    found: dict[PubKey | None, OpenPlace] = {}
    for place in places:
        found.setdefault(place.key, place)
    return list(found.values())
