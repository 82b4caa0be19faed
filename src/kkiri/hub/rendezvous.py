"""The keys of the Mainline DHT under which hubs meet for the first time.

Ours changes with the UTC day, so that whoever fills a key's 500 places must do it anew each day;
DTAN's is fixed. Both are announced and looked up: a kkiri hub is a NIP-01 relay with NIP-77, so
DTAN's peers can use it, while of what is found only hubs that prove their key are believed.
Today's and yesterday's key are used both ways, so clocks a day apart still meet.
Source: BEP 5; v0l/dtan-server; docs/protocol/finding-hubs.md.
"""

from datetime import UTC, datetime
from hashlib import sha1

from kkiri.base.types import UnixTime

DAY_SECONDS = 86_400
DTAN_NAME = "nostr:2003"


def dtan_key() -> bytes:
    """Give the 20-byte key under which DTAN's relays are announced."""
    return _key(DTAN_NAME)


def day_key(now: UnixTime) -> bytes:
    """Give the 20-byte key of the UTC day: SHA1("kkiri:hub:YYYY-MM-DD")."""
    return _key(f"kkiri:hub:{datetime.fromtimestamp(now, UTC):%Y-%m-%d}")


def meeting_keys(now: UnixTime) -> tuple[bytes, ...]:
    """Give the keys to announce under and to look up: today's, yesterday's, DTAN's."""
    return day_key(now), day_key(UnixTime(max(0, now - DAY_SECONDS))), dtan_key()


def _key(name: str) -> bytes:
    # BEP 5 keys are SHA1; nothing here rests on its collision resistance
    return sha1(name.encode(), usedforsecurity=False).digest()
