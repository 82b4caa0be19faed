"""The watched folder of a whole peer: what is put there is fetched, moved aside, and nothing else.

F1: no link is made or followed. P2: a torrent file's trackers and web seeds are never called.
"""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kkiri.swarm.bencode import encode, sections
from tests.e2e.peers import Person, until
from tests.e2e.stocked import ALBUM, BOOK, FILM, Program, Stocked, stocked

SETTLED_SECONDS_MAX = 60.0


class Watched:
    """The one who fetches, and the folder that is watched."""

    def __init__(self, house: Stocked, folder: Path) -> None:
        self.house = house
        self.folder = folder
        self.person = house.two

    def put(self, name: str, body: bytes) -> Path:
        """Put a file in."""
        (self.folder / name).write_bytes(body)
        return self.folder / name

    def moved(self, name: str, to: str) -> bool:
        """Say whether a file was moved aside."""
        return (self.folder / to / name).exists() and not (self.folder / name).exists()

    def has(self, info_hash: str) -> dict[str, Any] | None:
        """Give a finished download."""
        every = self.person.do("transfers", "--json").lines
        found = (one for one in every if one["info_hash"] == info_hash)
        return next((one for one in found if one["finished"]), None)

    def forget(self, info_hash: str) -> None:
        """Forget a download, so that the next test begins without it."""
        assert self.person.do("cancel", info_hash).code == 0


def _up(person: Person, folder: Path) -> None:
    person.stop()
    person.up("--watch-folder", str(folder))


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with stocked(tmp_path_factory.mktemp("watched")) as house:
        folder = tmp_path_factory.mktemp("blackhole")
        _up(house.two, folder)
        yield Watched(house, folder)


def _find(house: Stocked, title: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found = house.two.do("find", title, "--json").lines
        return found[0] if found else None

    return until(look, 30)


def _torrent(program: Program, info_hash: str) -> bytes:
    path = f"/torznab/torrent/{info_hash}.torrent?apikey={program.password}"
    return program.ask("GET", path)[2]


@contextmanager
def _listening() -> Iterator[tuple[int, list[bytes]]]:
    """Listen for whoever calls a tracker or a web seed."""
    called: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as place:
        place.settimeout(0.2)
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                try:
                    link, _ = place.accept()
                except TimeoutError:
                    continue
                with link:
                    called.append(link.recv(1000))

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield place.getsockname()[1], called
        finally:
            ended.set()
            thread.join()


def test_a_torrent_file_is_fetched_by_its_info_alone(watched: Watched) -> None:
    found = _find(watched.house, ALBUM)
    own = _torrent(watched.house.here, found["info_hash"])
    info = sections(own, bytes_max=len(own))[b"info"][0]
    with _listening() as (port, called):
        url = f"http://127.0.0.1:{port}/announce".encode()
        hostile = encode(
            {
                b"announce": url,
                b"announce-list": [[url], [f"udp://127.0.0.1:{port}".encode()]],
                b"httpseeds": [url],
                b"info": info,
                b"nodes": [[b"127.0.0.1", port]],
                b"url-list": [url],
            }
        )
        watched.put("앨범.torrent", hostile)
        until(lambda: watched.moved("앨범.torrent", "done"), SETTLED_SECONDS_MAX)
        done = until(lambda: watched.has(found["info_hash"]), SETTLED_SECONDS_MAX)
        assert called == []
        socket.create_connection(("127.0.0.1", port)).close()
        until(lambda: called, 10)  # whoever calls is heard
    assert sorted(path.name for path in Path(done["path"]).glob("*.mp3")) == [
        path.name for path in watched.house.songs
    ]
    # the same again is no error and no second download
    watched.put("앨범.torrent", own)
    until(lambda: (watched.folder / "done" / "앨범 (2).torrent").exists(), SETTLED_SECONDS_MAX)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.magnet", "{link}"),
        ("b.url", "[InternetShortcut]\r\nURL={link}\r\n"),
        ("c.txt", "\ufeff이거 받아 줘: {link}\n그리고 고마워\n"),
        ("D.MAGNET", "\n\n  {link}  \n"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp949"])
def test_magnets_in_every_dress_are_fetched(
    watched: Watched, name: str, text: str, encoding: str
) -> None:
    found = _find(watched.house, "연 이야기")
    raw = text.format(link=found["link"]).encode(encoding, errors="ignore")
    watched.put(f"{encoding} {name}", raw)
    until(lambda: watched.moved(f"{encoding} {name}", "done"), SETTLED_SECONDS_MAX)
    done = until(lambda: watched.has(found["info_hash"]), SETTLED_SECONDS_MAX)
    assert Path(done["path"]).read_bytes() == (watched.house.library / BOOK).read_bytes()
    watched.forget(found["info_hash"])


def test_what_cannot_be_fetched_is_moved_with_the_reason(watched: Watched) -> None:
    broken = {
        "broken.torrent": b"d4:infod6:lengthi5e",
        "none.magnet": b"magnet:?xt=urn:btih:zz",
        "page.url": b"[InternetShortcut]\nURL=https://example.test/\n",
        "large.torrent": b"d" + b"0" * (17 * 1024 * 1024),
        "deep.torrent": b"l" * 100_000,
        "digits.torrent": b"d4:infoi" + b"9" * 5_000 + b"ee",
    }
    for name, body in broken.items():
        watched.put(name, body)
    for name in broken:
        until(lambda name=name: watched.moved(name, "failed"), SETTLED_SECONDS_MAX)  # type: ignore[misc]
        why = (watched.folder / "failed" / f"{name}.why.txt").read_text(encoding="utf-8")
        english, korean = why.strip().split("\n")
        assert english.isascii() or name in english
        assert any("가" <= char <= "힣" for char in korean)
    assert watched.person.do("status", "--json").one["ready"]


def test_what_is_not_meant_is_left_alone(watched: Watched, tmp_path: Path) -> None:
    outside = tmp_path / "outside.magnet"
    outside.write_text("magnet:?xt=urn:btih:" + "0" * 40)
    (watched.folder / "link.magnet").symlink_to(outside)
    left = [
        watched.put("note.txt", "오늘 할 일".encode()),
        watched.put("film.mp4", b"x"),
        watched.put(".hidden.magnet", outside.read_bytes()),
    ]
    (watched.folder / "deeper").mkdir()
    left.append(watched.put("deeper/a.magnet", outside.read_bytes()))
    watched.put("last.magnet", b"nothing in it")  # looked at after those before it by name
    until(lambda: watched.moved("last.magnet", "failed"), SETTLED_SECONDS_MAX)
    assert all(path.exists() for path in left)
    assert (watched.folder / "link.magnet").is_symlink()
    assert outside.exists()
    hashes = [one["info_hash"] for one in watched.person.do("transfers", "--json").lines]
    assert "0" * 40 not in hashes


def test_half_a_torrent_is_waited_for(watched: Watched) -> None:
    found = _find(watched.house, FILM)
    whole = _torrent(watched.house.here, found["info_hash"])
    path = watched.put("half.torrent", whole[: len(whole) // 2])
    # a file put in later is done before the first is given up: the first was looked at and left
    watched.put("later.magnet", found["link"].encode())
    until(lambda: watched.moved("later.magnet", "done"), SETTLED_SECONDS_MAX)
    assert path.exists()
    with path.open("ab") as file:
        file.write(whole[len(whole) // 2 :])
    until(lambda: watched.moved("half.torrent", "done"), SETTLED_SECONDS_MAX)


def test_it_survives_a_kill_and_takes_what_came_while_off(watched: Watched) -> None:
    found = _find(watched.house, "연 이야기")
    watched.put("killed.magnet", found["link"].encode())
    watched.person.kill()
    watched.put("off.torrent", _torrent(watched.house.here, found["info_hash"]))
    _up(watched.person, watched.folder)
    for name in ("killed.magnet", "off.torrent"):
        until(lambda name=name: watched.moved(name, "done"), SETTLED_SECONDS_MAX)  # type: ignore[misc]
    until(lambda: watched.has(found["info_hash"]), SETTLED_SECONDS_MAX)
    left = {path.name for path in watched.folder.glob("*.magnet")}
    assert left <= {"link.magnet", ".hidden.magnet"}
    watched.forget(found["info_hash"])


def test_f1_done_that_is_a_link_is_not_followed(watched: Watched, tmp_path: Path) -> None:
    folder = watched.folder.parent / "another"
    folder.mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (folder / "done").symlink_to(elsewhere, target_is_directory=True)
    found = _find(watched.house, "연 이야기")
    (folder / "a.magnet").write_text(found["link"])
    _up(watched.person, folder)
    until(lambda: (folder / "failed" / "a.magnet").exists(), SETTLED_SECONDS_MAX)
    assert list(elsewhere.iterdir()) == []
    assert os.readlink(folder / "done") == str(elsewhere)
