"""Mainline and the torrent engine as far as meeting and presence go."""

import asyncio

from kkiri.base.types import Seconds
from kkiri.event.listing import PeerAddress


class FakeMeeting:
    """Mainline as a dict."""

    def __init__(self) -> None:
        self.places: dict[bytes, list[PeerAddress]] = {}
        self.looked_up: list[bytes] = []
        self.announced: list[tuple[bytes, int]] = []

    async def announce(self, key: bytes, port: int) -> None:
        self.announced.append((key, port))

    async def lookup(self, key: bytes, wait_seconds: Seconds) -> list[PeerAddress]:
        self.looked_up.append(key)
        await asyncio.sleep(0.5)
        return self.places.get(key, [])


class FakeSeat:
    """The torrent engine as far as presence goes."""

    def __init__(self, port: int) -> None:
        self.address: PeerAddress | None = PeerAddress(host="127.0.0.1", port=port)
