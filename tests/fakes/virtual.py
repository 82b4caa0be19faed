"""An event loop in virtual time: a wait takes no time, a thread's work takes its own.

The clock jumps to the next timer whenever nothing is ready and no thread is at work.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar

from kkiri.base.types import Seconds, UnixTime

T = TypeVar("T")
STUCK_SECONDS = 5.0
STEPS_MAX = 2_000_000  # a flow that spins for ever ends the test instead of the patience


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop; `run` below uses it."""

    def __init__(self) -> None:
        self._at_work = 0
        self._virtual = 0.0
        self._steps = 0
        super().__init__(selectors.DefaultSelector())
        self._real_select = self._selector.select
        self._selector.select = self._select

    def time(self) -> float:
        return self._virtual

    def run_in_executor(
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        self._at_work += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._worked)
        return future

    def _worked(self, _future: asyncio.Future[Any]) -> None:
        self._at_work -= 1

    def _select(self, timeout: float | None = None) -> list[Any]:
        self._steps += 1
        if self._steps > STEPS_MAX:
            raise RuntimeError("the loop spins")
        if self._at_work:
            return self._real_select(0.01 if timeout is None else min(timeout, 0.01))
        if timeout is None:
            events = self._real_select(STUCK_SECONDS)  # a thread of the loop's own may end
            if not events:
                raise RuntimeError("everything waits and nothing will come")
            return events
        if timeout > 0:
            self._virtual += timeout
        return self._real_select(0)


class VirtualClock:
    """`ports.Clock` of the running virtual loop."""

    def __init__(self, start: int = 1_700_000_000) -> None:
        self._start = start
        self._loop = asyncio.get_running_loop()  # threads ask for the time too

    def now(self) -> UnixTime:
        return UnixTime(self._start + int(self._loop.time()))

    def monotonic(self) -> Seconds:
        return Seconds(self._loop.time())


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
