"""Whom a person has blocked: their records are left out, and how many is told, never hidden."""

from collections.abc import Iterable
from dataclasses import dataclass

from kkiri.base.types import PubKey
from kkiri.event.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """Records after the blocks."""

    shown: tuple[Record, ...]
    left_out: int
    """How many were of blocked authors."""


def sift(records: Iterable[Record], blocked: frozenset[PubKey]) -> Sifted:
    """Leave out the records of blocked authors; order is kept."""
    everything = tuple(records)
    shown = tuple(record for record in everything if record.pubkey not in blocked)
    return Sifted(shown=shown, left_out=len(everything) - len(shown))
