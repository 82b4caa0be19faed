"""Time and chance as the flows get them."""

from typing import Protocol

from kkiri.base.types import Seconds, UnixTime


class Clock(Protocol):
    """Wall and monotonic time; waits go through asyncio."""

    def now(self) -> UnixTime:
        """Give the wall clock's second."""
        ...

    def monotonic(self) -> Seconds:
        """Give a clock that never goes back."""
        ...


class Chance(Protocol):
    """Randomness; a seeded `random.Random` in tests."""

    def random(self) -> float:
        """Draw from [0, 1)."""
        ...

    def randbytes(self, n: int) -> bytes:
        """Draw n bytes."""
        ...

    def randrange(self, start: int, stop: int) -> int:
        """Draw a whole number, start ≤ n < stop."""
        ...
