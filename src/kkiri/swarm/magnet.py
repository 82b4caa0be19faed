"""The link one person pastes to another: a magnet with what is needed to fetch, and nothing else.

Trackers, web seeds and sources in a stranger's link are passed over: they would make us connect
where a stranger wants. Source: BEP 9 (magnet format), docs/protocol/torrents.md.
"""

import re
from base64 import b32decode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kkiri.base.errors import BadLinkError, BadRecordError
from kkiri.base.types import Bytes, InfoHash, Link
from kkiri.event.fields import peer_address
from kkiri.event.listing import PeerAddress

LINK_CHARS_MAX = 8_192  # browsers pass on 8 kB; a link of ours has about 300
LINK_PARTS_MAX = 200  # magnets with a hundred trackers are real; they are skipped, not read
LINK_ADDRESSES_MAX = 16  # dialled at once; twice what a listing may name
NAME_CHARS_MAX = 255  # a display name only; the torrent's own one is used for files
SIZE_DIGITS_MAX = 18  # below 2**63

_HEX = re.compile(r"[0-9a-fA-F]{40}\Z")
_BASE32 = re.compile(r"[A-Za-z2-7]{32}\Z")
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ESCAPE = re.compile(rb"%([0-9a-fA-F]{2})")
_BTIH = "urn:btih:"


@dataclass(frozen=True, slots=True, kw_only=True)
class MagnetLink:
    """What a link says; all but the info-hash is a hint."""

    info_hash: InfoHash
    name: str = ""
    size: Bytes | None = None
    addresses: tuple[PeerAddress, ...] = ()


def read_link(text: str) -> MagnetLink:
    """Read a magnet link or a bare v1 info-hash.

    Raises: BadLinkError.
    """
    text = text.strip()
    if len(text) > LINK_CHARS_MAX:
        raise BadLinkError(f"{len(text)} characters")
    if _HEX.match(text):
        return MagnetLink(info_hash=InfoHash(text.lower()))
    if text[:8].lower() != "magnet:?":
        raise BadLinkError(repr(text[:40]))
    info_hash: InfoHash | None = None
    name, size = "", None
    addresses: dict[PeerAddress, None] = {}
    for key, value in _parts(text[8:]):
        if key == "xt" and info_hash is None:
            info_hash = _topic(value)
        elif key == "dn" and not name:
            name = value[:NAME_CHARS_MAX]
        elif key == "xl" and value.isascii() and value.isdigit() and len(value) <= SIZE_DIGITS_MAX:
            size = Bytes(int(value))
        elif key == "x.pe" and len(addresses) < LINK_ADDRESSES_MAX:
            addresses.update(_address(value))
    if info_hash is None:
        raise BadLinkError("no v1 info-hash")
    return MagnetLink(info_hash=info_hash, name=name, size=size, addresses=tuple(addresses))


def write_link(
    info_hash: InfoHash,
    name: str = "",
    size: Bytes | None = None,
    addresses: Sequence[PeerAddress] = (),
) -> Link:
    """Give the magnet link; other clients read all of it."""
    text = f"magnet:?xt={_BTIH}{info_hash}"
    if name:
        text += f"&dn={_quote(name[:NAME_CHARS_MAX])}"
    if size is not None:
        text += f"&xl={size}"
    for address in addresses[:LINK_ADDRESSES_MAX]:
        text += f"&x.pe={address}"
    return Link(text)


def _parts(query: str) -> Iterator[tuple[str, str]]:
    for part in query.split("&", LINK_PARTS_MAX)[:LINK_PARTS_MAX]:
        key, _, value = part.partition("=")
        # `xt.1=`, `xt.2=` are the numbered form of several topics
        known = key.lower()
        yield ("xt" if known.startswith("xt.") else known), _unquote(value)


def _topic(value: str) -> InfoHash | None:
    if value[: len(_BTIH)].lower() != _BTIH:
        return None
    text = value[len(_BTIH) :]
    if _HEX.match(text):
        return InfoHash(text.lower())
    if _BASE32.match(text):
        return InfoHash(b32decode(text.upper()).hex())
    raise BadLinkError("info-hash")


def _address(value: str) -> dict[PeerAddress, None]:
    try:
        return {peer_address(value): None}
    except BadRecordError:
        return {}  # a name, or rubbish: a hint that cannot be used


def _quote(text: str) -> str:
    raw = text.encode(errors="replace")
    return "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in raw)


def _unquote(text: str) -> str:
    """Undo percent encoding, UTF-8; what is not valid stays visible as U+FFFD."""
    raw = text.replace("+", " ").encode(errors="replace")
    return _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), raw).decode(errors="replace")
