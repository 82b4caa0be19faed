"""One torrent's peers, pieces and files as the engine knows them, and what a person changes there.

The engine answers from a thread of its own, so each look runs in a thread of ours.
"""

import asyncio
from collections.abc import Sequence

import libtorrent as lt

from kkiri.adapters.torrents import disk, params
from kkiri.adapters.torrents.download import Download, Phase
from kkiri.adapters.torrents.downloads import Downloads
from kkiri.adapters.torrents.engine import Engine
from kkiri.adapters.torrents.seeds import Seeds
from kkiri.base.errors import BadMetainfoError, NotFoundError, RefusedError
from kkiri.base.types import Bytes, InfoHash
from kkiri.event.listing import PeerAddress
from kkiri.ports.swarms import Origin, Swarm, SwarmFile, SwarmPeer
from kkiri.swarm.metainfo import MetaInfo, read
from kkiri.swarm.pieces import PieceState
from kkiri.trust.petnames import clean_name

PEERS_SHOWN_MAX = 64  # as many as a drawing of a swarm can hold apart
FILES_SHOWN_MAX = 2_000  # as many as a person marks in a list; a larger torrent is fetched whole
CLIENT_CHARS_MAX = 40  # `qBittorrent/5.1.2` is 17
_UTP = 1 << 17  # peer_info's `utp_socket`, which the binding does not name


class LibtorrentSwarms:
    """`ports.swarms.Swarms` of one session."""

    def __init__(self, engine: Engine, downloads: Downloads, seeds: Seeds) -> None:
        self._engine = engine
        self._downloads = downloads
        self._seeds = seeds

    async def swarm(self, info_hash: InfoHash) -> Swarm:
        """Look at one torrent. Raises: NotFoundError."""
        download = self._downloads.held.get(info_hash)
        if download is not None:
            return await asyncio.to_thread(_look, info_hash, download.handle, download)
        if info_hash not in self._seeds:
            raise NotFoundError(info_hash)
        return await asyncio.to_thread(_look, info_hash, self._seeds.handle(info_hash), None)

    async def choose(
        self, info_hash: InfoHash, only: Sequence[str] | None, first: Sequence[str] = ()
    ) -> None:
        """Change which files of an unfinished download are wanted, and which of them come first.

        Raises: NotFoundError (unknown, or no such file), RefusedError when it is not being fetched.
        """
        download = self._downloads.held.get(info_hash)
        if download is None:
            raise NotFoundError(info_hash)
        async with download.lock:
            if download.phase is not Phase.DATA:
                raise RefusedError(download.name)
            download.choose(None if only is None else tuple(only), tuple(first))
            if download.handle is not None:
                download.handle.prioritize_files(params.priorities(download))
                for address in (*download.addresses, *download.sources):
                    # a torrent that had all that was wanted has let its seeds go
                    download.handle.connect_peer((address.host, address.port))
            await self._downloads.store(download)

    async def erase(self, info_hash: InfoHash) -> int:
        """Take a torrent out and delete its files, no others and nothing behind a link.

        Gives how many stayed, because somebody changed them since. Raises: NotFoundError.
        """
        download = self._downloads.held.get(info_hash)
        if download is None:
            raise NotFoundError(info_hash)
        done = download.phase is Phase.DONE
        stats = await self._downloads.stats(download)
        await self._downloads.remove(download)
        if not done:
            return 0  # its parts are gone with it
        finals = download.final_places()
        places = [finals[number] for number in sorted(download.wanted)]
        known = stats if len(stats) == len(places) else [None] * len(places)
        files = list(zip(places, known, strict=True))
        return await asyncio.to_thread(disk.erase, download.folder, files)

    def limit(self, upload_rate: Bytes, download_rate: Bytes) -> None:
        """Hold the whole session to rates from now on; 0 is no limit."""
        self._engine.limit(upload_rate, download_rate)


def _look(
    info_hash: InfoHash, handle: lt.torrent_handle | None, download: Download | None
) -> Swarm:
    """Ask the engine; a torrent that it does not hold right now has no peers."""
    peers: list[lt.peer_info] = []
    pieces = availability = b""
    progress: list[int] = []
    uploaded = downloaded = 0
    info = None if download is None else download.info
    complete = download is None or download.phase is Phase.DONE
    try:
        if handle is not None:
            peers = handle.get_peer_info()
            status = handle.status(lt.torrent_handle.query_pieces)
            uploaded, downloaded = status.all_time_upload, status.all_time_download
            availability = bytes(min(count, 255) for count in handle.piece_availability())
            pieces = _pieces(handle, status.pieces)
            progress = [] if complete else handle.file_progress()
            info = info or _info(handle)
    except RuntimeError:
        pass  # the torrent was taken out meanwhile
    shown = [_peer(one) for one in peers if not _is_dialling(one)]
    shown.sort(key=lambda one: (-one.down_rate - one.up_rate, str(one.address)))
    return Swarm(
        info_hash=info_hash,
        peers=tuple(shown[:PEERS_SHOWN_MAX]),
        peers_total=len(shown),
        piece_bytes=Bytes(0 if info is None else info.piece_bytes),
        pieces=pieces,
        availability=b"" if complete else availability,
        files=() if info is None else _files(info, download, progress),
        uploaded=Bytes(uploaded),
        downloaded=Bytes(downloaded),
    )


def _info(handle: lt.torrent_handle) -> MetaInfo | None:
    torrent = handle.torrent_file()
    if torrent is None:
        return None
    try:
        return read(b"d4:info" + torrent.info_section() + b"e")
    except BadMetainfoError:
        return None


def _pieces(handle: lt.torrent_handle, here: Sequence[bool]) -> bytes:
    found = bytearray(PieceState.HERE if one else PieceState.MISSING for one in here)
    for number, priority in enumerate(handle.get_piece_priorities()):
        if priority == 0 and found[number] == PieceState.MISSING:
            found[number] = PieceState.UNWANTED
    for piece in handle.get_download_queue():
        if found[piece["piece_index"]] != PieceState.HERE:
            found[piece["piece_index"]] = PieceState.COMING
    return bytes(found)


def _is_dialling(peer: lt.peer_info) -> bool:
    return bool(peer.flags & (peer.handshake | peer.connecting))


def _peer(peer: lt.peer_info) -> SwarmPeer:
    incoming = not peer.flags & peer.outgoing_connection
    if incoming:
        origin = Origin.INCOMING
    elif peer.source & peer.resume_data:  # also what we were given with the torrent
        origin = Origin.NAMED
    elif peer.source & peer.pex:
        origin = Origin.EXCHANGE
    else:
        origin = Origin.DHT if peer.source & peer.dht else Origin.NAMED
    host, port = peer.ip
    return SwarmPeer(
        address=PeerAddress(host=host, port=port),
        client=clean_name(peer.client.decode(errors="replace"))[:CLIENT_CHARS_MAX],
        progress=min(max(peer.progress_ppm / 1_000_000, 0.0), 1.0),
        down_rate=peer.payload_down_speed,
        up_rate=peer.payload_up_speed,
        origin=origin,
        encrypted=bool(peer.flags & (peer.rc4_encrypted | peer.plaintext_encrypted)),
        utp=bool(peer.flags & _UTP),
    )


def _files(
    info: MetaInfo, download: Download | None, progress: Sequence[int]
) -> tuple[SwarmFile, ...]:
    found: list[SwarmFile] = []
    for number, file in enumerate(info.files):
        if file.padding:
            continue
        wanted = download is None or number in download.wanted
        done = progress[number] if number < len(progress) else (file.size if wanted else 0)
        found.append(
            SwarmFile(
                index=number,
                path="/".join(file.parts) or info.name,
                size=Bytes(file.size),
                done=Bytes(min(done, file.size)),
                wanted=wanted,
                first=download is not None and number in download.first,
            )
        )
    return tuple(found[:FILES_SHOWN_MAX])
