"""Links: ours are read back, a stranger's gives an info-hash and hints, nothing to connect to."""

import json
from base64 import b32encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.base.errors import BadLinkError
from kkiri.base.types import Bytes, InfoHash
from kkiri.event.listing import PeerAddress
from kkiri.swarm.magnet import LINK_ADDRESSES_MAX, MagnetLink, read_link, write_link

HASH = InfoHash("0123456789abcdef0123456789abcdef01234567")
ADDRESSES = st.builds(
    PeerAddress,
    host=st.ip_addresses().map(str).filter(lambda host: "%" not in host),
    port=st.integers(1, 65_535),
)
VECTORS = Path(__file__).parents[2] / "vectors" / "links.json"


@given(
    st.binary(min_size=20, max_size=20),
    st.text(st.characters(codec="utf-8"), max_size=255),
    st.none() | st.integers(0, 10**18 - 1),
    st.lists(ADDRESSES, max_size=LINK_ADDRESSES_MAX, unique=True),
)
def test_a_written_link_is_read_back(
    raw: bytes, name: str, size: int | None, addresses: list[PeerAddress]
) -> None:
    info_hash = InfoHash(raw.hex())
    known = None if size is None else Bytes(size)
    text = write_link(info_hash, name, known, addresses)
    assert text.isascii()
    assert read_link(text) == MagnetLink(
        info_hash=info_hash, name=name, size=known, addresses=tuple(addresses)
    )


@given(st.text(max_size=300) | st.text(max_size=300).map(lambda text: f"magnet:?{text}"))
def test_any_text_gives_a_link_or_the_one_error(text: str) -> None:
    try:
        read_link(text)
    except BadLinkError:
        return


def test_the_vectors() -> None:
    vectors = json.loads(VECTORS.read_text(encoding="utf-8"))
    for good in vectors["read"]:
        found = read_link(good["link"])
        assert found.info_hash == good["info_hash"], good["why"]
        assert found.name == good["name"], good["why"]
        assert found.size == good["size"], good["why"]
        assert [str(address) for address in found.addresses] == good["addresses"], good["why"]
    for bad in vectors["refused"]:
        with pytest.raises(BadLinkError):
            read_link(bad["link"])
    for one in vectors["write"]:
        link = write_link(
            InfoHash(one["info_hash"]), one["name"], one["size"], read_link(one["link"]).addresses
        )
        assert link == one["link"]


def test_other_ways_to_write_an_info_hash() -> None:
    base32 = b32encode(bytes.fromhex(HASH)).decode()
    for text in (HASH, HASH.upper(), f"  {HASH}\n", f"magnet:?xt.1=urn:btih:{base32.lower()}"):
        assert read_link(text).info_hash == HASH


def test_a_flood_of_parts_is_cut() -> None:
    link = f"magnet:?xt=urn:btih:{HASH}" + "".join(f"&x.pe=10.0.0.1:{n}" for n in range(1, 300))
    assert len(read_link(link).addresses) == LINK_ADDRESSES_MAX
    with pytest.raises(BadLinkError):
        read_link(link + "&tr=" + "a" * 10_000)
