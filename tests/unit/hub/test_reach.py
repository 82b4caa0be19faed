"""SAFETY P2: "can you reach me?" makes a hub dial the asker and nobody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.base.errors import BadMessageError
from kkiri.base.types import HubUrl, PubKey
from kkiri.hub.reach import agreed, place_to_dial, read_answer, write_answer, write_request

KEY = PubKey("ab" * 32)
ONE, TWO = HubUrl("ws://20.1.2.3:4848"), HubUrl("ws://20.9.9.9:4848")


def test_only_the_asker_s_own_address_is_dialled() -> None:
    asked = write_request(4848, KEY)
    assert place_to_dial(asked, "20.1.2.3", public=True) == (ONE, KEY)
    place = place_to_dial(asked, "2001:4860::1", public=True)
    assert place == (HubUrl("ws://[2001:4860::1]:4848"), KEY)


@pytest.mark.parametrize(
    "asked",
    [
        f"22 {KEY}",
        f"80 {KEY}",
        f"443 {KEY}",
        f"1023 {KEY}",
        f"0 {KEY}",
        f"65536 {KEY}",
        f"-1 {KEY}",
        f"４８４８ {KEY}",
        f"4848@10.0.0.1:25 {KEY}",
        f"4848/x {KEY}",
        f"4848 {KEY}\r\nX: y",
        "4848 key",
        "4848",
        "",
    ],
)
def test_other_ports_and_other_words_are_refused(asked: str) -> None:
    assert place_to_dial(asked, "20.1.2.3", public=True) is None


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "::1",
        "fe80::1",
        "::ffff:10.0.0.1",
    ],
)
def test_an_asker_from_inside_is_not_dialled_in_the_public_network(host: str) -> None:
    """A proxy on this machine would make every stranger look like 127.0.0.1."""
    asked = write_request(4848, KEY)
    assert place_to_dial(asked, host, public=True) is None


@given(st.text(max_size=80))
def test_whatever_is_asked_only_the_host_that_asks_is_named(asked: str) -> None:
    place = place_to_dial(asked, "20.1.2.3", public=True)
    assert place is None or place[0].startswith("ws://20.1.2.3:")


def test_answers_are_read_back_and_wrong_ones_refused() -> None:
    assert read_answer(write_answer(ONE, True), 4848, public=True) == ONE
    assert read_answer(write_answer(ONE, False), 4848, public=True) is None
    for raw in (
        b"{}",
        b"\xff",
        write_answer(HubUrl("ws://20.1.2.3:4849"), True),
        write_answer(HubUrl("ws://127.0.0.1:4848"), True),
        write_answer(HubUrl("ws://victim.example:4848"), True),
    ):
        with pytest.raises(BadMessageError):
            read_answer(raw, 4848, public=True)


@pytest.mark.parametrize(
    ("answers", "wanted"),
    [
        ([], None),
        ([ONE], ONE),
        ([None], None),
        ([ONE, None], None),
        ([ONE, TWO], None),
        ([ONE, None, ONE], ONE),
        ([TWO, ONE, ONE, TWO, ONE], ONE),
    ],
)
def test_two_must_agree_where_two_answer(
    answers: list[HubUrl | None], wanted: HubUrl | None
) -> None:
    assert agreed(answers) == wanted
