"""`python -m kkiri.adapters.media.worker FOLDER…`: reads media files in a process of its own.

One JSON line in (a path), one out (facts). It is confined to reading below the named folders
before the first line is read; whatever a file does to it ends with it (SAFETY P3).
"""

import os
import select
import stat
import sys
from io import BufferedReader, FileIO
from pathlib import Path
from typing import Final

import av.logging
import msgspec

from kkiri.adapters.media.limits import confine, cpu_seconds_more
from kkiri.adapters.media.lines import FILE_CPU_SECONDS_MAX, LINE_BYTES_MAX, Asked, Hello, Told
from kkiri.adapters.media.tags import read_facts
from kkiri.event.listing import MediaFacts

IDLE_SECONDS_MAX = 20  # then it ends: 60 MB of libraries for nothing
MORE_BYTES_MAX = 256 * 1024 * 1024  # SAFETY P1: what a parser may take

_OPEN: Final = (
    os.O_RDONLY
    if sys.platform == "win32"
    else os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
)


def main() -> None:
    """Confine this process, then answer until stdin ends or nothing comes for a while."""
    av.logging.set_level(av.logging.PANIC)
    folders = [Path(os.fsdecode(bytes.fromhex(text))) for text in sys.argv[1:]]
    enforced = confine(folders, MORE_BYTES_MAX)
    _say(msgspec.json.encode(Hello(enforced=sorted(enforced, key=lambda fence: fence.value))))
    decoder = msgspec.json.Decoder(Asked)
    while _is_coming():
        line = sys.stdin.buffer.readline(LINE_BYTES_MAX)
        if not line:
            return
        asked = decoder.decode(line)
        cpu_seconds_more(FILE_CPU_SECONDS_MAX)
        facts = _facts(Path(os.fsdecode(bytes.fromhex(asked.path))))
        _say(msgspec.json.encode(Told(number=asked.number, facts=facts)))


def _is_coming() -> bool:
    if sys.platform == "win32":  # pipes cannot be selected there: it stays until stdin ends
        return True
    return bool(select.select([sys.stdin.buffer], [], [], IDLE_SECONDS_MAX)[0])


def _facts(path: Path) -> MediaFacts:
    try:
        handle = os.open(path, _OPEN)
    except OSError:
        return MediaFacts()
    with FileIO(handle) as raw:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return MediaFacts()
        return read_facts(path.name, BufferedReader(raw))


def _say(line: bytes) -> None:
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
