"""An auction as its seller announces it (kind 30408): what is offered, from how much, until when.

Read to be shown; bids and their order are another order's matter. Source: PlebeianApp/market,
`AUCTIONS.md` of 2026-08 (draft kinds).
"""

from dataclasses import dataclass

from kkiri.base.errors import BadRecordError
from kkiri.base.types import UnixTime
from kkiri.event import fields, kinds
from kkiri.event.goods import (
    SUMMARY_CHARS_MAX,
    TEXT_CHARS_MAX,
    Price,
    currency_of,
    published_at,
    title_of,
)
from kkiri.event.record import Event

AMOUNT_MAX = 21 * 10**14  # all satoshis there will ever be


@dataclass(frozen=True, slots=True, kw_only=True)
class Auction:
    """Something that goes to the highest bid."""

    title: str
    first_bid: Price
    """The least that is accepted as a first bid."""
    reserved: bool
    """The seller keeps it below an amount that he may not tell."""
    summary: str
    text: str
    starts_at: UnixTime
    ends_at: UnixTime
    """Bids near the end may move it, up to `ends_at_most`."""
    ends_at_most: UnixTime
    published_at: UnixTime


def read_auction(event: Event) -> Auction:
    """Read an auction; what is not understood is left out.

    Raises: BadRecordError when it is not kind 30408, has no title, or no end.
    """
    if event.kind != kinds.AUCTION:
        raise BadRecordError(f"kind {event.kind}")
    ends = fields.whole(event.value("end_at"))
    if not ends:
        raise BadRecordError("end_at")
    starts = fields.whole(event.value("start_at")) or event.created_at
    first = fields.whole(event.value("starting_bid"), AMOUNT_MAX) or 0
    return Auction(
        title=title_of(event),
        first_bid=Price(
            amount=str(first), currency=currency_of(event.value("currency") or "") or "SAT"
        ),
        reserved=bool(fields.whole(event.value("reserve"), AMOUNT_MAX)),
        summary=fields.clean(event.value("summary") or "", SUMMARY_CHARS_MAX),
        text=fields.clean_text(event.content, TEXT_CHARS_MAX),
        starts_at=UnixTime(min(starts, ends)),
        ends_at=UnixTime(ends),
        ends_at_most=UnixTime(max(ends, fields.whole(event.value("max_end_at")) or 0)),
        published_at=published_at(event),
    )
