"""W1 and W2 in a real browser: what evil pages try against every route, and what got through.

The routes are those of openapi.json, with the side doors of other programs: a new one is attacked
from its first day. Behind the door stands a recorder in place of the routes: whatever reaches it, a
handler would have run. The controls plant a fault in the door and show that it is then noticed.
"""

import json
import re
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import settings

from kkiri.app.home import Home, prepare
from kkiri.app.password import AppPassword
from kkiri.base.types import InfoHash, Seconds
from kkiri.web import guard
from kkiri.web.guard import Door, Guard, Knock, Receive, Scope, Send, SideDoor, Verdict
from kkiri.web.other_programs.doors import other_doors
from kkiri.web.side_doors import file_key, side_doors
from tests.e2e.browser import Browser, browser
from tests.e2e.evil import ATTACK, EVIL, REBIND, evil_page
from tests.e2e.served import served
from tests.fakes.surface import document

Route = tuple[str, str, str | None]
"""Method, path and body."""
TOKEN = "A" * 43
HASH = "a" * 40
KNOCKS_A_ROUTE_MIN = 12  # of 27 tries; browsers leave out beacons and sockets beyond a number
EVERY = 3  # a window is led to every third route: each way costs two pages; all in ./nightly
ROUTES_AT_ONCE = 16  # a page with more frames and sockets is cut short by the browser
SETTLE_SECONDS_MAX = 60.0
QUIET_SECONDS = 0.3
NIGHTLY = settings().max_examples > 1_000
FILLED = {"who": "npub1x", "index": "0", "number": "0", "method": "ping", "path": "x"}


@dataclass
class _Recorder:
    """Stands for the routes: notes what reached them."""

    reached: list[tuple[str, str, str]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = scope["headers"]
        assert isinstance(headers, list)
        origin = dict(headers).get(b"sec-fetch-site", b"-").decode()
        self.reached.append((str(scope["method"]), str(scope["path"]), origin))
        kind = [(b"content-type", b"text/html; charset=utf-8")]
        await send({"type": "http.response.start", "status": 200, "headers": kind})
        await send({"type": "http.response.body", "body": b"<title>in</title>in"})


@dataclass
class _Page:
    """The guarded page on a port of its own."""

    port: int
    recorder: _Recorder
    password: str
    knocks: list[float] = field(default_factory=list)
    """When something came to the door."""

    def settle(self, knocks_min: int) -> None:
        """Wait until the attacks have come, and no more do."""
        end = time.monotonic() + SETTLE_SECONDS_MAX
        while time.monotonic() < end:
            last = self.knocks[-1] if self.knocks else 0.0
            if len(self.knocks) >= knocks_min and time.monotonic() - last > QUIET_SECONDS:
                return
            time.sleep(0.05)
        raise TimeoutError(f"{len(self.knocks)} of {knocks_min} attacks came")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def reached(self) -> list[tuple[str, str, str]]:
        """Give what reached the routes, but for the icon that a browser asks for by itself."""
        return [one for one in self.recorder.reached if one[1] != "/favicon.ico"]

    @property
    def stolen(self) -> list[Route]:
        """Give links of other programs with the right credential, as if they had leaked."""
        key = file_key(TOKEN, InfoHash(HASH), 0)
        return [
            ("GET", f"/open/{key}/{HASH}/0/song.mp3", None),
            ("GET", f"/torznab/api?t=search&apikey={self.password}", None),
            ("GET", f"/rss/library?apikey={self.password}", None),
            ("GET", f"/rest/ping?u=x&p={self.password}", None),
            ("POST", f"/rest/ping?u=x&p={self.password}", "{}"),
        ]


@pytest.fixture
def page(tmp_path: Path) -> Iterator[_Page]:
    recorder = _Recorder()
    made: list[Guard] = []
    knocks: list[float] = []
    home = Home(tmp_path / "home")
    prepare(home)
    password = AppPassword(home)
    sides = (*side_doors(TOKEN), *other_doors(password, lambda: Seconds(time.monotonic())))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        knocks.append(time.monotonic())
        await made[0](scope, receive, send)

    with served(app) as port:
        made.append(Guard(recorder, Door(port, TOKEN, sides)))
        yield _Page(port, recorder, password.text, knocks)


@pytest.fixture(scope="module")
def evil_port() -> Iterator[int]:
    with evil_page() as port:
        yield port


def routes() -> list[Route]:
    """Give every route of openapi.json, static files, unknown paths and every side door."""
    found: list[Route] = []
    for pattern, ways in document()["paths"].items():
        path = re.sub(r"\{(\w+)\}", lambda one: FILLED.get(one.group(1), HASH), pattern)
        for way in ways:
            get = way == "get"
            found.append((way.upper(), f"{path}?words=x" if get else path, None if get else "{}"))
    found += [
        ("GET", path, None)
        for path in ("/", "/static/main.js", "/openapi.json", "/none", "/dav/", "/rest/ping.view")
    ]
    found += [("GET", f"/open/{'0' * 64}/{HASH}/0/x", None)]
    assert len(found) > 60
    return found


def _enter(one: Browser, page: _Page) -> None:
    """Open the link as a person does; the cookie is set from then on, and a password for WebDAV."""
    one.go(f"{page.url}/?t={TOKEN}")
    assert one.run("document.title") == "in"
    assert [place for _, place, _ in page.recorder.reached][:1] == ["/"]
    # the page's own script may do what other pages may not
    script = "fetch('/api/stop', {method: 'POST', body: '{}', headers: {'Content-Type': "
    assert one.run(script + "'application/json'}}).then((answer) => answer.status)") == 200
    said = b64encode(f"kkiri:{page.password}".encode()).decode()
    basic = f"fetch('/dav/', {{headers: {{Authorization: 'Basic {said}'}}}})"
    assert one.run(basic + ".then((answer) => answer.status)") == 200
    one.go(f"http://kkiri:{page.password}@127.0.0.1:{page.port}/dav/")
    assert one.run("document.title") == "in"  # the browser keeps such a password by itself
    page.recorder.reached.clear()


def _attack_from(one: Browser, url: str, page: _Page, tried: list[Route]) -> None:
    for begin in range(0, len(tried), ROUTES_AT_ONCE):
        some = tried[begin : begin + ROUTES_AT_ONCE]
        one.go(url)
        assert one.run("document.title") == "evil"
        one.run(ATTACK)
        page.knocks.clear()
        assert one.run(f"attack({json.dumps(page.url)}, {json.dumps(some)})") == "sent"
        page.settle(len(some) * KNOCKS_A_ROUTE_MIN)


def _leave_from(one: Browser, url: str, page: _Page, tried: list[Route]) -> None:
    """Lead the whole window away: by a link, and by a form."""
    for method, path, _ in tried:
        one.go(url)
        one.run(ATTACK)
        way = "link" if method == "GET" else "form"
        one.run(f"leave({way!r}, {json.dumps(page.url + path)})")
        one.wait("document.readyState === 'complete' && document.title !== 'evil'")


def _rebind(one: Browser, page: _Page) -> dict[str, int]:
    """Be a page whose name now points here: everything is the same origin to the browser."""
    one.say("Network.setCookie", name=f"kkiri_{page.port}", value=TOKEN, domain=EVIL, path="/")
    base = f"http://{EVIL}:{page.port}"
    statuses: dict[str, int] = {}
    for method, path, body in [*routes(), *page.stolen]:
        one.go(base + path)
        sent = "undefined" if body is None else json.dumps(body)
        headers = "{'Content-Type': 'application/json'}"
        status = one.run(
            f"fetch({json.dumps(base + path)}, {{method: '{method}', body: {sent}, "
            f"headers: {headers}}}).then((answer) => answer.status, () => 0)"
        )
        assert isinstance(status, int)
        statuses[f"{method} {path}"] = status
    return statuses


def test_w1_no_handler_runs_under_another_name(page: _Page, tmp_path: Path) -> None:
    with browser(tmp_path, REBIND) as one:
        _enter(one, page)
        statuses = _rebind(one, page)
    assert page.reached == []
    assert set(statuses.values()) == {421}


@pytest.mark.parametrize("host", ["127.0.0.1", EVIL])
def test_w2_an_evil_page_changes_and_reads_nothing(
    page: _Page, evil_port: int, tmp_path: Path, host: str
) -> None:
    url = f"http://{host}:{evil_port}/"
    tried = routes() if NIGHTLY else routes()[host == EVIL :: 2]
    with browser(tmp_path, REBIND) as one:
        _enter(one, page)
        _attack_from(one, url, page, [*tried, *page.stolen])
        left = tried if NIGHTLY else tried[::EVERY]
        _leave_from(one, url, page, [*left, *page.stolen])
    assert page.reached == []


Judge = Callable[[Door, Knock], Verdict]


def _without(name: str) -> Judge:
    """Give a door with one check missing, as a careless change would leave it."""
    whole = guard.judge

    def judge(door: Door, knock: Knock) -> Verdict:
        headers = dict(knock.headers)
        own = f"127.0.0.1:{door.port}"
        match name:
            case "host":
                if "origin" in headers:
                    headers["origin"] = f"http://{own}"
                headers["host"] = own
                headers.setdefault("sec-fetch-site", "same-origin")
            case "origin and site":
                headers["origin"] = f"http://{headers.get('host')}"
                headers["sec-fetch-site"] = "same-origin"
            case _:
                raise AssertionError(name)
        if knock.method == "POST":
            headers["content-type"] = "application/json"
        changed = Knock(
            method=knock.method,
            path=knock.path,
            query=knock.query,
            headers=tuple(headers.items()),
        )
        return whole(door, changed)

    return judge


def test_control_a_missing_host_check_is_noticed(
    page: _Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "judge", _without("host"))
    with browser(tmp_path, REBIND) as one:
        _enter(one, page)
        _rebind(one, page)
    assert {f"{way} {path}" for way, path, _ in page.recorder.reached} >= {
        "GET /",
        "GET /api/status",
        "POST /api/share",
        "GET /static/main.js",
        "GET /torznab/api",
    }


def test_control_a_missing_origin_check_is_noticed(
    page: _Page, evil_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "judge", _without("origin and site"))
    tried = [one for one in routes() if one[1] in {"/api/share", "/api/get", "/api/stop"}]
    with browser(tmp_path, REBIND) as one:
        _enter(one, page)
        _attack_from(one, f"http://127.0.0.1:{evil_port}/", page, tried)
    assert {f"{way} {path}" for way, path, _ in page.recorder.reached} >= {
        "POST /api/share",
        "POST /api/get",
        "POST /api/stop",
    }


def test_control_a_side_door_without_a_look_at_the_site_is_noticed(
    page: _Page, evil_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(side: SideDoor, knock: Knock) -> Verdict:
        return Verdict.PASS if side.opens(knock) else Verdict.STRANGER

    monkeypatch.setattr(guard, "_judge_side", careless)
    with browser(tmp_path, REBIND) as one:
        _enter(one, page)
        _attack_from(one, f"http://{EVIL}:{evil_port}/", page, page.stolen)
    reached = {path for _, path, _ in page.recorder.reached}
    assert {"/torznab/api", "/rss/library", "/rest/ping"} <= reached
