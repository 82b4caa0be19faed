"""Peers of the same local network, found without knowing any."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

from kkiri.event.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A hub card that came by multicast."""

    card: Record
    """Verified, of kind 12003."""
    host: str
    """Numeric address of the datagram's sender; anybody on the local network can forge it."""


class Neighbours(Protocol):
    """Multicast on the local network."""

    def meet(self, own_card: Callable[[], Record | None]) -> AsyncIterator[Heard]:
        """Tell our card now and then, and give the cards of others, until closed.

        Raises: NotReachableError when there is no network that carries multicast.
        """
        ...
