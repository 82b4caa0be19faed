"""Side doors of other programs: each door x host x origin x site x method x password (W1, W2)."""

import hashlib
import json
from base64 import b64encode
from itertools import product
from pathlib import Path
from urllib.parse import urlencode
from xml.etree import ElementTree as XmlTree

import pytest

from kkiri.app.home import Home, prepare
from kkiri.app.password import AppPassword
from kkiri.base.types import Seconds
from kkiri.web.form import BODY_BYTES_MAX
from kkiri.web.guard import Door, Guard, Knock, Message, Receive, Scope, Send, Verdict, judge
from kkiri.web.other_programs.doors import WRONG, other_doors

TOKEN = "t" * 43
OWN = "127.0.0.1:8080"
HOSTS = (OWN, "localhost:8080", None, "", "127.0.0.1", "evil.test:8080", "127.0.0.1:8081")
ORIGINS = (None, "own", "null", "http://evil.test")
SITES = (None, "same-origin", "none", "same-site", "cross-site", "weird")
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND", "MKCOL", "LOCK", "get")
PATHS = {
    "/torznab/api": {"GET", "HEAD"},
    "/rss/library": {"GET", "HEAD"},
    "/rest/ping": {"GET", "HEAD"},
    "/dav/library": {"GET", "HEAD", "OPTIONS", "PROPFIND"},
}


class _Doors:
    """The doors of a fresh home, with a clock that a test turns."""

    def __init__(self, folder: Path) -> None:
        home = Home(folder)
        prepare(home)
        self.password = AppPassword(home)
        self.now = 0.0
        sides = other_doors(self.password, lambda: Seconds(self.now))
        self.door = Door(port=8080, token=TOKEN, sides=sides)

    def credential(self, path: str, text: str | None = None) -> tuple[str, tuple[str, str] | None]:
        """Give query and header that bring a password."""
        text = self.password.text if text is None else text
        if path.startswith("/dav"):
            return "", ("authorization", "Basic " + b64encode(f"me:{text}".encode()).decode())
        if path.startswith("/rest"):
            return urlencode({"u": "me", "p": text, "v": "1.16.1", "c": "test"}), None
        return urlencode({"apikey": text}), None

    def knock(self, path: str, query: str, *headers: tuple[str, str] | None) -> Knock:
        given = tuple(pair for pair in headers if pair is not None)
        return Knock(method="GET", path=path, query=query, headers=(("host", OWN), *given))


@pytest.fixture
def doors(tmp_path: Path) -> _Doors:
    return _Doors(tmp_path / "home")


@pytest.mark.parametrize("path", PATHS)
def test_w2_the_whole_table_of_each_door(doors: _Doors, path: str) -> None:
    wrong, passed = [], 0
    for host, origin, site, method, own in product(HOSTS, ORIGINS, SITES, METHODS, (True, False)):
        query, header = doors.credential(path, None if own else "x" * 43)
        headers = [] if header is None else [header]
        headers += [("host", host)] if host is not None else []
        if origin is not None:
            headers.append(("origin", f"http://{host}" if origin == "own" else origin))
        headers += [("sec-fetch-site", site)] if site is not None else []
        knock = Knock(method=method, path=path, query=query, headers=tuple(headers))
        may = (
            own
            and host in {OWN, "localhost:8080"}
            and method in PATHS[path]
            and origin in {None, "own"}
            and site in {None, "same-origin", "none"}
        )
        is_open = judge(doors.door, knock) is Verdict.PASS
        passed += is_open
        if is_open != may:
            wrong.append((host, origin, site, method, own))
    assert wrong == []
    assert passed == 2 * 2 * 3 * len(PATHS[path])


@pytest.mark.parametrize("path", PATHS)
def test_w2_the_token_opens_no_side_door_and_the_password_nothing_else(
    doors: _Doors, path: str
) -> None:
    page = (("authorization", f"Bearer {TOKEN}"), ("cookie", f"kkiri_8080={TOKEN}"))
    query, header = doors.credential(path, TOKEN)
    assert judge(doors.door, doors.knock(path, query, header, *page)) is not Verdict.PASS
    query, header = doors.credential(path)
    for other in ("/", "/api/status", "/api/other-programs", "/openapi.json", "/static/main.js"):
        assert judge(doors.door, doors.knock(other, query, header)) is Verdict.STRANGER
    bearer = ("authorization", f"Bearer {doors.password.text}")
    assert judge(doors.door, doors.knock("/api/status", "", bearer)) is Verdict.STRANGER


@pytest.mark.parametrize(
    "query",
    ["", "apikey=", "apikey=x", "apikey=%00", "apikey={p}&apikey={p}", "apikey={p}x", "APIKEY={p}"]
    + ["apikey=" + "&a=b" * 5_000 + "{p}", "x=" + "y" * 100_000 + "&apikey={p}"],
)
def test_one_right_key_opens_torznab(doors: _Doors, query: str) -> None:
    text = query.replace("{p}", doors.password.text)
    assert judge(doors.door, doors.knock("/torznab/api", text)) is Verdict.STRANGER


@pytest.mark.parametrize(
    "said",
    ["", "Basic", "Basic !!", "Basic =", "Bearer {p}", "Basic {b}x", "Digest {b}", "Basic 77+9"],
)
def test_only_basic_opens_webdav(doors: _Doors, said: str) -> None:
    both = b64encode(f"me:{doors.password.text}".encode()).decode()
    text = said.replace("{p}", doors.password.text).replace("{b}", both)
    assert judge(doors.door, doors.knock("/dav/", "", ("authorization", text))) is Verdict.STRANGER
    right = ("authorization", f"basic {both}")
    assert judge(doors.door, doors.knock("/dav/", "", right)) is Verdict.PASS
    assert judge(doors.door, doors.knock("/dav/", "", right, right)) is Verdict.STRANGER


async def _ask(
    doors: _Doors, path: str, query: str, method: str = "GET", body: bytes = b"", kind: str = ""
) -> tuple[int, dict[bytes, bytes], bytes, Scope]:
    """Knock at the whole guard; behind it stands one that says `in`."""
    behind: list[Scope] = []
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        behind.append(scope)
        message = await receive()
        assert message["body"] == (b"" if scope["method"] == "GET" else body)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"in"})

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(b"host", OWN.encode()), (b"content-type", kind.encode())],
    }
    await Guard(app, doors.door)(scope, receive, send)
    start, *rest = sent
    pairs = start["headers"]
    assert isinstance(pairs, list)
    said = b"".join(part for one in rest if isinstance(part := one["body"], bytes))
    status = start["status"]
    assert isinstance(status, int)
    return status, dict(pairs), said, behind[0] if behind else {}


def _digest(doors: _Doors, salt: str) -> str:
    return hashlib.md5((doors.password.text + salt).encode()).hexdigest()


def test_each_way_of_subsonic_comes_in(doors: _Doors) -> None:
    text = doors.password.text
    for ways in (
        {"u": "me", "p": text},
        {"u": "me", "p": "enc:" + text.encode().hex()},
        {"u": "me", "t": _digest(doors, "abc"), "s": "abc"},
        {"apiKey": text},
    ):
        assert judge(doors.door, doors.knock("/rest/ping.view", urlencode(ways))) is Verdict.PASS


@pytest.mark.parametrize(
    ("ways", "code"),
    [
        ({}, 10),
        ({"u": "me"}, 10),
        ({"p": "{p}"}, 10),
        ({"u": "me", "t": "x"}, 10),
        ({"u": "me", "p": "wrong"}, 40),
        ({"u": "me", "t": "0" * 32, "s": "abc"}, 40),
        ({"u": "me", "p": "{p}", "t": "0" * 32, "s": "abc"}, 40),
        ({"u": "me", "apiKey": "{p}"}, 43),
        ({"p": "{p}", "apiKey": "{p}"}, 43),
        ({"apiKey": "wrong"}, 44),
    ],
)
async def test_subsonic_is_refused_by_its_own_numbers(
    doors: _Doors, ways: dict[str, str], code: int
) -> None:
    fields = {name: value.replace("{p}", doors.password.text) for name, value in ways.items()}
    status, head, body, _ = await _ask(doors, "/rest/ping", urlencode(fields | {"f": "json"}))
    said = json.loads(body)["subsonic-response"]
    assert (status, said["status"], said["error"]["code"]) == (200, "failed", code)
    assert head[b"content-type"].startswith(b"application/json")
    _, head, body, _ = await _ask(doors, "/rest/ping", urlencode(fields))
    error = XmlTree.fromstring(body)[0]
    assert (error.tag, error.get("code")) == ("{http://subsonic.org/restapi}error", str(code))
    assert doors.password.text.encode() not in body


async def test_torznab_is_refused_by_its_own_number(doors: _Doors) -> None:
    status, _, body, _ = await _ask(doors, "/torznab/api", "t=caps&apikey=x")
    error = XmlTree.fromstring(body)
    assert (status, error.tag, error.get("code")) == (401, "error", "100")


async def test_webdav_asks_for_the_password_and_writes_are_refused_in_words(doors: _Doors) -> None:
    status, head, _, _ = await _ask(doors, "/dav/", "", "PROPFIND")
    assert (status, head[b"www-authenticate"]) == (401, b'Basic realm="kkiri", charset="UTF-8"')
    for method in ("PUT", "DELETE", "MKCOL", "MOVE", "COPY", "LOCK", "PROPPATCH", "POST", "PATCH"):
        status, head, body, _ = await _ask(doors, "/dav/x", "", method, b"x")
        assert (status, head[b"allow"]) == (405, b"GET, HEAD, OPTIONS, PROPFIND")
        assert "읽기" in body.decode()


async def test_a_posted_form_is_read_as_a_question(doors: _Doors) -> None:
    form = urlencode({"u": "me", "p": doors.password.text, "query": "바다"}).encode()
    kind = "application/x-www-form-urlencoded; charset=utf-8"
    status, _, body, scope = await _ask(doors, "/rest/search3", "f=json", "POST", form, kind)
    assert (status, body, scope["method"]) == (200, b"in", "GET")
    assert scope["query_string"] == b"f=json&" + form
    for other in ("", "text/plain", "application/json", "multipart/form-data"):
        status, _, _, scope = await _ask(doors, "/rest/search3", form.decode(), "POST", b"", other)
        assert (status, scope) == (405, {})
    for path in ("/torznab/api", "/rss/library", "/dav/"):
        status, _, _, scope = await _ask(doors, path, "", "POST", form, kind)
        assert (status, scope) == (405, {})


async def test_a_form_that_is_too_long_is_not_read(doors: _Doors) -> None:
    form = urlencode({"u": "me", "p": doors.password.text}).encode() + b"&x=" + b"y" * 100
    kind = "application/x-www-form-urlencoded"
    full = form + b"y" * (BODY_BYTES_MAX - len(form))
    assert (await _ask(doors, "/rest/ping", "", "POST", full, kind))[0] == 200
    assert (await _ask(doors, "/rest/ping", "", "POST", full + b"y", kind))[0] == 413


async def test_wrong_passwords_are_limited_and_the_right_one_is_not(doors: _Doors) -> None:
    seen = [(await _ask(doors, "/torznab/api", "apikey=x"))[0] for _ in range(100)]
    assert seen == [401] * int(WRONG.burst) + [429] * (100 - int(WRONG.burst))
    for path in PATHS:  # one count for all doors
        query, header = doors.credential(path, "x" * 43)
        assert judge(doors.door, doors.knock(path, query, header)) is Verdict.TOO_MANY
        query, header = doors.credential(path)
        assert judge(doors.door, doors.knock(path, query, header)) is Verdict.PASS
    doors.now += 1 / WRONG.per_second
    again = [(await _ask(doors, "/rss/library", "apikey=x"))[0] for _ in range(3)]
    assert again == [401, 429, 429]


async def test_a_cross_site_page_is_no_wrong_password(doors: _Doors) -> None:
    """A hostile page must not use up what a program may get wrong."""
    knock = doors.knock("/torznab/api", "apikey=x", ("sec-fetch-site", "cross-site"))
    verdicts = {judge(doors.door, knock) for _ in range(100)}
    assert verdicts == {Verdict.CROSS_SITE}
    assert judge(doors.door, doors.knock("/torznab/api", "apikey=x")) is Verdict.STRANGER


def test_a_renewed_password_closes_the_doors_to_the_old_one(doors: _Doors) -> None:
    for path in PATHS:
        query, header = doors.credential(path)
        doors.password.renew()
        assert judge(doors.door, doors.knock(path, query, header)) is Verdict.STRANGER
        query, header = doors.credential(path)
        assert judge(doors.door, doors.knock(path, query, header)) is Verdict.PASS
