"""The door: every host x origin x site x method x token, decided before any handler (W1, W2)."""

from itertools import product

import pytest

from kkiri.web.guard import BODY_BYTES_MAX, CSP, Door, Guard, Knock, Message, Scope, Verdict, judge

TOKEN = "t" * 43
DOOR = Door(port=8080, token=TOKEN)
OWN = "127.0.0.1:8080"
COOKIE = f"kkiri_8080={TOKEN}"
HOSTS = (
    OWN,
    "localhost:8080",
    None,
    "",
    "127.0.0.1",
    "127.0.0.1:80",
    "127.0.0.1:8081",
    "127.0.0.1:8080.evil.test",
    "evil.test:8080",
    "LOCALHOST:8080",
    "0.0.0.0:8080",
    "[::1]:8080",
    "127.0.0.1:8080@evil.test",
    " 127.0.0.1:8080",
)
ORIGINS = (None, "own", "null", "http://evil.test", "https://127.0.0.1:8080", "http://127.0.0.1:1")
SITES = (None, "same-origin", "same-site", "cross-site", "none", "weird")
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "get")
TOKENS = ("none", "cookie", "bearer", "wrong cookie", "wrong bearer")
GOOD_HOSTS = frozenset({OWN, "localhost:8080"})


def _knock(
    host: str | None, origin: str | None, site: str | None, method: str, token: str
) -> Knock:
    headers: list[tuple[str, str]] = [("content-type", "application/json")]
    if host is not None:
        headers.append(("host", host))
    if origin is not None:
        headers.append(("origin", f"http://{host}" if origin == "own" else origin))
    if site is not None:
        headers.append(("sec-fetch-site", site))
    match token:
        case "cookie":
            headers.append(("cookie", f"other=1; {COOKIE}"))
        case "wrong cookie":
            headers.append(("cookie", f"kkiri_8080={'x' * 43}; kkiri_1={TOKEN}"))
        case "bearer":
            headers.append(("authorization", f"Bearer {TOKEN}"))
        case "wrong bearer":
            headers.append(("authorization", f"Bearer {TOKEN}x"))
            headers.append(("cookie", COOKIE))
        case _:
            pass
    return Knock(method=method, path="/api/status", headers=tuple(headers))


def _may_pass(
    host: str | None, origin: str | None, site: str | None, method: str, token: str
) -> bool:
    """Say the rule once more, in other words than the code."""
    if host not in GOOD_HOSTS or method not in {"GET", "HEAD", "POST"}:
        return False
    if origin not in {None, "own"}:
        return False
    if token == "bearer":
        return site in {None, "same-origin", "none"}
    if token != "cookie":
        return False
    if method == "POST":
        return origin == "own" and site == "same-origin"
    return site in {"same-origin", "none"}


def test_the_whole_table() -> None:
    wrong = []
    passed = 0
    for case in product(HOSTS, ORIGINS, SITES, METHODS, TOKENS):
        is_open = judge(DOOR, _knock(*case)) is Verdict.PASS
        passed += is_open
        if is_open != _may_pass(*case):
            wrong.append(case)
    assert wrong == []
    assert passed > 50


@pytest.mark.parametrize("name", ["host", "origin", "sec-fetch-site", "authorization"])
def test_a_header_said_twice_opens_nothing(name: str) -> None:
    good = _knock(OWN, "own", "same-origin", "POST", "bearer")
    assert judge(DOOR, good) is Verdict.PASS
    twice = tuple(pair for pair in good.headers if pair[0] == name)
    bad = Knock(method="POST", path="/", headers=good.headers + twice)
    assert judge(DOOR, bad) is not Verdict.PASS


@pytest.mark.parametrize("value", ["websocket", "h2c", ""])
def test_no_upgrade(value: str) -> None:
    good = _knock(OWN, "own", "same-origin", "GET", "bearer")
    bad = Knock(method="GET", path="/", headers=(*good.headers, ("upgrade", value)))
    assert judge(DOOR, bad) is Verdict.BAD


@pytest.mark.parametrize(
    ("query", "path", "method", "wanted"),
    [
        (f"t={TOKEN}", "/", "GET", Verdict.ENTER),
        (f"t={TOKEN}", "/", "POST", Verdict.STRANGER),
        (f"t={TOKEN}", "/api/status", "GET", Verdict.STRANGER),
        (f"t={TOKEN}&t={TOKEN}", "/", "GET", Verdict.STRANGER),
        (f"t={TOKEN[:-1]}", "/", "GET", Verdict.STRANGER),
        ("t=", "/", "GET", Verdict.STRANGER),
        ("", "/", "GET", Verdict.STRANGER),
        ("&".join(["a"] * 400), "/", "GET", Verdict.STRANGER),
        ("t=%ff%00", "/", "GET", Verdict.STRANGER),
    ],
)
def test_the_link_opens_the_page_once(query: str, path: str, method: str, wanted: Verdict) -> None:
    knock = Knock(method=method, path=path, query=query, headers=(("host", OWN),))
    assert judge(DOOR, knock) is wanted


def test_the_link_does_not_open_under_another_name() -> None:
    knock = Knock(method="GET", path="/", query=f"t={TOKEN}", headers=(("host", "evil.test:8080"),))
    assert judge(DOOR, knock) is Verdict.WRONG_HOST


@pytest.mark.parametrize(
    ("kind", "length", "wanted"),
    [
        ("application/json", "10", Verdict.PASS),
        ("application/json; charset=utf-8", "10", Verdict.PASS),
        ("text/plain", "10", Verdict.NOT_JSON),
        ("application/x-www-form-urlencoded", "10", Verdict.NOT_JSON),
        ("multipart/form-data; boundary=application/json", "10", Verdict.NOT_JSON),
        ("", "10", Verdict.NOT_JSON),
        ("application/json", str(BODY_BYTES_MAX + 1), Verdict.TOO_LARGE),
        ("application/json", "-1", Verdict.BAD),
        ("application/json", "9" * 30, Verdict.BAD),
        ("application/json", "１", Verdict.BAD),
    ],
)
def test_a_body_is_json_and_small(kind: str, length: str, wanted: Verdict) -> None:
    headers = (
        ("host", OWN),
        ("authorization", f"Bearer {TOKEN}"),
        ("content-type", kind),
        ("content-length", length),
    )
    assert judge(DOOR, Knock(method="POST", path="/api/get", headers=headers)) is wanted


class _Behind:
    """What stands behind the door in these tests: reads the body, notes that it ran."""

    def __init__(self) -> None:
        self.ran = 0

    async def __call__(self, scope: Scope, receive: object, send: object) -> None:
        self.ran += 1
        assert callable(receive)
        assert callable(send)
        while (await receive()).get("more_body"):
            pass
        headers = [(b"content-type", b"text/html"), (b"cache-control", b"public")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"in"})


async def _ask(
    behind: _Behind, headers: dict[str, str], bodies: list[bytes], method: str = "GET"
) -> tuple[int, dict[str, str]]:
    sent: list[Message] = []
    waiting = list(bodies)

    async def receive() -> Message:
        body = waiting.pop(0) if waiting else b""
        return {"type": "http.request", "body": body, "more_body": bool(waiting)}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http",
        "method": method,
        "path": "/",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    await Guard(behind, DOOR)(scope, receive, send)
    start = sent[0]
    status, pairs = start["status"], start["headers"]
    assert isinstance(status, int)
    assert isinstance(pairs, list)
    return status, {name.decode(): value.decode() for name, value in pairs}


async def test_every_answer_carries_the_headers() -> None:
    behind = _Behind()
    refused = await _ask(behind, {"host": "evil.test"}, [])
    let_in = await _ask(behind, {"host": OWN, "authorization": f"Bearer {TOKEN}"}, [])
    assert (refused[0], let_in[0], behind.ran) == (421, 200, 1)
    for _, headers in (refused, let_in):
        assert headers["content-security-policy"] == CSP
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
    for word in ("unsafe", "*", "http:", "data:"):
        assert word not in CSP
    parts = [part.strip() for part in CSP.split(";") if "blob:" in part]
    assert parts == ["media-src 'self' blob:"]  # what MediaSource plays; never a script or frame


async def test_a_long_body_without_a_length_is_cut() -> None:
    behind = _Behind()
    good = {"host": OWN, "authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    half = b"x" * (BODY_BYTES_MAX // 2)
    assert (await _ask(behind, good, [half, half], "POST"))[0] == 200
    assert (await _ask(behind, good, [half, half, b"x"], "POST"))[0] == 413


async def test_the_cookie_is_strict_and_only_ours() -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    behind = _Behind()
    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": f"t={TOKEN}".encode(),
        "headers": [(b"host", OWN.encode())],
    }
    await Guard(behind, DOOR)(scope, receive, send)
    pairs = sent[0]["headers"]
    assert isinstance(pairs, list)
    headers = dict(pairs)
    assert sent[0]["status"] == 303
    assert headers[b"location"] == b"/"
    cookie = headers[b"set-cookie"].decode()
    assert cookie.startswith(f"kkiri_8080={TOKEN};")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert behind.ran == 0


async def test_no_websocket() -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    behind = _Behind()
    scope: Scope = {"type": "websocket", "path": "/", "headers": [(b"host", OWN.encode())]}
    await Guard(behind, DOOR)(scope, receive, send)
    assert (sent, behind.ran) == ([{"type": "websocket.close", "code": 1008}], 0)


def test_the_token_does_not_show_itself() -> None:
    assert TOKEN not in repr(DOOR)
