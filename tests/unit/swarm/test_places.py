"""Where files stand: every name valid on every system, no two one for any of them (F1, F2)."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.base.errors import BadMetainfoError
from kkiri.base.names import collision_key
from kkiri.base.types import Bytes, InfoHash, SafeName
from kkiri.swarm.metainfo import FILES_MAX, MetaFile, MetaInfo
from kkiri.swarm.places import numbered, places, top_name

HANG_SECONDS = 10  # well under a second alone; a quadratic reader takes minutes
HANGUL = "한글 이름"
# what a stranger wrote, and the file name that stands on disk
TABLE = [
    ("노래.mp3", "노래.mp3"),
    (unicodedata.normalize("NFD", "노래.mp3"), "노래.mp3"),
    (unicodedata.normalize("NFD", HANGUL), HANGUL),
    ("café.txt", "café.txt"),
    (unicodedata.normalize("NFD", "café.txt"), "café.txt"),
    ("Å.txt", "Å.txt"),
    ("Å.txt", "Å.txt"),
    ("CON", "_CON"),
    ("con.txt", "_con.txt"),
    ("aux.txt", "_aux.txt"),
    ("AUX.tar.gz", "_AUX.tar.gz"),
    ("nul", "_nul"),
    ("prn.mp3", "_prn.mp3"),
    ("COM1", "_COM1"),
    ("com¹.txt", "_com¹.txt"),
    ("LPT9.log", "_LPT9.log"),
    ("CONIN$", "_CONIN$"),
    ("conout$.txt", "_conout$.txt"),
    ("console.txt", "console.txt"),
    ("com10", "com10"),
    ("a:b", "a_b"),
    ("a:$DATA", "a_$DATA"),
    ("a/b", "a_b"),
    ("a\\b", "a_b"),
    ("..\\..\\x", ".._.._x"),
    ("/etc/passwd", "_etc_passwd"),
    ("C:\\Windows", "C__Windows"),
    ("\\\\host\\share", "__host_share"),
    ("..", "_"),
    (".", "_"),
    ("", "_"),
    ("...", "_"),
    (" ", "_"),
    (". .", "_"),
    ("~", "~"),
    ("~root", "~root"),
    ("-rf", "-rf"),
    ("--help", "--help"),
    ("$(id)", "$(id)"),
    ("`id`", "`id`"),
    ("a;b&c", "a;b&c"),
    ("%00", "%00"),
    ("%2e%2e%2f", "%2e%2e%2f"),
    ("a\x00b", "a_b"),
    ("a\nb", "a_b"),
    ("a\x1b[31mb", "a_[31mb"),
    ("a\x7fb", "a_b"),
    ("a\u202egpj.exe", "agpj.exe"),
    ("\u2066a\u2069", "a"),
    ("a\u2028b", "a_b"),
    ("<img src=x>", "_img src=x_"),
    ('"quoted"', "_quoted_"),
    ("a|b", "a_b"),
    ("a?b*c", "a_b_c"),
    ("end.", "end"),
    ("end ", "end"),
    ("end. . .", "end"),
    (" lead", "lead"),
    (".hidden", ".hidden"),
    ("ㅅㄹㅂㄷ.txt", "ㅅㄹㅂㄷ.txt"),
    ("👨‍👩‍👧.png", "👨‍👩‍👧.png"),
    ("가" * 100 + ".mp3", "가" * 78 + ".mp3"),
    ("a" * 300, "a" * 240),
    ("a" * 300 + ".flac", "a" * 235 + ".flac"),
]


def _info(paths: list[tuple[str, ...]], name: str = "top", *, single: bool = False) -> MetaInfo:
    return MetaInfo(
        info_hash=InfoHash("ab" * 20),
        name=name,
        piece_bytes=65_536,
        pieces=bytes(20),
        files=tuple(MetaFile(parts=parts, size=Bytes(1)) for parts in paths),
        single=single,
    )


@pytest.mark.parametrize(("name", "stands"), TABLE)
def test_each_name_alone(name: str, stands: str) -> None:
    assert places(_info([(name,)])) == (("top", stands),)
    single = places(_info([()], name, single=True))
    assert single == ((stands if stands != "_" else "ab" * 20,),)


def test_the_whole_table_in_one_folder_has_no_two_of_a_kind() -> None:
    assert len(TABLE) >= 60
    found = places(_info([(name,) for name, _ in TABLE]))
    keys = {collision_key(place[1]) for place in found}
    assert len(keys) == len(TABLE)
    by_name = dict(zip((name for name, _ in TABLE), (place[1] for place in found), strict=True))
    assert by_name["노래.mp3"] == "노래.mp3"
    assert by_name[unicodedata.normalize("NFD", "노래.mp3")] == "노래 (2).mp3"


PARTS = st.lists(
    st.sampled_from(["a", "A", "a (2)", "A (2)", "..", "", "con", "ㅏ", "아", "á", "á", "a."])
    | st.text(max_size=6),
    min_size=1,
    max_size=4,
).map(tuple)


@given(st.lists(PARTS, min_size=1, max_size=30), st.text(max_size=8))
def test_no_torrent_has_two_files_in_one_place_or_one_outside(
    paths: list[tuple[str, ...]], name: str
) -> None:
    found = places(_info(paths, name))
    assert len({tuple(map(collision_key, place)) for place in found}) == len(paths)
    files = {tuple(map(collision_key, place)) for place in found}
    folders = {
        tuple(map(collision_key, place[:n])) for place in found for n in range(1, len(place))
    }
    assert not files & folders
    for place in found:
        assert place[0] == found[0][0]
        for part in place:
            assert part not in {"", ".", ".."}
            assert not set(part) & set('<>:"/\\|?*\0')
            assert len(part.encode()) <= 255
            assert part == unicodedata.normalize("NFC", part)


def test_too_deep_or_too_long_is_refused() -> None:
    with pytest.raises(BadMetainfoError):
        places(_info([("a",) * 17]))
    with pytest.raises(BadMetainfoError):
        places(_info([("가" * 80,) * 5]))


def test_a_flood_of_one_name_ends_within_a_second() -> None:
    begun = time.process_time()
    found = places(_info([("a",)] * FILES_MAX))
    assert len(set(found)) == FILES_MAX
    assert time.process_time() - begun < HANG_SECONDS


def test_numbers_stand_before_the_suffix() -> None:
    assert numbered(SafeName("a.mp3"), 1) == "a.mp3"
    assert numbered(SafeName("a.mp3"), 2) == "a (2).mp3"
    assert numbered(SafeName("folder 1.0 final version"), 3) == "folder 1.0 final version (3)"
    assert numbered(SafeName(".hidden"), 2) == ".hidden (2)"
    assert top_name(_info([()], "..", single=True)) == "ab" * 20
