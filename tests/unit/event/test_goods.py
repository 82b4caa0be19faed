"""Goods, auctions and texts of other programs: read back, bounded, fit to be shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.base.errors import BadRecordError
from kkiri.base.types import Kind, UnixTime
from kkiri.event import auction, goods, writing
from kkiri.event.auction import read_auction
from kkiri.event.goods import Price, amount_of, read_goods
from kkiri.event.record import Record, Tag
from kkiri.event.verify import Signer
from kkiri.event.writing import read_writing

SIGNER = Signer(bytes([7]) * 32)
MADE = UnixTime(1_700_000_000)


def signed(kind: int, *tags: Tag, content: str = "") -> Record:
    return SIGNER.sign(Kind(kind), tags, content, MADE)


def test_goods_read_as_they_were_written() -> None:
    read = read_goods(
        signed(
            30_402,
            ("d", "1"),
            ("title", "자전거"),
            ("price", "120000", "krw"),
            ("summary", "거의 새것"),
            ("location", "부산"),
            ("published_at", "1600000000"),
            ("type", "simple", "physical"),
            content="빨간\n자전거",
        )
    )
    assert read == goods.Goods(
        title="자전거",
        price=Price(amount="120000", currency="KRW"),
        summary="거의 새것",
        text="빨간\n자전거",
        place="부산",
        sold=False,
        digital=False,
        published_at=UnixTime(1_600_000_000),
    )


@pytest.mark.parametrize(
    ("tag", "price"),
    [
        (("price", "15", "EUR", "month"), Price(amount="15", currency="EUR", every="month")),
        (("price", "015.50", "usd", "fortnight"), Price(amount="15.50", currency="USD")),
        (("price", "1,5", "EUR"), Price(amount="1.5", currency="EUR")),
        (("price", "-3", "EUR"), None),
        (("price", "1e9", "EUR"), None),
        (("price", "9" * 5_000, "EUR"), None),
        (("price", "٣", "EUR"), None),
        (("price", "3", "<b>"), None),
        (("price", "3"), None),
    ],
)
def test_a_price_is_digits_and_a_currency_or_nothing(tag: Tag, price: Price | None) -> None:
    assert read_goods(signed(30_402, ("title", "a"), tag)).price == price


@pytest.mark.parametrize(
    ("tag", "sold"),
    [(("status", "sold"), True), (("status", "active"), False), (("stock", "0"), True)],
)
def test_what_is_sold_is_said_to_be(tag: Tag, sold: bool) -> None:
    assert read_goods(signed(30_402, ("title", "a"), tag)).sold is sold


def test_an_auction_reads_as_it_was_announced() -> None:
    read = read_auction(
        signed(
            30_408,
            ("title", "옛 시계"),
            ("starting_bid", "5000"),
            ("currency", "SAT"),
            ("reserve", "9000"),
            ("start_at", "1700000100"),
            ("end_at", "1700086400"),
            ("max_end_at", "1700090000"),
        )
    )
    assert read.first_bid == Price(amount="5000", currency="SAT")
    assert read.reserved
    assert (read.starts_at, read.ends_at, read.ends_at_most) == (
        1_700_000_100,
        1_700_086_400,
        1_700_090_000,
    )


def test_an_auction_never_ends_before_it_began_nor_after_its_last_moment() -> None:
    read = read_auction(signed(30_408, ("title", "a"), ("end_at", "5"), ("max_end_at", "3")))
    assert read.starts_at <= read.ends_at <= read.ends_at_most


def test_a_text_keeps_its_lines_and_its_markup_as_text() -> None:
    said = "# 머리\r\n\r\n<script>alert(1)</script>\u202e끝"
    read = read_writing(signed(30_023, ("d", "a"), ("title", "글"), content=said))
    assert read.text == "# 머리\n\n<script>alert(1)</script> 끝"
    assert read.published_at == MADE


@pytest.mark.parametrize(
    ("read", "kind", "tags"),
    [
        (read_goods, 30_402, ()),
        (read_goods, 30_402, (("title", " \u202e "),)),
        (read_goods, 30_402, (("title", "a"), ("visibility", "hidden"))),
        (read_goods, 30_408, (("title", "a"),)),
        (read_auction, 30_408, (("title", "a"),)),
        (read_auction, 30_408, (("title", "a"), ("end_at", "soon"))),
        (read_auction, 30_402, (("title", "a"), ("end_at", "9"))),
        (read_writing, 30_023, ()),
        (read_writing, 1, (("title", "a"),)),
    ],
)
def test_what_cannot_be_shown_is_refused(read: object, kind: int, tags: tuple[Tag, ...]) -> None:
    assert callable(read)
    with pytest.raises(BadRecordError):
        read(signed(kind, *tags))


NAMES = ["title", "price", "summary", "location", "status", "end_at", "max_end_at", "start_at"]
NAMES += ["starting_bid", "currency", "reserve", "published_at", "type", "stock", "visibility"]
VALUES = st.sampled_from(["", "0", "1", "9" * 30, "가" * 3_000, "EUR", "\u202ea", "1.5"])
TAGS = st.lists(
    st.builds(
        lambda name, values: (name, *values),
        st.sampled_from(NAMES),
        st.lists(VALUES, max_size=4),
    ),
    max_size=12,
)


@given(TAGS, st.text(max_size=50))
def test_any_tags_give_bounded_values_or_the_typed_error(tags: list[Tag], content: str) -> None:
    for read, kind in ((read_goods, 30_402), (read_auction, 30_408), (read_writing, 30_023)):
        try:
            said = read(signed(kind, *tags, content=content))
        except BadRecordError:
            continue
        assert 0 < len(said.title) <= goods.TITLE_CHARS_MAX
        assert len(said.summary) <= goods.SUMMARY_CHARS_MAX
        assert "\u202e" not in said.title + said.summary + said.text
        assert said.published_at <= MADE
        if isinstance(said, auction.Auction):
            assert said.starts_at <= said.ends_at <= said.ends_at_most
        if isinstance(said, goods.Goods):
            assert said.price is None or len(said.price.amount) <= goods.AMOUNT_CHARS_MAX
        if isinstance(said, writing.Writing):
            assert len(said.text) <= writing.WRITING_CHARS_MAX


def test_amounts_stay_short() -> None:
    assert amount_of("0" * 14 + "1") == "1"
    assert amount_of("1" * 16) is None
