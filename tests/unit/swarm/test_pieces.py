"""The map of pieces: exact while there is room, honest when cells stand for many."""

from hypothesis import given
from hypothesis import strategies as st

from kkiri.swarm.pieces import PieceState, piece_map, spread_map

STATES = st.lists(st.sampled_from([int(state) for state in PieceState]), max_size=60).map(bytes)


def test_a_letter_a_piece_while_there_is_room() -> None:
    assert piece_map(bytes([0, 1, 2, 3])) == ".#+-"
    assert spread_map(bytes([0, 1, 9, 10, 255])) == "01999"
    assert piece_map(b"") == spread_map(b"") == ""


def test_a_cell_of_several_pieces() -> None:
    assert piece_map(bytes([1] * 4 + [0] * 4), 2) == "#."
    assert piece_map(bytes([1, 0, 0, 0, 1, 1, 1, 0]), 2) == "27"
    assert piece_map(bytes([1, 2, 0, 0]), 1) == "+"
    assert piece_map(bytes([1, 3, 3, 3]), 1) == "#"
    assert piece_map(bytes([0, 3, 3, 3]), 1) == "."
    assert piece_map(bytes([1] * 1 + [0] * 99), 1) == "1"
    assert spread_map(bytes([5, 2, 9, 9]), 2) == "29"


@given(STATES, st.integers(1, 70))
def test_never_more_cells_and_complete_only_when_it_is(pieces: bytes, cells_max: int) -> None:
    drawn = piece_map(pieces, cells_max)
    assert len(drawn) <= cells_max
    wanted = [state for state in pieces if state != PieceState.UNWANTED]
    if wanted:
        whole = all(state == PieceState.HERE for state in wanted)
        assert (set(drawn) <= {"#", "-"}) == whole
