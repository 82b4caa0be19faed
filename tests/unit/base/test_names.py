"""A stranger's name is a SafeName or nothing."""

import unicodedata
from string import printable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.base.errors import BadNameError
from kkiri.base.names import NAME_BYTES_MAX, collision_key, safe_name, safe_path

HOSTILE = st.text(
    alphabet=st.sampled_from(
        [*printable, "가", "\u1100", "\u202e", "\u0301", "\x00", "🎵", "\u2028"]
    ),
    max_size=400,
)


@pytest.mark.parametrize(
    ("given_name", "wanted"),
    [
        ("소리바다.mp3", "소리바다.mp3"),
        (unicodedata.normalize("NFD", "소리바다.mp3"), "소리바다.mp3"),
        ("CON", "_CON"),
        ("con.txt", "_con.txt"),
        ("aux.tar.gz", "_aux.tar.gz"),
        ("COM1", "_COM1"),
        ("COM10", "COM10"),
        ("console.txt", "console.txt"),
        ("a:b", "a_b"),
        ("a/b", "a_b"),
        ("a\\b", "a_b"),
        ("<img src=x onerror=alert(1)>", "_img src=x onerror=alert(1)_"),
        ("what?.txt", "what_.txt"),
        ("trailing. ", "trailing"),
        ("trailing...", "trailing"),
        (" leading", "leading"),
        ("nul\x00byte", "nul_byte"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        (".hidden", ".hidden"),
    ],
)
def test_table(given_name: str, wanted: str) -> None:
    assert safe_name(given_name) == wanted


@pytest.mark.parametrize("name", ["", ".", "..", "...", " ", ". .", "\u202e"])
def test_nothing_usable(name: str) -> None:
    with pytest.raises(BadNameError):
        safe_name(name)


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../x", "a/../b", "a//b", "a/./b", "a/", "x/" * 40]
)
def test_bad_paths(path: str) -> None:
    with pytest.raises(BadNameError):
        safe_path(path)


def test_long_name_keeps_its_suffix() -> None:
    name = safe_name("가" * 200 + ".flac")
    assert len(name.encode()) <= NAME_BYTES_MAX
    assert name.endswith(".flac")
    assert len(safe_name("con." + "x" * 300).encode()) <= NAME_BYTES_MAX


@given(HOSTILE)
def test_always_one_portable_component(name: str) -> None:
    try:
        safe = safe_name(name)
    except BadNameError:
        return
    assert safe not in {"", ".", ".."}
    assert not set(safe) & set('<>:"/\\|?*\x00')
    assert len(safe.encode()) <= NAME_BYTES_MAX
    assert safe == unicodedata.normalize("NFC", safe)
    assert safe[-1] not in ". "
    assert safe_name(safe) == safe


def test_collisions_are_seen_over_case_and_form() -> None:
    assert collision_key("Ärger") == collision_key(unicodedata.normalize("NFD", "ärger"))
    assert collision_key("소리") == collision_key(unicodedata.normalize("NFD", "소리"))
    assert collision_key("소리") != collision_key("소라")
