"""How the engine is set for each network; every number was measured or says why (docs/decisions).

Public: Mainline, port mapping, uTP, and no connection into this machine's or the house's ranges.
Private: nothing but the addresses we were given, and links tuned for a fast local network.
"""

from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

import libtorrent as lt

from kkiri.event.listing import PeerAddress

USER_AGENT = "kkiri/0.1.0"
FINGERPRINT = "-KK0100-"
PUBLIC_DHT_NODES = "dht.libtorrent.org:25401,router.bittorrent.com:6881,dht.transmissionbt.com:6881"
ALERTS_QUEUED_MAX = 100_000  # 10,000 torrents added at once post four alerts each
METADATA_BYTES_MAX = 16 * 1024 * 1024  # as swarm.metainfo reads
BUSY_TICK_MS = 100  # while something moves: the first peer is dialled within a tick
IDLE_TICK_MS = 1_000  # 10,000 idle seeds cost 1 % of a core at the default of 500
READ_TICK_MS = 50  # while a film is read as it arrives: a far seek is asked for within a tick
READ_QUEUE_SECONDS = 1  # what was asked for before a seek is in its way
CONNECTIONS_PUBLIC_MAX = 200  # home routers drop new flows above a few hundred
CONNECTIONS_PRIVATE_MAX = 500

# SAFETY P2: where a stranger's string must never make us connect (RFC 6890 and its kin)
CLOSED_RANGES = (
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
    "::/3",  # all of IPv6 but 2000::/3, and what carries an IPv4 address inside
    "4000::/2",
    "8000::/1",
    "2001::/32",
    "2001:db8::/32",
    "2002::/16",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """What the composition root decides about the engine."""

    state: Path
    """Our own folder for resume data; 0700."""
    public: bool = False
    host: str = "127.0.0.1"
    port: int = 0
    """The one of the last run, so that listings stay right; 0 for any."""
    map_ports: bool = True
    """Ask the router for a port, in public only."""
    dht: bool = True
    upload_rate: int = 0
    """Bytes a second to all peers together, those near by too; 0 for no limit."""
    download_rate: int = 0
    dht_nodes: tuple[PeerAddress, ...] = ()
    """Nodes to start from besides the saved ones; Mainline's own are added in public."""


def pack(settings: SessionSettings) -> "lt.settings_pack":
    """Give libtorrent's settings."""
    found = _common(settings)
    found.update(_public(settings.map_ports) if settings.public else _private())
    return found


def limit_rates(session: "lt.session", upload_rate: int, download_rate: int) -> None:
    """Hold the session to its rates; the global settings leave out loopback and LAN peers."""
    for number in (lt.session.global_peer_class_id, lt.session.local_peer_class_id):
        found = session.get_peer_class(number)
        found["upload_limit"] = upload_rate
        found["download_limit"] = download_rate
        session.set_peer_class(number, found)


def closed_ranges() -> lt.ip_filter:
    """Give the filter against loopback, private and reserved ranges."""
    found = lt.ip_filter()
    for text in CLOSED_RANGES:
        network = ip_network(text)
        found.add_rule(str(network[0]), str(network[-1]), 1)
    return found


def _common(settings: SessionSettings) -> "lt.settings_pack":
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    nodes = [str(node) for node in settings.dht_nodes]
    nodes += [PUBLIC_DHT_NODES] if settings.public else []
    limited = settings.upload_rate or settings.download_rate  # as in Engine.limit
    category = lt.alert_category
    return {
        "user_agent": USER_AGENT,
        "peer_fingerprint": FINGERPRINT,
        "listen_interfaces": f"{host}:{settings.port}",
        "alert_mask": category.error
        | category.status
        | category.storage
        | category.piece_progress
        | category.connect
        | category.peer
        | category.port_mapping
        | category.dht_operation,
        "alert_queue_size": ALERTS_QUEUED_MAX,
        "enable_dht": settings.dht,
        "dht_bootstrap_nodes": ",".join(nodes),
        "enable_lsd": False,  # our own LAN discovery speaks of hubs; LSD announces each info-hash
        "webtorrent_stun_server": "",  # the default asks a company's server
        "max_metadata_size": METADATA_BYTES_MAX,
        "allow_idna": False,
        "anonymous_mode": False,
        "announce_to_all_trackers": False,
        "auto_scrape_interval": 2**31 - 1,  # we have no trackers
        "in_enc_policy": 1,  # other clients may ask for it
        # measured over 1 GiB on loopback (docs/decisions): the defaults stall a fast link
        "send_buffer_watermark": 1024 * 1024,
        # what is in the buffer cannot be cancelled: of a slow seed it holds up who seeks in a film
        "send_buffer_low_watermark": 32 * 1024,
        "send_buffer_watermark_factor": 5,
        "max_out_request_queue": 1_500,
        "max_allowed_in_request_queue": 4_000,
        "max_queued_disk_bytes": 128 * 1024 * 1024,
        "unchoke_slots_limit": 20,  # the default 8 starves the ninth asker of a popular seed
        "file_pool_size": 128,
        "close_file_interval": 120,  # an idle seed keeps no file open
        "aio_threads": 4,
        "hashing_threads": 2,
        "tick_interval": BUSY_TICK_MS if limited else IDLE_TICK_MS,
    }


def _public(map_ports: bool) -> "lt.settings_pack":
    return {
        "connections_limit": CONNECTIONS_PUBLIC_MAX,
        "enable_upnp": map_ports,
        "enable_natpmp": map_ports,
        "no_connect_privileged_ports": True,  # a swarm must not point us at somebody's mail server
        "out_enc_policy": 1,
        "min_reconnect_time": 15,
        "max_failcount": 10,  # with ever longer pauses: a seeder that restarts is found again
    }


def _private() -> "lt.settings_pack":
    return {
        "connections_limit": CONNECTIONS_PRIVATE_MAX,
        "enable_upnp": False,
        "enable_natpmp": False,
        # most of the default's loss on a fast link is before the first byte: it tries uTP first
        "enable_outgoing_utp": False,
        "out_enc_policy": 2,
        "allow_multiple_connections_per_ip": True,  # several peers on one machine
        "min_reconnect_time": 1,
        "max_failcount": 1_000,  # a peer that restarts is found again; there are few
        "request_queue_time": 10,  # 3 by default: a fast link runs dry between two answers
        "connection_speed": 200,
        "smooth_connects": False,
        "torrent_connect_boost": 100,
        # a DHT of peers on 127.x is one address range and has no verified ids
        "dht_restrict_routing_ips": False,
        "dht_restrict_search_ips": False,
        "dht_enforce_node_id": False,
        "dht_prefer_verified_node_ids": False,
        "dht_ignore_dark_internet": False,
    }
