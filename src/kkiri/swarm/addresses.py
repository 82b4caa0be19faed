"""Which addresses of torrent peers may be dialled: in public never this machine or the house."""

from ipaddress import IPv6Address, IPv6Network, ip_address

from kkiri.event.listing import PeerAddress


def is_global(address: PeerAddress) -> bool:
    """Say whether the address is one of the open internet: not loopback, private or reserved."""
    numeric = ip_address(address.host)
    if isinstance(numeric, IPv6Address):
        # outside 2000::/3, and in 6to4 and Teredo, are forms that carry an IPv4 address inside
        inside = numeric.sixtofour or numeric.teredo or numeric not in IPv6Network("2000::/3")
        return not inside and numeric.is_global
    return numeric.is_global and not numeric.is_multicast
