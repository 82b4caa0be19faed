"""A hub's address in one form, and which addresses may be dialled for whom.

A person may name any address. A stranger's word (card, DHT, LAN) never makes us dial loopback,
private, link-local or multicast ranges of the public network, a name that has to be resolved, or
a port where something else lives. Source: SAFETY P2; RFC 3986, RFC 5952, RFC 6890.
"""

import ipaddress
import re
from enum import Enum

from kkiri.base.errors import RefusedError
from kkiri.base.types import HubUrl

URL_CHARS_MAX = 300  # longest host name (253), scheme, port and a short path
PATH_CHARS_MAX = 64  # relays live at `/` or one short word; longer is somebody else's API
STRANGER_PORT_MIN = 1024  # below live ssh, smtp and the like, which must never hear from us
STRANGER_LOW_PORTS = frozenset({80, 443})  # ... except where web servers live anyhow

_URL = re.compile(
    r"(?:(?P<scheme>wss?)://)?"
    r"(?:\[(?P<six>[0-9a-f:.]{2,45})\]|(?P<host>[a-z0-9._-]{1,253}))"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[A-Za-z0-9._~/-]*)?\Z"
)
_AUTHORITY = re.compile(r"[A-Za-z]{2,3}://[^/]*|[^/]*")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")
_NUMERIC = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)\Z")
_DEFAULT_PORTS = {"ws": 80, "wss": 443}

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class BadHubUrlError(RefusedError):
    """That is not the address of a hub. | 허브 주소가 아닙니다."""

    number = 50


class Source(Enum):
    """Who told us of a hub."""

    NAMED = "named"
    """A person: bootstrap, `peers add`."""
    CARD = "card"
    """A card that came with the gossip."""
    DHT = "dht"
    LAN = "lan"
    """A neighbour told its own address by multicast."""


class Where(Enum):
    """What kind of place a host is."""

    PUBLIC = "public"
    PRIVATE = "private"
    """Loopback, private and link-local ranges."""
    NAME = "name"
    """A host name: it can resolve to anything."""
    NOWHERE = "nowhere"
    """Multicast, unspecified, reserved: never dialled."""


def hub_url(text: str) -> HubUrl:
    """Give the canonical form: lower case, `ws://host:port[/path]`, `wss://host[:port][/path]`.

    `host:port` alone is taken as `ws://`. Raises: BadHubUrlError.
    """
    text = text.strip()
    if len(text) > URL_CHARS_MAX or not text.isascii():
        raise BadHubUrlError(repr(text[:80]))
    head = _AUTHORITY.match(text)
    end = head.end() if head else 0
    parts = _URL.match(text[:end].lower() + text[end:])
    if parts is None:
        raise BadHubUrlError(repr(text[:80]))
    scheme = parts["scheme"] or "ws"
    if parts["scheme"] is None and parts["port"] is None:
        raise BadHubUrlError(f"{text[:80]!r} has no port")
    port = int(parts["port"] or _DEFAULT_PORTS[scheme])
    path = (parts["path"] or "").rstrip("/")
    if not 0 < port < 65_536 or len(path) > PATH_CHARS_MAX or ".." in path or "//" in path:
        raise BadHubUrlError(repr(text[:80]))
    host = _six(parts["six"]) if parts["six"] else _host(parts["host"])
    shown = "" if scheme == "wss" and port == 443 else f":{port}"
    return HubUrl(f"{scheme}://{host}{shown}{path}")


def host_of(url: HubUrl) -> str:
    """Give the host of a canonical address, IPv6 without brackets."""
    authority = url.split("://", 1)[1].split("/", 1)[0]
    if authority.startswith("["):
        return authority[1:].partition("]")[0]
    return authority.partition(":")[0]


def port_of(url: HubUrl) -> int:
    """Give the port of a canonical address."""
    scheme, rest = url.split("://", 1)
    tail = rest.split("/", 1)[0].rpartition("]")[2].rpartition(":")[2]
    return int(tail) if tail.isdigit() and ":" in rest else _DEFAULT_PORTS[scheme]


def where(url: HubUrl) -> Where:
    """Say what kind of place the host is; an address inside an IPv6 one counts as itself."""
    ip = _ip(host_of(url))
    if ip is None:
        return Where.NAME
    ip = _inner(ip)
    if ip.is_multicast or ip.is_unspecified or (ip.is_reserved and not ip.is_private):
        return Where.NOWHERE
    if str(ip) == "255.255.255.255":
        return Where.NOWHERE
    return Where.PUBLIC if ip.is_global else Where.PRIVATE


def may_dial(url: HubUrl, source: Source, *, public: bool) -> bool:
    """Say whether a hub told of by the source may be dialled in the public or a private network."""
    place = where(url)
    if place is Where.NOWHERE:
        return False
    if source is Source.NAMED:
        return True
    port = port_of(url)
    if place is Where.NAME or (port < STRANGER_PORT_MIN and port not in STRANGER_LOW_PORTS):
        return False
    return place is Where.PUBLIC or source is Source.LAN or not public


def neighbourhood(url: HubUrl) -> str:
    """Give what one attacker gets cheaply: the /16 of IPv4, the /32 of IPv6, or the host name."""
    host = host_of(url)
    ip = _ip(host)
    if ip is None:
        return host
    ip = _inner(ip)
    bits = 16 if ip.version == 4 else 32
    return str(ipaddress.ip_network(f"{ip}/{bits}", strict=False))


def _ip(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _inner(ip: Address) -> Address:
    """Unwrap IPv4 inside IPv6: mapped, 6to4, NAT64 and Teredo reach the IPv4 address."""
    if ip.version == 4:
        return ip
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    if ip in ipaddress.ip_network("64:ff9b::/96") or ip.packed[:12] == bytes(12):
        return ipaddress.IPv4Address(ip.packed[12:]) if int(ip) > 1 else ip
    return ip


def _six(text: str) -> str:
    try:
        return f"[{ipaddress.IPv6Address(text)}]"
    except ValueError as error:
        raise BadHubUrlError(repr(text)) from error


def _host(text: str) -> str:
    labels = text.rstrip(".").split(".")
    if _NUMERIC.match(labels[-1]):
        # 127.1, 0x7f.1 and 2130706433 all reach 127.0.0.1 in some resolver: four plain numbers only
        try:
            return str(ipaddress.IPv4Address(".".join(labels)))
        except ValueError as error:
            raise BadHubUrlError(repr(text)) from error
    if not all(_LABEL.match(label) for label in labels):
        raise BadHubUrlError(repr(text[:80]))
    return ".".join(labels)
