"""What the local API says of things that are no torrents, and of what was pasted into the box."""

from dataclasses import dataclass

from kkiri.event.auction import Auction
from kkiri.event.goods import Goods, Price
from kkiri.event.nip19 import npub
from kkiri.event.profile import Profile
from kkiri.event.writing import Writing
from kkiri.flows.things import Thing

SUMMARY_CHARS = 300  # of one thing in a list: three lines


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceAnswer:
    """An amount as its author wrote it."""

    amount: str
    currency: str
    every: str
    """`hour`, `day`, `week`, `month`, `year`, or empty for what is paid once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingAnswer:
    """One person, or what somebody offers, auctions or has written; read only."""

    kind: str
    """`person`, `goods`, `auction`, `text`."""
    pointer: str
    """npub of a person, naddr of all else."""
    title: str
    summary: str
    text: str
    """All of it; empty in a list."""
    author: str
    """npub."""
    author_name: str
    looks_like: str
    """A known person's name that the author's could be taken for."""
    followed: bool
    on: bool
    created_at: int
    price: PriceAnswer | None
    """Of an auction the least first bid."""
    place: str
    sold: bool
    ends_at: int | None
    """When an auction ends, if nobody bids late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastedAnswer:
    """What a pasted text is."""

    sort: str
    """`torrent`, `hub`, `person`, `thing`, `together`, or `words` when it is nothing special."""
    link: str
    """What to get, call or open."""
    name: str
    size: int | None
    info_hash: str | None


def thing_answer(thing: Thing, *, whole: bool = False) -> ThingAnswer:
    """Tell of one thing; `whole` with all of its text."""
    said = thing.said
    summary, text = _texts(said)
    return ThingAnswer(
        kind=thing.sort.value,
        pointer=thing.pointer,
        title=thing.author_name if isinstance(said, Profile) else said.title,
        summary=(summary or text)[: len(summary) if whole else SUMMARY_CHARS],
        text=text if whole else "",
        author=npub(thing.author),
        author_name=thing.author_name,
        looks_like=thing.looks_like,
        followed=thing.followed,
        on=thing.on,
        created_at=thing.created_at if isinstance(said, Profile) else said.published_at,
        price=_price(said),
        place=said.place if isinstance(said, Goods) else "",
        sold=isinstance(said, Goods) and said.sold,
        ends_at=said.ends_at if isinstance(said, Auction) else None,
    )


def _texts(said: Profile | Goods | Auction | Writing) -> tuple[str, str]:
    match said:
        case Profile():
            return said.about, said.about
        case Goods() | Auction() | Writing():
            return said.summary, said.text


def _price(said: Profile | Goods | Auction | Writing) -> PriceAnswer | None:
    price: Price | None = None
    match said:
        case Goods():
            price = said.price
        case Auction():
            price = said.first_bid
        case Profile() | Writing():
            price = None
    if price is None:
        return None
    return PriceAnswer(amount=price.amount, currency=price.currency, every=price.every)
