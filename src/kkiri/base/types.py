"""The names of things: one NewType for every id, hash, amount and time."""

from typing import NewType

EventId = NewType("EventId", str)
"""sha256 of a record's canonical form, 64 lower-case hex digits."""
PubKey = NewType("PubKey", str)
"""x-only secp256k1 public key (BIP-340), 64 lower-case hex digits."""
Signature = NewType("Signature", str)
"""BIP-340 signature, 128 lower-case hex digits."""
Kind = NewType("Kind", int)
"""A record's kind, 0 to 65,535."""
InfoHash = NewType("InfoHash", str)
"""v1 info-hash of a torrent, 40 lower-case hex digits."""
FileRoot = NewType("FileRoot", str)
"""BEP 52 merkle root (sha256, 16 KiB leaves) of one file, 64 lower-case hex digits."""
HubUrl = NewType("HubUrl", str)
"""Address of a hub in canonical form, `ws://host:port` or `wss://host[:port][/path]`."""
SubId = NewType("SubId", str)
"""A subscription's name on one link, 1 to 64 characters."""
UnixTime = NewType("UnixTime", int)
"""Whole seconds since 1970."""
Seconds = NewType("Seconds", float)
"""A span on a monotonic clock."""
Bytes = NewType("Bytes", int)
"""An amount of data."""
Seq = NewType("Seq", int)
"""A hub's arrival number of a record: grows by one for each stored record."""
SafeName = NewType("SafeName", str)
"""One path component that is valid on Windows, macOS and Linux; made by `base.names` only."""
Link = NewType("Link", str)
"""What one person pastes to another: a magnet or nostr: link that is enough to fetch."""
