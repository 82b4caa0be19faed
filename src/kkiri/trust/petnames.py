"""What a person is called here: my own name for them, else the one they chose, with a warning.

A self-chosen name that looks like the name of somebody known (other letters of the same shape,
case, spaces, digits for letters) carries a warning; a petname never does.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from kkiri.base.types import PubKey

NAME_CHARS_MAX = 60  # one line on a phone
SHORT_CHARS = 8  # of a key in hex: 4 billion of them, enough to tell people on one screen apart

# Letters of other scripts and digits that are drawn like Latin ones (Unicode TR 39, the ones met)
_LOOKALIKES = {
    **dict(zip("авекмнорстухіјѕԛԝьгԁӏ", "abekmhopctyxljsqwbrdl", strict=True)),
    **dict(zip("αβεικνορτυχγωѵ", "abelkvoptuxywv", strict=True)),
    **dict(zip("01358", "olesb", strict=True)),
    **dict(zip("|!ıi", "llll", strict=True)),
}

Shapes = Mapping[str, tuple[tuple[PubKey, str], ...]]
"""Known names by what they look like, each with whose it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A person's name as it is shown."""

    name: str
    own: bool
    """My own name for them, or myself: it cannot be another's."""
    looks_like: str = ""
    """The known name that this one could be taken for; empty when there is none."""


def clean_name(text: str) -> str:
    """Give a name fit for one line: NFC, no control or invisible characters, one space at most."""
    seen = "".join(
        " " if unicodedata.category(char) in {"Zs", "Zl", "Zp", "Cc"} else char
        for char in unicodedata.normalize("NFC", text[: NAME_CHARS_MAX * 4])
        if unicodedata.category(char) not in {"Cf", "Cs", "Co", "Cn"}
    )
    return " ".join(seen.split())[:NAME_CHARS_MAX].rstrip()


def skeleton(name: str) -> str:
    """Give what names that look alike share."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    letters = (_LOOKALIKES.get(char, char) for char in plain if not unicodedata.combining(char))
    flat = "".join(char for char in letters if char.isalnum())
    return unicodedata.normalize("NFC", flat.replace("rn", "m").replace("vv", "w"))


def shapes(known: Mapping[PubKey, str]) -> Shapes:
    """Give the names of people whom I follow, named, or am, by what they look like."""
    found: dict[str, tuple[tuple[PubKey, str], ...]] = {}
    for key, name in sorted(known.items()):
        shape = skeleton(name)
        found[shape] = (*found.get(shape, ()), (key, name))
    return found


def shown_name(key: PubKey, petname: str, chosen: str, known: Shapes) -> Shown:
    """Give the name of a person, with a warning when it looks like one of the known names."""
    if petname:
        return Shown(name=petname, own=True)
    name = clean_name(chosen)
    if not name:
        return Shown(name=key[:SHORT_CHARS], own=False)
    other = next((n for k, n in known.get(skeleton(name), ()) if k != key), "")
    return Shown(name=name, own=False, looks_like=other)
