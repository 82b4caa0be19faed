"""A film that no browser plays, while it arrives at twice its rate: its stream, a seek, text."""

import http.client
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest

from tests.e2e.peers import Person, people, until
from tests.e2e.test_play import Asker
from tests.fakes import films

SECONDS = 60
WAIT_SECONDS = 60.0
FILM = "dubbed.mkv"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    (path,) = films.make(tmp_path_factory.mktemp("film"), FILM, seconds=SECONDS)
    return path


@pytest.fixture
def arriving(film: Path, tmp_path: Path) -> Iterator[tuple[Asker, Person, str, int]]:
    """Give one who begins to play a film that another gives at twice its bitrate."""
    with people(tmp_path, "giver", "taker") as (giver, taker):
        rate = 2 * film.stat().st_size // SECONDS
        hub = giver.up("--upload-rate", str(rate))["hub"]
        taker.up("--bootstrap", hub)
        shared = giver.folder / "shared"
        shared.mkdir()
        (shared / film.name).write_bytes(film.read_bytes())
        assert giver.do("share", str(shared), "--wait", "--json").lines
        found = until(lambda: taker.do("find", "dubbed", "--json").lines or None, WAIT_SECONDS)
        asker = Asker(taker)
        played = asker.play(found[0]["link"])
        yield asker, taker, played["info_hash"], played["files"][0]["index"]


def begun(asker: Asker, path: str) -> tuple[http.client.HTTPConnection, bytes]:
    """Read a stream up to the end of its first fragment; give it with what came."""
    link = http.client.HTTPConnection("127.0.0.1", asker.port, timeout=WAIT_SECONDS)
    link.request("GET", path, headers={"Authorization": f"Bearer {asker.token}"})
    answer = link.getresponse()
    assert answer.status == 200, answer.read()
    body = b""
    while True:
        part = answer.read1(65_536)
        assert part, "it ended before its first fragment"
        body += part
        at = body.find(b"mdat")
        if at >= 4 and len(body) >= at - 4 + int.from_bytes(body[at - 4 : at], "big"):
            return link, body


def first_time(body: bytes) -> float:
    """Give the time of the first picture, and see that it decodes."""
    with av.open(io.BytesIO(body)) as container:
        frame = next(container.decode(video=0))
        assert frame.time is not None
        return float(frame.time)


def here(person: Person) -> float:
    """Give how much of the film has come."""
    (one,) = person.do("transfers", "--json").lines
    share: float = one["done"] / one["size"]
    return share


def answered(asker: Asker, path: str) -> Any:
    status, _, body = asker.ask("GET", path)
    assert status == 200, body
    return body


def test_it_begins_and_jumps_before_it_is_here(arriving: tuple[Asker, Person, str, int]) -> None:
    asker, taker, info_hash, index = arriving
    route = f"/api/film/{info_hash}/{index}"
    about = json.loads(answered(asker, route))
    assert abs(about["duration"] - SECONDS) < 0.5
    assert [one["language"] for one in about["subtitles"]] == ["en", "ko"]
    link, body = begun(asker, f"{route}/mp4")
    assert here(taker) < 0.8
    assert first_time(body) < 0.1
    link.close()
    link, body = begun(asker, f"{route}/mp4?start=41&audio=1")
    assert here(taker) < 0.9
    assert 39.9 < first_time(body) < 40.1
    link.close()
    assert asker.ask("GET", f"/api/cover/{info_hash}")[0] == 404, "a picture is of what is here"
    number = about["subtitles"][1]["number"]
    text = answered(asker, f"{route}/subtitles/{number}?start=0&end=5").decode()
    assert "안녕하세요" in text and "늦은" not in text


def test_a_film_that_is_cancelled_is_broken_off(arriving: tuple[Asker, Person, str, int]) -> None:
    asker, _, info_hash, index = arriving
    link = http.client.HTTPConnection("127.0.0.1", asker.port, timeout=WAIT_SECONDS)
    path = f"/api/film/{info_hash}/{index}/mp4"
    link.request("GET", path, headers={"Authorization": f"Bearer {asker.token}"})
    answer = link.getresponse()
    assert answer.status == 200
    answer.read1(1_000)
    assert asker.ask("POST", f"/api/transfers/{info_hash}/cancel", {})[0] == 200
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        answer.read()
    link.close()
    assert asker.ask("GET", f"/api/film/{info_hash}/{index}")[0] in {200, 404}
    assert asker.ask("GET", f"/api/film/{info_hash}/{index}/mp4")[0] == 404
