"""What a hub accepts and shows, rule by rule."""

import pytest

from kkiri.base.limits import CREATED_AT_AHEAD_SECONDS_MAX
from kkiri.base.types import Kind, PubKey, Seconds, UnixTime
from kkiri.event.filters import Filter
from kkiri.event.kinds import AUTH, GIFT_WRAP
from kkiri.event.record import Record, Tag
from kkiri.event.verify import Signer
from kkiri.hub import policy
from kkiri.hub.policy import Quotas, Rules, ask_refusal, has_work, may_read, refusal, zero_bits

ANN, BOB = Signer(bytes([1]) * 32), Signer(bytes([2]) * 32)
NOW = UnixTime(1_000_000)
RULES = Rules(owner=None)


def sign(kind: int = 1, tags: tuple[Tag, ...] = (), at: int = NOW, content: str = "") -> Record:
    return ANN.sign(Kind(kind), tags, content, UnixTime(at))


@pytest.mark.parametrize(
    ("record", "authed", "why"),
    [
        (sign(), (), None),
        (sign(at=0), (), None),
        (sign(at=NOW + CREATED_AT_AHEAD_SECONDS_MAX), (), None),
        (sign(at=NOW + CREATED_AT_AHEAD_SECONDS_MAX + 1), (), "invalid: created_at"),
        (sign(AUTH), (ANN.pubkey,), "invalid: an AUTH"),
        (sign(tags=(("expiration", str(NOW)),)), (), "invalid: expired"),
        (sign(tags=(("expiration", str(NOW + 1)),)), (), None),
        (sign(tags=(("expiration", "soon"),)), (), None),
        (sign(tags=(("-",),)), (), "auth-required:"),
        (sign(tags=(("-",),)), (BOB.pubkey,), "auth-required:"),
        (sign(tags=(("-",),)), (ANN.pubkey,), None),
        (sign(tags=(("-", "x"),)), (), "auth-required:"),
        (sign(tags=((),)), (), None),
        (sign(GIFT_WRAP, (("p", BOB.pubkey),)), (), None),
    ],
)
def test_refusal(record: Record, authed: tuple[PubKey, ...], why: str | None) -> None:
    said = refusal(record, authed, RULES, NOW)
    assert said is None if why is None else said is not None and said.startswith(why)


MINED = "000006d8c378af1779d2feebc7603a125d99eca0ccf1085959b307f64e5dd358"


@pytest.mark.parametrize(
    ("event_id", "bits"),
    [(MINED, 21), ("0" * 64, 256), ("f" * 64, 0), ("7" + "f" * 63, 1), ("002f" + "f" * 60, 10)],
)
def test_zero_bits(event_id: str, bits: int) -> None:
    assert zero_bits(event_id) == bits


def mine(bits: int) -> Record:
    for number in range(100_000):
        record = sign(tags=(("nonce", str(number), str(bits)),))
        if zero_bits(record.id) >= bits:
            return record
    raise AssertionError


def test_work() -> None:
    rules = Rules(owner=BOB.pubkey, work_bits_min=6)
    mined = mine(6)
    assert refusal(mined, (), rules, NOW) is None
    assert (refusal(sign(), (), rules, NOW) or "").startswith("pow:")
    assert not has_work(mined, 7)  # by luck or not: its author did not aim for seven
    assert refusal(sign(), (BOB.pubkey,), rules, NOW) is None  # the owner vouches
    for nonce in (("nonce",), ("nonce", "1"), ("nonce", "1", "x"), ("nonce", "1", "9999")):
        assert not has_work(sign(tags=(nonce,)), 6)


def test_a_wrap_is_for_its_receiver() -> None:
    wrap = sign(GIFT_WRAP, (("p", BOB.pubkey),))
    assert may_read(wrap, {BOB.pubkey})
    assert not may_read(wrap, {ANN.pubkey})
    assert not may_read(wrap, ())
    assert may_read(sign(1, (("p", BOB.pubkey),)), ())


def test_what_travels_between_hubs() -> None:
    assert policy.travels(sign()) and policy.travels(sign(5))
    for record in (sign(GIFT_WRAP), sign(20_001), sign(AUTH), sign(tags=(("-",),))):
        assert not policy.travels(record)


def test_asking_for_wraps_needs_a_name() -> None:
    wraps, all_kinds = Filter(kinds=(GIFT_WRAP,)), Filter()
    assert (ask_refusal([wraps], ()) or "").startswith("auth-required:")
    assert ask_refusal([wraps], {BOB.pubkey}) is None
    assert ask_refusal([wraps, all_kinds], ()) is None


def test_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "AUTHOR_RATE", policy.Rate(per_second=1.0, burst=3.0))
    quotas = Quotas()
    for _ in range(4):
        assert quotas.refusal(ANN.pubkey, Seconds(0.0)) is None
        quotas.count(ANN.pubkey, Seconds(0.0))
    assert (quotas.refusal(ANN.pubkey, Seconds(0.0)) or "").startswith("rate-limited:")
    assert quotas.refusal(BOB.pubkey, Seconds(0.0)) is None
    assert quotas.refusal(ANN.pubkey, Seconds(1.0)) is None
