"""Mainline, or a private DHT, as a place to meet: `ports.torrents.Rendezvous`."""

import asyncio
from contextlib import suppress

import libtorrent as lt

from kkiri.adapters.torrents.engine import Engine
from kkiri.base.types import Seconds
from kkiri.event.listing import PeerAddress

CANDIDATES_MAX = 200  # of one lookup; a key holds 500, and any few honest ones are enough
QUIET_SECONDS = 1.0  # after an answer: the rest of a lookup comes within a round trip or two


class Mainline:
    """Announces and lookups over the session's DHT node."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def announce(self, key: bytes, port: int) -> None:
        """Tell the DHT that this host answers under the 20-byte key."""
        self._engine.session.dht_announce(lt.sha1_hash(key), port, 0)

    async def lookup(self, key: bytes, wait_seconds: Seconds) -> list[PeerAddress]:
        """Ask the DHT who answers under the key; candidates only."""
        found: dict[PeerAddress, None] = {}
        with self._engine.dht_replies(key) as replies, suppress(TimeoutError):
            self._engine.session.dht_get_peers(lt.sha1_hash(key))
            async with asyncio.timeout(wait_seconds):
                while len(found) < CANDIDATES_MAX:
                    async with asyncio.timeout(QUIET_SECONDS if found else wait_seconds):
                        answer = await replies.get()
                    found.update(dict.fromkeys(answer.addresses))
        return list(found)[:CANDIDATES_MAX]
