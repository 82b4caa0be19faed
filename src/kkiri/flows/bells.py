"""How flows of one peer tell one another that something is new; nothing is queued behind a bell."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from kkiri.base.types import UnixTime


class Bell:
    """Wakes all who wait; take `next` before looking, so that nothing is missed in between."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def next(self) -> asyncio.Event:
        """Give what will be set at the next ring."""
        return self._next

    def ring(self) -> None:
        """Wake all who wait."""
        rung, self._next = self._next, asyncio.Event()
        rung.set()


@dataclass(slots=True, eq=False)
class Bells:
    """The bells of one peer, and who has which shared folder in hand."""

    journal: Bell = field(default_factory=Bell)
    """A record of ours was journalled."""
    delivered: Bell = field(default_factory=Bell)
    """A hub has taken records of ours."""
    outbox: Bell = field(default_factory=Bell)
    """A private message of ours was kept."""
    roots: Bell = field(default_factory=Bell)
    """A shared folder was named or is no longer."""
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while listings are put or withdrawn together with their torrents."""
    made_last: UnixTime = UnixTime(0)
    """The latest `created_at` of a deletion or a replaceable record: the next ones come after."""
    said_last: UnixTime = UnixTime(0)
    """The `created_at` of the latest private message."""
    listed_at: UnixTime = UnixTime(0)
    """The `created_at` of the latest listing."""
    listed: int = 0
    """How many listings have that second."""
    _adding: dict[Path, asyncio.Lock] = field(default_factory=dict)

    def next_listing(self, now: UnixTime, most: int) -> UnixTime:
        """Give the second of one more listing: now, or a later one when `most` have it already."""
        second = max(now, self.listed_at)
        if second == self.listed_at and self.listed >= most:
            second = UnixTime(second + 1)
        self.listed = self.listed + 1 if second == self.listed_at else 1
        self.listed_at = second
        return second

    def adding(self, root: Path) -> asyncio.Lock:
        """Give the lock of the one who hashes and publishes a root's new files."""
        return self._adding.setdefault(root, asyncio.Lock())

    def forget(self, root: Path) -> None:
        """Drop the lock of a root that is no longer shared."""
        self._adding.pop(root, None)
