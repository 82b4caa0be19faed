"""What a Subsonic client asks: the fields of its query, each read with its limit."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kkiri.web.other_programs.subsonic_answer import GENERIC, MISSING, Fault

TEXT_CHARS_MAX = 1_000  # ids have 70, searches fewer than 256
WHOLE_MAX = 2**31 - 1  # counts and offsets are 32 bit in every client
LIST_MAX = 500  # of albums and random songs, as the specification says
_WHOLE = re.compile(r"-?\d{1,10}\Z", re.ASCII)


class RefusedFault(Exception):  # noqa: N818 - a fault is what the specification calls an error
    """A request that is refused by its number."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one query; the first of each counts."""

    given: Mapping[str, Sequence[str]]

    def text(self, name: str, default: str = "") -> str:
        """Give a text."""
        values = self.given.get(name)
        return values[0][:TEXT_CHARS_MAX] if values else default

    def need(self, name: str) -> str:
        """Give a text that must be there. Raises: RefusedFault 10."""
        if not self.text(name):
            raise RefusedFault(Fault(MISSING, f"Required parameter is missing: {name}"))
        return self.text(name)

    def whole(self, name: str, default: int, most: int = WHOLE_MAX) -> int:
        """Give a count between 0 and the most there may be. Raises: RefusedFault 0."""
        text = self.text(name)
        if not text:
            return default
        if not _WHOLE.match(text):
            raise RefusedFault(Fault(GENERIC, f"Not a number: {name}"))
        return max(0, min(int(text), most))
