"""Whole libraries of others: looked through page by page, and fetched at once."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from kkiri.base.errors import KkiriError
from kkiri.base.types import Bytes, PubKey, Seconds
from kkiri.flows.fetch import fetch
from kkiri.flows.finds import Found
from kkiri.flows.people import library_of, resolve
from kkiri.flows.world import World

LIBRARIES_MAX = 4  # held at once: one looks at one person, and at one before
HELD_SECONDS = Seconds(60.0)  # long enough to turn pages, short enough to see what is new
TAKE_MAX = 500  # transfers begun at once: more would share the line into nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """How far fetching everything of a person has come."""

    begun: int
    refused: int
    total: int


@dataclass(slots=True)
class Libraries:
    """Libraries that were asked for of late, so that the next page asks no hub again."""

    _held: dict[PubKey, tuple[Seconds, list[Found]]] = field(default_factory=dict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def of(self, world: World, who: str) -> list[Found]:
        """Give all that a person shares, newest first, at most HELD_SECONDS old.

        Raises: NotFoundError, BadKeyError, RefusedError when the name is not one person's.
        """
        key = await resolve(world, who)
        async with self._lock:
            now = world.clock.monotonic()
            if key not in self._held or now - self._held[key][0] >= HELD_SECONDS:
                self._held.pop(key, None)
                self._held[key] = (now, await library_of(world, key))
                while len(self._held) > LIBRARIES_MAX:
                    del self._held[next(iter(self._held))]
            return self._held[key][1]


def missing(world: World, library: list[Found]) -> list[Found]:
    """Give what of a library is neither shared here nor asked for; oldest first."""
    asked = {transfer.info_hash for transfer in world.transfers.transfers()}
    return [
        found
        for found in reversed(library)
        if found.info_hash not in asked and world.library.listing(found.info_hash) is None
    ]


def size_of(library: list[Found]) -> Bytes:
    """Give how large it is together."""
    return Bytes(sum(found.size for found in library))


async def take(world: World, wanted: list[Found]) -> AsyncGenerator[Taking]:
    """Fetch them, TAKE_MAX at most; each is durable before the next begins."""
    begun = refused = 0
    some = wanted[:TAKE_MAX]
    for found in some:
        try:
            await fetch(world, found.link, look=False)
            begun += 1
        except KkiriError:
            refused += 1
        yield Taking(begun=begun, refused=refused, total=len(some))
