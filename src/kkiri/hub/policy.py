"""What a hub accepts, and who may read it: one answer for each record, from the record alone.

Source: NIP-01, 13, 40, 42, 59, 70; SAFETY N5, N6, F7.
"""

from collections.abc import Collection
from dataclasses import dataclass

from kkiri.base.limits import CREATED_AT_AHEAD_SECONDS_MAX
from kkiri.base.types import Kind, PubKey, Seconds, UnixTime
from kkiri.event.filters import Filter
from kkiri.event.kinds import AUTH, GIFT_WRAP, expires_at, is_ephemeral
from kkiri.event.record import Event
from kkiri.hub.bucket import Buckets, Rate

# a person may share 20,000 files in one day; ten such people a second would fill 2 GB in a day
AUTHOR_RATE = Rate(per_second=2.0, burst=20_000.0)
AUTHORS_MAX = 50_000  # about 10 MB; a forgotten one starts with a full bucket again
# NIP-42 speaks of ten minutes; the challenge is fresh anyway, and clocks may be off (SAFETY F7)
AUTH_SECONDS_MAX = CREATED_AT_AHEAD_SECONDS_MAX
PROTECTED = "-"  # NIP-70


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What one hub's owner has decided."""

    owner: PubKey | None
    work_bits_min: int = 0
    """Leading zero bits that a stranger's record needs (NIP-13)."""
    limited: bool = True
    """False lets every link ask as fast as it can: for trials only."""


def refusal(event: Event, authed: Collection[PubKey], rules: Rules, now: UnixTime) -> str | None:
    """Say why an event is not taken, with NIP-01's prefix; None when it may be stored."""
    if event.kind == AUTH:
        return "invalid: an AUTH event is not for keeping"
    if event.created_at > now + CREATED_AT_AHEAD_SECONDS_MAX:
        return "invalid: created_at is more than two days ahead"
    gone = expires_at(event)
    if gone is not None and gone <= now:
        return "invalid: expired"
    if is_protected(event) and event.pubkey not in authed:
        return "auth-required: only its author may publish a protected event"
    if (
        rules.work_bits_min
        and not _is_owned(event, authed, rules)
        and not has_work(event, rules.work_bits_min)
    ):
        return f"pow: {rules.work_bits_min} bits are needed"
    return None


def is_protected(event: Event) -> bool:
    """Say whether only the author may hand the event to hubs."""
    return any(tag[0] == PROTECTED for tag in event.tags if tag)


def travels(event: Event) -> bool:
    """Say whether hubs pass the record on: nothing private, nothing that is not kept."""
    return not (event.kind == GIFT_WRAP or is_ephemeral(event.kind) or is_protected(event))


def has_work(event: Event, bits_min: int) -> bool:
    """Say whether the id has the zero bits, and the author had aimed for as many."""
    nonce = next((tag for tag in event.tags if len(tag) > 2 and tag[0] == "nonce"), None)
    if nonce is None or len(nonce[2]) > 3 or not (nonce[2].isascii() and nonce[2].isdigit()):
        return False
    return int(nonce[2]) >= bits_min and zero_bits(event.id) >= bits_min


def zero_bits(event_id: str) -> int:
    """Count the leading zero bits of 64 hex digits."""
    return 256 - int(event_id, 16).bit_length()


def may_read(event: Event, authed: Collection[PubKey]) -> bool:
    """Say whether a link may see a stored event: a gift wrap is for its receiver alone."""
    return event.kind != GIFT_WRAP or any(value in authed for value in event.values("p"))


def may_hold_wraps(wanted: Filter) -> bool:
    """Say whether gift wraps can be among the answers to a filter."""
    return wanted.kinds is None or GIFT_WRAP in wanted.kinds


def only_wraps(wanted: Filter) -> Filter:
    """Give the part of a filter that asks for gift wraps."""
    return Filter(
        ids=wanted.ids,
        authors=wanted.authors,
        kinds=(GIFT_WRAP,),
        tags=wanted.tags,
        since=wanted.since,
        until=wanted.until,
        search=wanted.search,
    )


def ask_refusal(filters: Collection[Filter], authed: Collection[PubKey]) -> str | None:
    """Say why a question is not answered at all: it is for gift wraps only, and nobody is known."""
    wraps = all(wanted.kinds == (Kind(GIFT_WRAP),) for wanted in filters)
    if wraps and filters and not authed:
        return "auth-required: gift wraps are for their receivers"
    return None


def _is_owned(event: Event, authed: Collection[PubKey], rules: Rules) -> bool:
    return rules.owner is not None and (rules.owner in authed or event.pubkey == rules.owner)


class Quotas:
    """How many records each author has stored lately; counted once they are verified."""

    def __init__(self) -> None:
        self._buckets: Buckets[PubKey] = Buckets(AUTHOR_RATE, AUTHORS_MAX)

    def refusal(self, author: PubKey, now: Seconds) -> str | None:
        """Say that the author has had enough for now."""
        if self._buckets.peek(author, now) > 0:
            return "rate-limited: too many records by this author, come back later"
        return None

    def count(self, author: PubKey, now: Seconds) -> None:
        """Count one stored record."""
        self._buckets.take(author, 1.0, now)
