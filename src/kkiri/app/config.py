"""The settings, read once and frozen: flags before environment before config.toml before defaults.

The names are the same in all three: `--torrent-port`, `KKIRI_TORRENT_PORT`, `torrent_port`.
"""

import ipaddress
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from pathlib import Path
from typing import TypeVar

from kkiri.app.home import Home
from kkiri.base.errors import BadConfigError, RefusedError
from kkiri.base.types import Bytes, HubUrl
from kkiri.event.listing import PeerAddress
from kkiri.flows.world import Network
from kkiri.hub.address import host_of, hub_url
from kkiri.search.amounts import size_bytes

HUB_BYTES_DEFAULT = 2_000_000_000  # DESIGN: a storage budget of 2 GB holds about 4 M listings
RATE_MIN = 1024  # below 1 kB/s a swarm drops us as dead
RATE_MAX = 2**31 - 1  # the engine counts in 32 bits
HUB_BYTES_MIN = 16_000_000  # below this the ballast and the index leave no room for records
BOOTSTRAP_MAX = 64  # first contact needs a few; 64 lines are already a mistake
CONFIG_BYTES_MAX = 256 * 1024  # a settings file is a few hundred bytes
PREFIX = "KKIRI_"
OPEN_LISTEN = "0.0.0.0:0"
LOOPBACK_LISTEN = "127.0.0.1:0"

FILE = "config.toml"

T = TypeVar("T")
Value = str | int | bool | list[str]
Said = Mapping[str, tuple[Value, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where something listens; port 0 is any free one, the same again at the next start."""

    host: str
    port: int

    @property
    def everywhere(self) -> bool:
        """Say whether it is every address of the machine, which tells nobody where to dial."""
        return self.host in {"0.0.0.0", "::"}

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What one run of the peer goes by."""

    home: Path
    network: Network = Network.PUBLIC
    listen: Endpoint
    """The hub's address."""
    bootstrap: tuple[HubUrl, ...] = ()
    """Hubs to call first; the person vouches for them."""
    dht_bootstrap: tuple[PeerAddress, ...] = ()
    """Nodes of a DHT to start from; in a private network hubs then meet there as in Mainline."""
    port: int = 0
    """The page's port, always on 127.0.0.1."""
    torrent_port: int = 0
    advertise: str = ""
    """The address others are told when it is not the one listened on."""
    hub_bytes: Bytes = Bytes(HUB_BYTES_DEFAULT)
    """How much the hub may store."""
    upload_rate: Bytes = Bytes(0)
    """Bytes a second that files go out with; 0 for no limit."""
    download_rate: Bytes = Bytes(0)
    hub_limits: bool = True
    """Rate limits for strangers; off only for tests of load."""
    lan: bool = True
    """Look for peers on the local network (public networks only)."""
    lang: str = ""
    """`ko` or `en`; empty for the system's."""
    incoming: Path | None = None
    """Where downloads go when no folder is named; `incoming` in the home folder for None."""
    watch_folder: Path | None = None
    """Torrent files and magnets put there are fetched; None for no such folder."""
    said: Said = field(default_factory=dict, compare=False)
    """What was said of each setting, and where."""


def read(
    home: Path, flags: Mapping[str, Value], environment: Mapping[str, str], toml: str = ""
) -> Config:
    """Merge the sources of settings.

    Raises: BadConfigError naming the setting and where it stands.
    """
    merged: dict[str, tuple[Value, str]] = {}
    for name, value in _from_toml(toml).items():
        merged[name] = (value, FILE)
    for name, text in _from_environment(environment).items():
        merged[name] = (text, PREFIX + name.upper())
    for name, value in flags.items():
        merged[name] = (value, "--" + name.replace("_", "-"))
    known = {one.name for one in fields(Config)} - {"home", "said"}
    for name, (_, source) in merged.items():
        if name not in known:
            raise BadConfigError(f"{source}: {name!r}")
    return _build(home, merged)


def read_home(home: Path, flags: Mapping[str, Value], environment: Mapping[str, str]) -> Config:
    """Read the settings of a home folder. Raises: BadConfigError."""
    return read(home, flags, environment, read_toml(home))


def read_toml(home: Path) -> str:
    """Read the text of a home's config.toml; empty without one. Raises: BadConfigError."""
    try:
        raw = (home / FILE).read_bytes()
    except FileNotFoundError:
        return ""
    if len(raw) > CONFIG_BYTES_MAX:
        raise BadConfigError(FILE)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadConfigError(f"{FILE}: UTF-8") from error


def first_toml(flags: Mapping[str, Value]) -> str:
    """Give the config.toml of a new home, which keeps what its first start was told."""
    lines = ["# kkiri: https://toml.io, names as in `kkiri up --help`"]
    for name, value in flags.items():
        if isinstance(value, bool):
            lines.append(f"{name} = {'true' if value else 'false'}")
        elif isinstance(value, int):
            lines.append(f"{name} = {value}")
        elif isinstance(value, str):
            lines.append(f"{name} = {_quoted(value)}")
        else:
            lines.append(f"{name} = [{', '.join(_quoted(item) for item in value)}]")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    inner = "".join(
        char if char.isprintable() and char not in '"\\' else f"\\U{ord(char):08x}" for char in text
    )
    return f'"{inner}"'


def _from_toml(text: str) -> dict[str, Value]:
    try:
        plain: dict[str, object] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise BadConfigError(f"config.toml: {error}") from error
    found: dict[str, Value] = {}
    for name, value in plain.items():
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            found[name] = [str(item) for item in value]
        elif isinstance(value, str | int):
            found[name] = value
        else:
            raise BadConfigError(f"config.toml: {name!r}")
    return found


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(PREFIX).lower(): text
        for name, text in environment.items()
        if name.startswith(PREFIX) and name != f"{PREFIX}HOME"
    }


def _build(home: Path, merged: Said) -> Config:
    def take(name: str, read_one: Callable[[Value], T], default: T) -> T:
        if name not in merged:
            return default
        value, source = merged[name]
        try:
            return read_one(value)
        except (ValueError, TypeError, KeyError, RefusedError) as error:
            where = f"{source}: {name}" if source == FILE else source
            raise BadConfigError(f"{where}: {value!r}"[:300]) from error

    network = take("network", lambda value: Network(_text(value).lower()), Network.PUBLIC)
    bootstrap: tuple[HubUrl, ...] = take("bootstrap", _urls, tuple[HubUrl, ...]())
    dht_bootstrap = take("dht_bootstrap", _nodes, tuple[PeerAddress, ...]())
    hosts = [*map(host_of, bootstrap), *(node.host for node in dht_bootstrap)]
    alone = network is Network.PRIVATE and all(map(_is_loopback, hosts))
    listen = LOOPBACK_LISTEN if alone else OPEN_LISTEN
    incoming = take("incoming", _folder, None)
    watched = take("watch_folder", _folder, None)
    if watched is not None and _holds(incoming or Home(home).incoming, watched):
        raise BadConfigError(f"watch_folder: {watched}"[:300])
    return Config(
        home=home,
        network=network,
        listen=take("listen", _endpoint, _endpoint(listen)),
        bootstrap=bootstrap,
        dht_bootstrap=dht_bootstrap,
        port=take("port", _port, 0),
        torrent_port=take("torrent_port", _port, 0),
        advertise=take("advertise", _advertised, ""),
        hub_bytes=take("hub_bytes", _hub_bytes, Bytes(HUB_BYTES_DEFAULT)),
        upload_rate=take("upload_rate", _rate, Bytes(0)),
        download_rate=take("download_rate", _rate, Bytes(0)),
        hub_limits=take("hub_limits", _flag, True),
        lan=take("lan", _flag, True),
        lang=take("lang", _lang, ""),
        incoming=incoming,
        watch_folder=watched,
        said=merged,
    )


def _text(value: Value) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value.strip()


def _whole(value: Value) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) < 20):
        raise ValueError
    return int(value)


def _port(value: Value) -> int:
    port = _whole(value)
    if not 0 <= port <= 65_535:
        raise ValueError
    return port


def _hub_bytes(value: Value) -> Bytes:
    size = size_bytes(value.strip()) if isinstance(value, str) else _whole(value)
    if size is None or size < HUB_BYTES_MIN:
        raise ValueError
    return Bytes(size)


def _is_loopback(host: str) -> bool:
    """Say whether a host is this machine; a private network without others stays on it."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _rate(value: Value) -> Bytes:
    rate = size_bytes(value.strip()) if isinstance(value, str) else _whole(value)
    if rate is None or not 0 <= rate <= RATE_MAX or 0 < rate < RATE_MIN:
        raise ValueError
    return Bytes(rate)


def _flag(value: Value) -> bool:
    if isinstance(value, bool):
        return value
    return {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}[
        _text(value).lower()
    ]


def _folder(value: Value) -> Path | None:
    if not (text := _text(value)):
        return None
    path = Path(text).expanduser() if text.startswith("~/") else Path(text)
    if not path.is_absolute() or "\x00" in text:
        raise ValueError
    return path


def _holds(folder: Path, other: Path) -> bool:
    """Say whether one folder is the other or lies in it, links followed.

    A torrent that a stranger put into another torrent must not be fetched by itself.
    """
    whole, within = folder.resolve(), other.resolve()
    return whole == within or whole in within.parents


def _lang(value: Value) -> str:
    if (lang := _text(value).lower()[:2]) not in {"", "ko", "en"}:
        raise ValueError
    return lang


def _endpoint(value: Value) -> Endpoint:
    host, colon, port = _text(value).rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or any(char.isspace() or char == "/" for char in host):
        raise ValueError
    return Endpoint(host=host, port=_port(port))


def _advertised(value: Value) -> str:
    return hub_url(text) if (text := _text(value)) else ""


def _urls(value: Value) -> tuple[HubUrl, ...]:
    return tuple(hub_url(text) for text in _texts(value))


def _nodes(value: Value) -> tuple[PeerAddress, ...]:
    """Read numeric addresses: a name would be asked of whoever answers for names here."""
    ends = [_endpoint(text) for text in _texts(value)]
    if not all(end.port for end in ends):
        raise ValueError
    return tuple(
        PeerAddress(host=str(ipaddress.ip_address(end.host)), port=end.port) for end in ends
    )


def _texts(value: Value) -> list[str]:
    texts = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(texts, list) or len(texts) > BOOTSTRAP_MAX:
        raise TypeError
    return texts
