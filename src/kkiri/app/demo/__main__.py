"""`python -m kkiri.app.demo`: what `kkiri demo` becomes; tells the story, and why it ended."""

import argparse
import sys
from pathlib import Path
from typing import NoReturn

from kkiri.app.demo import story
from kkiri.base.errors import KkiriError

INTERRUPTED = 130  # what shells report for Ctrl-C


def main() -> NoReturn:
    """Run the demo and end with its exit code."""
    parser = argparse.ArgumentParser(prog="kkiri demo")
    parser.add_argument("--lang", choices=("ko", "en"), default="en")
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--share", type=Path)
    asked = parser.parse_args()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        story.run(own=asked.share, once=asked.once, korean=asked.lang == "ko", write=_write)
    except KkiriError as error:
        sys.stderr.write(error.sentence(asked.lang) + "\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    sys.exit(0)


def _write(text: str) -> None:
    shown = "".join(char if char.isprintable() or char == "\n" else "\ufffd" for char in text)
    sys.stdout.write(shown + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
