"""SAMI (.smi), the subtitles of Korea, as found in the wild: unclosed, mixed, out of order.

A `<SYNC Start=…>` lasts until the next of its language; `&nbsp;` alone clears the screen.
Source: Understanding SAMI 1.0; the rest from files of 1998-2010.
"""

import html
import re
from collections.abc import Iterator
from typing import Final

from kkiri.play.cue import SHOWN_SECONDS_MAX, Cue, mark, unmarked

SYNCS_MAX = 40_000  # of one file: two for each cue
CLASSES_MAX = 16  # of one file: languages
BODY_CHARS_MAX = 4_000  # of one sync: two languages of what a screen holds
NOTES_MAX = 500  # comments in one file; those of a typical one are its style alone
NOTE_CHARS_MAX = 6_000  # of one comment: styles of all languages
_SYNC: Final = re.compile(r"<\s*sync\b([^<>]{0,200})>?", re.I)
_START: Final = re.compile(r"start\s*=\s*[\"']?\s*(-?\d{1,10})", re.I)
_PART: Final = re.compile(r"<\s*p\b([^<>]{0,200})>?", re.I)
_CLASS: Final = re.compile(r"class\s*=\s*[\"']?\s*([\w.-]{1,32})", re.I)
_BREAK: Final = re.compile(r"<\s*br\b[^<>]{0,50}/?>", re.I)
_TAG: Final = re.compile(r"<\s*(/?)\s*([A-Za-z!]{1,12})[^<>]{0,400}>")
_LOOSE: Final = re.compile(r"<[^<>]{0,400}>|<\s*/?\s*[A-Za-z]{1,10}\s*\Z")
_RULE: Final = re.compile(r"\.([\w-]{1,32})\s*\{([^{}]{0,400})\}")
_LANG: Final = re.compile(r"lang\s*:\s*[\"']?\s*([a-z]{2,3})", re.I)
_SPACE: Final = re.compile("[\\s\u00a0\u3000]+")
_KNOWN: Final = {
    "kr": "ko", "ko": "ko", "en": "en", "eg": "en", "us": "en", "jp": "ja", "ja": "ja",
    "cn": "zh", "ch": "zh", "zh": "zh",
}  # fmt: skip


def languages(text: str) -> dict[str, str]:
    """Give the classes that a file uses, in capitals, and the language of each."""
    told: dict[str, str] = {}
    for name, rule in _RULE.findall(text[:20_000]):
        found = _LANG.search(rule)
        if found and len(told) < CLASSES_MAX:
            told[name.upper()] = found[1].lower()[:2]
    used: dict[str, str] = {}
    for _, name, _ in _parts(text):
        if name and name not in used and len(used) < CLASSES_MAX:
            used[name] = told.get(name) or _KNOWN.get(name[:2].lower(), "")
    return used


def read_sami(text: str, language: str) -> Iterator[Cue]:
    """Read the cues of one language; of the first when the file has not that one."""
    known = languages(text)
    wanted = {name for name, one in known.items() if one == language}
    if not wanted and known:
        wanted = {_most(text, known)}
    shown = [
        (start, _body(body)) for start, name, body in _parts(text) if not name or name in wanted
    ]
    merged: list[tuple[int, list[str]]] = []
    for start, body in sorted(shown, key=lambda one: one[0]):
        if merged and merged[-1][0] == start:
            merged[-1][1].append(body)
        else:
            merged.append((start, [body]))
    for number, (start, bodies) in enumerate(merged):
        words = "\n".join(body for body in bodies if body)
        if not words:
            continue
        begin = start / 1000
        last = begin + SHOWN_SECONDS_MAX
        end = merged[number + 1][0] / 1000 if number + 1 < len(merged) else last
        yield Cue(start=begin, end=min(end, last), text=words)


def _most(text: str, known: dict[str, str]) -> str:
    count = dict.fromkeys(known, 0)
    for _, name, body in _parts(text):
        if name in count and _body(body):
            count[name] += 1
    return max(count, key=lambda name: count[name])


def _parts(text: str) -> Iterator[tuple[int, str, str]]:
    """Give (start in ms, class in capitals or empty, body) of each paragraph of each sync."""
    plain = _without_notes(text)
    syncs = []
    for sync in _SYNC.finditer(plain):
        syncs.append(sync)
        if len(syncs) >= SYNCS_MAX:
            break
    for number, sync in enumerate(syncs):
        found = _START.search(sync[1])
        if found is None or int(found[1]) < 0:
            continue
        end = syncs[number + 1].start() if number + 1 < len(syncs) else len(plain)
        body = plain[sync.end() : min(end, sync.end() + BODY_CHARS_MAX)]
        heads = list(_PART.finditer(body))
        before = body[: heads[0].start()] if heads else body
        if not heads or _body(before):
            yield int(found[1]), "", before
        for place, part in enumerate(heads):
            after = heads[place + 1].start() if place + 1 < len(heads) else len(body)
            name = _CLASS.search(part[1])
            yield int(found[1]), name[1].upper() if name else "", body[part.end() : after]


def _without_notes(text: str) -> str:
    """Take comments out; one that is never closed does not eat what follows."""
    made, at = [], 0
    for _ in range(NOTES_MAX):
        start = text.find("<!--", at)
        end = -1 if start < 0 else text.find("-->", start, start + NOTE_CHARS_MAX)
        if end < 0:
            break
        made.append(text[at:start])
        at = end + 3
    return "".join(made) + text[at:]


def _body(body: str) -> str:
    flat = _SPACE.sub(" ", unmarked(body))
    broken = _BREAK.sub("\n", flat)
    tagged = _TAG.sub(lambda found: mark(found[2].lower(), bool(found[1])), broken)
    words = html.unescape(_LOOSE.sub("", tagged)).replace("\u00a0", " ")
    lines = [line.strip() for line in unmarked_only(words).split("\n")]
    return "\n".join(line for line in lines if line)


def unmarked_only(text: str) -> str:
    """Give nothing for text of which only tags are left."""
    return text if unmarked(text).strip() else ""
