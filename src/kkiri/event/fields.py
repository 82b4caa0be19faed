"""Single fields of strangers' tags, each read with a bound: text, whole numbers, addresses."""

import re
import unicodedata
from ipaddress import IPv6Address, ip_address

from kkiri.base.errors import BadRecordError
from kkiri.base.types import HubUrl
from kkiri.event.listing import PeerAddress

HOST_CHARS_MAX = 253  # RFC 1035
URL_CHARS_MAX = 512  # hub addresses are short; a longer one is an attack on screens and tables
WHOLE_MAX = 2**53 - 1  # what every JSON reader keeps exactly

_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")
_UNSEEN_IN_TEXT = re.compile(_UNSEEN.pattern.replace("\x00-\x1f", "\x00-\x09\x0b-\x1f", 1))
_HUB = re.compile(
    r"(wss?)://(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::([0-9]{1,5}))?(/[!-~]*)?\Z"
)


def clean(text: str, chars_max: int) -> str:
    """Give text fit for one line on a screen: NFC, no control or direction marks, cut to length.

    The cut comes first too, as NFC of a long run of combining marks costs time.
    """
    line = _UNSEEN.sub(" ", text[: chars_max * 4])
    return unicodedata.normalize("NFC", line).strip()[:chars_max].rstrip()


def clean_text(text: str, chars_max: int) -> str:
    """Give text of several lines fit for a screen, as `clean` does; the lines stay."""
    lines = _UNSEEN_IN_TEXT.sub(" ", text[:chars_max].replace("\r\n", "\n"))
    return unicodedata.normalize("NFC", lines).strip()[:chars_max].rstrip()


def whole(text: str | None, most: int = WHOLE_MAX) -> int | None:
    """Read a whole number in plain digits; None when it is none or too large."""
    if text is None or len(text) > 16 or not (text.isascii() and text.isdigit()):
        return None
    number = int(text)
    return number if number <= most else None


def peer_address(text: str) -> PeerAddress:
    """Read `1.2.3.4:6881` or `[2001:db8::1]:6881`; numeric only, canonical form.

    Raises: BadRecordError.
    """
    host, colon, digits = text[:64].rpartition(":")
    port = whole(digits, 65_535)
    bracketed = host.startswith("[") and host.endswith("]")
    if not colon or not port or "%" in host:
        raise BadRecordError("address")
    try:
        address = ip_address(host[1:-1] if bracketed else host)
    except ValueError as error:
        raise BadRecordError("address") from error
    if isinstance(address, IPv6Address) is not bracketed:
        raise BadRecordError("address")
    return PeerAddress(host=str(address), port=port)


def hub_url(text: str) -> HubUrl:
    """Read a hub's address into canonical form, the one that `hub.address` writes.

    Lower case; with `ws` the port is always there, with `wss` not when it is 443; no slash at the
    end. Whether it may be dialled is for `hub.address` to say.

    Raises: BadRecordError.
    """
    stripped = text.strip()
    if len(stripped) > URL_CHARS_MAX:
        raise BadRecordError("hub address")
    scheme, _, rest = stripped.partition("://")
    authority, slash, path = rest.partition("/")
    found = _HUB.match(f"{scheme.lower()}://{authority.lower()}{slash}{path}")
    if found is None:
        raise BadRecordError("hub address")
    name, host, digits, tail = found.groups()
    host = _host(host)
    port = whole(digits, 65_535) if digits else None
    if digits and not port:
        raise BadRecordError("hub address")
    if name == "ws":
        shown = f":{port or 80}"
    else:
        shown = "" if port in {None, 443} else f":{port}"
    return HubUrl(f"{name}://{host}{shown}{(tail or '').rstrip('/')}")


def _host(host: str) -> str:
    if not host.startswith("["):
        return host
    try:
        return f"[{IPv6Address(host[1:-1])}]"
    except ValueError as error:
        raise BadRecordError("hub address") from error
