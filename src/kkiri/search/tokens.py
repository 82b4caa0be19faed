"""What a record is found by: tokens of five sorts, and its lines for exact checks.

The index holds the tokens, `search.query` checks the lines; both come from here, so that a hub, a
live subscription and the one who asked agree on what a record says.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from kkiri.base.errors import BadRecordError
from kkiri.base.types import Kind
from kkiri.event import kinds
from kkiri.event.fields import whole
from kkiri.event.listing import Sort
from kkiri.event.listing_tags import from_event
from kkiri.event.profile import read_profile
from kkiri.event.record import Event
from kkiri.search.korean import Piece, Script, canonical, initials, normalize, pieces

NOTE = Kind(1)
FILE = Kind(1063)
PROGRAM = Kind(1227)
COLLECTION = Kind(30_405)
SEARCHED = frozenset(
    {
        kinds.PROFILE,
        NOTE,
        FILE,
        kinds.COMMENT,
        PROGRAM,
        kinds.LISTING,
        kinds.LISTING_COMMENT,
        kinds.WRITING,
        kinds.GOODS,
        kinds.AUCTION,
        COLLECTION,
    }
)
"""Kinds that have text for people."""

NAME_CHARS_MAX = 300  # longest real titles are about 250
CONTENT_CHARS_MAX = 4_000  # two pages; a whole book in one record is not found by its every word
OTHER_LINES_MAX = 2_500  # every file of a full listing part
TOKENS_MAX = 4_000  # a part of 60 kB has up to some 3,000 different words
PREFIX_LETTERS = (1, 2, 3, 4)  # longer beginnings are few enough to look up in the vocabulary
PREFIX_SYLLABLES = (1, 2)
INITIALS_MIN, INITIALS_MAX = 2, 6  # one consonant says nothing; after six hardly anything is added
OCTAVES_MAX = 53  # sizes are below 2**53

TOPICS_MAX = 32  # more is keyword stuffing
_SORTS = frozenset(sort.value for sort in Sort)

# The first letter of a token in the index says what it is a token of. An index column for each
# would be read through to the end for a word that many records have, and none in its names.
NAMED, REST, HEAD, INITIALS, FACT = "n", "r", "h", "c", "f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """What a record says, before it is cut into tokens."""

    title: str = ""
    artist: str = ""
    names: tuple[str, ...] = ()
    """Further names that weigh like the title: album, subtitle."""
    others: tuple[str, ...] = ()
    sort: str = ""
    topics: tuple[str, ...] = ()
    size: int | None = None
    length_seconds: int | None = None


class Searchable:
    """A record as it is searched; what is not looked at is not computed."""

    def __init__(self, event: Event) -> None:
        self.event = event

    @cached_property
    def texts(self) -> Texts:
        """Give what the record says."""
        return texts_of(self.event)

    @cached_property
    def title(self) -> list[Piece]:
        """Give the title in pieces."""
        if self.event.kind == kinds.LISTING:
            said = self.event.value("title")
            if said and not said.isspace():
                return _pieces(said, NAME_CHARS_MAX)
        return self.spelled[0]

    @cached_property
    def spelled(self) -> tuple[list[Piece], ...]:
        """Give title, artist and further names in pieces."""
        return tuple(_pieces(text, NAME_CHARS_MAX) for text in names_of(self.event, self))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Give title, artist and further names as canonical lines."""
        return tuple(canonical(line) for line in self.spelled)

    @cached_property
    def others(self) -> tuple[str, ...]:
        """Give all else it says as canonical lines."""
        return tuple(canonical(line) for line in self._said)

    @cached_property
    def title_tokens(self) -> frozenset[str]:
        """Give the words of the names."""
        return frozenset(token for line in self.spelled for token in words(line))

    @cached_property
    def rest_tokens(self) -> frozenset[str]:
        """Give the words of all else that are in no name."""
        return _some(token for line in self._said for token in words(line)) - self.title_tokens

    @cached_property
    def head_tokens(self) -> frozenset[str]:
        """Give the beginnings of words in the names."""
        return frozenset(token for line in self.spelled for token in heads(line))

    @cached_property
    def cho_tokens(self) -> frozenset[str]:
        """Give the initial consonants of the names."""
        return frozenset(token for line in self.spelled for token in initial_runs(line))

    @cached_property
    def fact_tokens(self) -> frozenset[str]:
        """Give kind, author, sorts, and the octaves of size and length."""
        return frozenset(_facts(self.event, self.texts))

    def tokens(self) -> Iterator[str]:
        """Give all tokens as the index keeps them."""
        for letter, found in (
            (NAMED, self.title_tokens),
            (REST, self.rest_tokens),
            (HEAD, self.head_tokens),
            (INITIALS, self.cho_tokens),
            (FACT, self.fact_tokens),
        ):
            yield from (letter + token for token in found)

    @cached_property
    def plain(self) -> tuple[str, ...]:
        """Give all else it says, normalized only: a run that stands there needs no cutting up."""
        lines = self.texts.others[:OTHER_LINES_MAX]
        return tuple(normalize(text[:CONTENT_CHARS_MAX]) for text in lines)

    @cached_property
    def _said(self) -> list[list[Piece]]:
        return [found for text in self.plain if (found := pieces(text))]


def names_of(event: Event, found: Searchable) -> tuple[str, ...]:
    """Give title, artist and further names; cheaply where the tags say them."""
    title = event.value("title") if event.kind == kinds.LISTING else None
    if title and not title.isspace():
        return (title, event.value("artist") or "", event.value("album") or "")
    texts = found.texts
    return (texts.title, texts.artist, *texts.names)


def texts_of(event: Event) -> Texts:
    """Gather what a record says, by its kind; a record that cannot be read says little."""
    try:
        if event.kind == kinds.LISTING:
            return _listing(event)
        if event.kind == kinds.PROFILE:
            profile = read_profile(event)
            return Texts(title=profile.name, others=(profile.about, profile.address))
    except BadRecordError:
        return _plain(event)
    return _plain(event)


def words(line: list[Piece]) -> Iterator[str]:
    """Give the tokens of one line: words as they are, Hangul and ideographs as bigrams.

    Bigrams go on over spaces between Hangul words: 옛날 이야기 also has 날이.
    """
    before = ""
    for piece in line:
        match piece.script:
            case Script.HANGUL:
                yield from bigrams(before[-1:] + piece.text)
                if len(piece.text) == 1:
                    yield piece.text
                before = piece.text
                continue
            case Script.CJK:
                yield from bigrams(piece.text)
                if len(piece.text) == 1:
                    yield piece.text
            case Script.JAMO | Script.DIGITS | Script.LETTERS:
                yield piece.text
        before = ""


def bigrams(run: str) -> Iterator[str]:
    """Give each two neighbours of a run."""
    return (run[at : at + 2] for at in range(len(run) - 1))


def heads(line: list[Piece]) -> Iterator[str]:
    """Give the beginnings of words that are looked up while a person types."""
    for piece in line:
        if piece.script in {Script.HANGUL, Script.CJK}:
            sizes: tuple[int, ...] = PREFIX_SYLLABLES
        else:
            sizes = PREFIX_LETTERS if piece.script is Script.LETTERS else ()
        yield from (piece.text[:size] for size in sizes if len(piece.text) >= size)


def initial_runs(line: list[Piece]) -> Iterator[str]:
    """Give initial consonants from the start of each Hangul word on, spaces left out."""
    for run in hangul_runs(line):
        letters = initials("".join(run))
        at = 0
        for word in run:
            for size in range(INITIALS_MIN, INITIALS_MAX + 1):
                if at + size <= len(letters):
                    yield letters[at : at + size]
            at += len(word)


def hangul_runs(line: list[Piece]) -> Iterator[list[str]]:
    """Give Hangul words that follow one another with nothing else between."""
    run: list[str] = []
    for piece in line:
        if piece.script is Script.HANGUL:
            run.append(piece.text)
        elif run:
            yield run
            run = []
    if run:
        yield run


def kind_token(kind: int) -> str:
    """Name a kind among the facts."""
    return f"k{kind}"


def sort_token(sort: str) -> str:
    """Name a sort among the facts."""
    return "t" + "".join(char for char in sort.lower() if char.isascii() and char.isalnum())[:20]


def author_token(author: str) -> str:
    """Name an author among the facts; the whole key is checked on the record."""
    return f"a{author[:8]}"


def octave_token(what: str, amount: int) -> str:
    """Name the power of two that an amount lies in."""
    return f"{what}{min(amount.bit_length(), OCTAVES_MAX)}"


def _facts(event: Event, texts: Texts) -> Iterator[str]:
    yield kind_token(event.kind)
    yield author_token(event.pubkey)
    yield from {sort_token(sort) for sort in (texts.sort, *texts.topics) if sort}
    if texts.size is not None:
        yield octave_token("s", texts.size)
    if texts.length_seconds is not None:
        yield octave_token("l", texts.length_seconds)


def _listing(event: Event) -> Texts:
    """Read the tags at hand; paths are only searched, so nothing about them need be safe."""
    files = [tag for tag in event.tags if len(tag) > 1 and tag[0] == "file"]
    topics = event.values("t")[:TOPICS_MAX]
    sort = next((topic for topic in topics if topic in _SORTS), None)
    title = event.value("title") or ""
    if sort is None or not title or title.isspace():
        listing = from_event(event)
        sort, title = listing.sort.value, listing.title
    size = whole(event.value("size"))
    if size is None:
        size = sum(whole(tag[2]) or 0 for tag in files if len(tag) > 2)
    return Texts(
        title=title,
        artist=event.value("artist") or "",
        names=(event.value("album") or "",),
        others=(
            event.content,
            *(topic for topic in topics if topic not in _SORTS),
            *(tag[1] for tag in files),
        ),
        sort=sort,
        topics=topics,
        size=size,
        length_seconds=whole(event.value("duration")),
    )


def _plain(event: Event) -> Texts:
    named = ("title", "name", "subject", "d" if event.kind == kinds.WRITING else "alt")
    title = next((value for name in named if (value := event.value(name))), "")
    topics = event.values("t")[:TOPICS_MAX]
    return Texts(
        title=title,
        artist=event.value("artist") or "",
        others=(
            event.content,
            event.value("summary") or "",
            event.value("location") or "",
            *topics,
        ),
        topics=topics,
    )


def _pieces(text: str, chars_max: int) -> list[Piece]:
    return pieces(normalize(text[:chars_max]))


def _some(tokens: Iterable[str]) -> frozenset[str]:
    found: set[str] = set()
    for token in tokens:
        found.add(token)
        if len(found) >= TOKENS_MAX:
            break
    return frozenset(found)
