"""The order of an album, and a playlist whose names stay in their lines."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from kkiri.play.album import m3u, order_key


def test_numbers_count_as_people_count() -> None:
    names = ["10 끝.mp3", "2 둘.mp3", "1 하나.mp3", "02 b.mp3", "CD2/1.mp3", "cd1/9.mp3", "가.mp3"]
    assert sorted(names, key=order_key) == [
        "1 하나.mp3",
        "02 b.mp3",
        "2 둘.mp3",
        "10 끝.mp3",
        "cd1/9.mp3",
        "CD2/1.mp3",
        "가.mp3",
    ]


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_two_names_have_an_order_that_no_unicode_form_changes(one: str, two: str) -> None:
    before = order_key(one) <= order_key(two)
    parted = order_key(unicodedata.normalize("NFD", one)) <= order_key(
        unicodedata.normalize("NFD", two)
    )
    assert before == parted
    assert before or order_key(two) < order_key(one)


@given(st.lists(st.text(max_size=40), max_size=5))
def test_a_playlist_has_two_lines_an_entry_whatever_the_names(names: list[str]) -> None:
    text = m3u((name, f"http://127.0.0.1:1/open/{at}") for at, name in enumerate(names))
    lines = text.splitlines()
    assert lines[0] == "#EXTM3U"
    assert len(lines) == 1 + 2 * len(names)
    assert lines[2::2] == [f"http://127.0.0.1:1/open/{at}" for at in range(len(names))]
