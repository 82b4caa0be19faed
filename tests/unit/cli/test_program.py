"""The command line against a peer of our own making: exit codes, JSON, sentences, languages."""

import json
import os
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import pytest

from kkiri.app.home import (
    Home,
    RunningPeer,
    hold,
    last_links,
    prepare,
    read_running,
    token,
    write_running,
)
from kkiri.cli.program import main
from kkiri.cli.show import plain, size
from kkiri.cli.units import read_bytes, read_seconds

FOUND: dict[str, Any] = {
    "link": "magnet:?xt=urn:btih:" + "a" * 40,
    "title": "소리바다의 밤\x1b[31m",
    "kind": "music",
    "size": 8_100_000,
    "info_hash": "a" * 40,
    "author": "npub1qqqqqqqqqqqqqq",
    "author_name": "은하",
    "confirmed": 2,
    "sources": 3,
    "created_at": 1_700_000_000,
    "artist": "밴드",
    "duration": 192,
}
TRANSFER: dict[str, Any] = {
    "info_hash": "b" * 40,
    "name": "밤",
    "state": "fetching",
    "size": 100,
    "done": 50,
    "down_rate": 10,
    "peers": 2,
    "seconds_left": 5,
    "finished": False,
    "path": None,
    "error": "",
}
STATUS = {
    "ready": True,
    "npub": "npub1xyz",
    "page": "http://127.0.0.1:1",
    "hub": "ws://127.0.0.1:2/",
    "hubs": [{"url": "ws://127.0.0.1:2/", "key": None, "own": True, "state": "open"}],
    "shared": 3,
    "shared_bytes": 4,
    "transfers": [TRANSFER],
    "network": "private",
}
REFUSAL = {"error": {"number": 30, "en": "Nothing there: x", "ko": "거기 없습니다: x"}}


def _play(link: str) -> dict[str, Any]:
    """Answer as the peer does: names of strangers only percent-encoded, in addresses of ours."""
    base = f"http://127.0.0.1:1/open/{'k' * 64}/{'a' * 40}"
    names = ["--fullscreen; rm -rf $(x) `y` 밤.mkv", "-.mp3"] if "album" in link else ["밤.mkv"]
    files = [
        {"index": at, "path": name, "sort": "film", "open": f"{base}/{at}/{quote(name, safe='')}"}
        for at, name in enumerate(names)
    ]
    cover = {"index": 9, "path": "c.jpg", "sort": "picture", "open": f"{base}/9/c.jpg"}
    m3u = f"{base}/m3u/{quote(names[0], safe='')}.m3u8"
    return {"info_hash": "a" * 40, "name": names[0], "files": [cover, *files], "m3u": m3u}


class _Peer(BaseHTTPRequestHandler):
    """A peer that answers from a table and notes what it was asked."""

    asked: ClassVar[list[tuple[str, str, str | None, Any]]] = []
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def do_GET(self) -> None:  # noqa: N802
        self._answer(None)

    def do_POST(self) -> None:  # noqa: N802
        self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, body: Any) -> None:
        path = self.path.partition("?")[0]
        self.asked.append((self.command, self.path, self.headers["Authorization"], body))
        lines: list[Any] = []
        status = 200
        match (self.command, path):
            case ("GET", "/api/status"):
                lines = [STATUS]
            case ("GET", "/api/find"):
                lines = [[] if "nothing" in self.path else [FOUND]]
            case ("POST", "/api/get"):
                done = {"finished": True, "info_hash": "a" * 40, "name": "밤", "path": "/밤.mp3"}
                lines = [TRANSFER, done | {"bytes": 5, "seconds": 0.5}]
            case ("POST", "/api/share"):
                if body["path"].endswith("cut"):
                    lines = [{"finished": False, "step": "hash", "seconds": 0}]
                else:
                    lines = [{"listings": 2, "bytes": 9, "seconds": 1.5, "finished": True}]
            case ("POST", "/api/play"):
                lines = [_play(body["link"])]
            case ("POST", "/api/together"):
                lines = [{"id": "e" * 32, "link": "kkiri:together1x", "members": [{"me": True}]}]
            case ("GET", "/api/transfers"):
                lines = [[TRANSFER]]
            case ("GET", "/api/shared"):
                lines = [[{"path": "/노래", "listings": 2, "bytes": 9}]]
            case ("POST", "/api/unshare"):
                lines, status = [REFUSAL], 404
            case _:
                lines = [{"done": True}]
        raw = "".join(json.dumps(line) + "\n" for line in lines).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(raw)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    _Peer.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Peer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    made = Home(tmp_path / "home")
    prepare(made)
    lock = hold(made)
    page = f"http://127.0.0.1:{server.server_address[1]}"
    write_running(made, RunningPeer(pid=os.getpid(), page=page, by_verb=False))
    try:
        yield made
    finally:
        lock.close()
        server.shutdown()
        thread.join()
        server.server_close()


class _Run:
    """Runs verbs as a shell would."""

    def __init__(
        self, home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self._home = home
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *words: str, lang: str = "en") -> tuple[int, str, str]:
        self._monkeypatch.setenv("KKIRI_LANG", lang)
        self._monkeypatch.setattr("sys.argv", ["kkiri", "--home", str(self._home.path), *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = self._capsys.readouterr()
        code = ended.value.code
        return (code if isinstance(code, int) else 0), out, err


@pytest.fixture
def run(home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> _Run:
    return _Run(home, monkeypatch, capsys)


def test_status_has_the_stable_names_and_a_link_that_opens(run: _Run, home: Home) -> None:
    code, out, err = run("status", "--json")
    said = json.loads(out)
    assert (code, err) == (0, "")
    wanted = {"ready", "npub", "page", "hub", "hubs", "shared", "transfers"}
    assert wanted <= said.keys()
    assert said["page"].endswith(f"/?t={token(home)}")
    assert _Peer.asked[0][2] == f"Bearer {token(home)}"


def test_find_gives_one_object_a_line_and_numbers_for_get(run: _Run, home: Home) -> None:
    code, out, _ = run("find", "소리 바다", "--kind", "music", "--min-length", "3:00", "--json")
    assert code == 0
    assert [json.loads(line)["info_hash"] for line in out.splitlines()] == ["a" * 40]
    assert "소리바다" in out
    assert (
        "words=%EC%86%8C%EB%A6%AC+%EB%B0%94%EB%8B%A4&kind=music&min_length=180" in _Peer.asked[0][1]
    )
    assert last_links(home) == [FOUND["link"]]
    code, out, err = run("get", "1", "--wait", "--json")
    assert (code, err) == (0, "")
    said = json.loads(out)
    assert (said["path"], said["bytes"], said["seconds"]) == ("/밤.mp3", 5, 0.5)
    assert _Peer.asked[-1][3] == {"link": FOUND["link"], "wait": True}
    assert run("get", "1", "--only", "가사.txt", "--json")[0] == 0
    assert _Peer.asked[-1][3] == {"link": FOUND["link"], "wait": False, "only": ["가사.txt"]}


def test_words_may_start_with_anything(run: _Run) -> None:
    code, _, _ = run("find", "바다", "-remix", "--나", "a&b=c#?%")
    assert code == 0
    assert "words=%EB%B0%94%EB%8B%A4+-remix+--%EB%82%98+a%26b%3Dc%23%3F%25&" in _Peer.asked[0][1]


def test_a_find_for_people_has_no_control_codes(run: _Run) -> None:
    _, out, _ = run("find", "x")
    assert "소리바다의 밤" in out
    assert "은하 +1" in out
    assert "3:12" in out
    assert "\x1b" not in out


def test_share_says_what_became_of_it(run: _Run, tmp_path: Path) -> None:
    code, out, _ = run("share", str(tmp_path), "--wait", "--json")
    assert (code, json.loads(out)) == (0, {"listings": 2, "bytes": 9, "seconds": 1.5})
    assert _Peer.asked[0][3] == {"path": str(tmp_path), "wait": True}


def test_a_stream_that_is_cut_is_a_failure(run: _Run) -> None:
    code, out, err = run("share", "/cut", "--json")
    assert (code, out) == (1, "")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("lang", "sentence"), [("en", "Nothing there: x\n"), ("ko", "거기 없습니다: x\n")]
)
def test_a_refusal_is_one_sentence_on_stderr_and_exit_1(
    run: _Run, lang: str, sentence: str
) -> None:
    assert run("unshare", "/x", lang=lang) == (1, "", sentence)


@pytest.mark.parametrize(
    "words",
    [
        ["bogus"],
        ["find"],
        ["get"],
        ["up", "--network", "secret"],
        ["up", "--port", "70000"],
        ["find", "x", "--min-size", "large"],
        ["find", "x", "--limit", "0"],
        ["status", "extra"],
        ["share", "/x", "--colour"],
    ],
)
def test_misuse_is_exit_2(run: _Run, words: list[str]) -> None:
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert err


def test_a_number_nobody_found_is_refused(run: _Run) -> None:
    code, _, err = run("get", "7")
    assert code == 1
    assert "7" in err


@pytest.mark.parametrize("which", ["1", "밤", "b" * 40])
def test_a_transfer_is_named_by_number_name_or_hash(run: _Run, which: str) -> None:
    assert run("pause", which)[0] == 0
    assert _Peer.asked[-1][1] == f"/api/transfers/{'b' * 40}/pause"


@pytest.mark.parametrize("which", ["0", "2", "없음"])
def test_a_transfer_that_is_not_there_is_refused(run: _Run, which: str) -> None:
    assert run("cancel", which)[0] == 1


def test_watching_together_prints_the_link_and_opens_the_page(
    run: _Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("kkiri.app.client.open_browser", opened.append)
    run("find", "바다")
    code, out, _ = run("together", "1", "--file", "3")
    assert (code, out.splitlines()[0]) == (0, "kkiri:together1x")
    assert "watches with you" in out
    assert _Peer.asked[-1][1:] == (
        "/api/together",
        f"Bearer {token(home)}",
        {"link": FOUND["link"], "file": 2},
    )
    assert opened[0].endswith(f"#/together/{'e' * 32}")
    assert run("together", "kkiri:together1y", "--no-page", "--json", lang="ko")[0] == 0
    assert _Peer.asked[-1][3] == {"link": "kkiri:together1y", "file": 0}
    assert len(opened) == 1


def test_people_are_spoken_to_in_their_language(run: _Run) -> None:
    assert "fetching" in run("transfers")[1]
    assert "받는 중" in run("transfers", lang="ko")[1]
    assert "가지 공유" not in run("shared")[1]
    assert "/노래" in run("shared", lang="ko")[1]


def test_a_peer_that_does_not_answer_is_said(run: _Run, home: Home) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        page = f"http://127.0.0.1:{taken.getsockname()[1]}"
        write_running(home, RunningPeer(pid=1, page=page, by_verb=False))
        code, out, err = run("status")
    assert (code, out) == (1, "")
    assert err.count("\n") == 1


def test_the_token_goes_to_no_other_host(run: _Run, home: Home) -> None:
    running = read_running(home)
    assert running is not None
    other = running.page.replace("127.0.0.1", "localhost")  # it would even answer
    write_running(home, RunningPeer(pid=1, page=other, by_verb=False))
    assert run("status")[0] == 1
    assert _Peer.asked == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("0", 0), ("10MB", 10**7), ("1.5 GiB", 1_500_000_000), ("3k", 3000), ("2TB", 2 * 10**12)],
)
def test_sizes_as_people_type_them(text: str, wanted: int) -> None:
    assert read_bytes(text, "--x") == wanted


@pytest.mark.parametrize(("text", "wanted"), [("180", 180), ("3:00", 180), ("1:30:00", 5400)])
def test_lengths_as_people_type_them(text: str, wanted: int) -> None:
    assert read_seconds(text, "--x") == wanted


def test_amounts_are_short() -> None:
    assert [size(count) for count in (0, 999, 1000, 8_100_000, 999_999, 10**15)] == [
        "0 B",
        "999 B",
        "1.0 kB",
        "8.1 MB",
        "1.0 MB",
        "1000.0 TB",
    ]


def test_nothing_of_a_stranger_steers_the_terminal() -> None:
    assert plain("a\x1b]0;x\x07b\u202ec\nd") == "a\ufffd]0;x\ufffdb\ufffdc\ufffdd"
    assert plain("한글 ⓒ 👩\u200d🚀") == "한글 ⓒ 👩\u200d🚀"
