"""W2 before a whole peer: what it tells of itself is the same before and after evil pages tried
every route, and after each GET of openapi.json by the person's own page."""

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.e2e.browser import browser
from tests.e2e.evil import ATTACK, evil_page
from tests.e2e.peers import Person, people
from tests.e2e.test_page_attacks import routes
from tests.fakes.surface import document

ANSWER_SECONDS_MAX = 30.0  # a search waits up to two seconds; this machine may be busy
# of these each must be told alike twice when nothing happens, else nothing would be measured
STEADY = {"/api/kept", "/api/library", "/api/settings", "/api/shared", "/api/transfers"}
EVIL_MILLISECONDS = 1_000  # until the slowest frame of an evil page has asked


@dataclass
class _Peer:
    """A running peer as its owner's programs see it."""

    person: Person
    link: str

    def ask(
        self, method: str, path: str, body: str | None = None, bytes_max: int = 65_536
    ) -> tuple[int, bytes]:
        """Ask once; give the status and the first bytes of the answer."""
        parts = urlsplit(self.link)
        assert parts.port is not None
        link = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=ANSWER_SECONDS_MAX)
        headers = {"Authorization": f"Bearer {parse_qs(parts.query)['t'][0]}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            link.request(method, path, None if body is None else body.encode(), headers)
            answer = link.getresponse()
            return answer.status, answer.read1(bytes_max) if bytes_max else b""
        finally:
            link.close()

    def told(self) -> dict[str, Any]:
        """Give the answer of every route that needs nothing to be told."""
        found: dict[str, Any] = {}
        for path, ways in document()["paths"].items():
            plain = "{" not in path and not any(
                one.get("required") for one in ways.get("get", {}).get("parameters", [])
            )
            content = ways.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
            if plain and content.get("application/json", {}).get("schema"):
                status, raw = self.ask("GET", path)
                found[path] = json.loads(raw) if status == 200 else status
        found["config.toml"] = (self.person.home / "config.toml").read_text()
        found["incoming"] = sorted(map(str, (self.person.home / "incoming").rglob("*")))
        return found


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Peer]:
    with people(tmp_path_factory.mktemp("state"), "one") as (one,):
        status = one.up()
        song = one.folder / "song.txt"
        song.write_text("la " * 1_000)
        one.do("share", str(song), "--wait", "--json")
        yield _Peer(one, status["page"])


@pytest.fixture(scope="module")
def steady(peer: _Peer) -> set[str]:
    """Give what is told alike twice."""
    first, second = peer.told(), peer.told()
    same = {name for name in first if first[name] == second[name]}
    assert same >= STEADY
    return same


def _differs(before: dict[str, Any], after: dict[str, Any], steady: set[str]) -> set[str]:
    return {name for name in steady if before[name] != after[name]}


def test_w2_an_evil_page_leaves_the_peer_as_it_was(
    peer: _Peer, steady: set[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = peer.told()
    folder = tmp_path_factory.mktemp("evil")
    with evil_page() as port, browser(folder) as page:
        page.go(peer.link)
        assert page.run("document.title") == "끼리 kkiri"
        parts = urlsplit(peer.link)
        tried = [one for one in routes() if one[0] == "POST"]
        for begin in range(0, len(tried), 16):
            page.go(f"http://127.0.0.1:{port}/")
            page.run(ATTACK)
            some = json.dumps(tried[begin : begin + 16])
            page.run(f"attack('http://{parts.netloc}', {some})")
            page.run(f"new Promise((done) => setTimeout(done, {EVIL_MILLISECONDS}))")
        page.go(peer.link)
        assert page.run("document.title") == "끼리 kkiri"
    assert _differs(before, peer.told(), steady) == set()


def test_w2_a_get_changes_nothing(peer: _Peer, steady: set[str]) -> None:
    before = peer.told()
    asked = [path for method, path, _ in routes() if method == "GET"]
    for path in asked:
        status, _ = peer.ask("GET", path, bytes_max=0)  # some of them never end
        assert status < 500, path
    assert _differs(before, peer.told(), steady) == set()


def test_control_a_change_is_noticed(peer: _Peer, steady: set[str]) -> None:
    before = peer.told()
    assert peer.ask("POST", "/api/kept", '{"words": "바다"}')[0] == 200
    assert _differs(before, peer.told(), steady) == {"/api/kept"}
