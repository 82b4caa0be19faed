"""How the command line writes: JSON for programs, tables for people, no control codes in either."""

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from kkiri.cli.words import say

WIDE_COLUMNS = 200  # of a pipe or a file, which has no width of its own
UNITS = ("B", "kB", "MB", "GB", "TB")

JsonObject = dict[str, object]


def use_utf8() -> None:
    """Write UTF-8 whatever the locale says; half characters as escapes instead of an error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def print_json(value: Mapping[str, object]) -> None:
    """Write one object on one line, at once."""
    print(json.dumps(value, ensure_ascii=False, separators=(",", ":")), flush=True)


def print_line(text: str) -> None:
    """Write one line for a person."""
    print(plain(text), flush=True)


def print_error(text: str) -> None:
    """Write one sentence to stderr."""
    print(plain(text), file=sys.stderr, flush=True)


def plain(text: str) -> str:
    """Take out of a stranger's text what a terminal would obey: control codes, bidi overrides."""
    return "".join(char if _is_shown(char) else "\ufffd" for char in text)


def _is_shown(char: str) -> bool:
    return char == "\u200d" or unicodedata.category(char) not in {"Cc", "Cf", "Zl", "Zp"}


def print_table(columns: Sequence[tuple[str, bool]], rows: Iterable[Sequence[str]]) -> None:
    """Write rows under headings; the flag of a column sets it to the right."""
    named = any(heading for heading, _ in columns)
    table = Table(box=None, pad_edge=False, header_style="dim", show_header=named)
    for heading, right in columns:
        table.add_column(Text(heading), justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    screen = console()
    with screen.capture() as drawn:
        screen.print(table)
    print("\n".join(line.rstrip() for line in drawn.get().splitlines()), flush=True)


def console() -> Console:
    """Give the terminal, or a wide page where there is none."""
    return Console(width=None if sys.stdout.isatty() else WIDE_COLUMNS, highlight=False)


def size(count: object) -> str:
    """Give an amount as people read it."""
    left = float(count) if isinstance(count, int | float) else 0.0
    for unit in UNITS[:-1]:
        if left < 999.5:
            return f"{left:.0f} {unit}" if unit == "B" or left >= 100 else f"{left:.1f} {unit}"
        left /= 1000
    return f"{left:.1f} {UNITS[-1]}"


def length(seconds: object) -> str:
    """Give a length as m:ss or h:mm:ss; nothing for none."""
    if not isinstance(seconds, int):
        return ""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def day(seconds: object) -> str:
    """Give the day of a time."""
    if not isinstance(seconds, int) or not 0 <= seconds < 2**37:
        return ""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


def short_key(npub: object) -> str:
    """Give the start of a key, enough to tell two apart."""
    return f"{str(npub)[:12]}…"


def text_of(value: Mapping[str, object], name: str) -> str:
    """Give a field as text; nothing for null."""
    found = value.get(name)
    return "" if found is None else str(found)


def number_of(value: Mapping[str, object], name: str) -> int:
    """Give a field as a whole number; 0 for anything else."""
    found = value.get(name)
    return int(found) if isinstance(found, int | float) else 0


def objects_of(value: Mapping[str, object], name: str) -> list[JsonObject]:
    """Give a field as a list of objects."""
    found = value.get(name)
    if not isinstance(found, list):
        return []
    return [item for item in found if isinstance(item, dict)]


def kind_word(kind: object) -> str:
    """Give the word for a kind of thing."""
    words = {
        "music": say("music", "음악"),
        "film": say("film", "영상"),
        "text": say("text", "글"),
        "picture": say("picture", "그림"),
        "program": say("program", "프로그램"),
    }
    return words.get(str(kind), say("other", "기타"))
