"""W6: whatever is said to the API, no 5xx, no traceback, and the peer goes on answering."""

import http.client
import json
import socket
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings

from kkiri.base.types import InfoHash
from kkiri.web.other_programs.doors import DAV, RSS, SUBSONIC, TORZNAB
from kkiri.web.side_doors import OPEN, PLAYLIST, file_key
from tests.e2e.peers import Person, people
from tests.fakes.surface import document

EXAMPLES = 20  # of each route; 100 and more in ./nightly
ANSWER_SECONDS_MAX = 30.0  # a search waits up to two seconds; this machine may be busy
# these end the peer, or dial what they are told; hub addresses have their own table below
LEFT_OUT = ("/api/stop", "/api/hubs")
# these do not end by themselves; what they are asked with is the same as for /api/find
ENDLESS = (
    *("/api/live", "/api/news", "/api/find/live", "/api/find/follow"),
    *("/api/messages/follow", "/api/notices/follow"),
)

# asked with a link or song that somebody could have, these wait for a swarm: as good as an answer
WAITING = ("/api/get", "/api/play", "/rest/{method}")
SWARM_SECONDS = 2.0

DOCUMENT = document()


def _open(document: Any) -> Any:
    """Leave out how to come in: passwords that were made up would only be refused at the door."""
    plain = json.loads(json.dumps(document))
    del plain["components"]["securitySchemes"]
    for ways in plain["paths"].values():
        for way in ways.values():
            del way["security"]
    return plain


schema = schemathesis.openapi.from_dict(_open(DOCUMENT)).exclude(path=[*LEFT_OUT, *ENDLESS])


class _Page:
    """The page of a whole peer, asked over the wire."""

    def __init__(self, person: Person, link: str) -> None:
        self.person = person
        parts = urlsplit(link)
        assert parts.port is not None
        self.port = parts.port
        self.url = f"http://127.0.0.1:{parts.port}"
        self.headers = {"Authorization": f"Bearer {parse_qs(parts.query)['t'][0]}"}

    def credential(self, path: str) -> tuple[dict[str, str], dict[str, str]]:
        """Give headers and query that open a path; the password may have been renewed meanwhile."""
        password = (self.person.home / "run" / "app_password").read_text()
        if path.startswith(DAV):
            both = b64encode(f"me:{password}".encode()).decode()
            return {"Authorization": f"Basic {both}"}, {}
        if path.startswith(SUBSONIC):
            return {}, {"u": "me", "p": password}
        if path.startswith((TORZNAB, RSS)):
            return {}, {"apikey": password}
        return self.headers, {}

    def key(self, place: dict[str, Any]) -> str:
        """Give the key of a link for other players, as far as there is such a file."""
        token = self.headers["Authorization"].partition(" ")[2]
        return file_key(token, InfoHash(str(place.get("hash"))), place.get("index", PLAYLIST))

    def forget_transfers(self) -> None:
        """Cancel what was asked for, so that no other question waits for it."""
        for one in json.loads(self.ask("GET", "/api/transfers", bytes_max=1 << 20)[1]):
            self.ask("POST", f"/api/transfers/{one['info_hash']}/cancel", {})

    def ask(
        self, method: str, path: str, body: Any = None, bytes_max: int = 65_536
    ) -> tuple[int, bytes]:
        """Ask once; give the status and the first bytes of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS_MAX)
        raw = None if body is None else json.dumps(body).encode()
        headers = self.headers | ({} if raw is None else {"Content-Type": "application/json"})
        try:
            connection.request(method, path, raw, headers)
            response = connection.getresponse()
            return response.status, response.read1(bytes_max) if bytes_max else b""
        finally:
            connection.close()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Page]:
    with people(tmp_path_factory.mktemp("api"), "one") as (one,):
        status = one.up()
        yield _Page(one, status["page"])
        assert one.ready()["pid"] == status["pid"]
        assert "Traceback" not in one.log, one.log[-4000:]


@schema.parametrize()
@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None
)
def test_w6_no_5xx_from_the_openapi(case: Any, page: _Page) -> None:
    headers, fields = page.credential(case.path)
    case.query = {**(case.query or {}), **fields}
    if case.path.startswith(OPEN):
        case.path_parameters["key"] = page.key(case.path_parameters)
    waits = case.path in WAITING
    if waits and isinstance(case.body, dict) and case.body.get("wait") is True:
        case.body["wait"] = False  # it would be told of its progress for ever
    seconds = SWARM_SECONDS if waits else ANSWER_SECONDS_MAX
    try:
        response = case.call(base_url=page.url, headers=headers, timeout=seconds)
    except (requests.Timeout, requests.ConnectionError):
        assert waits, f"{case.method} {case.path}: no answer"
        return
    finally:
        if waits:
            page.forget_transfers()
    closed = {401, 429} - ({401} if case.path.startswith(OPEN) else set())  # a key opens one file
    assert response.status_code not in closed, f"{case.method} {case.path}: no way in"
    assert response.status_code < 500, f"{case.method} {case.path}: {response.text[:500]}"


@pytest.mark.parametrize("path", ENDLESS)
@pytest.mark.parametrize(
    "query",
    [
        "",
        "words=바다",
        "words=" + "x" * 300,
        "words=x&limit=0",
        "words=x&limit=1&limit=2",
        "words=%00",
        "words=%ff%fe",
        "words=x&by=nobody",
        "words=x&by=%F0%9F%91%A9",
        "words=x&min_size=" + "9" * 400,
        "words=x&wait=nan",
        "words=x&wait=inf",
        "words=x&wait=-1",
        "words=x&kind=soup",
        "words=" + quote("(((((((((((((((((((((( OR OR NOT"),
    ],
)
def test_w6_streams_begin_or_refuse(page: _Page, path: str, query: str) -> None:
    status, _ = page.ask("GET", f"{path}?{quote(query, safe='=&%')}", bytes_max=0)
    assert status in {200, 422}


@pytest.mark.parametrize(
    "address",
    [
        "",
        "127.0.0.1",
        "127.0.0.1:0",
        "127.0.0.1:99999",
        "ws://127.0.0.1:1",
        "http://127.0.0.1:1",
        "ws://127.0.0.1:1/../../x?y#z",
        "ws://user:pass@127.0.0.1:1",
        "ws://[::1]:1",
        "ws://[::",
        "\u0000",
        "허브",
        "x" * 5000,
    ],
)
def test_w6_any_hub_address_is_taken_or_refused(page: _Page, address: str) -> None:
    status, raw = page.ask("POST", "/api/hubs", {"address": address})
    assert status in {200, 404, 409, 422}, raw


@pytest.mark.parametrize(
    "link",
    [
        "magnet:?",
        "magnet:?xt=urn:btih:" + "0" * 40,
        "magnet:?xt=urn:btih:" + "0" * 39,
        "magnet:?xt=urn:btmh:1220" + "0" * 64,
        "magnet:?xt=urn:btih:" + "a" * 40 + "&x.pe=127.0.0.1:1&x.pe=evil.test:1&dn=%00%2e%2e%2f",
        "magnet:?" + "xt=urn:btih:" * 1000,
        "nostr:nevent1qqqq",
        "nostr:",
        "https://127.0.0.1/",
        "/etc/passwd",
        "１２",
    ],
)
def test_w6_any_link_is_taken_or_refused(page: _Page, link: str) -> None:
    status, raw = page.ask("POST", "/api/get", {"link": link, "wait": False})
    assert status in {200, 422}, raw
    assert b"Traceback" not in raw


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "relative",
        "/nowhere",
        "/" + "x" * 300,
        "/x" * 2_000,
        "/\u0000",
        "/dev/null",
        "/proc/self",
    ],
)
def test_w6_any_path_is_taken_or_refused(page: _Page, path: str) -> None:
    for verb in ("share", "unshare"):
        status, raw = page.ask("POST", f"/api/{verb}", {"path": path})
        assert status in {200, 404, 409, 422}, raw
        assert b'"error"' in raw or status == 200
    assert page.ask("GET", "/api/shared")[1] == b"[]"


RAW = [
    b"\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET /" + b"x" * 200_000 + b" HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: %h\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
    b"GET /%%%zz HTTP/1.1\r\nHost: %h\r\n%a\r\n\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\nHost: %h\r\n%a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: %h\r\nHost: evil.test\r\n%a\r\n\r\n",
    b"GET //evil.test/api/status HTTP/1.1\r\nHost: %h\r\n%a\r\n\r\n",
    b"GET http://evil.test/api/status HTTP/1.1\r\nHost: %h\r\n%a\r\n\r\n",
    b"GET /static/../../../../etc/passwd HTTP/1.1\r\nHost: %h\r\n%a\r\n\r\n",
    b"GET /static/%2e%2e%2f%2e%2e%2fetc%2fpasswd HTTP/1.1\r\nHost: %h\r\n%a\r\n\r\n",
    b"POST /api/get HTTP/1.1\r\nHost: %h\r\n%a\r\nContent-Type: application/json\r\n"
    b"Content-Length: 999999999\r\n\r\n{}",
    b"POST /api/get HTTP/1.1\r\nHost: %h\r\n%a\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /api/get HTTP/1.1\r\nHost: %h\r\n%a\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n20000\r\n" + b"x" * 0x20000 + b"\r\n0\r\n\r\n",
    b"POST /api/get HTTP/1.1\r\nHost: %h\r\n%a\r\nContent-Type: application/json\r\n"
    b"Content-Length: 60002\r\n\r\n" + b"[" * 60_002,
    b"POST /api/kept/drop HTTP/1.1\r\nHost: %h\r\n%a\r\nContent-Type: application/json\r\n"
    b'Content-Length: 5012\r\n\r\n{"number":' + b"9" * 5_001 + b"}",
    b"GET /api/live HTTP/1.1\r\nHost: %h\r\n%a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n",
]


@pytest.mark.parametrize("number", range(len(RAW)))
def test_w6_broken_http_is_refused(page: _Page, number: int) -> None:
    raw = RAW[number].replace(b"%h", f"127.0.0.1:{page.port}".encode())
    raw = raw.replace(b"%a", f"Authorization: {page.headers['Authorization']}".encode())
    with socket.create_connection(("127.0.0.1", page.port), ANSWER_SECONDS_MAX) as link:
        try:
            link.sendall(raw)
            link.shutdown(socket.SHUT_WR)
            said = link.recv(65_536)
        except OSError:  # the peer has had enough of it
            said = b""
    status = said.split(b" ")[1][:3] if said.startswith(b"HTTP/") else b"400"
    assert status[:1] == b"4", said[:500]
    assert b"root:" not in said
    assert page.ask("GET", "/api/status")[0] == 200


def test_the_document_is_whole_and_names_every_route(tmp_path: Path) -> None:
    del tmp_path
    paths = set(DOCUMENT["paths"])
    assert {"/api/status", "/api/find", "/api/get", "/api/share", *LEFT_OUT, *ENDLESS} <= paths
    for ways in DOCUMENT["paths"].values():
        for way in ways.values():
            assert way["summary"]
            assert way["tags"]
