"""The media worker: what it reads, what it survives, what it cannot do (SAFETY P3)."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from mutagen.id3._specs import Encoding

from kkiri.adapters.media import MediaWorker
from kkiri.adapters.media import outside as media
from kkiri.adapters.media.limits import Fence
from kkiri.adapters.media.tags import repaired
from kkiri.event.listing import MediaFacts
from tests.fakes import songs

SRC = Path(__file__).parents[4] / "src"
REPO = SRC.parent


@pytest.fixture
async def worker() -> AsyncIterator[MediaWorker]:
    worker = MediaWorker()
    yield worker
    await worker.close()


async def test_songs_and_films_say_what_they_are(worker: MediaWorker, tmp_path: Path) -> None:
    paths = [songs.make(tmp_path, suffix) for suffix in songs.SUFFIXES]
    songs.tag(paths[0], "첫눈", "가수", "겨울", Encoding.UTF16)
    mp3, ogg, mp4, flac, mkv = await worker.facts(paths)
    assert replace(mp3, bitrate=None) == MediaFacts(
        title="첫눈", artist="가수", album="겨울", duration_seconds=2, codec="mp3"
    )
    assert (ogg.codec, ogg.duration_seconds) == ("opus", 2)
    assert (flac.codec, flac.duration_seconds) == ("flac", 2)
    for film in (mp4, mkv):
        assert (film.codec, film.width, film.height, film.duration_seconds) == ("mpeg4", 64, 48, 2)


@pytest.mark.parametrize("encoding", ["cp949", "utf-8"])
async def test_korean_tags_said_to_be_latin(
    worker: MediaWorker, tmp_path: Path, encoding: str
) -> None:
    path = songs.make(tmp_path, "mp3")
    wrong = ("소리바다", "가수 A", "첫 음반 (1집)")
    title, artist, album = (text.encode(encoding).decode("latin-1") for text in wrong)
    songs.tag(path, title, artist, album, Encoding.LATIN1)
    (facts,) = await worker.facts([path])
    assert (facts.title, facts.artist, facts.album) == wrong


@pytest.mark.parametrize(
    "text",
    ["Björk", "Café", "Motörhead", "Sigur Rós", "Ænima", "Édith Piaf", "für Elise", "Ñandú",
     "Céline Dion", "Noël", "Señorita", "Beyoncé", "naïve", "Ágætis byrjun", "plain", "소리"],
)  # fmt: skip
def test_real_latin_names_stay(text: str) -> None:
    assert repaired(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "서태지와 아이들",
        "H.O.T. 캔디",
        "똠방각하",
        "꽃밭에서",
        "비 오는 날 (Rain)",
        "김광석 - 서른 즈음에",
    ],
)
def test_korean_in_cp949_is_repaired(text: str) -> None:
    assert repaired(text.encode("cp949").decode("latin-1")) == text


async def test_broken_files_have_empty_facts(worker: MediaWorker, tmp_path: Path) -> None:
    paths = []
    for name, body in {
        "a.mp3": b"",
        "b.mp3": b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f",
        "c.ogg": b"OggS" + bytes(88),  # mutagen raises IndexError on such a one
        "d.mp4": b"\x00\x00\x00\x08ftyp\xff\xff\xff\xffmoov",
        "e.flac": b"fLaC\x84" + b"\xff" * 50,
        "f.mkv": b"\x1aE\xdf\xa3" + b"\xff" * 500,
        "g.mp3": b"#EXTM3U\nfile:///etc/passwd\n",
        "h.mp4": b"ffconcat version 1.0\nfile /etc/passwd\n",
        "i.avi": b"https://127.0.0.1/x.m3u8\n",
    }.items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(body)
    (tmp_path / "link.mp3").symlink_to(songs.make(tmp_path, "mp3"))
    os.mkfifo(tmp_path / "pipe.mp3")
    paths += [tmp_path / "link.mp3", tmp_path / "pipe.mp3", tmp_path / "nothing.mp3", tmp_path]
    assert await worker.facts(paths) == [MediaFacts()] * len(paths)
    assert (await worker.facts([tmp_path / "made.mp3"]))[0].codec == "mp3"


TROUBLE = """
import sys, time
from kkiri.adapters.media import worker as media_worker
real = media_worker._facts
def facts(path):
    if "hang" in path.name:
        time.sleep(60)
    if "spin" in path.name:
        while True: pass
    if "die" in path.name:
        raise SystemError
    if "fill" in path.name:
        hoard = [bytearray(2 ** 20) for _ in range(4000)]
    if "shout" in path.name:
        print("x" * 1_000_000, flush=True)
    if "lie" in path.name:
        print('{"number": 2, "facts": {"title": 5}}', flush=True)
    if "early" in path.name:
        print('{"number": 3, "facts": {"title": "of the next file"}}', flush=True)
    return real(path)
media_worker._facts = facts
media_worker.main()
"""


@pytest.mark.parametrize(
    ("trouble", "times"),
    [("hang", 1), ("spin", 1), ("die", 4), ("fill", 1), ("shout", 1), ("lie", 1), ("early", 1)],
)
async def test_a_worker_in_trouble_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str, times: int
) -> None:
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "trouble.py").write_text(TROUBLE)
    environment = media.environment() | {"PYTHONPATH": f"{modules}:{SRC}"}
    monkeypatch.setattr(media, "environment", lambda: environment)
    monkeypatch.setattr(media, "FILE_SECONDS_MAX", 4.0)  # busy machines
    good = songs.make(tmp_path, "mp3")
    bad = good.rename(tmp_path / f"{trouble}.mp3")
    good = songs.make(tmp_path, "mp3")
    worker = MediaWorker(module="trouble")
    first, *bads, last = await worker.facts([good, *[bad] * times, good])
    assert (first.codec, last.codec) == ("mp3", "mp3")
    assert bads == [MediaFacts()] * times
    await worker.close()


async def test_a_worker_that_cannot_start_is_given_up(tmp_path: Path) -> None:
    worker = MediaWorker(module="no.such.module")
    assert await worker.facts([tmp_path / "a.mp3"] * 5) == [MediaFacts()] * 5
    assert worker._failed == media.STARTS_MAX


async def test_what_is_enforced_here(worker: MediaWorker, tmp_path: Path) -> None:
    await worker.facts([songs.make(tmp_path, "mp3")])
    linux = {Fence.LIMITS, Fence.NO_NETWORK, Fence.READ_ONLY}
    assert worker.enforced == (linux if sys.platform == "linux" else {Fence.LIMITS})


async def test_the_worker_gets_nothing_of_ourenvironment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KKIRI_PASSPHRASE", "secret")
    assert "secret" not in media.environment().values()


CONFINED = """
import os, pathlib, socket, subprocess, sys
from kkiri.adapters.media.limits import confine
shared = pathlib.Path(sys.argv[1])
key = pathlib.Path(sys.argv[2])
if sys.argv[3] == "confined":
    confine([shared], 256 * 2**20)
def attempt(name, work):
    try:
        work()
    except (OSError, MemoryError):
        print(name, "refused")
    else:
        print(name, "done")
attempt("read-shared", lambda: (shared / "song").read_bytes())
attempt("read-key", lambda: key.read_bytes())
attempt("read-link", lambda: (shared / "link").read_bytes())
attempt("list-home", lambda: os.listdir(key.parent))
attempt("write", lambda: (shared / "new").write_bytes(b"x"))
attempt("remove", lambda: (shared / "other").unlink())
attempt("truncate", lambda: os.truncate(shared / "song", 0))
attempt("socket", lambda: socket.socket())
attempt("unix", lambda: socket.socketpair())
attempt("program", lambda: subprocess.run(["/bin/true"]))
attempt("signal", lambda: os.kill(os.getppid(), 0))
attempt("memory", lambda: bytearray(2**29))
"""


def attempts(tmp_path: Path, how: str) -> dict[str, str]:
    shared, home = tmp_path / "shared", tmp_path / "home"
    shared.mkdir()
    home.mkdir()
    (home / "key").write_text("secret")
    (shared / "song").write_text("song")
    (shared / "other").write_text("other")
    (shared / "link").symlink_to(home / "key")
    script = tmp_path / "script" / "confined.py"  # Python may read where its script is
    script.parent.mkdir()
    script.write_text(CONFINED)
    done = subprocess.run(
        [sys.executable, str(script), str(shared), str(home / "key"), how],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        env={"PYTHONPATH": str(SRC)},
    )
    return dict(line.split() for line in done.stdout.splitlines())


def test_a_confined_process_can_only_read_what_is_shared(tmp_path: Path) -> None:
    found = attempts(tmp_path, "confined")
    assert found.pop("read-shared") == "done"
    assert set(found.values()) == {"refused"}, found


def test_the_attempts_succeed_without_the_fences(tmp_path: Path) -> None:
    assert set(attempts(tmp_path, "free").values()) == {"done"}
