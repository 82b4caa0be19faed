"""What the engine tells, copied at once: an alert is dead after the next `pop_alerts`."""

import errno
from collections.abc import Iterator
from dataclasses import dataclass

import libtorrent as lt

from kkiri.base.types import InfoHash
from kkiri.event.listing import PeerAddress


@dataclass(frozen=True, slots=True)
class Listening:
    """The session listens for TCP."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class SeenFromOutside:
    """What others say our address is."""

    host: str


@dataclass(frozen=True, slots=True)
class PortMapped:
    """The router gave us a port."""

    port: int


@dataclass(frozen=True, slots=True)
class Added:
    """A torrent stands in the session, or did not get in."""

    info_hash: InfoHash
    handle: lt.torrent_handle | None
    error: str


@dataclass(frozen=True, slots=True)
class Removed:
    """A torrent is out of the session."""

    info_hash: InfoHash


@dataclass(frozen=True, slots=True)
class MetadataCame:
    """The `info` of a torrent came from the swarm."""

    info_hash: InfoHash


@dataclass(frozen=True, slots=True)
class PieceCame:
    """A piece has arrived and is what the torrent says."""

    info_hash: InfoHash
    piece: int


@dataclass(frozen=True, slots=True)
class PieceRead:
    """A piece as it stands on disk; None when it cannot be read."""

    info_hash: InfoHash
    piece: int
    data: bytes | None


@dataclass(frozen=True, slots=True)
class Finished:
    """Every wanted piece is there."""

    info_hash: InfoHash


@dataclass(frozen=True, slots=True)
class Checking:
    """The engine began to read a torrent's files anew."""

    info_hash: InfoHash


@dataclass(frozen=True, slots=True)
class Checked:
    """The engine knows what a torrent has on disk."""

    info_hash: InfoHash


@dataclass(frozen=True, slots=True)
class Flushed:
    """What was received is with the operating system."""

    info_hash: InfoHash


@dataclass(frozen=True, slots=True)
class Failed:
    """A torrent stopped, for want of room or for another reason."""

    info_hash: InfoHash
    no_room: bool
    text: str


@dataclass(frozen=True, slots=True)
class ResumeData:
    """What a download has; None when nothing is new."""

    info_hash: InfoHash
    data: bytes | None


@dataclass(frozen=True, slots=True)
class PeerCame:
    """A peer is connected to a torrent."""

    info_hash: InfoHash
    address: PeerAddress


@dataclass(frozen=True, slots=True)
class PeerLeft:
    """A peer is no longer connected."""

    info_hash: InfoHash
    address: PeerAddress


@dataclass(frozen=True, slots=True)
class PeerBanned:
    """The engine will not talk to a peer any more: it sent what is not of the torrent."""

    info_hash: InfoHash
    address: PeerAddress


@dataclass(frozen=True, slots=True)
class Status:
    """Numbers of one torrent."""

    info_hash: InfoHash
    name: str
    checking: bool
    paused: bool
    size: int
    done: int
    down_rate: int
    up_rate: int
    peers: int
    seeds: int
    pieces: bytes
    """One byte a piece, 0 or 1."""

    @property
    def is_whole(self) -> bool:
        """Say whether all that the engine wants of it is here."""
        return self.done >= self.size


@dataclass(frozen=True, slots=True)
class DhtPeers:
    """Who is at a key of the DHT."""

    key: bytes
    addresses: tuple[PeerAddress, ...]


Told = (
    Listening
    | SeenFromOutside
    | PortMapped
    | Added
    | Removed
    | MetadataCame
    | PieceCame
    | PieceRead
    | Finished
    | Checking
    | Checked
    | Flushed
    | Failed
    | ResumeData
    | PeerCame
    | PeerLeft
    | PeerBanned
    | Status
    | DhtPeers
)


def told(session: lt.session) -> list[Told]:
    """Pop all alerts and copy those that matter."""
    found: list[Told] = []
    for alert in session.pop_alerts():
        if isinstance(alert, lt.state_update_alert):
            found.extend(_status(status) for status in alert.status)
        elif isinstance(alert, lt.peer_alert):
            found.extend(_of_peer(alert))
        elif isinstance(alert, lt.torrent_alert):
            found.extend(_of_torrent(alert))
        else:
            found.extend(_of_session(alert))
    return found


def _of_session(alert: lt.alert) -> Iterator[Told]:
    if isinstance(alert, lt.listen_succeeded_alert):
        if alert.socket_type == lt.socket_type_t.tcp:
            yield Listening(alert.address, alert.port)
    elif isinstance(alert, lt.external_ip_alert):
        yield SeenFromOutside(alert.external_address)
    elif isinstance(alert, lt.portmap_alert):
        if alert.map_protocol == lt.portmap_protocol.tcp:
            yield PortMapped(alert.external_port)
    elif isinstance(alert, lt.dht_get_peers_reply_alert):
        peers = tuple(_address(peer) for peer in alert.peers())
        yield DhtPeers(alert.info_hash.to_bytes(), peers)


def _of_peer(alert: lt.peer_alert) -> Iterator[Told]:
    if isinstance(alert, lt.peer_connect_alert):
        yield PeerCame(_hash(alert.handle), _address(alert.endpoint))
    elif isinstance(alert, lt.peer_disconnected_alert):
        yield PeerLeft(_hash(alert.handle), _address(alert.endpoint))
    elif isinstance(alert, lt.peer_ban_alert):
        yield PeerBanned(_hash(alert.handle), _address(alert.endpoint))


def _of_torrent(alert: lt.torrent_alert) -> Iterator[Told]:
    if isinstance(alert, lt.add_torrent_alert):
        yield _added(alert)
    elif isinstance(alert, lt.torrent_removed_alert):
        yield Removed(InfoHash(alert.info_hash.to_bytes().hex()))
    elif isinstance(alert, lt.file_error_alert | lt.torrent_error_alert):
        yield _failed(alert.handle, alert.error)
    elif isinstance(alert, lt.piece_finished_alert):
        yield PieceCame(_hash(alert.handle), alert.piece_index)
    elif isinstance(alert, lt.read_piece_alert):
        data = alert.buffer if alert.error.value() == 0 else None
        yield PieceRead(_hash(alert.handle), alert.piece, data)
    elif isinstance(alert, lt.save_resume_data_alert):
        yield ResumeData(_hash(alert.handle), lt.write_resume_data_buf(alert.params))
    else:
        yield from _of_stage(alert)


def _of_stage(alert: lt.torrent_alert) -> Iterator[Told]:
    if isinstance(alert, lt.metadata_received_alert):
        yield MetadataCame(_hash(alert.handle))
    elif isinstance(alert, lt.torrent_finished_alert):
        yield Finished(_hash(alert.handle))
    elif isinstance(alert, lt.torrent_checked_alert):
        yield Checked(_hash(alert.handle))
    elif isinstance(alert, lt.cache_flushed_alert):
        yield Flushed(_hash(alert.handle))
    elif isinstance(alert, lt.save_resume_data_failed_alert):
        yield ResumeData(_hash(alert.handle), None)
    elif (
        isinstance(alert, lt.state_changed_alert)
        and alert.state == lt.torrent_status.states.checking_files
    ):
        yield Checking(_hash(alert.handle))


def pieces(handle: lt.torrent_handle) -> bytes:
    """Ask which pieces are here, one byte each; waits for the engine, so in a thread."""
    try:
        return bytes(handle.status(lt.torrent_handle.query_pieces).pieces)
    except RuntimeError:
        return b""  # the torrent was taken out meanwhile


def begun_pieces(handle: lt.torrent_handle) -> set[int]:
    """Ask which pieces are here in part; waits for the engine, so in a thread."""
    try:
        return {piece["piece_index"] for piece in handle.get_download_queue()}
    except RuntimeError:
        return set()  # the torrent was taken out meanwhile


def sources(handle: lt.torrent_handle) -> list[PeerAddress]:
    """Ask who of those connected has given something; waits for the engine, so in a thread."""
    try:
        peers = handle.get_peer_info()
    except RuntimeError:
        return []  # the torrent was taken out meanwhile
    return [_address(peer.ip) for peer in peers if peer.total_download > 0]


def _added(alert: lt.add_torrent_alert) -> Added:
    hashes = alert.params.info_hashes
    if alert.error.value() == 0:
        return Added(_hash(alert.handle), alert.handle, "")
    return Added(InfoHash(hashes.v1.to_bytes().hex()), None, alert.error.message())


def _failed(handle: lt.torrent_handle, error: lt.error_code) -> Failed:
    no_room = error.value() in {errno.ENOSPC, errno.EDQUOT} and error.category().name() in {
        "system",
        "generic",
    }
    return Failed(_hash(handle), no_room, error.message())


def _status(status: lt.torrent_status) -> Status:
    states = lt.torrent_status.states
    return Status(
        info_hash=_hash(status.handle),
        name=status.name,
        checking=status.state in {states.checking_files, states.checking_resume_data},
        paused=status.paused,
        size=status.total_wanted,
        done=status.total_wanted_done,
        down_rate=status.download_payload_rate,
        up_rate=status.upload_payload_rate,
        peers=status.num_peers,
        seeds=status.num_seeds,
        pieces=bytes(status.pieces),
    )


def _hash(handle: lt.torrent_handle) -> InfoHash:
    return InfoHash(handle.info_hash().to_bytes().hex())


def _address(endpoint: tuple[str, int]) -> PeerAddress:
    return PeerAddress(host=endpoint[0], port=endpoint[1])
