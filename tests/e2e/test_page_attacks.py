"""W1 and W2 in a real browser: what evil pages try against every route, and what got through.

Behind the door stands a recorder in place of the routes: whatever reaches it, a handler would have
run. The controls plant a fault in the door and show that the same attacks are then noticed.
"""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

import pytest
import uvicorn

from kkiri.app.peer import Peer
from kkiri.base.types import InfoHash
from kkiri.web import guard
from kkiri.web.api import make_app
from kkiri.web.guard import Door, Guard, Knock, Receive, Scope, Send, Verdict
from kkiri.web.side_doors import PLAYLIST, file_key, side_doors
from tests.e2e.browser import Browser, browser

TOKEN = "A" * 43
EVIL = "evil.test"
KNOCKS_A_ROUTE_MIN = 10  # of 19 tries; browsers leave out beacons and sockets beyond a number
SETTLE_SECONDS_MAX = 60.0
QUIET_SECONDS = 1.0
FILLED = {"{info_hash}": "a" * 40, "{who}": "npub1x"}
STOLEN = InfoHash("a" * 40)
# what stands behind the side doors, with credentials that an evil page has got hold of
SIDE_PATHS = (
    f"/open/{file_key(TOKEN, STOLEN, 0)}/{STOLEN}/0/film.mp4",
    f"/open/{file_key(TOKEN, STOLEN, PLAYLIST)}/{STOLEN}/{PLAYLIST}/film.m3u8",
)
REBIND = f"--host-resolver-rules=MAP {EVIL} 127.0.0.1"

ATTACK = """
const results = [];
const tag = (name, attributes) => {
  const element = Object.assign(document.createElement(name), attributes);
  document.body.append(element);
  return element;
};
function attack(base, routes) {
  for (const [method, path, body] of routes) {
    const url = base + path;
    const tries = [
      {method, mode: 'no-cors', body},
      {method: 'POST', mode: 'no-cors', body: body ?? '{}'},
      {method, body, headers: {'Content-Type': 'application/json'}},
      {method: 'POST', body: body ?? '{}',
       headers: {'Content-Type': 'application/json', 'X-Mine': '1'}},
      {method: 'PUT', body: '{}'},
    ];
    for (const one of tries) fetch(url, {...one, credentials: 'include'}).catch(() => 0);
    navigator.sendBeacon(url, new Blob(['{}'], {type: 'application/json'}));
    navigator.sendBeacon(url, '{}');
    tag('img', {src: url});
    tag('script', {src: url});
    tag('link', {rel: 'stylesheet', href: url});
    tag('object', {data: url});
    tag('iframe', {src: url});
    tag('video', {src: url});
    for (const [kind, way] of [['text/plain', 'POST'], ['multipart/form-data', 'POST'],
                               ['application/x-www-form-urlencoded', 'POST'],
                               ['text/plain', 'GET']]) {
      const name = 'f' + Math.random();
      tag('iframe', {name});
      const form = tag('form', {action: url, method: way, enctype: kind, target: name});
      form.append(Object.assign(document.createElement('input'),
                                {name: '{"path":"/","x":"', value: '"}'}));
      form.submit();
    }
    new WebSocket(url.replace('http', 'ws'));
    const source = new EventSource(url, {withCredentials: true});
    source.onerror = source.onopen = () => source.close();
  }
  return 'sent';
}
"""


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


class _Server(uvicorn.Server):
    def install(self) -> None:
        """Run in this thread until told to stop."""
        asyncio.run(self.serve())


@pytest.fixture
def page() -> Iterator[_Page]:
    recorder = _Recorder()
    made: list[Guard] = []
    knocks: list[float] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        knocks.append(time.monotonic())
        await made[0](scope, receive, send)

    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        host="127.0.0.1",
        port=0,
        log_config=None,
        http="h11",
        ws="none",
        lifespan="off",
    )
    server = _Server(config)
    thread = threading.Thread(target=server.install)
    thread.start()
    while not (server.started and server.servers):
        assert thread.is_alive()
        threading.Event().wait(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    made.append(Guard(recorder, Door(port=port, token=TOKEN, sides=side_doors(TOKEN))))
    yield _Page(port, recorder, knocks)
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()


@pytest.fixture
def evil_port() -> Iterator[int]:
    class Evil(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

        def do_GET(self) -> None:  # noqa: N802
            body = b"<!doctype html><title>evil</title><body></body>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Evil)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def routes() -> list[tuple[str, str, str | None]]:
    """Give method, path and body of every route of openapi.json, static files and a 404."""
    document = make_app(cast(Peer, None)).openapi()
    found: list[tuple[str, str, str | None]] = []
    for path, ways in document["paths"].items():
        for old, new in FILLED.items():
            path = path.replace(old, new)
        found += [
            (
                way.upper(),
                f"{path}?words=x" if way == "get" else path,
                None if way == "get" else "{}",
            )
            for way in ways
        ]
    found += [("GET", path, None) for path in ("/", "/static/main.js", "/openapi.json", "/none")]
    found += [("GET", path, None) for path in SIDE_PATHS]
    assert len(found) > 25
    return found


def _enter(one: Browser, page: _Page) -> None:
    """Open the link as a person does; the cookie is set from then on."""
    one.go(f"{page.url}/?t={TOKEN}")
    assert one.run("document.title") == "in"
    assert [place for _, place, _ in page.recorder.reached][:1] == ["/"]
    # the page's own script may do what other pages may not
    script = "fetch('/api/stop', {method: 'POST', body: '{}', headers: {'Content-Type': "
    assert one.run(script + "'application/json'}}).then((answer) => answer.status)") == 200
    page.recorder.reached.clear()


def _attack_from(one: Browser, url: str, page: _Page) -> None:
    one.go(url)
    assert one.run("document.title") == "evil"
    one.run(ATTACK)
    page.knocks.clear()
    assert one.run(f"attack({json.dumps(page.url)}, {json.dumps(routes())})") == "sent"
    page.settle(len(routes()) * KNOCKS_A_ROUTE_MIN)


def _rebind(one: Browser, page: _Page) -> dict[str, int]:
    """Be a page whose name now points here: everything is the same origin to the browser."""
    one.say("Network.setCookie", name=f"kkiri_{page.port}", value=TOKEN, domain=EVIL, path="/")
    base = f"http://{EVIL}:{page.port}"
    statuses: dict[str, int] = {}
    for method, path, body in routes():
        one.go(base + path)
        sent = "undefined" if body is None else json.dumps(body)
        headers = "{'Content-Type': 'application/json'}"
        status = one.run(
            f"fetch({json.dumps(base + path)}, {{method: '{method}', body: {sent}, "
            f"headers: {headers}}}).then((answer) => answer.status)"
        )
        assert isinstance(status, int)
        statuses[f"{method} {path}"] = status
    return statuses


def test_w1_no_handler_runs_under_another_name(page: _Page, tmp_path: Path) -> None:
    with browser(tmp_path, REBIND) as one:
        _enter(one, page)
        statuses = _rebind(one, page)
    assert page.recorder.reached == []
    assert set(statuses.values()) == {421}


@pytest.mark.parametrize("host", ["127.0.0.1", EVIL])
def test_w2_an_evil_page_changes_and_reads_nothing(
    page: _Page, evil_port: int, tmp_path: Path, host: str
) -> None:
    with browser(tmp_path, REBIND) as one:
        _enter(one, page)
        _attack_from(one, f"http://{host}:{evil_port}/", page)
    assert page.recorder.reached == []


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
    }


def test_control_a_missing_origin_check_is_noticed(
    page: _Page, evil_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "judge", _without("origin and site"))
    with browser(tmp_path, REBIND) as one:
        _enter(one, page)
        _attack_from(one, f"http://127.0.0.1:{evil_port}/", page)
    assert {f"{way} {path}" for way, path, _ in page.recorder.reached} >= {
        "POST /api/share",
        "POST /api/get",
        "POST /api/stop",
    }
