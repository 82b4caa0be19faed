"""How the verb `demo` becomes the demo: a program of its own, as it loads the media libraries."""

import sys
from pathlib import Path

from kkiri.adapters.system import become


def start(*, own: Path | None, once: bool, language: str) -> None:
    """Turn this process into the demo."""
    argv = [sys.executable, "-P", "-m", "kkiri.app.demo", "--lang", language]
    if once:
        argv.append("--once")
    if own is not None:
        argv += ["--share", str(own)]
    become(argv)
