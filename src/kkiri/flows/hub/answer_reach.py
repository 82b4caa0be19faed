"""Answer a hub that asks whether it can be reached: dial the address it asks from, nothing else.

Bounded in every way: a few dials at once, a few a subnet, seconds each, one small page read.
"""

import asyncio

from kkiri.base.errors import RemoteError
from kkiri.base.types import Seconds
from kkiri.hub.bucket import Buckets, Rate, subnet
from kkiri.hub.reach import place_to_dial, write_answer
from kkiri.ports.clock import Clock
from kkiri.ports.links import HubClaims
from kkiri.ports.serving import Origin

DIAL_SECONDS_MAX = 3.0  # the asker's own question ends after 5 s
DIALS_MAX = 8  # at once; more askers are told to come back
RATE = Rate(per_second=1 / 60, burst=4.0)  # a peer asks every ten minutes; a /24 holds several


class DialBack:
    """One hub's answers to "can you reach me?"."""

    def __init__(self, links: HubClaims, clock: Clock, *, public: bool) -> None:
        self._links = links
        self._clock = clock
        self._public = public
        self._buckets: Buckets[str] = Buckets(RATE)
        self._dials = 0

    async def answer(self, origin: Origin, request: str) -> bytes | None:
        """Dial the asker and say whether its hub answered; None when it asks too often or wrongly.

        Cancel-safe.
        """
        place = place_to_dial(request, origin.host, public=self._public)
        if place is None or self._dials >= DIALS_MAX or not self._may(origin.host):
            return None
        url, key = place
        self._dials += 1
        try:
            async with asyncio.timeout(DIAL_SECONDS_MAX):
                claimed = await self._links.claimed(url, Seconds(DIAL_SECONDS_MAX))
        except (RemoteError, TimeoutError):
            claimed = None
        finally:
            self._dials -= 1
        return write_answer(url, claimed == key)

    def _may(self, host: str) -> bool:
        place = subnet(host) or host
        now = self._clock.monotonic()
        if self._buckets.peek(place, now) > 0:
            return False
        self._buckets.take(place, 1.0, now)
        return True
