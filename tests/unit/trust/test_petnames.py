"""What a person is called, and what looks like somebody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.base.types import PubKey
from kkiri.trust.petnames import NAME_CHARS_MAX, clean_name, shapes, shown_name, skeleton

ALICE, BOB, EVE = PubKey("aa" * 32), PubKey("bb" * 32), PubKey("ee" * 32)


def test_my_own_name_for_somebody_comes_first_and_is_never_in_doubt() -> None:
    shown = shown_name(ALICE, "앨리스", "Eve", shapes({BOB: "앨리스"}))
    assert (shown.name, shown.own, shown.looks_like) == ("앨리스", True, "")


def test_without_a_name_the_key_is_shown() -> None:
    assert shown_name(ALICE, "", "\u200b \u202e", {}).name == "aaaaaaaa"


@pytest.mark.parametrize(
    "fake",
    ["Alice", "alice", "Аlice", "АӏісЕ".lower(), "A l i c e", "Al1ce", "A\u200blice", "Álice"],
)
def test_a_name_that_looks_like_a_known_one_is_told(fake: str) -> None:
    known = shapes({ALICE: "Alice", BOB: "Bob"})
    assert shown_name(EVE, "", fake, known).looks_like == "Alice"
    assert shown_name(ALICE, "", fake, known).looks_like == ""


def test_korean_names_keep_their_letters() -> None:
    assert skeleton("소리 바다") == skeleton("소리바다")
    assert skeleton("소리바다") != skeleton("소리바디")
    assert shown_name(EVE, "", "민주", shapes({ALICE: "민수"})).looks_like == ""


def test_direction_marks_do_not_turn_a_name_around() -> None:
    assert clean_name("a\u202eb\nc\td  e") == "ab c d e"


@given(st.text(max_size=400))
def test_a_name_is_one_short_line(text: str) -> None:
    name = clean_name(text)
    assert len(name) <= NAME_CHARS_MAX
    assert name == name.strip()
    assert clean_name(name) == name
    assert not any(char in name for char in "\n\r\t\u202e\u200b\u2066")
