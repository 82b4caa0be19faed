"""What the engine is told of a torrent when it is added: `info`, places and addresses, no more."""

from collections.abc import Iterable
from pathlib import Path

import libtorrent as lt

from kkiri.adapters.torrents.download import Download
from kkiri.base.errors import BadMetainfoError
from kkiri.base.types import InfoHash
from kkiri.ports.torrents import SeedSpec
from kkiri.swarm.metainfo import METAINFO_BYTES_MAX, read

_SKIP = 0
_WANT = 4  # libtorrent's default priority
_FIRST = 7  # its highest


def for_metadata(download: Download, nowhere: Path, public: bool) -> lt.add_torrent_params:
    """Ask the swarm for `info` alone: nothing is written."""
    found = lt.add_torrent_params()
    found.info_hashes = lt.info_hash_t(lt.sha1_hash(bytes.fromhex(download.info_hash)))
    found.save_path = str(nowhere)
    found.flags = _flags(public) | lt.torrent_flags.default_dont_download
    if download.paused:
        found.flags |= lt.torrent_flags.paused
    found.peers = [(address.host, address.port) for address in download.addresses]
    return found


def for_data(
    download: Download, resume: bytes, part_files: Path, public: bool
) -> lt.add_torrent_params:
    """Fetch the wanted files into the part folder, each under its safe name.

    Raises: BadMetainfoError.
    """
    found = _resumed(download.info_hash, resume)
    found.ti = _torrent(download.metainfo or b"")
    found.save_path = str(download.part)
    found.part_file_dir = str(part_files)
    found.renamed_files = {n: "/".join(place) for n, place in enumerate(download.places)}
    found.file_priorities = priorities(download)
    # paused until it is checked: on being resumed the engine dials at once, otherwise it waits
    found.flags = _flags(public) | lt.torrent_flags.update_subscribe | lt.torrent_flags.paused
    found.peers = [(address.host, address.port) for address in download.addresses]
    return found


def for_done(
    download: Download, resume: bytes, part_files: Path, public: bool
) -> lt.add_torrent_params:
    """Give on a finished download from its final place; nothing is ever written to it.

    Raises: BadMetainfoError.
    """
    whole = download.only is None
    before = _resumed(download.info_hash, resume)
    found = lt.add_torrent_params() if whole else before
    found.total_uploaded = before.total_uploaded
    found.total_downloaded = before.total_downloaded
    found.ti = _torrent(download.metainfo or b"")
    found.save_path = str(download.folder)
    found.part_file_dir = str(part_files)
    finals = download.final_places()
    found.renamed_files = {number: "/".join(place) for number, place in enumerate(finals)}
    found.file_priorities = priorities(download)
    found.flags = _seed_flags(public) | lt.torrent_flags.update_subscribe
    if not whole:
        found.flags &= ~lt.torrent_flags.seed_mode
    if download.paused:
        found.flags |= lt.torrent_flags.paused
    return found


def for_seed(spec: SeedSpec, public: bool) -> lt.add_torrent_params:
    """Seed a shared file or folder where it stands, without reading it first.

    Raises: BadMetainfoError.
    """
    found = lt.add_torrent_params()
    torrent = _torrent(spec.metainfo)
    found.ti = torrent
    found.save_path = str(spec.folder)
    # the engine cleans names; ours must stay what they are on disk
    info = read(spec.metainfo)
    files = torrent.layout()
    for number, file in enumerate(info.files):
        path = "/".join((info.name, *file.parts))
        if files.file_path(number) != path:
            found.renamed_files = found.renamed_files | {number: path}
    found.flags = _seed_flags(public)
    return found


def priorities(download: Download) -> list[int]:
    """Give how much each file is wanted; empty when all are the same."""
    if download.info is None or (download.only is None and not download.first):
        return []
    files = download.info.files
    return [
        _FIRST
        if number in download.first
        else _WANT
        if number in download.wanted or file.padding
        else _SKIP
        for number, file in enumerate(files)
    ]


def without(resume: bytes, info_hash: InfoHash, pieces: Iterable[int]) -> bytes:
    """Take pieces out of what a download is said to have."""
    found = _resumed(info_hash, resume)
    have = list(found.have_pieces)
    for piece in pieces:
        if piece < len(have):
            have[piece] = False
    found.have_pieces = have
    return lt.write_resume_data_buf(found)


def _flags(public: bool) -> int:
    flags = lt.torrent_flags
    found = flags.apply_ip_filter | flags.disable_lsd
    # PEX and the DHT bring addresses from strangers: in public they pass the filter, in a private
    # network nothing may point us at its machines
    return found if public else found | flags.disable_dht | flags.disable_pex


def _seed_flags(public: bool) -> int:
    flags = lt.torrent_flags
    # seed_mode: a piece is checked when it is first asked for, not at start.
    # upload_mode: should a file have changed, the engine must not fetch the old one over it.
    # no announces: the listing says where it is (10,000 torrents would be 10,000 announces)
    return _flags(public) | flags.seed_mode | flags.upload_mode | flags.disable_dht


def _torrent(metainfo: bytes) -> lt.torrent_info:
    if len(metainfo) > METAINFO_BYTES_MAX:
        raise BadMetainfoError(f"{len(metainfo)} bytes")
    try:
        torrent = lt.load_torrent_buffer(metainfo).ti
    except RuntimeError as error:
        raise BadMetainfoError(str(error)[:200]) from error
    if torrent is None:
        raise BadMetainfoError("no info")
    return torrent


def _resumed(info_hash: InfoHash, resume: bytes) -> lt.add_torrent_params:
    if not resume:
        return lt.add_torrent_params()
    try:
        found = lt.read_resume_data(resume)
    except RuntimeError:
        return lt.add_torrent_params()  # ours, but damaged: everything is checked anew
    if found.info_hashes.v1.to_bytes().hex() != info_hash:
        return lt.add_torrent_params()
    found.banned_peers = []
    found.piece_priorities = []  # a reader's; those of files are given beside
    found.trackers = []
    found.url_seeds = []
    found.http_seeds = []
    return found
