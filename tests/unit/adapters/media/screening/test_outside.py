"""The screening room with real films: right streams and times, and what a worker cannot do."""

import asyncio
import io
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path

import av
import pytest

from kkiri.adapters.media.limits import Fence
from kkiri.adapters.media.screening import ScreeningRoom
from kkiri.adapters.media.screening import outside as rooms
from kkiri.adapters.media.screening.pipe import STILL_BYTES_MAX, STILL_SIDE_MAX
from kkiri.base.errors import NotFoundError, NotReachableError
from kkiri.base.types import Bytes, Seconds
from kkiri.event.listing import Sort
from kkiri.ports.screening import NotPlayableError, Remux, ScreensBusyError
from tests.fakes import films
from tests.fakes.films import DiskFilm

SRC = Path(__file__).parents[5] / "src"
EVERYTHING = (Seconds(0.0), Seconds(1e6))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    films.make(folder, *films.NAMES)
    return folder


@pytest.fixture
async def room() -> AsyncIterator[ScreeningRoom]:
    room = ScreeningRoom()
    yield room
    await room.close()


async def whole(room: ScreeningRoom, film: DiskFilm, wanted: Remux) -> bytes:
    return b"".join([part async for part in room.remux(film, wanted)])


async def captions(
    room: ScreeningRoom, film: DiskFilm, number: int, start: float, end: float
) -> str:
    parts = room.captions(film, number, Seconds(start), Seconds(end))
    return b"".join([part async for part in parts]).decode()


def packets(body: bytes) -> Iterator[tuple[str, float, float, bool]]:
    with av.open(io.BytesIO(body)) as container:
        for packet in container.demux():
            if packet.pts is not None and packet.time_base is not None:
                base = packet.time_base
                yield (
                    packet.stream.type,
                    float(packet.pts * base),
                    float((packet.dts or 0) * base),
                    packet.is_keyframe,
                )


@pytest.mark.parametrize("name", films.SHOWN)
async def test_times_are_the_films_own(room: ScreeningRoom, folder: Path, name: str) -> None:
    """From the beginning and after a seek: the same pictures at the same times, all decodable."""
    start = 2.0 if name == "large.mp4" else 6.0
    key = start - start % films.KEY_SECONDS
    first = list(packets(await whole(room, DiskFilm(folder / name), Remux())))
    later_body = await whole(room, DiskFilm(folder / name), Remux(start=Seconds(start)))
    later = list(packets(later_body))
    for kind in {one[0] for one in first}:
        shown = sorted(one[1] for one in first if one[0] == kind)
        again = sorted(one[1] for one in later if one[0] == kind)
        assert shown[0] < 0.15
        assert all(abs(shown[-1] - again[-1]) < 0.05 for _ in [0])
        if kind == "video":
            assert abs(again[0] - key) <= 0.1, "the keyframe at or before the start"
            assert [one for one in shown if one >= again[0] - 0.001] == pytest.approx(
                again, abs=0.005
            )
            begun = next(one for one in later if one[0] == "video")
            assert begun[3], "it begins with a keyframe"
        for one in later:
            assert one[1] >= one[2] - 0.001, "no picture is shown before it is decoded"
    with av.open(io.BytesIO(later_body)) as container:
        frames = list(container.decode(video=0)) if container.streams.video else []
        assert bool(frames) is not name.startswith("song")


@pytest.mark.parametrize("name", ["late.mp4", "dubbed.mkv", "old.avi", "broadcast.ts"])
async def test_ffprobe_agrees(room: ScreeningRoom, folder: Path, tmp_path: Path, name: str) -> None:
    made = tmp_path / "made.mp4"
    made.write_bytes(await whole(room, DiskFilm(folder / name), Remux(start=Seconds(6.0))))
    words = ("-v", "error", "-show_entries", "format=start_time,duration", "-of", "csv")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        "ffprobe", *words, str(made), stdout=pipe, stderr=pipe
    )
    out, wrong = await process.communicate()
    assert wrong == b""
    start, duration = (float(part) for part in out.decode().split(",")[1:])
    assert 3.7 < start <= 4.1
    assert abs(duration - films.SECONDS) < 0.2


@pytest.mark.parametrize(
    "name", ["plain.mp4", "dubbed.mkv", "open.webm", "old.avi", "broadcast.ts", "windows.wmv"]
)
async def test_a_film_that_is_cut_is_shown_as_far_as_it_goes(
    room: ScreeningRoom, folder: Path, name: str
) -> None:
    film = DiskFilm(folder / name)
    film.size = Bytes(film.size * 7 // 10)
    film.body = film.body[: film.size]
    shown = sorted(
        at
        for kind, at, _, _ in packets(await whole(room, film, Remux(start=Seconds(5.0))))
        if kind == "video"
    )
    assert abs(shown[0] - 4.0) < 0.1, "the index at its end is missing, the keyframe is found"
    assert 7.0 < shown[-1] < 9.5


async def test_what_a_film_holds(room: ScreeningRoom, folder: Path) -> None:
    film = await room.probe(DiskFilm(folder / "dubbed.mkv"))
    assert not film.direct
    assert film.picture is not None and (film.picture.codec, film.picture.copied) == ("h264", True)
    assert [(one.language, one.title, one.copied) for one in film.sounds] == [
        ("ko", "", False),
        ("en", "Director", True),
    ]
    assert [(one.language, one.forced) for one in film.captions] == [("en", True), ("ko", False)]
    song = await room.probe(DiskFilm(folder / "song.mp3"))
    assert song.picture is None and song.direct
    assert song.type == 'audio/mp4; codecs="mp4a.40.2"'
    deep = await room.probe(DiskFilm(folder / "deep.mkv"))
    assert deep.type.startswith('video/mp4; codecs="hvc1.2.4.L')
    assert deep.plain_type == 'video/mp4; codecs="avc1.42C029,mp4a.40.2"'


@pytest.mark.parametrize(
    ("name", "share"), [("late.mp4", 0.2), ("dubbed.mkv", 0.5), ("old.avi", 0.5)]
)
async def test_little_is_read_to_begin(
    room: ScreeningRoom, folder: Path, name: str, share: float
) -> None:
    """An index at the end is fetched by a jump, not by reading all that lies before it."""
    film = DiskFilm(folder / name)
    async with aclosing(room.remux(film, Remux(start=Seconds(9.0)))) as parts:
        async for part in parts:
            if b"mdat" in part:
                break
    assert film.total < share * film.size
    probed = DiskFilm(folder / name)
    await room.probe(probed)
    assert probed.total < 200_000


async def test_nobody_reads_ahead_of_who_looks(room: ScreeningRoom, folder: Path) -> None:
    film = DiskFilm(folder / "large.mp4")
    async with aclosing(room.remux(film, Remux())) as parts:
        await anext(parts)
        for _ in range(200):
            await asyncio.sleep(0)
        assert film.total < film.size / 2
        (process,) = room._running
    assert process.returncode is not None
    assert room.running == 0


async def test_short_reads_are_enough(room: ScreeningRoom, folder: Path) -> None:
    long = await whole(room, DiskFilm(folder / "dubbed.mkv"), Remux())
    short = await whole(room, DiskFilm(folder / "dubbed.mkv", most=3_001), Remux())
    assert long == short


async def test_captions_as_far_as_asked(room: ScreeningRoom, folder: Path) -> None:
    film = DiskFilm(folder / "dubbed.mkv")
    assert "안녕하세요" in (text := await captions(room, film, 1, 0.0, 1e6)) and "늦은" in text
    early = DiskFilm(folder / "dubbed.mkv")
    text = await captions(room, early, 1, 0.0, 2.0)
    assert "안녕하세요" in text and "늦은" not in text
    assert early.total < 0.75 * early.size
    assert "늦은" in await captions(room, film, 1, 7.0, 9.0)
    assert "안녕" not in await captions(room, film, 1, 7.0, 9.0)
    assert "늦은" in await captions(room, DiskFilm(folder / "titled.mp4"), 0, 0.0, 1e6)
    assert "<i>Hello</i> &amp; <b>you</b>" in await captions(room, film, 0, 0.0, 1e6)
    with pytest.raises(NotPlayableError):
        await captions(room, film, 2, 0.0, 1e6)


async def test_files_of_subtitles(room: ScreeningRoom, tmp_path: Path) -> None:
    path = tmp_path / "a.smi"
    path.write_bytes(films.SAMI.encode("cp949"))
    assert "안녕\n하세요" in (await room.text(DiskFilm(path), "ko")).decode()
    assert "Hello" in (await room.text(DiskFilm(path), "en")).decode()
    assert await room.languages(DiskFilm(path)) == ("ko", "en")
    path.write_bytes(b"nothing here")
    with pytest.raises(NotPlayableError):
        await room.text(DiskFilm(path), "ko")


@pytest.mark.parametrize(
    ("name", "sort", "red"),
    [
        ("late.mp4", Sort.FILM, False),
        ("flash.flv", Sort.FILM, False),
        ("deep.mkv", Sort.FILM, False),
        ("large.mp4", Sort.FILM, False),
        ("song.mp3", Sort.MUSIC, True),
        ("photo.png", Sort.PICTURE, False),
    ],
)
async def test_small_pictures(
    room: ScreeningRoom, folder: Path, name: str, sort: Sort, red: bool
) -> None:
    body = await room.still(DiskFilm(folder / name), sort)
    assert len(body) <= STILL_BYTES_MAX
    with av.open(io.BytesIO(body)) as container:
        frame = next(container.decode(video=0))
    assert max(frame.width, frame.height) == STILL_SIDE_MAX
    point = bytes(frame.reformat(1, 1, format="rgb24").planes[0])[:3]
    assert (point[0] > 200 and max(point[1:]) < 60) is red


async def test_a_dark_beginning_is_passed_over(room: ScreeningRoom, folder: Path) -> None:
    body = await room.still(DiskFilm(folder / "dark.mp4"), Sort.FILM)
    with av.open(io.BytesIO(body)) as container:
        frame = next(container.decode(video=0))
    assert bytes(frame.reformat(1, 1, format="gray").planes[0])[0] > 60


async def test_no_picture(room: ScreeningRoom, folder: Path) -> None:
    with pytest.raises(NotPlayableError):
        await room.still(DiskFilm(folder / "song.flac"), Sort.MUSIC)


async def test_a_film_that_goes_away(room: ScreeningRoom, folder: Path) -> None:
    film = DiskFilm(folder / "late.mp4")
    film.gone = True
    with pytest.raises(NotFoundError):
        await room.probe(film)
    assert room.running == 0


async def test_a_film_that_does_not_come(
    room: ScreeningRoom, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(DiskFilm):
        async def read(self, offset: int, size: int) -> bytes:
            await asyncio.Event().wait()
            return b""

    monkeypatch.setattr(rooms, "READ_SECONDS_MAX", 0.01)
    with pytest.raises(NotReachableError):
        await room.probe(Slow(folder / "late.mp4"))
    assert room.running == 0


async def test_no_more_films_than_places(
    room: ScreeningRoom, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "FILM_WAIT_SECONDS", 0.01)
    running = [room.remux(DiskFilm(folder / "large.mp4"), Remux()) for _ in range(rooms.FILMS_MAX)]
    for parts in running:
        await anext(parts)
    with pytest.raises(ScreensBusyError):
        await anext(room.remux(DiskFilm(folder / "late.mp4"), Remux()))
    await running[0].aclose()
    other = room.remux(DiskFilm(folder / "late.mp4"), Remux())
    await anext(other)
    for parts in [*running, other]:
        await parts.aclose()
    assert room.running == 0


async def test_the_spare_worker_has_seen_no_film(room: ScreeningRoom, folder: Path) -> None:
    await room.probe(DiskFilm(folder / "late.mp4"))
    spare = room._spare
    assert spare is not None and spare.returncode is None
    await room.probe(DiskFilm(folder / "late.mp4"))
    assert spare.returncode is not None, "a worker shows one film in its life"
    assert room._spare is not None and room._spare is not spare
    room._spare.kill()
    await room._spare.wait()
    assert (await room.probe(DiskFilm(folder / "late.mp4"))).duration > 0


TROUBLE = """
import os, sys, time
from kkiri.adapters.media.screening import inside
from kkiri.adapters.media.screening.pipe import ASKED, HEAD, Frame
def probe(file):
    out = sys.stdout.buffer
    what = file.name.partition(".")[0]
    if what == "hang":
        time.sleep(60)
    if what == "spin":
        while True: pass
    if what == "die":
        os._exit(3)
    if what == "fill":
        hoard = [bytearray(2 ** 20) for _ in range(4000)]
    if what == "outside":
        file._line.say(Frame.READ, ASKED.pack(2 ** 40, 10))
    if what == "greedy":
        file._line.say(Frame.READ, ASKED.pack(0, 2 ** 31))
    if what == "long":
        out.write(HEAD.pack(Frame.DATA, 2 ** 31)); out.flush(); time.sleep(60)
    if what == "strange":
        out.write(HEAD.pack(77, 0)); out.flush(); time.sleep(60)
    if what == "much":
        for _ in range(1000): file._line.give(b"x" * 200_000)
    if what == "lie":
        file._line.give(b'{"film": 5}'); file._line.say(Frame.END); time.sleep(60)
    raise ValueError
inside.probe = probe
inside.main()
"""


@pytest.mark.parametrize(
    "trouble",
    ["hang", "spin", "die", "fill", "outside", "greedy", "long", "strange", "much", "lie"],
)
async def test_a_worker_in_trouble_is_a_film_that_cannot_be_shown(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    (tmp_path / "trouble.py").write_text(TROUBLE)
    environment = rooms.environment() | {"PYTHONPATH": f"{tmp_path}:{SRC}"}
    monkeypatch.setattr(rooms, "environment", lambda: environment)
    if trouble == "hang":
        monkeypatch.setattr(rooms, "SILENT_SECONDS_MAX", 3.0)
    bad = DiskFilm(folder / "late.mp4")
    bad.name = f"{trouble}.mp4"
    room = ScreeningRoom(module="trouble")
    with pytest.raises(NotPlayableError):
        await room.probe(bad)
    assert bad.reads == [], "nothing outside of the film or too large is ever read for it"
    assert room.running == 0
    await room.close()


async def test_a_worker_that_cannot_start(folder: Path) -> None:
    room = ScreeningRoom(module="no.such.module")
    with pytest.raises(NotPlayableError):
        await room.probe(DiskFilm(folder / "late.mp4"))
    await room.close()


async def test_what_is_enforced_here(room: ScreeningRoom, folder: Path) -> None:
    await room.probe(DiskFilm(folder / "late.mp4"))
    linux = {Fence.LIMITS, Fence.NO_NETWORK, Fence.READ_ONLY, Fence.NO_FILES}
    assert room.enforced == (linux if sys.platform == "linux" else {Fence.LIMITS})
