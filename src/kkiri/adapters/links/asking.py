"""What is open on one link: questions, subscriptions, comparisons, and records awaiting their OK.

Everything a hub sends is bounded here, whether it was asked for or not.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kkiri.base.errors import LinkLostError
from kkiri.base.limits import FILTER_LIMIT_MAX
from kkiri.event.filters import Filter, SearchMatcher, matches
from kkiri.event.record import Event
from kkiri.event.wire import Closed, EndOfStored, NegErr, NegMsg, Ok

ANSWER_RECORDS_MAX = 5_000  # ten pages: more in one answer is a hub that does not know an end
WAITING_RECORDS_MAX = 2_000  # 2,000 x 128 kB at worst for one follower that does not read


class Wanted:
    """The filters of one question with room for what each may still bring."""

    def __init__(self, filters: Sequence[Filter], search: SearchMatcher) -> None:
        self._tests: list[tuple[Filter, Callable[[Event], bool] | None]] = [
            (wanted, None if wanted.search is None else search(wanted.search)) for wanted in filters
        ]
        self._room = [
            ANSWER_RECORDS_MAX if wanted.limit is None else wanted.limit for wanted in filters
        ]

    def takes(self, event: Event, *, counted: bool) -> bool:
        """Say whether the event was asked for, and use up room when `counted`."""
        for at, (wanted, test) in enumerate(self._tests):
            if not matches(wanted, event) or (test is not None and not test(event)):
                continue
            if not counted:
                return True
            if self._room[at] > 0:
                self._room[at] -= 1
                return True
        return False

    @property
    def page(self) -> int:
        """Give the number of records from which on an answer may have been cut by the hub."""
        limits = [wanted.limit for wanted, _ in self._tests]
        return min(FILTER_LIMIT_MAX if limit is None else limit for limit in limits)


@dataclass(slots=True)
class Question:
    """One `ask` until its end."""

    wanted: Wanted
    events: list[Event] = field(default_factory=list)
    refused: int = 0
    end: asyncio.Future[EndOfStored | Closed | None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    """None when the link was lost."""

    def give(self, event: Event) -> None:
        """Take one event; signatures are checked at the end, all at once."""
        if self.wanted.takes(event, counted=True):
            self.events.append(event)
        else:
            self.refused += 1


@dataclass(slots=True)
class Follower:
    """One `follow` until it is closed."""

    wanted: Wanted
    waiting: asyncio.Queue[Event | Closed | LinkLostError]
    refused: Callable[[int], None]
    """Told of events that were not asked for."""
    stored: bool = True
    lost: bool = False

    def give(self, event: Event) -> None:
        """Take one event; a follower that does not read is ended, as it would miss some."""
        if not self.wanted.takes(event, counted=False):
            self.refused(1)
        elif self.stored and not self.wanted.takes(event, counted=True):
            return  # over the limit: what is new may come before the end of what is stored
        elif not self.lost:
            self._put(event)

    def end(self, why: Closed | LinkLostError) -> None:
        """Tell the follower that there is no more."""
        if not self.lost:
            self._put(why)

    def _put(self, item: Event | Closed | LinkLostError) -> None:
        if self.waiting.qsize() >= WAITING_RECORDS_MAX and isinstance(item, Event):
            self.lost = True
            item = LinkLostError("the reader was too slow")
        self.waiting.put_nowait(item)


@dataclass(slots=True)
class Comparison:
    """One `compare`: the next answer of the hub."""

    answer: asyncio.Future[NegMsg | NegErr] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


@dataclass(slots=True)
class Waiting:
    """One published record whose OK has not come."""

    ok: asyncio.Future[Ok] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
