"""Presence (kind 30315, `d` = kkiri): this person's peer is on and dialled there, until it expires.

Source: NIP-38 (user statuses), NIP-40 (expiration).
"""

from dataclasses import dataclass

from kkiri.base.errors import BadRecordError
from kkiri.base.limits import LISTING_ADDRESSES_MAX
from kkiri.base.types import PubKey, UnixTime
from kkiri.event import fields, kinds
from kkiri.event.listing import PeerAddress
from kkiri.event.record import Event, Tag

PRESENCE_D = "kkiri"


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Where a person's torrents are dialled now."""

    addresses: tuple[PeerAddress, ...]
    until: UnixTime
    author: PubKey | None = None
    """None before it is signed."""
    created_at: UnixTime | None = None


def to_tags(presence: Presence) -> tuple[Tag, ...]:
    """Give the tags; the content is empty."""
    addresses = presence.addresses[:LISTING_ADDRESSES_MAX]
    return (
        ("d", PRESENCE_D),
        ("expiration", str(presence.until)),
        *(("address", str(address)) for address in addresses),
    )


def from_event(event: Event) -> Presence:
    """Read a presence record; bad addresses are left out.

    Raises: BadRecordError when it is another status, or never ends.
    """
    until = kinds.expires_at(event)
    if event.kind != kinds.PRESENCE or event.value("d") != PRESENCE_D or until is None:
        raise BadRecordError("presence")
    addresses: list[PeerAddress] = []
    for value in event.values("address")[:LISTING_ADDRESSES_MAX]:
        try:
            addresses.append(fields.peer_address(value))
        except BadRecordError:
            continue
    return Presence(
        addresses=tuple(dict.fromkeys(addresses)),
        until=UnixTime(until),
        author=event.pubkey,
        created_at=event.created_at,
    )
