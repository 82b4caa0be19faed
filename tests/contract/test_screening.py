"""What the flows may rely on of a screening room and of kept pictures, fakes included."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from kkiri.adapters.media.screening import ScreeningRoom
from kkiri.adapters.stills import DiskStills
from kkiri.base.errors import NotFoundError
from kkiri.base.types import InfoHash, Seconds
from kkiri.event.listing import Sort
from kkiri.ports.screening import Caption, Film, NotPlayableError, Remux, Screening, Stills
from tests.fakes import films
from tests.fakes.films import DiskFilm
from tests.fakes.screening import FakeScreening, FakeStills

GOOD, BAD, TEXT = "titled.mp4", "broken.mkv", "a.smi"


def faked() -> FakeScreening:
    fake = FakeScreening()
    caption = Caption(number=0, language="ko", title="", forced=False)
    fake.films[GOOD] = Film(
        duration=12.0,
        direct=True,
        type='video/mp4; codecs="avc1"',
        plain_type='video/mp4; codecs="avc1"',
        picture=None,
        sounds=(),
        captions=(caption,),
        chapters=(),
    )
    fake.texts[TEXT] = b"WEBVTT\n\n"
    fake.tongues[TEXT] = ("ko", "en")
    fake.pictures[GOOD] = b"\xff\xd8\xff picture \xff\xd9"
    return fake


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    films.make(folder, GOOD)
    (folder / BAD).write_bytes(b"\x1aE\xdf\xa3" + bytes(4_000))
    (folder / TEXT).write_bytes(films.SAMI.encode("cp949"))
    return folder


@pytest.fixture(params=["real", "fake"])
async def room(request: pytest.FixtureRequest) -> AsyncIterator[Screening]:
    if request.param == "fake":
        yield faked()
        return
    real = ScreeningRoom()
    yield real
    await real.close()


async def test_a_good_film(room: Screening, folder: Path) -> None:
    film = await room.probe(DiskFilm(folder / GOOD))
    assert film.type.startswith("video/mp4") and film.duration == pytest.approx(12, abs=0.2)
    async with aclosing(room.remux(DiskFilm(folder / GOOD), Remux())) as parts:
        assert await anext(parts)
    found = room.captions(DiskFilm(folder / GOOD), 0, Seconds(0.0), Seconds(99.0))
    assert b"".join([part async for part in found]).startswith(b"WEBVTT\n\n")
    assert (await room.still(DiskFilm(folder / GOOD), Sort.FILM)).startswith(b"\xff\xd8\xff")
    assert (await room.text(DiskFilm(folder / TEXT), "ko")).startswith(b"WEBVTT\n\n")
    assert await room.languages(DiskFilm(folder / TEXT)) == ("ko", "en")


async def test_a_bad_one_is_refused_by_each(room: Screening, folder: Path) -> None:
    with pytest.raises(NotPlayableError):
        await room.probe(DiskFilm(folder / BAD))
    with pytest.raises(NotPlayableError):
        await anext(room.remux(DiskFilm(folder / BAD), Remux()))
    with pytest.raises(NotPlayableError):
        await anext(room.captions(DiskFilm(folder / BAD), 0, Seconds(0.0), Seconds(1.0)))
    with pytest.raises(NotPlayableError):
        await anext(room.captions(DiskFilm(folder / GOOD), 1, Seconds(0.0), Seconds(1.0)))
    with pytest.raises(NotPlayableError):
        await room.text(DiskFilm(folder / BAD), "ko")
    with pytest.raises(NotPlayableError):
        await room.still(DiskFilm(folder / BAD), Sort.FILM)


async def test_what_the_file_raises_passes(room: Screening, folder: Path) -> None:
    class Going(DiskFilm):
        async def read(self, offset: int, size: int) -> bytes:
            if self.reads:
                raise NotFoundError(self.name)
            return await super().read(offset, 4)

    with pytest.raises(NotFoundError):
        async for _ in room.remux(Going(folder / GOOD), Remux()):
            pass


@pytest.fixture(params=["disk", "fake"])
def stills(request: pytest.FixtureRequest, tmp_path: Path) -> Stills:
    return DiskStills(tmp_path / "stills") if request.param == "disk" else FakeStills()


async def test_pictures_are_kept_apart(stills: Stills) -> None:
    one, two = InfoHash("a" * 40), InfoHash("b" * 40)
    await stills.put(one, None, b"all")
    await stills.put(one, 0, b"old")
    await stills.put(one, 0, b"new")
    assert await stills.get(one, None) == b"all"
    assert await stills.get(one, 0) == b"new"
    assert await stills.get(one, 1) is None
    assert await stills.get(two, 0) is None
