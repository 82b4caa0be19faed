"""Subtitle files as cues: SubRip, WebVTT, ASS/SSA; SAMI has a module of its own.

Every reader goes once over the lines, whatever stands in them, and leaves out what it cannot read.
Source: WebVTT §4; the SSA v4 description; SubRip as players read it.
"""

import html
import re
from collections.abc import Iterator
from typing import Final

from kkiri.play.cue import Cue, Place, mark, ordered, unmarked
from kkiri.play.sami import read_sami

LINE_CHARS_MAX = 8_000  # of one line: ASS drawings are longer, and not text
BODY_LINES_MAX = 40  # of one cue, blank ones too; a screen shows three
LINES_MAX = 200_000  # of one file: 20,000 cues of ten lines
_ARROW: Final = re.compile(
    r"\s*(\d{1,3}):(\d{1,2})(?::(\d{1,2}))?[.,:](\d{1,3})\s*-{1,2}>\s*"
    r"(\d{1,3}):(\d{1,2})(?::(\d{1,2}))?[.,:](\d{1,3})(.{0,200})"
)
_TAG: Final = re.compile(r"<(/?)([A-Za-z]{1,10}|\d{2})[^<>]{0,300}>|<[/!?0-9A-Za-z][^<>]{0,300}>")
_OVERRIDE: Final = re.compile(r"\{[^{}]{0,2000}\}")
_PLACE: Final = re.compile(r"\\an([1-9])|\\a(1[01]|[1-9])(?!\d)")
_STYLED: Final = re.compile(r"\\([ibu])([01]|[1-9]00)(?!\d)|\\(r)")
_DRAWING: Final = re.compile(r"\\p[1-9]")
_ASS_TIME: Final = re.compile(r"\s*(\d{1,3}):(\d{1,2}):(\d{1,2})[.:](\d{1,3})\s*\Z")
_OLD_PLACES: Final = {1: 1, 2: 2, 3: 3, 5: 7, 6: 8, 7: 9, 9: 4, 10: 5, 11: 6}
_ASS_FIELDS: Final = ("layer", "start", "end", "style", "name", "l", "r", "v", "effect", "text")


def read_captions(suffix: str, text: str, language: str) -> list[Cue]:
    """Read a subtitle file; what it is is seen from its text first, then from its name."""
    start = text[:2_000].lstrip("\ufeff \t\r\n").lower()
    if start.startswith("webvtt"):
        return ordered(_read_arrows(text))
    if "<sami" in start or (suffix == "smi" and "<sync" in text[:200_000].lower()):
        return ordered(read_sami(text, language))
    if "[script info]" in start or "[events]" in text[:200_000].lower():
        return ordered(_read_ass(text))
    return ordered(_read_arrows(text))


def srt_text(text: str) -> str:
    """Give SubRip's and WebVTT's text with their tags as marks, all others left out."""
    body = _TAG.sub(_mark, unmarked(text))
    return html.unescape(_OVERRIDE.sub(_inline, body))


def ass_text(text: str) -> tuple[str, Place]:
    """Give an ASS dialogue's text and where it stands; empty for a drawing."""
    place = Place.BOTTOM
    shape = False
    for block in _OVERRIDE.finditer(text):
        if found := _PLACE.search(block[0]):
            place = Place(int(found[1]) if found[1] else _OLD_PLACES.get(int(found[2]), 2))
        shape = shape or bool(_DRAWING.search(block[0]))
    if shape:
        return "", place
    body = _OVERRIDE.sub(_inline, unmarked(text))
    return body.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", " "), place


def ass_dialogue(line: str) -> Cue | None:
    """Read the packet form of a dialogue: `ReadOrder,Layer,Style,Name,L,R,V,Effect,Text`."""
    fields = line.split(",", 8)
    if len(fields) < 9:
        return None
    text, place = ass_text(fields[8])
    return Cue(start=0.0, end=0.0, text=text, place=place)


def _mark(match: re.Match[str]) -> str:
    name = (match[2] or "").lower()
    return mark(name, match[1] == "/")


def _inline(match: re.Match[str]) -> str:
    """Give the marks of an override block such as `{\\i1}`."""
    made = []
    for found in _STYLED.finditer(match[0]):
        if found[3]:
            made += [mark(name, True) for name in "ibu"]
        else:
            made.append(mark(found[1], found[2] == "0"))
    return "".join(made)


def _lines(text: str) -> Iterator[str]:
    at = 0
    flat = text.replace("\r\n", "\n").replace("\r", "\n")
    for _ in range(LINES_MAX):
        end = flat.find("\n", at)
        yield flat[at : end if end >= 0 else None][:LINE_CHARS_MAX]
        if end < 0:
            return
        at = end + 1


def _read_arrows(text: str) -> Iterator[Cue]:
    """Read blocks that begin with `time --> time`; numbers and notes between them are passed by."""
    times: tuple[float, float] | None = None
    place = Place.BOTTOM
    body: list[str] = []
    for line in _lines(text):
        found = _ARROW.match(line) if "->" in line else None
        if found is None:
            if times is not None and len(body) < BODY_LINES_MAX:
                body.append(line)
            continue
        if times is not None:
            yield _cue(times, body, place)
        times = (_seconds(found, 1), _seconds(found, 5))
        place = _vtt_place(found[9])
        body = []
    if times is not None:
        yield _cue(times, body, place)


def _cue(times: tuple[float, float], body: list[str], place: Place) -> Cue:
    """Make a cue of the lines up to the next time; what follows the blank line is not its own."""
    lines: list[str] = []
    for number, line in enumerate(body):
        rest = body[number + 1 :]
        # a blank line ends it, unless more text follows and no number: files in the wild have those
        if not line.strip() and (
            not rest
            or all(not one.strip() or one.strip().isdigit() or _is_note(one) for one in rest)
        ):
            break
        lines.append(line)
    while lines and not lines[-1].strip():
        lines.pop()
    raw = "\n".join(lines)
    if found := _PLACE.search(raw):
        place = Place(int(found[1])) if found[1] else place
    return Cue(start=times[0], end=times[1], text=srt_text(raw), place=place)


def _is_note(line: str) -> bool:
    return line.startswith(("NOTE", "STYLE", "REGION"))


def _vtt_place(settings: str) -> Place:
    found = re.search(r"line:(-?\d{1,3})(%?)", settings)
    if found is None:
        return Place.BOTTOM
    number = int(found[1])
    if found[2]:
        return Place.TOP if number < 35 else (Place.MIDDLE if number < 65 else Place.BOTTOM)
    return Place.TOP if 0 <= number < 6 else Place.BOTTOM


def _seconds(found: re.Match[str], at: int) -> float:
    first, second, third, part = found[at], found[at + 1], found[at + 2], found[at + 3]
    whole = (
        int(first) * 60 + int(second)
        if third is None
        else int(first) * 3600 + int(second) * 60 + int(third)
    )
    return whole + int(part.ljust(3, "0")) / 1000


def _read_ass(text: str) -> Iterator[Cue]:
    fields: tuple[str, ...] = _ASS_FIELDS
    events = False
    places: dict[str, Place] = {}
    styles: tuple[str, ...] = ()
    for line in _lines(text):
        low = line[:40].lower().lstrip()
        if low.startswith("["):
            events = low.startswith("[events]")
        elif low.startswith("format:"):
            names = tuple(part.strip().lower() for part in line.partition(":")[2].split(","))
            fields, styles = (names, styles) if events else (fields, names)
        elif low.startswith("style:") and "alignment" in styles and len(places) < 1_000:
            _style(line, styles, places)
        elif events and low.startswith("dialogue:"):
            cue = _ass_line(line.partition(":")[2], fields, places)
            if cue is not None:
                yield cue


def _style(line: str, names: tuple[str, ...], places: dict[str, Place]) -> None:
    values = dict(
        zip(names, (part.strip() for part in line.partition(":")[2].split(",")), strict=False)
    )
    number = values.get("alignment", "")
    if number.isascii() and number.isdigit() and 1 <= int(number[:3]) <= 9:
        places[values.get("name", "")] = Place(int(number))


def _ass_line(line: str, names: tuple[str, ...], places: dict[str, Place]) -> Cue | None:
    values = dict(zip(names, line.split(",", max(len(names) - 1, 0)), strict=False))
    start, end = _ass_time(values.get("start", "")), _ass_time(values.get("end", ""))
    if start is None or end is None:
        return None
    text, place = ass_text(values.get("text", ""))
    if place is Place.BOTTOM and not _PLACE.search(values.get("text", "")):
        place = places.get(values.get("style", "").strip(), place)
    return Cue(start=start, end=end, text=text, place=place)


def _ass_time(text: str) -> float | None:
    found = _ASS_TIME.match(text)
    if found is None:
        return None
    hours, minutes, seconds, part = found.groups()
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + int(part.ljust(3, "0")) / 1000
