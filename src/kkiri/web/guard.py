"""The door of the page: nothing behind it runs unless Host, token, origin and method are right.

A pure ASGI layer around everything, static files and unknown paths included (SAFETY W1-W3).
"""

import hmac
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from kkiri.web.form import (
    BODY_BYTES_MAX,
    Message,
    Receive,
    Scope,
    Send,
    TooLargeError,
    unfolded,
)

COOKIE_BYTES_MAX = 16 * 1024  # other programs on 127.0.0.1 share our cookie jar
COOKIE_SECONDS = 365 * 24 * 3600  # one opened link a year
LINK_FIELD = "t"
PAGE_METHODS = frozenset({"GET", "HEAD", "POST"})
READING = frozenset({"GET", "HEAD", "OPTIONS", "PROPFIND"})  # the last two ask in WebDAV

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
ALWAYS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    (b"cache-control", b"no-store"),
)

App = Callable[[Scope, Receive, Send], Awaitable[None]]


__all__ = [
    "App",
    "Door",
    "Guard",
    "Knock",
    "Message",
    "Receive",
    "Scope",
    "Send",
    "SideDoor",
    "Verdict",
    "judge",
]


class Verdict(Enum):
    """What the door says, as the HTTP status; PASS opens it and ENTER sets the cookie."""

    PASS = 200
    ENTER = 303
    BAD = 400
    STRANGER = 401
    CROSS_SITE = 403
    METHOD = 405
    TOO_LARGE = 413
    NOT_JSON = 415
    WRONG_HOST = 421
    TOO_MANY = 429


WORDS: Mapping[Verdict, str] = {
    Verdict.BAD: "That request is not understood. | 알 수 없는 요청입니다.",
    Verdict.STRANGER: (
        "Open the link that `kkiri up` or `kkiri status` printed. | "
        "`kkiri up`이나 `kkiri status`가 알려 준 링크로 여십시오."
    ),
    Verdict.CROSS_SITE: "Another page may not do that. | 다른 페이지는 그렇게 할 수 없습니다.",
    Verdict.METHOD: "That is not how to ask. | 그렇게는 요청할 수 없습니다.",
    Verdict.TOO_LARGE: "That is too long. | 너무 깁니다.",
    Verdict.NOT_JSON: "JSON is asked for. | JSON이어야 합니다.",
    Verdict.TOO_MANY: "Too many wrong passwords. | 틀린 암호가 너무 많습니다.",
    Verdict.WRONG_HOST: "kkiri does not answer to that name. | 끼리의 이름이 아닙니다.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """One request as the door sees it."""

    method: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    """Names in lower case."""

    def values(self, name: str) -> list[str]:
        """Give every value of a header."""
        return [value for key, value in self.headers if key == name]

    def value(self, name: str) -> str | None:
        """Give a header that may stand once; None when missing, empty text when repeated."""
        values = self.values(name)
        return values[0] if len(values) == 1 else ("" if values else None)


Refusal = tuple[int, list[tuple[bytes, bytes]], bytes]
"""Status, headers and body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SideDoor:
    """Paths for other programs, which bring a credential of their own; for reading only.

    The page's token does not open it, and its credential opens nothing else.
    """

    prefix: str
    """Such as `/open`: that path and all below it."""
    opens: Callable[[Knock], bool]
    """Whether a request brings the credential; compares in constant time."""
    methods: frozenset[str] = frozenset({"GET", "HEAD"})
    """Of these only those in READING."""
    challenge: str = ""
    """What `WWW-Authenticate` asks a stranger for, such as `Basic realm="kkiri"`."""
    flooded: Callable[[], bool] = lambda: False
    """Called for each stranger: whether there were too many of late."""
    form: bool = False
    """A form that is POSTed is read as if it stood in the query: some programs ask so."""
    refuse: Callable[[Knock, Verdict], Refusal | None] = lambda _knock, _verdict: None
    """What is said instead of the usual words, in a form that the programs read."""

    def leads_to(self, path: str) -> bool:
        """Say whether a path is behind it."""
        return path == self.prefix or path.startswith(f"{self.prefix}/")


@dataclass(frozen=True, slots=True)
class Door:
    """What is right for one page."""

    port: int
    token: str
    sides: tuple[SideDoor, ...] = ()

    def __repr__(self) -> str:
        return f"Door({self.port})"

    @property
    def hosts(self) -> tuple[str, str]:
        """Give the only two names the page answers to."""
        return (f"127.0.0.1:{self.port}", f"localhost:{self.port}")

    @property
    def cookie(self) -> str:
        """Give the cookie's name; cookies are shared by all ports of a host, so it has ours."""
        return f"kkiri_{self.port}"

    def side(self, path: str) -> SideDoor | None:
        """Give the side door before a path."""
        return next((one for one in self.sides if one.leads_to(path)), None)


def judge(door: Door, knock: Knock) -> Verdict:
    """Decide about one request from its head alone."""
    host = knock.value("host")
    if host not in door.hosts:
        return Verdict.WRONG_HOST
    if knock.values("upgrade"):
        return Verdict.BAD
    side = door.side(knock.path)
    if knock.method not in (PAGE_METHODS if side is None else side.methods & READING):
        return Verdict.METHOD
    origin = knock.value("origin")
    if origin is not None and origin != f"http://{host}":
        return Verdict.CROSS_SITE
    return _judge_page(door, knock, origin) if side is None else _judge_side(side, knock)


def _judge_page(door: Door, knock: Knock, origin: str | None) -> Verdict:
    site = knock.value("sec-fetch-site")
    if knock.method != "POST" and _opens_link(door, knock):
        return Verdict.ENTER
    if knock.values("authorization"):
        if not _has_bearer(door, knock):
            return Verdict.STRANGER
        if site not in {None, "same-origin", "none"}:
            return Verdict.CROSS_SITE
    elif not _has_cookie(door, knock):
        return Verdict.STRANGER
    elif site != "same-origin" and (knock.method == "POST" or site != "none"):
        return Verdict.CROSS_SITE
    elif knock.method == "POST" and origin is None:
        return Verdict.CROSS_SITE
    return _judge_body(knock) if knock.method == "POST" else Verdict.PASS


def _judge_side(side: SideDoor, knock: Knock) -> Verdict:
    # programs send no Sec-Fetch-Site, browsers always do: no other page gets in with a stolen link
    if knock.value("sec-fetch-site") not in {None, "same-origin", "none"}:
        return Verdict.CROSS_SITE
    if side.opens(knock):
        return Verdict.PASS
    return Verdict.TOO_MANY if side.flooded() else Verdict.STRANGER


def _judge_body(knock: Knock) -> Verdict:
    kind = (knock.value("content-type") or "").partition(";")[0].strip().lower()
    if kind != "application/json":
        return Verdict.NOT_JSON
    length = knock.value("content-length")
    if length is not None and not (length.isascii() and length.isdigit() and len(length) < 20):
        return Verdict.BAD
    if length is not None and int(length) > BODY_BYTES_MAX:
        return Verdict.TOO_LARGE
    return Verdict.PASS


def _same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode(), right.encode())


def _opens_link(door: Door, knock: Knock) -> bool:
    if knock.path != "/" or len(knock.query) > 1_000:
        return False
    try:
        given = parse_qs(knock.query, max_num_fields=8).get(LINK_FIELD, [])
    except ValueError:
        return False
    return len(given) == 1 and _same(given[0], door.token)


def _has_bearer(door: Door, knock: Knock) -> bool:
    word, _, given = (knock.value("authorization") or "").partition(" ")
    return word.lower() == "bearer" and _same(given.strip(), door.token)


def _has_cookie(door: Door, knock: Knock) -> bool:
    text = "; ".join(knock.values("cookie"))
    if len(text) > COOKIE_BYTES_MAX:
        return False
    try:
        morsel = SimpleCookie(text).get(door.cookie)
    except CookieError:
        return False
    return morsel is not None and _same(morsel.value, door.token)


class Guard:
    """The ASGI layer: refuses, lets in, counts the body, and puts the headers on every answer."""

    def __init__(self, app: App, door: Door) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection of the page."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._http(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        knock = _knock(scope)
        side = None if knock is None else self._door.side(knock.path)
        if knock is not None and side is not None and side.form:
            try:
                scope, receive = await unfolded(scope, receive, self._door.hosts)
            except TooLargeError:
                return await _answer(send, *_usual(Verdict.TOO_LARGE, side))
            knock = _knock(scope)
        verdict = judge(self._door, knock) if knock is not None else Verdict.BAD
        match verdict:
            case Verdict.PASS:
                await _Counted(self._app, receive, send).run(scope)
            case Verdict.ENTER:
                cookie = (
                    f"{self._door.cookie}={self._door.token}; Path=/; HttpOnly; SameSite=Strict; "
                    f"Max-Age={COOKIE_SECONDS}"
                )
                headers = [(b"location", b"/"), (b"set-cookie", cookie.encode())]
                await _answer(send, verdict.value, headers, b"")
            case _:
                said = side.refuse(knock, verdict) if side is not None and knock else None
                await _answer(send, *(said or _usual(verdict, side)))


def _usual(verdict: Verdict, side: SideDoor | None) -> Refusal:
    head = [(b"content-type", b"text/plain; charset=utf-8")]
    if verdict is Verdict.STRANGER and side is not None and side.challenge:
        head.append((b"www-authenticate", side.challenge.encode()))
    return verdict.value, head, WORDS[verdict].encode()


class _Counted:
    """One request let in: its body counted, its answer given the headers."""

    def __init__(self, app: App, receive: Receive, send: Send) -> None:
        self._app = app
        self._receive_next = receive
        self._send_next = send
        self._bytes = 0
        self._started = False

    async def run(self, scope: Scope) -> None:
        try:
            await self._app(scope, self._receive, self._send)
        except TooLargeError:
            if not self._started:
                kind = [(b"content-type", b"text/plain; charset=utf-8")]
                body = WORDS[Verdict.TOO_LARGE].encode()
                await _answer(self._send_next, Verdict.TOO_LARGE.value, kind, body)

    async def _receive(self) -> Message:
        message = await self._receive_next()
        body = message.get("body")
        if isinstance(body, bytes):
            self._bytes += len(body)
        if self._bytes > BODY_BYTES_MAX:
            raise TooLargeError
        return message

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._started = True
            given = message.get("headers")
            kept = list(given) if isinstance(given, Iterable) else []
            names = {name.lower() for name, _ in ALWAYS}
            message["headers"] = [pair for pair in kept if pair[0].lower() not in names] + [*ALWAYS]
        await self._send_next(message)


def _knock(scope: Scope) -> Knock | None:
    method, path, query = scope.get("method"), scope.get("path"), scope.get("query_string")
    headers = scope.get("headers")
    if not isinstance(method, str) or not isinstance(path, str) or not isinstance(query, bytes):
        return None
    if not isinstance(headers, Iterable):
        return None
    pairs = tuple(
        (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers
    )
    return Knock(method=method, path=path, query=query.decode("latin-1"), headers=pairs)


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [*headers, length, *ALWAYS],
        }
    )
    await send({"type": "http.response.body", "body": body})
