"""Gift wraps: NIP-17's own example, what a stranger may forge, and what a hub can see (N6)."""

import json
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.adapters.keys.nip44 import padded_bytes
from kkiri.adapters.keys.seals import KeySeals
from kkiri.base.errors import BadRecordError, BadSealError
from kkiri.base.types import Kind, UnixTime
from kkiri.chat.rumor import compose, said, write
from kkiri.event import bech32, kinds
from kkiri.event.record import Event, Record, decode, encode
from kkiri.event.verify import Signer, verified
from kkiri.flows.talking.wrapping import BACK_SECONDS_MAX, unwrap, wrap
from kkiri.flows.world import World

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[3] / "vectors/nip17.json").read_text("utf-8")
)
NOW = UnixTime(1_800_000_000)


class Person:
    """As much of a world as sealing needs."""

    def __init__(self, secret: bytes, seed: int = 1) -> None:
        self.signer = Signer(secret)
        self.chance = Random(seed)
        self.sealing = KeySeals(secret, self.chance)
        self.clock = self

    def now(self) -> UnixTime:
        return NOW


def person(secret: bytes | int, seed: int = 1) -> World:
    made = Person(secret if isinstance(secret, bytes) else secret.to_bytes(32), seed)
    return cast("World", made)


def event_of(plain: object) -> Event:
    return decode(json.dumps(plain).encode())


def test_the_example_of_the_specification() -> None:
    sender = bech32.decode(VECTORS["sender"])[1]
    receiver = bech32.decode(VECTORS["receiver"])[1]
    for who, name in ((receiver, "to receiver"), (sender, "to sender")):
        rumor = unwrap(person(who), verified(event_of(VECTORS[name])))
        assert rumor.content == VECTORS["text"]
        assert rumor.author == Signer(sender).pubkey
        assert rumor.kind == kinds.PRIVATE_TEXT
        assert rumor.tags[0][:2] == ("p", Signer(receiver).pubkey)


def test_only_its_receiver_opens_it() -> None:
    ann, ben, eve = person(1), person(2, 2), person(3, 3)
    rumor = compose(ann.signer.pubkey, (ben.signer.pubkey,), "둘만의 말", NOW)
    made = wrap(ann, rumor, ben.signer.pubkey)
    assert unwrap(ben, verified(made)) == rumor
    for other in (ann, eve):
        with pytest.raises(BadRecordError):
            unwrap(other, made)
    stolen = made.__class__(**{**_fields(made), "tags": (("p", eve.signer.pubkey),)})
    with pytest.raises(BadSealError):
        unwrap(eve, stolen)


def _fields(record: Record) -> dict[str, Any]:
    names = ("id", "pubkey", "created_at", "kind", "tags", "content", "sig")
    return {name: getattr(record, name) for name in names}


def forged(by: World, to: World, seal: Event) -> Record:
    return by.sealing.wrap(encode(seal).decode(), to.signer.pubkey, NOW)


def test_forged_seals_are_refused() -> None:
    ann, ben, eve = person(1), person(2, 2), person(3, 3)
    text = write(compose(ann.signer.pubkey, (ben.signer.pubkey,), "I am Ann", NOW))
    to = ben.signer.pubkey

    def sealed(by: World, kind: int = 13, tags: tuple[tuple[str, ...], ...] = ()) -> Record:
        return by.signer.sign(Kind(kind), tags, by.sealing.seal(text, to), NOW)

    assert unwrap(ben, forged(eve, ben, sealed(ann))).content == "I am Ann"
    with pytest.raises(BadRecordError, match="different people"):
        unwrap(ben, forged(eve, ben, sealed(eve)))  # Eve seals what Ann should have said
    unsigned = event_of(json.loads(encode(sealed(ann))) | {"sig": "0" * 128})
    with pytest.raises(BadRecordError, match="signature"):
        unwrap(ben, forged(eve, ben, unsigned))
    for wrong in (sealed(ann, kind=14), sealed(ann, tags=(("p", to),))):
        with pytest.raises(BadRecordError):
            unwrap(ben, forged(eve, ben, wrong))
    for inside in ("", "{}", "nonsense", "[" * 30_000):
        with pytest.raises((BadRecordError, BadSealError)):
            unwrap(ben, eve.sealing.wrap(inside or " ", to, NOW))


def test_a_hub_sees_neither_words_nor_sender_nor_hour_nor_length() -> None:
    """SAFETY N6: what a spy at the hub learns of a hundred messages."""
    ann, ben = person(1), person(2, 2)
    seen = []
    for length in range(1, 101):
        rumor = compose(ann.signer.pubkey, (ben.signer.pubkey,), "비" * length, NOW)
        seen.append(wrap(ann, rumor, ben.signer.pubkey))
    assert len({record.pubkey for record in seen}) == 100
    assert ann.signer.pubkey not in b"".join(encode(record) for record in seen).decode()
    assert all(record.tags == (("p", ben.signer.pubkey),) for record in seen)
    back = [NOW - record.created_at for record in seen]
    assert all(0 <= seconds <= BACK_SECONDS_MAX for seconds in back)
    assert max(back) - min(back) > BACK_SECONDS_MAX // 2
    assert Counter(back).most_common(1)[0][1] <= 2
    # a hundred lengths of text become a few sizes, those of the padding
    sizes = {len(record.content) for record in seen}
    assert len(sizes) <= 6
    plain = {(size * 3 // 4 - 67 - size * 3 // 4 % 2) for size in sizes}
    assert all(any(abs(p - padded_bytes(p)) <= 2 for p in (q - 1, q, q + 1)) for q in plain)


_TEXT = st.text(st.characters(exclude_categories=()), max_size=20) | st.sampled_from(
    ("p", "e", "a" * 64, "\ud800", "\x00", "14", "")
)
_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)
_RUMOR = st.fixed_dictionaries(
    {},
    optional={
        "id": _VALUE,
        "pubkey": _VALUE | st.just(Signer((1).to_bytes(32)).pubkey),
        "created_at": _VALUE | st.integers(0, 2**60),
        "kind": _VALUE | st.sampled_from((14, 15, 7)),
        "tags": _VALUE | st.lists(st.lists(_TEXT, max_size=4), max_size=6),
        "content": _VALUE,
        "sig": _VALUE,
    },
)


@given(_RUMOR | _VALUE, st.booleans())
def test_whatever_is_inside_a_wrap_is_read_or_refused(inside: object, as_seal: bool) -> None:
    """SAFETY P1: what an honest wrap may hold of a dishonest author."""
    ann, ben = person(1), person(2, 2)
    to, text = ben.signer.pubkey, json.dumps(inside)
    try:
        if as_seal:
            made = ann.sealing.wrap(text, to, NOW)
        else:
            seal = ann.signer.sign(kinds.SEAL, (), ann.sealing.seal(text, to), NOW)
            made = ann.sealing.wrap(encode(seal).decode(), to, NOW)
    except BadSealError:
        return  # too long
    try:
        said(unwrap(ben, made), NOW)
    except (BadRecordError, BadSealError):
        pass
