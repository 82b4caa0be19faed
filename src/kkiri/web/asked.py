"""What may be said to the local API, one type a request, every field with its limit."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

TEXT_CHARS_MAX = 256  # as base.limits.SEARCH_CHARS_MAX: a person types less
PATH_CHARS_MAX = 4_096  # PATH_MAX of Linux
LINK_CHARS_MAX = 16_384  # a magnet with a long name, eight addresses and foreign trackers
ONLY_FILES_MAX = 1_000  # more than a person marks by hand; a 64 kB body holds about as many
ABOUT_CHARS_MAX = 4_000  # a profile is a paragraph
WAIT_SECONDS_MAX = 30.0  # a search that took longer was not answered at all
RESULTS_MAX = 1_000  # two hubs' pages of 500: what a person who wants more looks through
AMOUNT_MAX = 2**53 - 1  # sizes and lengths stay whole in every JSON reader

NO_NUL = r"^[^\x00]*$"
Text = Annotated[str, Field(max_length=TEXT_CHARS_MAX, pattern=NO_NUL)]
Who = Annotated[str, Field(min_length=1, max_length=TEXT_CHARS_MAX, pattern=NO_NUL)]
PathText = Annotated[str, Field(min_length=1, max_length=PATH_CHARS_MAX, pattern=NO_NUL)]
Amount = Annotated[int, Field(ge=0, le=AMOUNT_MAX)]
Wait = Annotated[float, Field(ge=0, le=WAIT_SECONDS_MAX)]
Kind = Literal[
    "music", "film", "text", "picture", "program", "other", "person", "goods", "auction", "work"
]


class Asked(BaseModel):
    """A body: exact types, no unknown fields."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class AskedNothing(Asked):
    """An empty object."""


class AskedShare(Asked):
    """Share a folder or file of this machine."""

    path: PathText
    """Absolute."""
    wait: bool = False
    """Until the own hub and, when a link is open, one other hub have acknowledged."""


class AskedPath(Asked):
    """Stop sharing a folder or file."""

    path: PathText


class AskedGet(Asked):
    """Fetch what a link names."""

    link: Annotated[str, Field(min_length=1, max_length=LINK_CHARS_MAX, pattern=NO_NUL)]
    to: PathText | None = None
    """An absolute folder; the incoming folder when none is named."""
    only: Annotated[list[PathText], Field(min_length=1, max_length=ONLY_FILES_MAX)] | None = None
    """Single files of a folder, as a find names them; all of it when none is named."""
    wait: bool = False


class AskedFind(Asked):
    """A search; every filter narrows it. Sizes are bytes, lengths are seconds."""

    words: Text
    kind: Kind | None = None
    artist: Text | None = None
    by: Text | None = None
    """npub, hex key, petname or profile name."""
    min_length: Amount | None = None
    max_length: Amount | None = None
    min_size: Amount | None = None
    max_size: Amount | None = None
    limit: Annotated[int, Field(ge=1, le=RESULTS_MAX)] = 50
    wait: Wait = 2.0


class FindParams(AskedFind):
    """The same in a query string, where every value is text."""

    model_config = ConfigDict(strict=False, extra="forbid", frozen=True)


class AskedKeep(Asked):
    """Keep a search going."""

    words: Annotated[str, Field(min_length=1, max_length=TEXT_CHARS_MAX, pattern=NO_NUL)]


class AskedNumber(Asked):
    """Name a kept search."""

    number: Amount


class AskedPerson(Asked):
    """Follow or block a person, or no longer."""

    who: Who
    on: bool = True


class AskedPetname(Asked):
    """Give a person a name of one's own; empty takes it away."""

    who: Who
    name: Text


class AskedHub(Asked):
    """Call a hub at an address."""

    address: Annotated[str, Field(min_length=1, max_length=300, pattern=NO_NUL)]
