"""What a person typed into the box: words, phrases and filters. Parsing never fails.

A search also travels: `to_search` writes it as the text of a NIP-50 filter, `parse` reads it at
the hub, `matches_query` decides on a single record. The language is in docs/protocol/search.md.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from kkiri.base.limits import SEARCH_CHARS_MAX
from kkiri.base.types import UnixTime
from kkiri.event.record import Event
from kkiri.search import amounts, lexer
from kkiri.search.korean import normalize, pieces
from kkiri.search.lexer import Lexeme, Mark
from kkiri.search.matching import Asked, answers
from kkiri.search.nodes import And, Node, Not, Or, Phrase, Word
from kkiri.search.spelling import near
from kkiri.search.terms import ready
from kkiri.search.tokens import Searchable

TERMS_MAX = 24  # more terms than anybody types; each is a few index reads
DEPTH_MAX = 8  # parentheses inside one another

_KEYS = {
    "sort": "sort",
    "kind": "sort",
    "종류": "sort",
    "artist": "artist",
    "가수": "artist",
    "by": "by",
    "min-size": "min_size",
    "max-size": "max_size",
    "min-length": "min_seconds",
    "max-length": "max_seconds",
    "before": "before",
    "after": "after",
}
_SORTS = {
    "음악": "music",
    "영화": "film",
    "글": "text",
    "그림": "picture",
    "사진": "picture",
    "프로그램": "program",
    "movie": "film",
    "video": "film",
    "audio": "music",
    "book": "text",
    "image": "picture",
    "사람": "person",
    "people": "person",
    "물건": "goods",
    "경매": "auction",
    "일": "work",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A search as it was understood; each filter narrows, several values of one widen."""

    node: Node | None = None
    """None when only filters were given."""
    sort: tuple[str, ...] = ()
    artist: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    """Public keys in hex, npub, or names that `flows.find` turns into keys; hubs know keys only."""
    min_size: int | None = None
    max_size: int | None = None
    min_seconds: int | None = None
    max_seconds: int | None = None
    after: UnixTime | None = None
    """First second wanted."""
    before: UnixTime | None = None
    """First second not wanted any more."""

    @property
    def empty(self) -> bool:
        """Say whether nothing was asked for."""
        return self == Query()


def parse(text: str) -> Query:
    """Read what was typed; what makes no sense is taken as words, what is too much is left out.

    Nothing typed asks for everything; signs alone, in which nothing can be found, for nothing.
    """
    typed = text[:SEARCH_CHARS_MAX].strip()
    found = _Parser(lexer.lexemes(typed)).query()
    return Query(node=Word(typed)) if typed and found.empty else found


def to_search(query: Query) -> str:
    """Give the NIP-50 string that asks a hub for the same, or for more when it would be too long.

    Filters come first; words that do not fit are dropped from the end, whole terms at a time.
    """
    named = [(name, value) for name in ("sort", "artist", "by") for value in _texts(query, name)]
    parts = [f"{name}:{_quoted(value)}" for name, value in named]
    parts += [
        f"{key}:{value}"
        for key, name in _KEYS.items()
        if name not in {"sort", "artist", "by"} and (value := getattr(query, name)) is not None
    ]
    node = query.node
    while node is not None:
        whole = " ".join([*parts, _written(node, top=True)])
        if len(whole) <= SEARCH_CHARS_MAX:
            return whole
        node = _shorter(node)
    return " ".join(parts)[:SEARCH_CHARS_MAX]


def matches_query(query: Query, event: Event, *, forgiving: bool = False) -> bool:
    """Say whether the event answers the query.

    `forgiving` also takes names that differ from a long word by one key, as hubs do when they find
    nothing else.
    """
    return matches_searchable(query, Searchable(event), forgiving=forgiving)


def matches_text(text: str, event: Event) -> bool:
    """Say whether the event answers what a NIP-50 filter says, typing errors forgiven."""
    return matches_query(parse(text), event, forgiving=True)


def matches_searchable(query: Query, found: Searchable, *, forgiving: bool = False) -> bool:
    """Say whether a record that is cut up already answers the query."""
    return answers(asked_of(query), found, forgiving=forgiving)


def asked_of(query: Query) -> Asked:
    """Make the query ready to be matched and planned."""
    made = None if query.node is None else ready(query.node)
    return Asked(
        ready=made,
        hopeless=made is None and query.node is not None,
        sorts=query.sort,
        artists=query.artist,
        authors=query.by,
        sizes=(query.min_size, query.max_size),
        seconds=(query.min_seconds, query.max_seconds),
        times=(query.after, None if query.before is None else query.before - 1),
    )


def meant(query: Query, names: Iterable[str]) -> str:
    """Give what was typed with its words spelled as in the names that were found; "" for the same.

    Only plain words are corrected: for anything else the same words may mean something else.
    """
    parts = query.node.parts if isinstance(query.node, And) else (query.node,)
    if not all(isinstance(part, Word) and not part.prefix for part in parts):
        return ""
    typed = [part.text for part in parts if isinstance(part, Word)]
    counts = Counter(piece.text for name in names for piece in pieces(normalize(name)))
    spelled = [_spelled_as(normalize(word), counts) or word for word in typed]
    return "" if spelled == typed else " ".join(spelled)


def _spelled_as(word: str, counts: Counter[str]) -> str | None:
    if word in counts:
        return None
    close = [name for name in counts if near(word, name)]
    return max(close, key=lambda name: (counts[name], name), default=None)


def _texts(query: Query, name: str) -> tuple[str, ...]:
    return {"sort": query.sort, "artist": query.artist, "by": query.by}[name]


def _quoted(text: str) -> str:
    plain = text.replace('"', " ")
    return f'"{plain}"' if not plain or set(plain) & set(" ()") else plain


def _written(node: Node, *, top: bool = False) -> str:
    match node:
        case Word(text=text, prefix=prefix):
            return f"{text}*" if prefix else text
        case Phrase(text=text):
            return f'"{text}"'
        case Not(part=part):
            return f"NOT {_written(part)}"
        case And(parts=parts) | Or(parts=parts):
            between = " " if isinstance(node, And) else " OR "
            text = between.join(_written(part) for part in parts)
            return text if top else f"({text})"


def _shorter(node: Node) -> Node | None:
    """Leave the last term out; an OR cannot be shortened without losing answers."""
    if isinstance(node, And) and len(node.parts) > 1:
        return And(node.parts[:-1])
    return None


class _Parser:
    """Recursive descent over at most TERMS_MAX terms and DEPTH_MAX levels."""

    def __init__(self, lexemes: list[Lexeme]) -> None:
        self._lexemes = lexemes
        self._at = 0
        self._terms = 0
        self._query = Query()

    def query(self) -> Query:
        parts: list[Node] = []
        while self._at < len(self._lexemes):
            node = self._either(0)
            if node is not None:
                parts.append(node)
            else:
                self._at += 1  # a parenthesis too many
        return replace(self._query, node=_all(parts))

    def _either(self, depth: int) -> Node | None:
        options = [self._every(depth)]
        while self._peek() is Mark.OR:
            self._at += 1
            options.append(self._every(depth))
        found = [node for node in options if node is not None]
        if len(found) < 2:
            return found[0] if found else None
        return Or(tuple(found))

    def _every(self, depth: int) -> Node | None:
        parts: list[Node] = []
        while (mark := self._peek()) not in {None, Mark.OR, Mark.CLOSE}:
            if mark is Mark.AND:
                self._at += 1
                continue
            node = self._one(depth)
            if node is not None:
                parts.append(node)
        return _all(parts)

    def _one(self, depth: int) -> Node | None:
        lexeme = self._lexemes[self._at]
        self._at += 1
        match lexeme.mark:
            case Mark.NOT:
                if self._peek() in {None, Mark.OR, Mark.AND, Mark.CLOSE}:
                    return None
                inner = self._one(depth)
                return None if inner is None else Not(inner)
            case Mark.OPEN:
                if depth >= DEPTH_MAX:
                    return None
                inner = self._either(depth + 1)
                if self._peek() is Mark.CLOSE:
                    self._at += 1
                return inner
            case Mark.TEXT | Mark.QUOTED:
                return self._term(lexeme)
            case Mark.AND | Mark.OR | Mark.CLOSE:
                return None

    def _term(self, lexeme: Lexeme) -> Node | None:
        if lexeme.key and self._take(_KEYS.get(lexeme.key.lower(), ""), lexeme.text):
            return None
        self._terms += 1
        if self._terms > TERMS_MAX:
            return None
        text = f"{lexeme.key}:{lexeme.text}" if lexeme.key else lexeme.text
        return lexer.term(text, quoted=lexeme.mark is Mark.QUOTED and not lexeme.key)

    def _take(self, name: str, text: str) -> bool:
        """Take a filter; false when the key or its value means nothing, so that it is words."""
        value = text.strip()
        if not value:
            return False
        if name == "sort":
            low = value.lower()
            self._query = replace(self._query, sort=(*self._query.sort, _SORTS.get(low, low)))
        elif name == "artist":
            self._query = replace(self._query, artist=(*self._query.artist, value))
        elif name == "by":
            self._query = replace(self._query, by=(*self._query.by, amounts.author(value)))
        else:
            return self._take_amount(name, value)
        return True

    def _take_amount(self, name: str, value: str) -> bool:
        query = self._query
        amount = amounts.read(name, value)
        if amount is None:
            return False
        match name:
            case "min_size":
                query = replace(query, min_size=amount)
            case "max_size":
                query = replace(query, max_size=amount)
            case "min_seconds":
                query = replace(query, min_seconds=amount)
            case "max_seconds":
                query = replace(query, max_seconds=amount)
            case "after":
                query = replace(query, after=UnixTime(amount))
            case "before":
                query = replace(query, before=UnixTime(amount))
            case _:
                return False
        self._query = query
        return True

    def _peek(self) -> Mark | None:
        return self._lexemes[self._at].mark if self._at < len(self._lexemes) else None


def _all(parts: list[Node]) -> Node | None:
    if len(parts) < 2:
        return parts[0] if parts else None
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,))]
    return And(tuple(flat))
