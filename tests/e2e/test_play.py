"""A film is played over HTTP while it arrives: ranges, other programs, and every way it can end."""

import http.client
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from kkiri.adapters.footage import make_film
from tests.e2e.peers import Person, people, until

FILM = "연 날리기 & <b>.mp4"
SECONDS = 16
WAIT_SECONDS = 60.0
PROGRAM_SECONDS = 120


class Asker:
    """Asks the peer of a person over HTTP, with the page's token or without."""

    def __init__(self, person: Person) -> None:
        parts = urlsplit(person.ready()["page"])
        assert parts.port is not None
        self.port = parts.port
        self.token = parse_qs(parts.query)["t"][0]

    def ask(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Ask once as the page does."""
        told = {"Authorization": f"Bearer {self.token}", **_dashed(headers)}
        return self.plain(method, path, body, told)

    def plain(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Ask once with just these headers."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_SECONDS)
        told = dict(headers or {})
        if body is not None:
            told["Content-Type"] = "application/json"
        try:
            link.request(method, path, None if body is None else json.dumps(body), told)
            answer = link.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, names, answer.read()
        finally:
            link.close()

    def play(self, link: str) -> dict[str, Any]:
        """Begin to play."""
        status, _, body = self.ask("POST", "/api/play", {"link": link})
        assert status == 200, body
        found: dict[str, Any] = json.loads(body)
        return found


def _dashed(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / FILM
    make_film(path, SECONDS, {"title": "연"}, 7, bits_a_second=1_600_000)
    return path


@pytest.fixture
def two(film: Path, tmp_path: Path) -> Iterator[tuple[Person, Person, str]]:
    """Give one who shares a film, at twice its bitrate, one who has nothing, and its link."""
    with people(tmp_path, "giver", "taker") as (giver, taker):
        rate = 2 * film.stat().st_size // SECONDS
        hub = giver.up("--upload-rate", str(rate))["hub"]
        taker.up("--bootstrap", hub)
        shared = giver.folder / "shared"
        shared.mkdir()
        (shared / FILM).write_bytes(film.read_bytes())
        giver.do("share", str(shared), "--wait")
        found = until(lambda: taker.do("find", "연", "--json").lines or None, WAIT_SECONDS)
        yield giver, taker, found[0]["link"]


def _state(taker: Person) -> dict[str, Any]:
    (only,) = taker.do("transfers", "--json").lines
    return only


def test_a_film_is_read_anywhere_while_it_arrives(
    film: Path, two: tuple[Person, Person, str]
) -> None:
    _, taker, link = two
    data = film.read_bytes()
    asker = Asker(taker)
    answer = asker.play(link)
    (file,) = answer["files"]
    assert (file["index"], file["path"], file["size"]) == (0, FILM, len(data))
    assert (file["sort"], file["type"], answer["name"]) == ("film", "video/mp4", FILM)
    for at in (0, len(data) - 1000, len(data) // 2):
        status, told, body = asker.ask("GET", file["url"], Range=f"bytes={at}-{at + 999}")
        assert (status, body) == (206, data[at : at + 1000])
        assert told["content-range"] == f"bytes {at}-{at + 999}/{len(data)}"
    assert not _state(taker)["finished"]
    probed = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", "format=duration:stream=codec_name", "-of"]
        + ["json", file["open"]],
        capture_output=True,
        check=True,
        timeout=PROGRAM_SECONDS,
    )
    said = json.loads(probed.stdout)
    assert {one["codec_name"] for one in said["streams"]} == {"h264", "aac"}
    assert abs(float(said["format"]["duration"]) - SECONDS) < 1
    got = subprocess.run(
        ["curl", "--silent", "--fail", file["open"]],
        capture_output=True,
        check=True,
        timeout=PROGRAM_SECONDS,
    )
    assert got.stdout == data
    assert until(lambda: _state(taker)["finished"], WAIT_SECONDS)
    assert asker.ask("GET", file["url"])[2] == data


def test_the_head_says_what_the_file_is(film: Path, two: tuple[Person, Person, str]) -> None:
    giver, _, link = two
    size = film.stat().st_size
    asker = Asker(giver)  # shared, not fetched
    (file,) = asker.play(link)["files"]
    status, told, body = asker.ask("HEAD", file["url"])
    assert (status, body, told["content-length"]) == (200, b"", str(size))
    assert told["accept-ranges"] == "bytes"
    assert told["content-type"] == "video/mp4"
    assert told["content-disposition"].startswith("inline; filename*=UTF-8''%EC%97%B0%20")
    assert "<" not in told["content-disposition"]
    etag = told["etag"]
    same = asker.ask("GET", file["url"], Range="bytes=5-9", If_Range=etag)
    other = asker.ask("GET", file["url"], Range="bytes=5-9", If_Range='"other"')
    assert (same[0], len(same[2]), other[0], len(other[2])) == (206, 5, 200, size)
    status, told, _ = asker.ask("GET", file["url"], Range=f"bytes={size}-")
    assert (status, told["content-range"]) == (416, f"bytes */{size}")
    many = "bytes=" + ",".join(f"{at}-{at}" for at in range(0, 9000, 2))
    assert asker.ask("GET", file["url"], Range=many)[0] == 200  # all of it, once
    unknown = f"/api/play/{'0' * 40}/0/x.mp4"
    assert asker.ask("GET", unknown)[0] == 404
    assert asker.ask("GET", file["url"].replace("/0/", "/1/"))[0] == 404
    assert json.loads(asker.ask("GET", "/api/transfers")[2]) == []  # a GET begins nothing


def test_w2_a_link_for_other_players_opens_its_file_and_nothing_else(
    film: Path, two: tuple[Person, Person, str]
) -> None:
    giver, _, link = two
    asker = Asker(giver)
    answer = asker.play(link)
    (file,) = answer["files"]
    opened, m3u = urlsplit(file["open"]).path, urlsplit(answer["m3u"]).path
    assert asker.plain("GET", opened, headers={"Range": "bytes=0-3"})[2] == film.read_bytes()[:4]
    status, _, body = asker.plain("GET", m3u)
    lines = body.decode().splitlines()
    assert (status, lines) == (200, ["#EXTM3U", f"#EXTINF:-1,{FILM}", file["open"]])
    refused = {
        "another file": opened.replace("/0/", "/1/"),
        "the page's route": file["url"],
        "the page": "/",
        "the API": "/api/status",
    }
    for name, path in refused.items():
        assert asker.plain("GET", path)[0] == 401, name
    for method in ("POST", "PUT", "DELETE", "PROPFIND"):
        assert asker.plain(method, opened)[0] == 405
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.test"}):
        assert asker.plain("GET", opened, headers=headers)[0] == 403
    assert asker.plain("GET", opened, headers={"Host": "evil.test"})[0] == 421


def _curl(url: str, to: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(["curl", "--silent", "--fail", "--output", str(to), url])


def test_a_cancelled_film_ends_short_and_clearly(
    film: Path, two: tuple[Person, Person, str], tmp_path: Path
) -> None:
    _, taker, link = two
    asker = Asker(taker)
    answer = asker.play(link)
    (file,) = answer["files"]
    saved = tmp_path / "saved"
    with _curl(file["open"], saved) as curl:
        until(lambda: saved.exists() and saved.stat().st_size > 0, WAIT_SECONDS)
        taker.do("cancel", answer["info_hash"])
        assert curl.wait(WAIT_SECONDS) == 18  # curl's word for a file that ends short
    got = saved.read_bytes()
    assert film.read_bytes().startswith(got)
    assert len(got) < film.stat().st_size
    assert asker.ask("GET", file["url"])[0] == 404
    assert taker.ready()["ready"]


def test_a_film_goes_on_when_its_only_seed_is_killed_and_comes_back(
    film: Path, two: tuple[Person, Person, str], tmp_path: Path
) -> None:
    giver, taker, link = two
    (file,) = Asker(taker).play(link)["files"]
    saved = tmp_path / "saved"
    with _curl(file["open"], saved) as curl:
        until(lambda: saved.exists() and saved.stat().st_size > 0, WAIT_SECONDS)
        giver.kill()
        assert curl.poll() is None
        giver.up()
        assert curl.wait(PROGRAM_SECONDS) == 0
    assert saved.read_bytes() == film.read_bytes()
