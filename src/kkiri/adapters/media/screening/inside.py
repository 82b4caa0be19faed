"""`python -m kkiri.adapters.media.screening.inside`: one film, one job, then the process ends.

It is sealed before the job is read: no network, no file, no program; what it knows of the film
comes through stdin as it asks for it (SAFETY P1, P3).
"""

import codecs
import importlib
import os
import pkgutil
import select
import sys
from typing import BinaryIO

import av
import av.logging
import msgspec

from kkiri.adapters.media.limits import cpu_seconds_more, seal
from kkiri.adapters.media.screening.captions import captions, languages, text
from kkiri.adapters.media.screening.pipe import (
    JOB_BYTES_MAX,
    Captioning,
    Frame,
    Hello,
    Job,
    Probed,
    Probing,
    Remuxing,
    Stilling,
    Texting,
    Tongues,
)
from kkiri.adapters.media.screening.probe import probe
from kkiri.adapters.media.screening.reading import (
    STEP_CPU_SECONDS_MAX,
    GoneError,
    Line,
    PipeFile,
)
from kkiri.adapters.media.screening.remux import remux
from kkiri.adapters.media.screening.still import still
from kkiri.adapters.media.tags import BROKEN
from kkiri.play.charset import CHARSETS

IDLE_SECONDS_MAX = 120  # a spare one that nobody needed ends: 60 MB of libraries for nothing
MORE_BYTES_MAX = 256 * 1024 * 1024  # SAFETY P1: what a parser may take
DECODING_BYTES_MAX = 1024 * 1024 * 1024  # 4K HEVC in ten bits: 17 pictures of 25 MB, twice


def main() -> None:
    """Seal this process, then do the one job that comes."""
    av.logging.set_level(av.logging.PANIC)
    _load()
    enforced = seal(MORE_BYTES_MAX, DECODING_BYTES_MAX)
    incoming: BinaryIO = sys.stdin.buffer
    line = Line(incoming, sys.stdout.buffer)
    hello = Hello(enforced=sorted(enforced, key=lambda fence: fence.value))
    line.say(Frame.HELLO, msgspec.json.encode(hello))
    if not _is_coming():
        return
    first = incoming.readline(JOB_BYTES_MAX)
    if not first:
        return
    job = msgspec.json.decode(first, type=Job)
    cpu_seconds_more(STEP_CPU_SECONDS_MAX)
    try:
        _do(job, line)
    except GoneError:
        return
    except BROKEN:
        line.say(Frame.REFUSED)
    else:
        line.say(Frame.END)


def _load() -> None:
    """Load what is otherwise loaded when it is used first: then no file can be opened any more."""
    for name in CHARSETS:
        codecs.lookup(name)
    for module in pkgutil.walk_packages(av.__path__, "av."):
        if module.name not in {"av.__main__", "av.datasets"}:
            importlib.import_module(module.name)


def _is_coming() -> bool:
    if sys.platform == "win32":  # pipes cannot be selected there: it stays until stdin ends
        return True
    return bool(select.select([sys.stdin.buffer], [], [], IDLE_SECONDS_MAX)[0])


def _do(job: Job, line: Line) -> None:
    file = PipeFile(line, job.name, job.size)
    match job.what:
        case Probing():
            line.give(msgspec.json.encode(Probed(film=probe(file))))
        case Remuxing():
            remux(file, line, job.what)
        case Captioning():
            captions(file, line, job.what)
        case Texting():
            line.give(text(file, job.what.language))
        case Tongues():
            line.give(msgspec.json.encode(languages(file)))
        case Stilling():
            line.give(still(file, job.what.sort, job.what.bytes_max))


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # libraries have threads; nothing is left to tidy
