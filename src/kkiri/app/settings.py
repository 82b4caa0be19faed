"""The settings as a person sees and changes them: each explains itself, config.toml keeps them.

What the command line or the environment says cannot be changed here, as it would win again.
"""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from kkiri.adapters.settings_file import changed
from kkiri.adapters.system import write_private
from kkiri.app.config import (
    FILE,
    HUB_BYTES_MIN,
    RATE_MAX,
    RATE_MIN,
    Config,
    Value,
    read,
    read_toml,
)
from kkiri.app.home import Home
from kkiri.app.settings_words import WORDS
from kkiri.base.errors import BadConfigError, NotFoundError, RefusedError, UnsafeFolderError
from kkiri.flows.sharing.share import overlaps
from kkiri.ports.state import Library
from kkiri.ports.swarms import Swarms


class Sort(Enum):
    """How a setting is shown and entered."""

    RATE = "rate"
    BYTES = "bytes"
    PORT = "port"
    FLAG = "flag"
    CHOICE = "choice"
    TEXT = "text"
    FOLDER = "folder"


SORTS: Mapping[str, Sort] = {
    "upload_rate": Sort.RATE,
    "download_rate": Sort.RATE,
    "hub_bytes": Sort.BYTES,
    "torrent_port": Sort.PORT,
    "port": Sort.PORT,
    "lan": Sort.FLAG,
    "lang": Sort.CHOICE,
    "network": Sort.CHOICE,
    "incoming": Sort.FOLDER,
    "watch_folder": Sort.FOLDER,
}
"""How each is entered; the others are text."""
LIMITS: Mapping[Sort, tuple[int, int | None]] = {
    Sort.RATE: (RATE_MIN, RATE_MAX),
    Sort.BYTES: (HUB_BYTES_MIN, None),
    Sort.PORT: (0, 65_535),
}
CHOICES: Mapping[str, list[str]] = {"lang": ["", "en", "ko"], "network": ["public", "private"]}
LIVE = ("upload_rate", "download_rate")
"""A change holds at once."""
SHOWN_ONLY = ("network", "bootstrap", "dht_bootstrap")
"""They make this another peer: changed in config.toml by hand, by those who know."""
UNITS = (("G", 1 << 30), ("M", 1 << 20), ("k", 1 << 10))
UNIT_COUNT_MAX = 10_000  # 500k reads better than 512000, 1953125k does not


class SettingFixedError(RefusedError):
    """That is said by a flag or the environment: change it there. | 실행할 때 준 값이라 그쪽에서 바꿔야 합니다."""  # noqa: E501

    number = 152


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One sentence in both languages."""

    en: str
    ko: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingAnswer:
    """One setting."""

    name: str
    sort: str
    """`rate`, `bytes`, `port`, `flag`, `choice`, `text`, `folder`."""
    title: Words
    about: Words
    value: str
    """What the running peer goes by; `on` or `off` for a flag, several parted by spaces."""
    amount: int | None
    """The same in bytes, or bytes a second, for a rate or a size."""
    later: str | None
    """What it will be at the next start, where that differs."""
    default: str
    source: str
    """Empty for the default, `config.toml`, a flag such as `--port`, or `KKIRI_PORT`."""
    fixed: bool
    """It cannot be changed here, but where `source` says; nor can what only config.toml changes."""
    live: bool
    """A change holds at once; of others from the next start."""
    low: int | None
    high: int | None
    choices: list[str]


class Settings:
    """The settings of one running peer."""

    def __init__(self, config: Config, home: Home, library: Library, swarms: Swarms) -> None:
        self._running = config
        self._home = home
        self._library = library
        self._swarms = swarms
        self._lock = asyncio.Lock()

    async def rows(self) -> list[SettingAnswer]:
        """Tell of all. Raises: BadConfigError when config.toml has become unreadable."""
        return await asyncio.to_thread(self._rows)

    async def change(self, name: str, text: str) -> SettingAnswer:
        """Set one, or with an empty text back to its default; durable when this returns.

        Raises: NotFoundError, SettingFixedError, BadConfigError, UnsafeFolderError.
        """
        if name not in WORDS:
            raise NotFoundError(name)
        if self._is_fixed(name):
            raise SettingFixedError(name)
        async with self._lock:
            coming = await asyncio.to_thread(self._store, name, text.strip())
            if name in LIVE:
                self._apply(coming)
        return next(one for one in await self.rows() if one.name == name)

    def _store(self, name: str, text: str) -> Config:
        before = read_toml(self._home.path)
        value = _written(_sort(name), text) if text else None
        after = changed(before, name, value)
        coming = self._read(after)
        if name == "incoming" and coming.incoming is not None:
            self._check_folder(name, coming.incoming)
        if name == "watch_folder" and coming.watch_folder is not None:
            self._check_folder(name, coming.watch_folder)
        if after != before:
            write_private(self._home.config, after.encode())
        return coming

    def _check_folder(self, name: str, folder: Path) -> None:
        """See that files can go there, and that it is not what is shared."""
        try:
            if any(overlaps(folder.resolve(), root) for root in self._library.roots()):
                raise UnsafeFolderError(f"{name}: {folder}"[:300])
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadConfigError(f"{name}: {error.strerror}: {folder}"[:300]) from error
        if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
            raise BadConfigError(f"{name}: {folder}"[:300])

    def _apply(self, coming: Config) -> None:
        self._running = replace(
            self._running, upload_rate=coming.upload_rate, download_rate=coming.download_rate
        )
        self._swarms.limit(coming.upload_rate, coming.download_rate)

    def _read(self, toml: str) -> Config:
        """Read what the next start will go by: the same flags and environment, another file."""
        given = {
            name: value for name, (value, source) in self._running.said.items() if source != FILE
        }
        return read(self._home.path, given, {}, toml)

    def _is_fixed(self, name: str) -> bool:
        source = self._running.said.get(name, ("", FILE))[1]
        return name in SHOWN_ONLY or source != FILE

    def _rows(self) -> list[SettingAnswer]:
        coming = self._read(read_toml(self._home.path))
        default = read(self._home.path, {"network": self._running.network.value}, {})
        return [self._row(name, coming, default) for name in WORDS]

    def _row(self, name: str, coming: Config, default: Config) -> SettingAnswer:
        now, later = _shown(self._running, name), _shown(coming, name)
        source = self._running.said.get(name, ("", ""))[1]
        if source in {"", FILE}:
            source = FILE if name in coming.said else ""
        sort = _sort(name)
        low, high = LIMITS.get(sort, (None, None))
        title_en, title_ko, about_en, about_ko = WORDS[name]
        number: object = getattr(self._running, name)
        return SettingAnswer(
            name=name,
            sort=sort.value,
            title=Words(en=title_en, ko=title_ko),
            about=Words(en=about_en, ko=about_ko),
            value=now,
            amount=number if isinstance(number, int) and sort in {Sort.RATE, Sort.BYTES} else None,
            later=later if later != now else None,
            default=_shown(default, name),
            source=source,
            fixed=self._is_fixed(name),
            live=name in LIVE,
            low=low,
            high=high,
            choices=CHOICES.get(name, []),
        )


def _sort(name: str) -> Sort:
    return SORTS.get(name, Sort.TEXT)


def _shown(config: Config, name: str) -> str:
    value: object = getattr(config, name)
    match value:
        case None:
            return str(Home(config.home).incoming) if name == "incoming" else ""
        case bool():
            return "on" if value else "off"
        case int():
            return _amount(value) if name in {"upload_rate", "download_rate"} else str(value)
        case Enum():
            return str(value.value)
        case tuple():
            return " ".join(str(one) for one in value)
        case _:
            return str(value)


def _amount(count: int) -> str:
    for unit, size in UNITS:
        if count and count % size == 0 and count // size < UNIT_COUNT_MAX:
            return f"{count // size}{unit}"
    return str(count)


def _written(sort: Sort, text: str) -> Value:
    """Give a value as a person would write it into the file."""
    match sort:
        case Sort.FLAG if text.lower() in {"on", "off"}:
            return text.lower() == "on"
        case Sort.PORT | Sort.RATE | Sort.BYTES if text.isascii() and text.isdigit():
            return int(text[:20])
        case _:
            return text
