"""Token buckets: how much a link or a subnet may ask, and how long it waits.

A bucket goes into debt rather than refusing: the one who asks too fast is read more slowly.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Generic, TypeVar

from kkiri.base.types import Seconds

SUBNETS_MAX = 10_000  # about 2 MB; the one longest unseen is forgotten first


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How fast a bucket fills, and how much it holds."""

    per_second: float
    burst: float


@dataclass(frozen=True, slots=True)
class Bucket:
    """A level at a moment."""

    level: float
    at: Seconds


def take(bucket: Bucket | None, rate: Rate, cost: float, now: Seconds) -> tuple[Bucket, Seconds]:
    """Take from a bucket (None is a full one); give its new state and how long to wait."""
    level = rate.burst
    if bucket is not None:
        level = min(rate.burst, bucket.level + max(0.0, now - bucket.at) * rate.per_second)
    level -= cost
    return Bucket(level, now), Seconds(max(0.0, -level) / rate.per_second)


Key = TypeVar("Key", bound=Hashable)


class Buckets(Generic[Key]):
    """One bucket for each key, with a bound on keys."""

    def __init__(self, rate: Rate, keys_max: int = SUBNETS_MAX) -> None:
        self._rate = rate
        self._keys_max = keys_max
        self._buckets: OrderedDict[Key, Bucket] = OrderedDict()

    def take(self, key: Key, cost: float, now: Seconds) -> Seconds:
        """Take from the key's bucket; give how long to wait."""
        self._buckets[key], wait = take(self._buckets.get(key), self._rate, cost, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._keys_max:
            self._buckets.popitem(last=False)
        return wait

    def peek(self, key: Key, now: Seconds) -> Seconds:
        """Give how long the key would wait now, taking nothing."""
        return take(self._buckets.get(key), self._rate, 0.0, now)[1]


def subnet(host: str) -> str | None:
    """Give the /24 or /64 of an address; None for loopback and for what is no address."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    match address:
        case IPv6Address(ipv4_mapped=IPv4Address() as mapped):
            return subnet(str(mapped))
        case _ if address.is_loopback:
            return None
        case IPv4Address():
            return str(address).rpartition(".")[0]
        case IPv6Address():
            return address.exploded[:19]
