"""What the local API answers about transfers beside the list: swarms, and what changed of all."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from kkiri.app.answers import TransferAnswer
from kkiri.event.listing import PeerAddress
from kkiri.event.nip19 import npub
from kkiri.flows.swarms import Face, face_of
from kkiri.ports.state import Transfer
from kkiri.ports.swarms import Swarm, SwarmPeer
from kkiri.swarm.pieces import piece_map, spread_map


@dataclass(frozen=True, slots=True, kw_only=True)
class SwarmPeerAnswer:
    """One peer of a swarm."""

    address: str
    client: str
    """What it calls itself."""
    progress: float
    """How much of the torrent it has, 0 to 1."""
    down_rate: int
    """Bytes a second from it to us."""
    up_rate: int
    origin: str
    """How we met: `named`, `incoming`, `dht`, `exchange`."""
    encrypted: bool
    utp: bool
    npub: str | None
    """Whose peer is dialled at this address, by their presence."""
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SwarmFileAnswer:
    """One file of a transfer."""

    index: int
    path: str
    size: int
    done: int
    wanted: bool
    first: bool
    """Fetched before the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwarmAnswer:
    """One transfer closely: where it goes, its pieces, its files, its peers."""

    info_hash: str
    folder: str
    added_at: int
    finished_at: int | None
    uploaded: int
    """Bytes, in all runs as far as known."""
    downloaded: int
    piece_bytes: int
    pieces_total: int
    pieces: str
    """`#` here, `+` coming, `.` missing, `-` unwanted; `1` to `9` tenths of a cell of several."""
    spread: str
    """How many connected peers have each cell's rarest piece, `9` for nine and more."""
    files: list[SwarmFileAnswer]
    peers: list[SwarmPeerAnswer]
    """The busiest first, 64 at most."""
    peers_total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedAnswer:
    """A transfer whose files were deleted."""

    stayed: int
    """Files that somebody has changed since they came: they were left."""


def swarm_answer(
    transfer: Transfer, swarm: Swarm, faces: Mapping[PeerAddress, Face]
) -> SwarmAnswer:
    """Tell of one transfer closely."""
    return SwarmAnswer(
        info_hash=transfer.info_hash,
        folder=str(transfer.folder),
        added_at=transfer.added_at,
        finished_at=transfer.finished_at,
        uploaded=swarm.uploaded,
        downloaded=swarm.downloaded,
        piece_bytes=swarm.piece_bytes,
        pieces_total=len(swarm.pieces),
        pieces=piece_map(swarm.pieces),
        spread=spread_map(swarm.availability),
        files=[
            SwarmFileAnswer(
                index=file.index,
                path=file.path,
                size=file.size,
                done=file.done,
                wanted=file.wanted,
                first=file.first,
            )
            for file in swarm.files
        ],
        peers=[_peer(peer, face_of(faces, peer)) for peer in swarm.peers],
        peers_total=swarm.peers_total,
    )


def _peer(peer: SwarmPeer, face: Face | None) -> SwarmPeerAnswer:
    return SwarmPeerAnswer(
        address=str(peer.address),
        client=peer.client,
        progress=round(peer.progress, 4),
        down_rate=peer.down_rate,
        up_rate=peer.up_rate,
        origin=peer.origin.value,
        encrypted=peer.encrypted,
        utp=peer.utp,
        npub=None if face is None else npub(face.key),
        name="" if face is None else face.name,
    )


@dataclass(slots=True)
class Told:
    """What one page has been told of the transfers, so that it is told only what is new."""

    _rows: dict[str, dict[str, object]] | None = field(default=None)

    def news(self, transfers: Sequence[TransferAnswer]) -> dict[str, object] | None:
        """Give all of them first, then only fields that changed; None when nothing did."""
        rows = {one.info_hash: asdict(one) for one in transfers}
        before, self._rows = self._rows, rows
        if before is None:
            return {"all": list(rows.values())}
        changed = [_changed(before.get(key), row) for key, row in rows.items()]
        gone = [key for key in before if key not in rows]
        said = [one for one in changed if one]
        return {"changed": said, "gone": gone} if said or gone else None


def _changed(before: Mapping[str, object] | None, row: dict[str, object]) -> dict[str, object]:
    if before is None:
        return row
    new = {name: value for name, value in row.items() if before[name] != value}
    return {"info_hash": row["info_hash"]} | new if new else {}
