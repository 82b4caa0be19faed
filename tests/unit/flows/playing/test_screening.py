"""Showing films: what is offered, what is read, and that lists of pictures fetch nothing."""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from kkiri.base.errors import NotFoundError
from kkiri.base.types import Bytes, InfoHash, Seconds, UnixTime
from kkiri.event.listing import Sort
from kkiri.flows.playing import screening
from kkiri.flows.playing.screening import BESIDE_FROM, Screens
from kkiri.ports.screening import Caption, Film, NotPlayableError, Remux, Sound
from kkiri.ports.state import Transfer
from kkiri.ports.torrents import Progress, TransferState
from kkiri.swarm.metainfo import build, info_hash_of
from tests.fakes.world import FakeWorld

PIECE = 16_384
FILM = Film(
    duration=60.0,
    direct=False,
    type="video/mp4",
    plain_type="video/mp4",
    picture=None,
    sounds=(
        Sound(number=0, codec="aac", language="ko", title="", channels=2, copied=True, type=""),
    ),
    captions=(Caption(number=3, language="en", title="SDH", forced=False),),
    chapters=(),
)


class Opened:
    """A file of the fake torrents below."""

    def __init__(self, name: str, body: bytes) -> None:
        self.name = name
        self.size = Bytes(len(body))
        self.closed = False
        self._body = body

    async def read(self, offset: int, size: int) -> bytes:
        return self._body[offset : offset + size]

    def close(self) -> None:
        self.closed = True


class Torrents:
    """One torrent, of which some pieces are here."""

    def __init__(self, paths: Sequence[str]) -> None:
        parts = [(tuple(path.split("/")), PIECE) for path in paths]
        self.raw = build("top", parts, PIECE, b"p" * 20 * len(parts))
        self.info_hash = info_hash_of(self.raw)
        self.names = [path.rpartition("/")[2] for path in paths]
        self.bits = b""
        self.opened: list[Opened] = []
        self.lengths: list[Seconds | None] = []

    def metainfo(self, info_hash: InfoHash) -> bytes | None:
        return self.raw if info_hash == self.info_hash else None

    def progress_of(self, info_hash: InfoHash) -> Progress | None:
        if info_hash != self.info_hash:
            return None
        return Progress(
            info_hash=info_hash,
            name="top",
            state=TransferState.FETCHING,
            size=Bytes(0),
            done=Bytes(0),
            down_rate=0,
            up_rate=0,
            peers=0,
            seeds=0,
            sources=(),
            pieces=self.bits,
        )

    async def open(self, info_hash: InfoHash, index: int, seconds: Seconds | None = None) -> Opened:
        if info_hash != self.info_hash or not 0 <= index < len(self.names):
            raise NotFoundError(info_hash)
        self.lengths.append(seconds)
        self.opened.append(Opened(self.names[index], b"0123456789"))
        return self.opened[-1]


class Cinema:
    """A world with one torrent."""

    def __init__(self, *paths: str) -> None:
        self.fake = FakeWorld()
        self.torrents = Torrents(paths)
        world = replace(self.fake.again(), torrents=cast(Any, self.torrents))
        self.screens = Screens(world)
        self.screening = self.fake.screening
        self.hash = self.torrents.info_hash

    @property
    def asked(self) -> list[str]:
        return [name for name, _ in self.screening.asked]


async def test_what_is_offered_best_first() -> None:
    cinema = Cinema("a.mkv", "a.ko.srt", "Subs/a.eng.srt", "b.txt")
    cinema.screening.films["a.mkv"] = FILM
    shown = await cinema.screens.look(cinema.hash, 0)
    assert [(one.number, one.language, one.title, one.beside) for one in shown.captions] == [
        (BESIDE_FROM + 8, "ko", "a.ko.srt", True),
        (BESIDE_FROM + 16, "en", "a.eng.srt", True),
        (3, "en", "SDH", False),
    ]
    assert shown.film == FILM
    assert all(one.closed for one in cinema.torrents.opened)


async def test_a_film_is_looked_at_once_and_its_length_told_to_who_reads() -> None:
    cinema = Cinema("a.mkv")
    cinema.screening.films["a.mkv"] = FILM
    await cinema.screens.look(cinema.hash, 0)
    await cinema.screens.look(cinema.hash, 0)
    wanted = Remux(start=Seconds(5.0), sound=0)
    parts = [part async for part in cinema.screens.show(cinema.hash, 0, wanted)]
    assert b"".join(parts) == b"0123456789"
    assert cinema.screening.asked == [("a.mkv", "probe"), ("a.mkv", wanted)]
    assert cinema.torrents.lengths == [None, 60.0]


async def test_what_is_known_of_films_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screening, "FILMS_KNOWN_MAX", 2)
    cinema = Cinema("a.mkv", "b.mkv", "c.mkv")
    cinema.screening.films = dict.fromkeys(("a.mkv", "b.mkv", "c.mkv"), FILM)
    for index in (0, 1, 2, 0):
        await cinema.screens.look(cinema.hash, index)
    assert cinema.asked == ["a.mkv", "b.mkv", "c.mkv", "a.mkv"]


async def test_who_goes_closes_the_file() -> None:
    cinema = Cinema("a.mkv")
    cinema.screening.films["a.mkv"] = FILM
    async with aclosing(cinema.screens.show(cinema.hash, 0, Remux())) as parts:
        await anext(parts)
    assert cinema.torrents.opened[0].closed


async def test_refusals_pass_and_close() -> None:
    cinema = Cinema("a.mkv")
    with pytest.raises(NotPlayableError):
        await cinema.screens.look(cinema.hash, 0)
    with pytest.raises(NotPlayableError):
        await anext(cinema.screens.show(cinema.hash, 0, Remux()))
    with pytest.raises(NotFoundError):
        await cinema.screens.look(InfoHash("0" * 40), 0)
    with pytest.raises(NotFoundError):
        await cinema.screens.look(cinema.hash, 1)
    assert all(one.closed for one in cinema.torrents.opened)


async def test_subtitles_inside_and_beside() -> None:
    cinema = Cinema("a.mkv", "a.smi", "a.en.srt", "other.txt")
    cinema.screening.films["a.mkv"] = replace(FILM, captions=FILM.captions * 4)
    cinema.screening.texts = {"a.smi": b"WEBVTT ko", "a.en.srt": b"WEBVTT en"}
    span = (Seconds(1.0), Seconds(2.0))

    async def text(number: int) -> bytes:
        parts = cinema.screens.captions(cinema.hash, 0, number, span)
        return b"".join([part async for part in parts])

    assert await text(BESIDE_FROM + 8) == b"WEBVTT ko"
    assert await text(BESIDE_FROM + 16) == b"WEBVTT en"
    assert await text(3) == b"WEBVTT\n\n"
    assert cinema.screening.asked == [
        ("a.smi", "ko"),
        ("a.en.srt", "en"),
        ("a.mkv", (3, 1.0, 2.0)),
    ]
    for number in (BESIDE_FROM, BESIDE_FROM + 15, BESIDE_FROM + 24, BESIDE_FROM + 99):
        with pytest.raises(NotFoundError):
            await text(number)
    assert all(one.closed for one in cinema.torrents.opened)


async def test_a_picture_is_made_only_of_what_is_here() -> None:
    cinema = Cinema("a.mkv", "b.mkv")
    cinema.screening.pictures = {"a.mkv": b"A", "b.mkv": b"B"}
    for index in (None, 0, 1):
        with pytest.raises(NotFoundError):
            await cinema.screens.still(cinema.hash, index)
    assert cinema.torrents.opened == []
    cinema.torrents.bits = bytes([0b0100_0000])
    assert await cinema.screens.still(cinema.hash, 1) == b"B"
    with pytest.raises(NotFoundError):
        await cinema.screens.still(cinema.hash, 0)
    cinema.torrents.bits = bytes([0b1100_0000])
    assert await cinema.screens.still(cinema.hash, 0) == b"A"
    assert await cinema.screens.still(cinema.hash, 0) == b"A"
    assert cinema.asked == ["b.mkv", "a.mkv"], "what was made once is kept"
    with pytest.raises(NotFoundError):
        await cinema.screens.still(InfoHash("0" * 40), 0)


@pytest.mark.parametrize(
    ("only", "finished", "here"), [(None, 5, True), (("a.mkv",), 5, False), (None, None, False)]
)
async def test_a_finished_download_without_a_map_is_here(
    only: tuple[str, ...] | None, finished: int | None, here: bool
) -> None:
    cinema = Cinema("a.mkv")
    cinema.screening.pictures = {"a.mkv": b"A"}
    cinema.fake.state.transfers.put_transfer(
        Transfer(
            info_hash=cinema.hash,
            name="top",
            folder=Path("/in"),
            addresses=(),
            added_at=UnixTime(1),
            finished_at=None if finished is None else UnixTime(finished),
            only=only,
        )
    )
    if here:
        assert await cinema.screens.still(cinema.hash, 0) == b"A"
    else:
        with pytest.raises(NotFoundError):
            await cinema.screens.still(cinema.hash, 0)


async def test_what_stands_for_a_torrent() -> None:
    album = Cinema("01.mp3", "02.mp3", "cover.jpg", "booklet.pdf")
    album.torrents.bits = b"\xff"
    album.screening.pictures = {"cover.jpg": b"C"}
    assert await album.screens.still(album.hash, None) == b"C"
    assert await album.screens.still(album.hash, 1) == b"C"
    assert album.screening.asked == [
        ("cover.jpg", Sort.PICTURE),
        ("02.mp3", Sort.MUSIC),
        ("cover.jpg", Sort.PICTURE),
    ]
    with pytest.raises(NotFoundError):
        await album.screens.still(album.hash, 3)


async def test_what_has_no_picture_is_not_tried_again() -> None:
    cinema = Cinema("a.mkv", "b.mp3")
    cinema.torrents.bits = b"\xff"
    for _ in range(3):
        with pytest.raises(NotFoundError):
            await cinema.screens.still(cinema.hash, None)
    assert cinema.asked == ["a.mkv", "b.mp3"]


async def test_a_sami_file_in_two_languages_is_offered_twice() -> None:
    cinema = Cinema("a.mkv", "a.smi", "a.ko.smi")
    cinema.screening.films["a.mkv"] = FILM
    cinema.screening.texts = {"a.smi": b"WEBVTT", "a.ko.smi": b"WEBVTT"}
    cinema.screening.tongues["a.smi"] = ("ko", "xx", "en")
    for _ in range(2):
        shown = await cinema.screens.look(cinema.hash, 0)
    offered = [(one.number, one.language) for one in shown.captions if one.title == "a.smi"]
    assert [language for _, language in offered] == ["ko", "en"]
    for number, language in offered:
        span = (Seconds(0.0), Seconds(1.0))
        async for _ in cinema.screens.captions(cinema.hash, 0, number, span):
            pass
        assert cinema.screening.asked[-1] == ("a.smi", language)
    assert cinema.asked.count("a.smi") == 3, "its languages are asked for once"
    assert ("a.ko.smi", "languages") not in cinema.screening.asked


async def test_a_sami_file_that_says_nothing_is_offered_once() -> None:
    cinema = Cinema("a.mkv", "a.smi")
    cinema.screening.films["a.mkv"] = FILM
    (inside, *beside) = reversed((await cinema.screens.look(cinema.hash, 0)).captions)
    assert not inside.beside
    assert [(one.number, one.language) for one in beside] == [(BESIDE_FROM + 8, "")]
