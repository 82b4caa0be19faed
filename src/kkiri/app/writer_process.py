"""The hub's writer process: opens the store, then writes what comes through its input.

Started by the hub only; ends when the hub does.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from kkiri.adapters.store import SqliteWriter
from kkiri.adapters.system import SystemClock
from kkiri.adapters.writer import write_until_closed
from kkiri.base.types import Bytes, PubKey

SWITCH_SECONDS = 0.001  # the checking thread must not hold the storing one for 5 ms


def main(words: Sequence[str] | None = None) -> None:
    """Run until the input closes."""
    parser = argparse.ArgumentParser(prog="kkiri.app.writer_process")
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--bytes", type=int, required=True, help="how large the store may grow")
    parser.add_argument("--owner", default="", help="whose follows say who is trusted")
    parser.add_argument("--url", action="append", default=[], help="the hub's own address")
    asked = parser.parse_args(words)
    sys.setswitchinterval(SWITCH_SECONDS)

    anchors = [PubKey(asked.owner)] if asked.owner else []
    writer = SqliteWriter(
        asked.store, urls=asked.url, anchors=anchors, bytes_max=Bytes(asked.bytes)
    )
    now = SystemClock().now
    try:
        write_until_closed(writer, sys.stdin.buffer, sys.stdout.buffer, now)
    except BrokenPipeError:
        # the hub was killed; what was on its way is on disk, and nobody is there to be told
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
