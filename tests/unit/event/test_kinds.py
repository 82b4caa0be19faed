"""What each kind asks of storage, ties included."""

import pytest

from kkiri.base.types import Kind, UnixTime
from kkiri.event import kinds
from kkiri.event.record import Record, Tag
from kkiri.event.verify import Signer

SIGNER = Signer(bytes([5]) * 32)


def sign(kind: int, tags: tuple[Tag, ...] = (), content: str = "", at: int = 1) -> Record:
    return SIGNER.sign(Kind(kind), tags, content, UnixTime(at))


@pytest.mark.parametrize(
    ("kind", "replaceable", "ephemeral", "addressable"),
    [
        (0, True, False, False),
        (1, False, False, False),
        (3, True, False, False),
        (9_999, False, False, False),
        (10_000, True, False, False),
        (19_999, True, False, False),
        (20_000, False, True, False),
        (29_999, False, True, False),
        (30_000, False, False, True),
        (39_999, False, False, True),
        (40_000, False, False, False),
    ],
)
def test_ranges(kind: int, replaceable: bool, ephemeral: bool, addressable: bool) -> None:
    assert kinds.is_replaceable(Kind(kind)) is replaceable
    assert kinds.is_ephemeral(Kind(kind)) is ephemeral
    assert kinds.is_addressable(Kind(kind)) is addressable


def test_addresses() -> None:
    assert kinds.address_of(sign(1)) is None
    assert kinds.address_of(sign(12003)) == f"12003:{SIGNER.pubkey}:"
    assert kinds.address_of(sign(30_023, (("d", "글"), ("d", "b")))) == f"30023:{SIGNER.pubkey}:글"
    assert kinds.address_of(sign(30_023)) == f"30023:{SIGNER.pubkey}:"


def test_the_lower_id_wins_a_tie() -> None:
    one, two = sorted((sign(0, (), "a"), sign(0, (), "b")), key=lambda record: record.id)
    assert kinds.is_newer(one, two) and not kinds.is_newer(two, one)
    assert kinds.is_newer(sign(0, (), "b", 2), sign(0, (), "a", 1))
    assert not kinds.is_newer(one, one)


@pytest.mark.parametrize(
    ("text", "at"),
    [("17", 17), ("", None), ("-1", None), ("1e5", None), ("1" * 16, None), ("１７", None)],
)
def test_expiration(text: str, at: int | None) -> None:
    assert kinds.expires_at(sign(1, (("expiration", text),))) == at


def test_no_expiration() -> None:
    assert kinds.expires_at(sign(1)) is None
    assert kinds.expires_at(sign(1, (("expiration",),))) is None


def test_deleted_ids() -> None:
    assert kinds.deleted_ids(sign(5, (("e", "a"), ("a", "b"), ("e",), ("e", "c")))) == ("a", "c")
