"""Addresses of hubs: one form, and none dialled for a stranger that is not a public peer's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.hub.address import (
    BadHubUrlError,
    Source,
    Where,
    host_of,
    hub_url,
    may_dial,
    neighbourhood,
    port_of,
    where,
)

STRANGERS = [Source.CARD, Source.DHT]


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("127.0.0.1:4848", "ws://127.0.0.1:4848"),
        (" WS://Example.ORG:80/ ", "ws://example.org:80"),
        ("ws://example.org", "ws://example.org:80"),
        ("wss://relay.example.org", "wss://relay.example.org"),
        ("wss://relay.example.org:443/Chat/", "wss://relay.example.org/Chat"),
        ("wss://relay.example.org:8443", "wss://relay.example.org:8443"),
        ("ws://[2001:DB8:0::1]:9", "ws://[2001:db8::1]:9"),
        ("ws://example.org.:9", "ws://example.org:9"),
    ],
)
def test_canonical(typed: str, canonical: str) -> None:
    assert hub_url(typed) == canonical
    assert hub_url(canonical) == canonical


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "example.org",
        "http://example.org:80",
        "ws://",
        "ws://user@example.org:9",
        "ws://example.org:0",
        "ws://example.org:65536",
        "ws://example.org:9/?a=b",
        "ws://example.org:9/#a",
        "ws://example.org:9/../x",
        "ws://exa mple.org:9",
        "ws://example.org:9/\r\nHost: evil",
        "ws://-a.org:9",
        "ws://a..org:9",
        "ws://끼리.kr:9",
        # ways of writing 127.0.0.1 that some resolvers take
        "ws://127.1:9",
        "ws://0x7f.0.0.1:9",
        "ws://2130706433:9",
        "ws://127.0.0.0x1:9",
        "ws://0177.0.0.1:9",
        "ws://[::1%eth0]:9",
        "ws://[]:9",
        "x" * 400,
    ],
)
def test_refused(typed: str) -> None:
    with pytest.raises(BadHubUrlError):
        hub_url(typed)


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        url = hub_url(text)
    except BadHubUrlError:
        return
    assert hub_url(url) == url
    assert 0 < port_of(url) < 65_536
    assert host_of(url)
    assert neighbourhood(url)


NEVER_FOR_STRANGERS = [
    "127.0.0.1",
    "127.9.8.7",
    "10.0.0.1",
    "172.16.3.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.251",
    "239.255.255.250",
    "255.255.255.255",
    "240.0.0.1",
    "192.0.2.1",
    "[::1]",
    "[::]",
    "[fe80::1]",
    "[fc00::1]",
    "[ff02::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:10.0.0.1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::a00:1]",
    "[2002:7f00:1::]",
    "[2002:c0a8:101::1]",
    "[2001:db8::1]",
    "localhost",
    "router",
    "rebind.example.org",
]


@pytest.mark.parametrize("host", NEVER_FOR_STRANGERS)
@pytest.mark.parametrize("source", STRANGERS)
def test_p2_a_stranger_cannot_point_us_inside(host: str, source: Source) -> None:
    assert not may_dial(hub_url(f"ws://{host}:9000"), source, public=True)


@pytest.mark.parametrize("port", [22, 25, 53, 110, 139, 445, 1023])
def test_p2_a_stranger_cannot_point_us_at_other_services(port: int) -> None:
    assert not may_dial(hub_url(f"ws://8.8.8.8:{port}"), Source.CARD, public=True)
    assert may_dial(hub_url(f"ws://8.8.8.8:{port}"), Source.NAMED, public=True)


@pytest.mark.parametrize("url", ["ws://8.8.8.8:80", "wss://8.8.8.8", "ws://[2600::1]:4848"])
def test_public_peers_are_dialled(url: str) -> None:
    assert where(hub_url(url)) is Where.PUBLIC
    for source in Source:
        assert may_dial(hub_url(url), source, public=True)


def test_private_ranges_are_for_private_networks_neighbours_and_persons() -> None:
    url = hub_url("ws://192.168.1.7:4848")
    assert may_dial(url, Source.NAMED, public=True)
    assert may_dial(url, Source.LAN, public=True)
    assert may_dial(url, Source.CARD, public=False)
    assert not may_dial(url, Source.CARD, public=True)


def test_p2_a_stranger_s_host_name_is_not_resolved_in_a_private_network_either() -> None:
    url = hub_url("ws://rebind.example.org:9000")
    assert not may_dial(url, Source.CARD, public=False)
    assert not may_dial(url, Source.LAN, public=True)
    assert may_dial(url, Source.NAMED, public=True)


@pytest.mark.parametrize("host", ["224.0.0.1", "[ff02::1]", "0.0.0.0", "255.255.255.255"])
def test_nobody_makes_us_dial_multicast(host: str) -> None:
    for source in Source:
        for public in (True, False):
            assert not may_dial(hub_url(f"ws://{host}:9000"), source, public=public)


def test_neighbourhoods() -> None:
    assert neighbourhood(hub_url("ws://8.8.8.8:1")) == neighbourhood(hub_url("ws://8.8.4.4:2"))
    assert neighbourhood(hub_url("ws://8.8.8.8:1")) != neighbourhood(hub_url("ws://8.9.8.8:1"))
    six = [neighbourhood(hub_url(f"ws://[2600:0:{n:x}::1]:1")) for n in (0, 1, 0xFFFF)]
    assert len(set(six)) == 1
    mapped = neighbourhood(hub_url("ws://[::ffff:8.8.8.8]:1"))
    assert mapped == neighbourhood(hub_url("ws://8.8.8.8:1"))
