"""What may be dialled in public: the open internet alone (SAFETY P2)."""

import pytest

from kkiri.event.listing import PeerAddress
from kkiri.swarm.addresses import is_global


@pytest.mark.parametrize(
    ("host", "open_one"),
    [
        ("8.8.8.8", True),
        ("211.234.1.1", True),
        ("2001:4860:4860::8888", True),
        ("127.0.0.1", False),
        ("127.8.9.10", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("172.31.255.255", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("198.18.0.1", False),
        ("224.0.0.1", False),
        ("239.255.255.250", False),
        ("255.255.255.255", False),
        ("240.0.0.1", False),
        ("192.0.2.1", False),
        ("::", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", False),
        ("::7f00:1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::7f00:1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("2001:db8::1", False),
    ],
)
def test_ranges(host: str, open_one: bool) -> None:
    assert is_global(PeerAddress(host=host, port=6881)) is open_one
