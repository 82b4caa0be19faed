"""A torrent's pieces as a map that a person can look at: thousands of them in a few cells."""

from enum import IntEnum

CELLS_MAX = 2_000  # more would be smaller than a pixel's breadth on a phone
SPREAD_MAX = 9  # nine sources or ninety: the piece is safe


class PieceState(IntEnum):
    """What we have of one piece."""

    MISSING = 0
    HERE = 1
    COMING = 2
    """Blocks of it are asked for."""
    UNWANTED = 3
    """Of files that were not chosen."""


_MARKS = {
    PieceState.MISSING: ".",
    PieceState.HERE: "#",
    PieceState.COMING: "+",
    PieceState.UNWANTED: "-",
}


def piece_map(pieces: bytes, cells_max: int = CELLS_MAX) -> str:
    """Draw pieces in order, a letter a cell of as many pieces each.

    `#` is here, `+` coming, `.` missing, `-` unwanted; `1` to `9` are the tenths that are here
    of a cell of several pieces.
    """
    return "".join(_mark(cell) for cell in _cells(pieces, cells_max))


def spread_map(availability: bytes, cells_max: int = CELLS_MAX) -> str:
    """Draw how many peers have each piece, a digit a cell; of several pieces the rarest counts."""
    return "".join(str(min(*cell, SPREAD_MAX)) for cell in _cells(availability, cells_max))


def _cells(values: bytes, cells_max: int) -> list[bytes]:
    breadth = max(1, -(-len(values) // cells_max))
    return [values[start : start + breadth] for start in range(0, len(values), breadth)]


def _mark(cell: bytes) -> str:
    states = frozenset(cell)
    if len(states) == 1:
        return _MARKS[PieceState(cell[0])]
    if PieceState.COMING in states:
        return _MARKS[PieceState.COMING]
    wanted = len(cell) - cell.count(PieceState.UNWANTED)
    here = cell.count(PieceState.HERE)
    if here == wanted:
        return _MARKS[PieceState.HERE]
    return str(max(1, 10 * here // wanted)) if here else _MARKS[PieceState.MISSING]
