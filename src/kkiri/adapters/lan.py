"""Neighbours on the local network by UDP multicast: each tells its hub card now and then.

A datagram is `kkiri1`, a newline, and the card (kind 12003) as JSON, at most 1 kB. Nothing is ever
sent to the address a datagram came from, only to the group and seldom, so a forged sender makes
nobody a target (SAFETY N3). Source: docs/protocol/finding-hubs.md; RFC 2365 (site-local scope).
"""

import asyncio
import random
import socket
import struct
import sys
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable

from kkiri.base.errors import BadRecordError, NotReachableError
from kkiri.base.types import PubKey
from kkiri.event.kinds import HUB_CARD
from kkiri.event.record import Record, decode, encode
from kkiri.event.verify import verified
from kkiri.ports.neighbours import Heard

GROUP = "239.255.75.75"  # of 239.255.0.0/16, the IPv4 local scope
PORT = 47_475
MAGIC = b"kkiri1\n"
DATAGRAM_BYTES_MAX = 1_024  # a card is about 600 bytes; stays below every MTU
TELL_SECONDS = 60.0  # a neighbour that came without hearing us learns of us within a minute
ANSWER_SECONDS_MIN = 5.0  # a newcomer is answered soon, a flood of newcomers no oftener than this
READS_PER_SECOND = 50.0  # each costs a signature check of 0.05 ms; a house has fewer peers
READS_BURST = 100.0
WAITING_MAX = 64  # datagrams not yet read; a flood beyond is dropped
KEYS_MAX = 256  # remembered neighbours; more is a flood of made-up keys


class Pace:
    """When to read and when to tell; pure, time is an argument."""

    def __init__(self, now: float) -> None:
        self._tokens = READS_BURST
        self._filled_at = now
        self._told_at = float("-inf")
        self._answer = False
        self._heard: OrderedDict[PubKey, float] = OrderedDict()

    def may_read(self, now: float) -> bool:
        """Take one token for a datagram that looks like one of ours."""
        gained = (now - self._filled_at) * READS_PER_SECOND
        self._tokens = min(READS_BURST, self._tokens + gained)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def heard(self, key: PubKey, now: float) -> None:
        """Note a neighbour; one not heard of for a while is answered."""
        before = self._heard.pop(key, float("-inf"))
        self._heard[key] = now
        if len(self._heard) > KEYS_MAX:
            self._heard.popitem(last=False)
        if now - before > 2 * TELL_SECONDS:
            self._answer = True

    def tell_in(self, now: float) -> float:
        """Give in how many seconds to tell our card."""
        wait = ANSWER_SECONDS_MIN if self._answer else TELL_SECONDS
        return max(0.0, self._told_at + wait - now)

    def told(self, now: float) -> None:
        """Note that we told."""
        self._told_at = now
        self._answer = False


class LanNeighbours:
    """Multicast on one interface."""

    def __init__(self, interface: str = "0.0.0.0", group: str = GROUP, port: int = PORT) -> None:  # noqa: S104
        self._interface = interface
        self._group = group
        self._port = port

    async def meet(self, own_card: Callable[[], Record | None]) -> AsyncIterator[Heard]:
        """Tell our card now and then, and give the cards of others, until closed."""
        loop = asyncio.get_running_loop()
        try:
            sock = self._open()
            transport, inbox = await loop.create_datagram_endpoint(_Inbox, sock=sock)
        except OSError as error:
            raise NotReachableError(self._group) from error
        pace = Pace(time.monotonic())
        try:
            while True:
                wait = pace.tell_in(time.monotonic())
                try:
                    async with asyncio.timeout(wait + random.random() * wait / 4):
                        raw, host = await inbox.waiting.get()
                except TimeoutError:
                    self._tell(transport, own_card())
                    pace.told(time.monotonic())
                    continue
                heard = _read(raw, host, own_card(), pace)
                if heard is not None:
                    yield heard
        finally:
            transport.close()

    def _tell(self, transport: asyncio.DatagramTransport, card: Record | None) -> None:
        if card is None:
            return
        raw = MAGIC + encode(card)
        if len(raw) <= DATAGRAM_BYTES_MAX:
            transport.sendto(raw, (self._group, self._port))

    def _open(self) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDP)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if hasattr(socket, "SO_REUSEPORT"):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            # bound to the group, the socket hears no datagram that was sent to us alone
            sock.bind(("" if sys.platform == "win32" else self._group, self._port))
            member = struct.pack(
                "4s4s", socket.inet_aton(self._group), socket.inet_aton(self._interface)
            )
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
            if self._interface != "0.0.0.0":  # noqa: S104
                sock.setsockopt(
                    socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(self._interface)
                )
        except OSError:
            sock.close()
            raise
        return sock


class _Inbox(asyncio.DatagramProtocol):
    """Datagrams that may be cards; the rest is dropped unread."""

    def __init__(self) -> None:
        self.waiting: asyncio.Queue[tuple[bytes, str]] = asyncio.Queue(WAITING_MAX)
        self.dropped = 0

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Keep what has the right form, while there is room."""
        if not data.startswith(MAGIC) or len(data) > DATAGRAM_BYTES_MAX or self.waiting.full():
            self.dropped += 1
        else:
            self.waiting.put_nowait((data, addr[0]))


def _read(raw: bytes, host: str, own: Record | None, pace: Pace) -> Heard | None:
    now = time.monotonic()
    if not pace.may_read(now):
        return None
    try:
        event = decode(raw[len(MAGIC) :], bytes_max=DATAGRAM_BYTES_MAX)
        if event.kind != HUB_CARD or (own is not None and event.pubkey == own.pubkey):
            return None
        card = verified(event)
    except BadRecordError:
        return None
    pace.heard(card.pubkey, now)
    return Heard(card=card, host=host)
