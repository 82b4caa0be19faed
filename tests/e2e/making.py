"""Makes an answer of any type, its texts by a rule of one's own: what a page may be told."""

import dataclasses
import enum
import inspect
import re
import types
from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from zlib import crc32

from kkiri.app.settings import SettingAnswer, Words
from kkiri.app.settings_words import WORDS

Text = Callable[[str, int], str]
"""Gives the text of a field by its name and the number of the item it stands in."""
NOW = 1_790_000_000
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
OWN = {SettingAnswer, Words}
"""What no stranger writes any part of: the peer's own words, and what its person has set."""


def own_text(name: str, number: int) -> str:
    """Give a text of our own."""
    return f"{name} {number}"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """Makes values of types; `many` items in each outer list."""

    text: Text
    many: int
    few: int = 2
    """Items of a list within an item."""
    turn: int = 0
    """Number of the first item: answers of another turn hold other texts."""

    def make(self, kind: Any) -> Any:
        """Give a value as JSON has it."""
        return self._value(kind, "", self.turn, 0)

    def _value(self, kind: Any, name: str, number: int, depth: int) -> Any:
        origin, inner = get_origin(kind), get_args(kind)
        if origin is Annotated:
            return self._value(inner[0], name, number, depth)
        if origin in {Union, types.UnionType}:
            some = [one for one in inner if one is not type(None)]
            missing = len(some) < len(inner) and number % 5 == 4
            return None if missing else self._value(some[0], name, number, depth)
        if origin is Literal:
            return inner[number % len(inner)]
        if origin in {list, tuple, set, frozenset} or (origin and hasattr(origin, "__iter__")):
            return self._items(origin, inner, name, number, depth)
        if hasattr(kind, "__supertype__"):
            return self._value(kind.__supertype__, name, number, depth)
        if isinstance(kind, type) and issubclass(kind, enum.Enum):
            return list(kind)[number % len(kind)].value
        hints = _fields(kind)
        if hints is not None:
            maker = dataclasses.replace(self, text=own_text) if kind in OWN else self
            return {
                field: _choice(kind, field, number) or maker._value(hint, field, number, depth)
                for field, hint in hints.items()
            }
        return self._plain(kind, name, number)

    def _items(self, origin: Any, inner: tuple[Any, ...], name: str, number: int, deep: int) -> Any:
        if issubclass(origin, dict) or len(inner) == 2 and inner[1] is not Ellipsis:
            key = self._value(inner[0], "key", number, deep)
            return {key: self._value(inner[1], name, number, deep + 1)}
        count = self.many if deep == 0 else self.few
        return [self._value(inner[0], name, number + turn, deep + 1) for turn in range(count)]

    def _plain(self, kind: Any, name: str, number: int) -> Any:
        if kind is bool:
            return bool(number >> crc32(name.encode()) % 3 & 1)
        if kind is float:
            return float(number % 90 + 1)
        if kind is int:
            return _amount(name, number)
        if kind is str:
            return _ours(name, number) or self.text(name, number)
        return None


@lru_cache(maxsize=1024)
def _fields(kind: Any) -> dict[str, Any] | None:
    """Give names and types of a dataclass, a msgspec struct or a pydantic model; else None."""
    names = getattr(kind, "__struct_fields__", None) or getattr(kind, "model_fields", None)
    if names is None and dataclasses.is_dataclass(kind):
        names = [field.name for field in dataclasses.fields(kind)]
    if names is None:
        return None
    hints = get_type_hints(kind, include_extras=True)
    return {name: hints[name] for name in names}


def _choice(kind: Any, field: str, number: int) -> str:
    """Give one of the words that the field's own documentation lists in backticks."""
    words = list(WORDS) if (kind, field) == (SettingAnswer, "name") else _words(kind).get(field, [])
    return words[number % len(words)] if len(words) > 1 else ""


@lru_cache(maxsize=1024)
def _words(kind: Any) -> dict[str, list[str]]:
    told = re.findall(r'\n    (\w+): str\b[^\n]*\n    """([^"]*)"""', inspect.getsource(kind))
    return {field: re.findall(r"`(\w+)`", text) for field, text in told}


def _amount(name: str, number: int) -> int:
    if name.endswith(("_at", "time", "since", "until")):
        return NOW - 61 * number
    if name in {"index", "number", "id"}:
        return number
    return (number % 1_000) * 37_411 + 1


def hash_of(number: int) -> str:
    """Give an info-hash, event id or hex key."""
    return f"{number + 1:040x}"


def npub_of(number: int) -> str:
    """Give something that looks as an npub does."""
    digits = "".join(BECH32[number >> 5 * place & 31] for place in range(58))
    return f"npub1{digits}"


def _ours(name: str, number: int) -> str:
    """Give what the peer itself makes or has checked, so that no stranger writes it."""
    if name == "info_hash":
        return hash_of(number)
    if name in {"pubkey", "key", "event", "id", "root"}:
        return f"{number + 1:064x}"
    if name in {"npub", "author", "who", "by", "host", "from_", "pointer"}:
        return npub_of(number)
    if name == "link":
        return f"magnet:?xt=urn:btih:{hash_of(number)}"
    if name in {"open", "m3u"}:
        return f"http://127.0.0.1:1/open/{'a' * 43}/{hash_of(number)}/0/name"
    if name == "url":
        return f"/api/play/{hash_of(number)}/{number}/name"
    return ""
