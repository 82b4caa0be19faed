"""Goods and services that somebody offers (kind 30402), read with a bound on every field.

Only what a person has to see is read: title, price, who, where. Pictures are addresses of strangers
and are never fetched. Source: NIP-99; Gamma market-spec (5dc79c5).
"""

import re
from dataclasses import dataclass

from kkiri.base.errors import BadRecordError
from kkiri.base.types import UnixTime
from kkiri.event import fields, kinds
from kkiri.event.record import Event

TITLE_CHARS_MAX = 300  # one line on a screen, as of a listing
SUMMARY_CHARS_MAX = 1_000  # a paragraph
PLACE_CHARS_MAX = 200  # a town, or an address written out
TEXT_CHARS_MAX = 12_000  # four pages; more is read where it was written
AMOUNT_CHARS_MAX = 24  # fifteen digits, a point and eight more
CURRENCY_CHARS_MAX = 8  # ISO 4217 has three, names of coins up to five

_AMOUNT = re.compile(r"(\d{1,15})(?:[.,](\d{1,8}))?\Z", re.ASCII)
_CURRENCY = re.compile(r"[A-Za-z]{2,8}\Z")
_EVERY = frozenset({"hour", "day", "week", "month", "year"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """An amount as its author wrote it; shown, never reckoned with."""

    amount: str
    """Plain digits with at most one point."""
    currency: str
    """Upper case."""
    every: str = ""
    """`hour`, `day`, `week`, `month` or `year` for what is paid again and again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """Something offered at a price."""

    title: str
    price: Price | None
    summary: str
    text: str
    """The description, several lines; Markdown as its author wrote it, never rendered."""
    place: str
    sold: bool
    digital: bool
    published_at: UnixTime


def read_goods(event: Event) -> Goods:
    """Read goods; what is not understood is left out.

    Raises: BadRecordError when it is not kind 30402, has no title, or asks not to be shown.
    """
    if event.kind != kinds.GOODS:
        raise BadRecordError(f"kind {event.kind}")
    if event.value("visibility") == "hidden":
        raise BadRecordError("hidden")
    shape = next((tag for tag in event.tags if len(tag) > 2 and tag[0] == "type"), ())
    return Goods(
        title=title_of(event),
        price=_price(event),
        summary=fields.clean(event.value("summary") or "", SUMMARY_CHARS_MAX),
        text=fields.clean_text(event.content, TEXT_CHARS_MAX),
        place=fields.clean(event.value("location") or "", PLACE_CHARS_MAX),
        sold=event.value("status") == "sold" or event.value("stock") == "0",
        digital=shape[2:3] == ("digital",),
        published_at=published_at(event),
    )


def title_of(event: Event) -> str:
    """Give the title. Raises: BadRecordError when there is none."""
    title = fields.clean(event.value("title") or "", TITLE_CHARS_MAX)
    if not title:
        raise BadRecordError("title")
    return title


def published_at(event: Event) -> UnixTime:
    """Give when it was first published as its author says; never after the record was made."""
    said = fields.whole(event.value("published_at"))
    return event.created_at if not said or said > event.created_at else UnixTime(said)


def amount_of(text: str) -> str | None:
    """Read an amount of money as plain digits; None when it is none."""
    found = _AMOUNT.match(text.strip()) if len(text) <= AMOUNT_CHARS_MAX else None
    if found is None:
        return None
    whole = found[1].lstrip("0") or "0"
    return whole if found[2] is None else f"{whole}.{found[2]}"


def currency_of(text: str) -> str | None:
    """Read the name of a currency; None when it is none."""
    return text.upper() if _CURRENCY.match(text) else None


def _price(event: Event) -> Price | None:
    tag = next((tag for tag in event.tags if len(tag) > 2 and tag[0] == "price"), None)
    if tag is None:
        return None
    amount, currency = amount_of(tag[1]), currency_of(tag[2])
    if amount is None or currency is None:
        return None
    every = tag[3].lower() if len(tag) > 3 else ""
    return Price(amount=amount, currency=currency, every=every if every in _EVERY else "")
