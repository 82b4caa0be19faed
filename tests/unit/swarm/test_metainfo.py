"""Torrent files: ours are v1 and bare, a stranger's is cut, and any bytes end in one error."""

import hashlib
import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.base.errors import BadMetainfoError
from kkiri.swarm.bencode import Bencoded, encode
from kkiri.swarm.metainfo import (
    FILES_MAX,
    OURS_PIECE_BYTES_MAX,
    OURS_PIECE_BYTES_MIN,
    PIECE_BYTES_MIN,
    build,
    cut,
    from_info,
    info_hash_of,
    piece_bytes_for,
    read,
)

HANG_SECONDS = 10  # well under a second alone; a quadratic reader takes minutes
VECTORS = Path(__file__).parents[2] / "vectors" / "torrents.json"
URL = b"http://127.0.0.1:9/x"


def _info(**changes: Bencoded) -> dict[bytes, Bencoded]:
    plain: dict[bytes, Bencoded] = {
        b"name": b"a.bin",
        b"piece length": 65_536,
        b"pieces": bytes(40),
        b"length": 65_537,
    }
    return plain | {key.replace("_", " ").encode(): value for key, value in changes.items()}


def test_the_vectors() -> None:
    for one in json.loads(VECTORS.read_text(encoding="utf-8")):
        data = [(tuple(file["path"]), file["text"].encode()) for file in one["files"]]
        whole = b"".join(body for _, body in data)
        pieces = b"".join(
            hashlib.sha1(whole[at : at + one["piece_bytes"]]).digest()
            for at in range(0, len(whole), one["piece_bytes"])
        )
        files = [(parts, len(body)) for parts, body in data]
        torrent = build(one["name"], files, one["piece_bytes"], pieces)
        assert torrent.hex() == one["torrent"]
        assert info_hash_of(torrent) == one["info_hash"]
        found = read(torrent)
        assert found.name == one["name"]
        assert [list(file.parts) for file in found.files] == [f["path"] for f in one["files"]]


@given(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=30),
    st.lists(
        st.tuples(
            st.lists(st.text(st.characters(codec="utf-8"), max_size=5), min_size=1, max_size=3),
            st.integers(0, 200_000),
        ),
        min_size=1,
        max_size=5,
    ),
)
def test_what_is_built_is_read_back(name: str, files: list[tuple[list[str], int]]) -> None:
    total = sum(size for _, size in files)
    torrent = build(
        name,
        [(tuple(parts), size) for parts, size in files],
        PIECE_BYTES_MIN,
        bytes(20 * -(-total // PIECE_BYTES_MIN)),
    )
    if total == 0:
        with pytest.raises(BadMetainfoError):
            read(torrent)
        return
    found = read(torrent)
    assert (found.name, found.size, found.single) == (name, total, False)
    assert [(list(file.parts), file.size) for file in found.files] == files
    assert found.info_hash == info_hash_of(torrent) == info_hash_of(cut(torrent))


def test_everything_but_info_is_cut_and_info_stays_to_the_byte() -> None:
    info = b"d" + encode(_info())[1:-1].replace(b"6:lengthi65537e", b"") + b"6:lengthi65537ee"
    torrent = (
        b"d8:announce"
        + encode(URL)
        + b"13:announce-list"
        + encode([[URL]])
        + b"7:comment"
        + encode(URL)
        + b"9:httpseeds"
        + encode([URL])
        + b"4:info"
        + info
        + b"5:nodes"
        + encode([[b"127.0.0.1", 9]])
        + b"8:url-list"
        + encode([URL])
        + b"e"
    )
    found = cut(torrent)
    assert found == from_info(info)
    assert b"127.0.0.1" not in found
    assert info_hash_of(torrent) == hashlib.sha1(info).hexdigest()
    assert read(torrent).size == 65_537


@given(st.binary(max_size=300))
def test_any_bytes_give_a_torrent_or_the_one_error(raw: bytes) -> None:
    for text in (raw, from_info(raw), from_info(b"d" + raw + b"e")):
        try:
            read(text)
        except BadMetainfoError:
            continue


@pytest.mark.parametrize(
    "info",
    [
        {},
        _info(name=1),
        _info(name=[]),
        _info(piece_length=0),
        _info(piece_length=-1),
        _info(piece_length=2**40),
        _info(pieces=bytes(39)),
        _info(pieces=bytes(20)),
        _info(pieces=[1]),
        _info(length=-1),
        _info(length=0),
        _info(length=2**60),
        _info(attr=b"l"),
        _info(files=[]),
        _info(files=b"x"),
        _info(files=[b"x"]),
        _info(files=[{b"path": [], b"length": 65_537}]),
        _info(files=[{b"path": [1], b"length": 65_537}]),
        _info(files=[{b"path": b"a", b"length": 65_537}]),
        _info(files=[{b"path": [b"a"], b"length": 65_537, b"symlink path": [b"etc"]}]),
        _info(files=[{b"path": [b"a"], b"length": 65_537, b"attr": b"lx"}]),
        {b"meta version": 2, b"file tree": {}, b"name": b"v2", b"piece length": 65_536},
    ],
)
def test_what_is_refused(info: Bencoded) -> None:
    with pytest.raises(BadMetainfoError):
        read(encode({b"info": info}))


def test_names_of_old_korean_torrents() -> None:
    found = read(encode({b"info": _info(name="옛날 노래.mp3".encode("cp949"))}))
    assert found.name == "옛날 노래.mp3"


def test_the_most_files_there_may_be_are_read_at_once() -> None:
    files = [((f"folder {n % 100}", f"노래 {n}.mp3"), 1) for n in range(FILES_MAX)]
    torrent = build("many", files, PIECE_BYTES_MIN, bytes(20 * -(-FILES_MAX // PIECE_BYTES_MIN)))
    begun = time.process_time()
    assert len(read(torrent).files) == FILES_MAX
    assert time.process_time() - begun < HANG_SECONDS
    more = build("more", [*files, (("x",), 1)], PIECE_BYTES_MIN, bytes(20 * 4))
    with pytest.raises(BadMetainfoError):
        read(more)


@given(st.integers(1, 2**50))
def test_a_piece_is_a_power_of_two_about_as_heavy_as_all_hashes(size: int) -> None:
    found = piece_bytes_for(size)
    assert found & (found - 1) == 0
    assert OURS_PIECE_BYTES_MIN <= found <= OURS_PIECE_BYTES_MAX
    hashes = 20 * size / found
    assert found == OURS_PIECE_BYTES_MAX or hashes <= 1.25 * found
    assert found == OURS_PIECE_BYTES_MIN or hashes > 0.3 * found


def test_piece_sizes_that_people_meet() -> None:
    sizes = (4_000_000, 268_435_456, 2_000_000_000, 2**34, 2**50)
    assert [piece_bytes_for(size) // 1024 for size in sizes] == [64, 64, 256, 512, 16 * 1024]
