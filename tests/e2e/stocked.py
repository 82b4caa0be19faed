"""Two people for the tests of other programs: one shares music, a film and a book, one has none."""

import http.client
import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import av

from kkiri.adapters.footage import make_song
from tests.e2e.peers import Person, people

ANSWER_SECONDS_MAX = 60.0  # two busy cores, and a song that is fetched first
ALBUM, ARTIST = "바다 앨범", "해녀"
HOSTILE = "<script>&\"']]>"
"""Stands in a title, as tags may say anything."""
FILM = "Kite.Story.S01E02.720p.mkv"
BOOK = "연 이야기.epub"


class Program:
    """One side door of a person's kkiri, knocked at over the wire."""

    def __init__(self, person: Person) -> None:
        told = person.do("other-programs", "--json").one
        self.password: str = told["password"]
        self.page: str = told["subsonic"]
        self.told = told
        port = urlsplit(self.page).port
        assert port is not None
        self.port = port

    @property
    def basic(self) -> dict[str, str]:
        """Give the header that opens WebDAV."""
        return {"Authorization": "Basic " + b64encode(f"me:{self.password}".encode()).decode()}

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Ask once; give status, headers with lower-case names, and body."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS_MAX)
        try:
            link.request(method, path, body or None, headers or {})
            answer = link.getresponse()
            head = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, head, answer.read()
        finally:
            link.close()

    def torznab(self, **asked: str) -> bytes:
        """Ask the indexer."""
        return self.ask("GET", "/torznab/api?" + urlencode(asked | {"apikey": self.password}))[2]

    def rss(self, path: str, **asked: str) -> bytes:
        """Ask for a feed."""
        query = urlencode(asked | {"apikey": self.password})
        return self.ask("GET", f"/rss/{quote(path)}?{query}")[2]

    def subsonic(self, method: str, **asked: str) -> dict[str, Any]:
        """Ask a method of OpenSubsonic for JSON."""
        query = urlencode(asked | {"u": "me", "p": self.password, "f": "json"})
        told: dict[str, Any] = json.loads(self.ask("GET", f"/rest/{method}?{query}")[2])
        return told["subsonic-response"]

    def api(self, method: str, path: str, asked: object = None) -> Any:
        """Ask the local API with the page's token."""
        body = b"" if asked is None else json.dumps(asked).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        return json.loads(self.ask(method, path, body, headers)[2])

    token = ""


@dataclass
class Stocked:
    """Who there is, and what was put where."""

    one: Person
    two: Person
    here: Program
    """Of the one who shares."""
    there: Program
    """Of the other, who finds it on the network."""
    library: Path

    @property
    def songs(self) -> list[Path]:
        """Give the files of the album."""
        return sorted((self.library / ALBUM).glob("*.mp3"))


def _make_picture(path: Path) -> None:
    with av.open(str(path), "w", format="image2") as out:
        stream = out.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = 320, 320, "yuvj420p"
        frame = av.VideoFrame(320, 320, "yuvj420p")
        for number, plane in enumerate(frame.planes):
            plane.update(bytes([60 + 60 * number]) * plane.buffer_size)
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


@contextmanager
def stocked(folder: Path) -> Iterator[Stocked]:
    """Run two people in a private network, the first with things to share."""
    library = folder / "나의 서재"
    album = library / ALBUM
    album.mkdir(parents=True)
    for number in (1, 2, 3):
        tags = {"title": f"노래 {number}", "artist": ARTIST, "album": ALBUM}
        make_song(album / f"0{number} 노래 {number}.mp3", 3, tags, number)
    _make_picture(album / "cover.jpg")
    alone = {"title": f"Lone {HOSTILE}", "artist": "Zed", "album": "Alone"}
    make_song(library / "alone.mp3", 3, alone, 9)
    (library / FILM).write_bytes(bytes(range(256)) * 400)
    (library / BOOK).write_bytes(b"book" * 5_000)
    with people(folder, "one", "two") as (one, two):
        status = one.up()
        two.up("--bootstrap", status["hub"])
        assert one.do("share", str(library), "--wait").code == 0
        here, there = Program(one), Program(two)
        for program, person in ((here, one), (there, two)):
            page = person.do("status", "--json").one["page"]
            program.token = parse_qs(urlsplit(page).query)["t"][0]
        yield Stocked(one=one, two=two, here=here, there=there, library=library)
