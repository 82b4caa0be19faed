"""What was pasted into the box: each form is known, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.base.types import EventId, HubUrl, InfoHash, Kind, PubKey
from kkiri.event import nip19
from kkiri.event.nip19 import AddressPointer, EventPointer, ProfilePointer
from kkiri.flows.pasted import HubAddress, Pasted, read_pasted
from kkiri.play.invite import SECRET_BYTES, Invite, write_invite
from kkiri.swarm.magnet import MagnetLink

HASH = "ab" * 20
INVITE = Invite(secret=b"1" * SECRET_BYTES, film=InfoHash(HASH), name="바다")
KEY = PubKey("11" * 32)
NAMED = AddressPointer(kind=Kind(30_402), author=KEY, d="1")
EVENT = EventPointer(id=EventId("22" * 32))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"magnet:?xt=urn:btih:{HASH}", MagnetLink(info_hash=InfoHash(HASH))),
        (f"  MAGNET:?xt=urn:btih:{HASH.upper()} ", MagnetLink(info_hash=InfoHash(HASH))),
        (HASH.upper(), MagnetLink(info_hash=InfoHash(HASH))),
        ("A" * 32, MagnetLink(info_hash=InfoHash("00" * 20))),
        (KEY, ProfilePointer(pubkey=KEY)),
        (nip19.npub(KEY), ProfilePointer(pubkey=KEY)),
        (f"nostr:{nip19.npub(KEY)}", ProfilePointer(pubkey=KEY)),
        (nip19.encode(NAMED), NAMED),
        (nip19.encode(EVENT), EVENT),
        (write_invite(INVITE), INVITE),
        ("kkiri:together1broken", None),
        ("ws://1.2.3.4:5", HubAddress(HubUrl("ws://1.2.3.4:5"))),
        ("WSS://hub.example/a", HubAddress(HubUrl("wss://hub.example/a"))),
        ("1.2.3.4:4848", HubAddress(HubUrl("ws://1.2.3.4:4848"))),
        ("[2001:db8::1]:4848", HubAddress(HubUrl("ws://[2001:db8::1]:4848"))),
        ("magnet:?dn=nothing", None),
        (f"magnet:?xt=urn:btih:{'z' * 40}", None),
        ("npub1broken", None),
        ("nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5", None),
        ("ws://", None),
        ("http://1.2.3.4/", None),
        ("1.2.3.4", None),
        ("12:30", None),
        ("겨울 바다", None),
        ("", None),
    ],
)
def test_pasted(text: str, said: Pasted) -> None:
    assert read_pasted(text) == said


@given(
    st.text(max_size=200) | st.sampled_from(["npub1", "magnet:?", "ws://"]).map(lambda a: a * 99)
)
def test_any_text_is_something_or_words(text: str) -> None:
    read_pasted(text)
