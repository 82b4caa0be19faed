"""The board: what goes on in this peer, told to every open page under a topic.

What nobody reads in time is dropped, oldest first: a page that missed something asks again.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Collection
from dataclasses import dataclass, field

HELD_MAX = 200  # of one topic: more than a page shows when it opens later


@dataclass(slots=True)
class Board:
    """The last few of each topic, and who waits for more."""

    _held: dict[str, deque[tuple[int, object]]] = field(default_factory=dict)
    _told: int = 0
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, topic: str, said: object) -> None:
        """Add one; never waits."""
        self._told += 1
        self._held.setdefault(topic, deque(maxlen=HELD_MAX)).append((self._told, said))
        self._more.set()
        self._more = asyncio.Event()

    def held(self, topic: str) -> list[object]:
        """Give what is held of a topic, oldest first."""
        return [said for _, said in self._held.get(topic, ())]

    async def follow(self, held: Collection[str] = ()) -> AsyncGenerator[tuple[str, object]]:
        """Give what is told from now on with its topic; first what is held of the named topics."""
        at = self._told
        news = [one for one in self._after(0) if one[1] in held]
        while True:
            for _, topic, said in news:
                yield topic, said
            more = self._more
            news = self._after(at)
            at = self._told
            if not news:
                await more.wait()

    def _after(self, number: int) -> list[tuple[int, str, object]]:
        return sorted(
            (
                (told, topic, said)
                for topic, items in self._held.items()
                for told, said in items
                if told > number
            ),
            key=lambda one: one[0],
        )
