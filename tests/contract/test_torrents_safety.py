"""What a stranger's torrent, or a changed file, must not be able to do (SAFETY F1-F3, P2)."""

import asyncio
import os
import unicodedata
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from kkiri.base.errors import KkiriError, UnsafeFolderError
from kkiri.base.names import collision_key
from kkiri.event.listing import PeerAddress
from kkiri.ports.torrents import FetchSpec, SeedSpec, TransferState
from kkiri.swarm.bencode import Bencoded, encode, sections
from kkiri.swarm.metainfo import info_hash_of
from tests.contract.torrents_kit import (
    PlainSeeder,
    content,
    hash_of,
    here,
    make_torrent,
    session,
    torrent_of,
    until,
)

HOSTILE = [
    "..", ".", "", "/", "//", "\\", "..\\..", "../..", "~", "~root", "/etc", "C:", "C:\\x",
    "\\\\host\\share", "\x00", "a\x00b", "\n", "con", "aux.txt", "nul", "a:b", "a.", " a ", "x",
    "ㅏ", unicodedata.normalize("NFD", "바다"), "바다", "X", "<img src=x>", "$(id)", "`id`", "-rf",
    ".ssh", "authorized_keys", "a\u202eb", "%2e%2e", "..%2f", "．．", "‥",
]  # fmt: skip
TRIES = 60
LISTEN_SECONDS = 2.0


def _everything(folder: Path) -> set[Path]:
    return {Path(at, name) for at, _, names in os.walk(folder) for name in names}


async def test_no_torrent_writes_outside_its_folder(tmp_path: Path) -> None:
    chance = Random(7)
    seeder = PlainSeeder()
    fetched = 0
    async with session(tmp_path / "state") as two:
        for number in range(TRIES):
            count = chance.randrange(1, 5)
            files = [
                (tuple(chance.choices(HOSTILE, k=chance.randrange(1, 5))), os.urandom(40_000))
                for _ in range(count)
            ]
            if chance.random() < 0.3:
                files = [((), files[0][1])]
            torrent = torrent_of(chance.choice(HOSTILE), files)
            try:
                seeder.seed(torrent, tmp_path / "seeds" / str(number), [body for _, body in files])
            except RuntimeError:
                continue  # an empty name: no client takes it
            before = _everything(tmp_path)
            folder = tmp_path / "to" / str(number)
            spec = FetchSpec(info_hash=hash_of(torrent), folder=folder, addresses=(seeder.address,))
            await two.fetch(spec)
            async with asyncio.timeout(20):
                path = await two.wait_complete(spec.info_hash)
            fetched += 1
            new = _everything(tmp_path) - before
            new = {one for one in new if not one.is_relative_to(tmp_path / "state")}
            assert path.parent == folder or path.is_relative_to(folder)
            assert len(new) == len(files)
            assert all(one.resolve().is_relative_to(folder.resolve()) for one in new)
            assert sorted(one.read_bytes() for one in new) == sorted(body for _, body in files)
            for one in new:
                assert not one.is_symlink()
    assert fetched > TRIES * 0.8


async def test_names_on_disk_are_portable_and_none_is_lost(tmp_path: Path) -> None:
    names = [unicodedata.normalize(form, "바다") for form in ("NFC", "NFD")]
    names += ["CON", "aux.txt", "a:b", "a?b", "A?B", "end.", "end"]
    files = [((name,), content(name, 30_000)) for name in names]
    torrent = torrent_of("모음", files)
    seeder = PlainSeeder()
    seeder.seed(torrent, tmp_path / "seeds", [body for _, body in files])
    async with session(tmp_path / "state") as two:
        spec = FetchSpec(
            info_hash=hash_of(torrent), folder=tmp_path / "to", addresses=(seeder.address,)
        )
        await two.fetch(spec)
        async with asyncio.timeout(20):
            path = await two.wait_complete(spec.info_hash)
    found = {one.name: one.read_bytes() for one in path.iterdir()}
    stand = ["바다", "바다 (2)", "_CON", "_aux.txt", "a_b", "a_b (2)", "A_B (3)", "end", "end (2)"]
    assert found == {name: body for name, (_, body) in zip(stand, files, strict=True)}
    assert len({collision_key(name) for name in found}) == len(files)


async def test_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    """A link at the final name gets a number beside it; one in the part folder is refused."""
    data = content("planted", 100_000)
    outside = tmp_path / "outside"
    outside.mkdir()
    torrent = make_torrent(tmp_path / "a", "album", [(("song.mp3",), data)])
    to = tmp_path / "to"
    to.mkdir()
    (to / "album").symlink_to(outside)
    spec = FetchSpec(info_hash=hash_of(torrent), folder=to, metainfo=torrent)
    async with session(tmp_path / "sa") as one, session(tmp_path / "sb") as two:
        await one.seed(SeedSpec(metainfo=torrent, folder=tmp_path / "a"))
        await two.fetch(spec)
        await two.remove(spec.info_hash)
        part = to / f".kkiri-part-{spec.info_hash}"
        (part / "album").mkdir(parents=True)
        (part / "album" / "song.mp3").symlink_to(outside / "target")
        with pytest.raises(UnsafeFolderError):
            await two.fetch(spec)
        (part / "album" / "song.mp3").unlink()
        (outside / "hard").write_bytes(b"mine")
        (part / "album" / "song.mp3").hardlink_to(outside / "hard")
        with pytest.raises(UnsafeFolderError):
            await two.fetch(spec)
        (part / "album" / "song.mp3").unlink()
        await two.fetch(spec)
        two.dial(spec.info_hash, here(one))
        async with asyncio.timeout(20):
            path = await two.wait_complete(spec.info_hash)
    assert path == to / "album (2)"
    assert (path / "song.mp3").read_bytes() == data
    assert [one.name for one in outside.iterdir()] == ["hard"]
    assert (outside / "hard").read_bytes() == b"mine"


async def test_a_torrent_with_links_inside_is_refused(tmp_path: Path) -> None:
    info: dict[bytes, Bencoded] = {
        b"name": b"top",
        b"piece length": 65_536,
        b"pieces": bytes(20),
        b"files": [
            {b"length": 10, b"path": [b"f"]},
            {b"length": 0, b"path": [b"l"], b"attr": b"l", b"symlink path": [b"..", b"x"]},
        ],
    }
    torrent = encode({b"info": info})
    async with session(tmp_path / "state") as two:
        with pytest.raises(KkiriError):
            await two.fetch(
                FetchSpec(info_hash=info_hash_of(torrent), folder=tmp_path / "to", metainfo=torrent)
            )
        assert two.progress_of(info_hash_of(torrent)) is None


async def test_an_edited_file_is_never_overwritten_by_its_torrent(tmp_path: Path) -> None:
    data = content("edited", 1_000_000)
    torrent = make_torrent(tmp_path / "a", "song.mp3", [((), data)])
    async with session(tmp_path / "sa") as one, session(tmp_path / "sb") as two:
        await one.seed(SeedSpec(metainfo=torrent, folder=tmp_path / "a"))
        edited = b"edited" + data[6:]
        (tmp_path / "a" / "song.mp3").write_bytes(edited)
        key = hash_of(torrent)
        await two.fetch(FetchSpec(info_hash=key, folder=tmp_path / "b", addresses=here(one)))
        await until(lambda: one.seeding() == 0)
        assert (tmp_path / "a" / "song.mp3").read_bytes() == edited
        assert not (tmp_path / "b" / "song.mp3").exists()


async def test_an_honest_seeder_is_asked_again_after_its_file_was_changed(tmp_path: Path) -> None:
    """Whose piece was checked before the edit sends one wrong piece; that must not be the end."""
    data = content("honest", 1_000_000)
    torrent = torrent_of("song.mp3", [((), data)])
    key, file = hash_of(torrent), tmp_path / "a" / "0"
    seeder = PlainSeeder()
    seeder.seed(torrent, tmp_path / "a", [data])
    async with session(tmp_path / "sb") as two:
        spec = FetchSpec(info_hash=key, folder=tmp_path / "b", addresses=(seeder.address,))
        await two.fetch(spec)
        async with asyncio.timeout(20):
            await two.wait_complete(key)
    with file.open("r+b") as handle:
        handle.seek(500_000)
        handle.write(b"edited in place")
    async with session(tmp_path / "sc") as three:
        await three.fetch(replace(spec, folder=tmp_path / "c"))

        def told() -> bool:
            found = three.progress_of(key)
            return found is not None and found.error == "source_changed"

        await until(told)
        found = three.progress_of(key)
        assert found is not None
        assert found.state is TransferState.FETCHING
        assert found.peers == 0
        file.write_bytes(data)
        async with asyncio.timeout(20):
            path = await three.wait_complete(key)
        assert path.read_bytes() == data
        found = three.progress_of(key)
        assert found is not None
        assert found.error == ""


class _Ear:
    """Counts whoever connects or sends a datagram."""

    def __init__(self) -> None:
        self.hits: list[str] = []

    async def listen(self) -> int:
        server = await asyncio.start_server(self._tcp, "127.0.0.1", 0)
        self._server = server
        port: int = server.sockets[0].getsockname()[1]
        ear = self

        class Udp(asyncio.DatagramProtocol):
            def datagram_received(self, data: bytes, addr: object) -> None:
                ear.hits.append(f"udp {data[:40]!r}")

        loop = asyncio.get_running_loop()
        self._udp, _ = await loop.create_datagram_endpoint(Udp, local_addr=("127.0.0.1", port))
        return port

    async def _tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.hits.append("tcp")
        writer.close()

    def close(self) -> None:
        self._server.close()
        self._udp.close()


def _foreign(torrent: bytes, port: int) -> bytes:
    """Put an address of ours into every field that any client has ever read."""
    info = sections(torrent, bytes_max=10**6)[b"info"][0]
    http, udp = f"http://127.0.0.1:{port}/x".encode(), f"udp://127.0.0.1:{port}/x".encode()
    local = f"http://localhost:{port}/x".encode()
    urls = [http, local, f"ws://127.0.0.1:{port}/".encode(), f"ftp://127.0.0.1:{port}/".encode()]
    outer: dict[bytes, Bencoded] = {
        b"announce": http,
        b"announce-list": [[udp], urls],
        b"url-list": urls,
        b"httpseeds": urls,
        b"nodes": [[b"127.0.0.1", port], [b"localhost", port]],
        b"comment": http,
        b"comment.utf-8": http,
        b"created by": http,
        b"publisher": http,
        b"publisher-url": http,
        b"publisher-url.utf-8": http,
        b"source": http,
        b"similar": [http],
        b"collections": [http],
        b"azureus_properties": {b"dht_backup_enable": 1, b"Content": {b"Thumbnail Url": http}},
        b"magnet-info": {b"info_hash": bytes(20), b"display-name": http},
        b"update-url": http,
        b"originator": http,
        b"website": http,
        b"info": info,
    }
    return encode(outer)


@pytest.mark.parametrize("public", [True, False], ids=["public", "private"])
async def test_no_field_of_a_foreign_torrent_makes_us_connect(tmp_path: Path, public: bool) -> None:
    ear = _Ear()
    port = await ear.listen()
    info: dict[bytes, Bencoded] = {
        b"name": f"http://127.0.0.1:{port}/".encode(),
        b"piece length": 65_536,
        b"pieces": bytes(20),
        b"length": 10,
        b"url-list": [f"http://127.0.0.1:{port}/".encode()],
        b"announce": f"http://127.0.0.1:{port}/".encode(),
        b"nodes": [[b"127.0.0.1", port]],
        b"source": f"http://127.0.0.1:{port}/".encode(),
    }
    torrent = _foreign(encode({b"info": info}), port)
    addresses = (PeerAddress(host="127.0.0.1", port=port),) if public else ()
    try:
        async with session(tmp_path / "state", public=public) as two:
            key = await two.fetch(
                FetchSpec(
                    info_hash=info_hash_of(torrent),
                    folder=tmp_path / "to",
                    metainfo=torrent,
                    addresses=addresses,
                )
            )
            two.dial(key, addresses)
            await asyncio.sleep(LISTEN_SECONDS)
            known = two.metainfo(key)
            assert known is not None
            assert sections(known, bytes_max=10**6).keys() == {b"info"}
    finally:
        ear.close()
    assert ear.hits == []
