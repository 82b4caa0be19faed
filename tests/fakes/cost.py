"""What some work costs the processor, by itself."""

import gc
import time
from collections.abc import Callable

TRIES = 3  # the least counts: the machine's other work only adds


def processor_seconds(work: Callable[[], object]) -> float:
    """Give the processor time of some work, without the garbage of the tests before it."""
    gc.collect()
    gc.disable()
    try:
        return min(_once(work) for _ in range(TRIES))
    finally:
        gc.enable()


def _once(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin
