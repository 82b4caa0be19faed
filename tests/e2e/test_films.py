"""Films of every kind in a real Chromium: MediaSource takes the stream, and the film goes on."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.browser import Browser, browser
from tests.e2e.peers import Person, people, until
from tests.fakes import films

# what the player does, as short as can be: a film from a time on, then what the browser made of it
WATCH = """async (film, start, sound, plain) => {
  const about = await (await fetch(film)).json();
  const type = plain ? about.plain_type : about.audio.length ? about.audio[sound].type : about.type;
  if (!MediaSource.isTypeSupported(type)) return {about, type, supported: false};
  const video = document.createElement('video');
  video.muted = true;
  document.body.append(video);
  const source = new MediaSource();
  video.src = URL.createObjectURL(source);
  await new Promise(done => source.addEventListener('sourceopen', done, {once: true}));
  const buffer = source.addSourceBuffer(type);
  const asked = new AbortController();
  const url = `${film}/mp4?start=${start}&audio=${sound}&plain=${plain}`;
  const answer = await fetch(url, {signal: asked.signal});
  if (!answer.ok) return {about, type, supported: true, status: answer.status,
                          why: await answer.json()};
  const reader = answer.body.getReader();
  let failed = '', bytes = 0, first = 0;
  buffer.addEventListener('error', () => { failed = 'SourceBuffer'; });
  video.addEventListener('error', () => { failed = video.error.message; });
  const ends = () => buffer.buffered.length ? buffer.buffered.end(buffer.buffered.length - 1) : 0;
  while (!failed && ends() < start + 3) {
    const {done, value} = await reader.read();
    if (done) break;
    bytes += value.length;
    const updated = new Promise(over => {
      buffer.addEventListener('updateend', over, {once: true});
    });
    buffer.appendBuffer(value);
    await updated;
    if (!first && buffer.buffered.length) first = bytes;
  }
  asked.abort();
  const begin = buffer.buffered.length ? buffer.buffered.start(0) : -1;
  const parts = buffer.buffered.length;
  video.currentTime = Math.max(start, begin) + 0.05;
  await video.play().catch(error => { failed = String(error); });
  const shown = await new Promise(over => {
    const look = () => {
      if (failed || video.currentTime > Math.max(start, begin) + 0.6) over(video.currentTime);
    };
    video.addEventListener('timeupdate', look);
    video.addEventListener('error', look);
  });
  const frames = video.getVideoPlaybackQuality().totalVideoFrames;
  const found = {about, type, supported: true, failed, begin, parts, end: ends(), shown, frames,
                 width: video.videoWidth, height: video.videoHeight, status: 200};
  video.remove();
  return found;
}"""


def watch(page: Browser, film: str, start: float, sound: int = 0, plain: bool = False) -> Any:
    return page.run(f"({WATCH})({json.dumps(film)}, {start}, {sound}, {json.dumps(plain)})")


FOLDER = "자막 영화"
LISTED = """async path => (await (await fetch(
  '/api/library/listings?path=' + encodeURIComponent(path))).json()).listings"""
TRACK = """async url => {
  const video = document.createElement('video');
  const track = document.createElement('track');
  document.body.append(video);
  video.append(track);
  const over = new Promise(done => {
    track.addEventListener('load', () => done('load'));
    track.addEventListener('error', () => done('error'));
  });
  track.src = url;
  track.track.mode = 'hidden';
  const how = await over;
  const cues = Array.from(track.track.cues || []);
  return [how, ...cues.map(cue => [cue.startTime, cue.endTime, cue.text])];
}"""
IMAGE = """async url => {
  const image = new Image();
  image.src = url;
  await image.decode();
  return [image.naturalWidth, image.naturalHeight];
}"""
ASKED = """async url => {
  const answer = await fetch(url);
  return [answer.status, answer.headers.get('content-type'), await answer.text()];
}"""
BROKEN = {
    "empty.mkv": b"",
    "text.mp4": "안녕".encode() * 5_000,
    "list.avi": b"#EXTM3U\nfile:///etc/passwd\n",
    "concat.mkv": b"ffconcat version 1.0\nfile /etc/passwd\n",
}


class Cinema:
    """A peer that shares films, and a browser in front of it."""

    def __init__(self, page: Browser, hashes: dict[str, str], pid: int) -> None:
        self.page = page
        self._hashes = hashes
        self.pid = pid

    def film(self, name: str) -> str:
        """Give the route of a film."""
        if name == "dubbed.mkv":
            return f"/api/film/{self._hashes[FOLDER]}/1"  # after Subs/, before dubbed.smi
        return f"/api/film/{self._hashes[name]}/0"

    def cover(self, name: str, index: int | None = None) -> str:
        """Give the route of a small picture."""
        return f"/api/cover/{self._hashes[name]}" + ("" if index is None else f"?index={index}")

    def asked(self, url: str) -> tuple[int, str, str]:
        """Ask for something."""
        status, kind, text = self.page.run(f"({ASKED})({json.dumps(url)})")
        return status, kind, text

    def workers(self) -> int:
        """Count the screening workers of the peer, the spare one too."""
        found = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(stat.read_text().rpartition(")")[2].split()[1])
                command = (stat.parent / "cmdline").read_bytes()
            except OSError:  # it ended meanwhile
                continue
            found += parent == self.pid and b"screening.inside" in command
        return found


def _share(one: Person, page: Browser, folder: Path) -> dict[str, str]:
    """Share a folder of films, and give the info-hash of each."""
    assert one.do("share", str(folder), "--wait", "--json").lines
    page.go(one.ready()["page"])
    listed = until(lambda: page.run(f"({LISTED})({json.dumps(str(folder))})"), 20)
    return {
        FOLDER if one["title"] == FOLDER else Path(one["path"]).name: one["info_hash"]
        for one in listed
    }


@pytest.fixture(scope="module")
def cinema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cinema]:
    folder = tmp_path_factory.mktemp("cinema")
    shared = folder / "films"
    inside = shared / FOLDER
    (inside / "Subs").mkdir(parents=True)
    films.make(shared, *films.NAMES)
    (shared / "dubbed.mkv").rename(inside / "dubbed.mkv")
    (inside / "dubbed.smi").write_bytes(films.SAMI.encode("cp949"))
    (inside / "Subs" / "dubbed.eng.srt").write_text(films.SUBRIP, "utf-16")
    for name, body in BROKEN.items():
        (shared / name).write_bytes(body)
    with people(folder, "one") as (one,), browser(folder) as page:
        status = one.up()
        yield Cinema(page, _share(one, page, shared), status["pid"])


@pytest.mark.parametrize("name", films.SHOWN)
def test_the_browser_takes_the_stream_and_the_film_goes_on(cinema: Cinema, name: str) -> None:
    start = 2 if name in {"large.mp4"} else 6
    key = start - start % films.KEY_SECONDS
    seen = watch(cinema.page, cinema.film(name), start)
    if not seen["supported"]:
        assert name == "deep.mkv", "only HEVC is not for every browser"
        seen = watch(cinema.page, cinema.film(name), start, plain=True)
    assert (seen["status"], seen["failed"], seen["parts"]) == (200, "", 1), seen
    song = name.startswith("song")
    assert start - 5 < seen["begin"] <= start if song else key - 0.8 < seen["begin"] <= key + 0.1
    assert seen["shown"] > start + 0.5
    assert song or (seen["frames"] > 5 and seen["width"] >= 320)
    assert abs(seen["about"]["duration"] - films.SECONDS) < 0.2


def test_a_browser_that_knows_little_gets_it_plain(cinema: Cinema) -> None:
    seen = watch(cinema.page, cinema.film("open.webm"), 6, plain=True)
    assert seen["type"] == 'video/mp4; codecs="avc1.42C029,mp4a.40.2"'
    assert (seen["failed"], seen["parts"]) == ("", 1)
    assert seen["frames"] > 5


def test_sound_tracks_and_subtitles_of_a_film(cinema: Cinema) -> None:
    film = cinema.film("dubbed.mkv")
    seen = watch(cinema.page, film, 6, sound=1)
    assert (seen["failed"], seen["parts"]) == ("", 1)
    about = seen["about"]
    told = [(one["language"], one["title"], one["codec"]) for one in about["audio"]]
    assert told == [("ko", "", "ac3"), ("en", "Director", "aac")]
    offered = {
        (one["title"][-3:], one["language"]): (one["number"], one["forced"])
        for one in about["subtitles"]
    }
    assert set(offered) == {("smi", "ko"), ("smi", "en"), ("srt", "en"), ("", "en"), ("", "ko")}
    assert offered["", "en"][1] and not offered["", "ko"][1]
    cues = {
        key: cinema.page.run(f"({TRACK})('{film}/subtitles/{number}')")
        for key, (number, _) in offered.items()
    }
    assert cues["smi", "ko"] == ["load", [1, 3, "안녕\n하세요"]]
    assert cues["smi", "en"] == ["load", [1, 3, "Hello"]]
    english = [[1, 3, "<i>Hello</i> &amp; <b>you</b>"], [8, 10, "late"]]
    assert cues["srt", "en"] == ["load", *english]
    near = [[pytest.approx(one, abs=0.05), pytest.approx(two, abs=0.05), text]
            for one, two, text in english]  # fmt: skip
    assert cues["", "en"] == ["load", *near]
    assert [one[2] for one in cues["", "ko"][1:]] == ["안녕하세요", "늦은 자막"]
    number = offered["", "ko"][0]
    late = cinema.page.run(f"({TRACK})('{film}/subtitles/{number}?start=7&end=9')")
    assert [one[2] for one in late[1:]] == ["늦은 자막"]


def test_small_pictures(cinema: Cinema) -> None:
    for name in ("late.mp4", "old.avi", "dark.mp4", "photo.png", "song.mp3"):
        width, height = cinema.page.run(f"({IMAGE})({json.dumps(cinema.cover(name))})")
        assert max(width, height) == 320
        again = cinema.page.run(f"({IMAGE})({json.dumps(cinema.cover(name, 0))})")
        assert again == [width, height]
    assert cinema.asked(cinema.cover("song.flac"))[0] == 404
    assert cinema.asked(cinema.cover("late.mp4", 7))[0] == 404
    assert cinema.asked("/api/cover/" + "0" * 40)[0] == 404


def test_what_cannot_be_shown_is_refused_in_both_languages(cinema: Cinema) -> None:
    for name in BROKEN:
        if name not in cinema._hashes:
            continue  # an empty file is not shared
        for tail in ("", "/mp4", "/mp4?start=5", "/subtitles/0", "/subtitles/1000"):
            status, kind, text = cinema.asked(cinema.film(name) + tail)
            assert status in {404, 409}, (name, tail, text)
            assert kind == "application/json"
            assert json.loads(text)["error"]["number"] in {30, 110}
            assert "passwd" not in text and "root:" not in text
    for tail in ("/subtitles/7", "/subtitles/1008", "/subtitles/1099"):
        assert cinema.asked(cinema.film("dubbed.mkv") + tail)[0] in {404, 409}
    status, _, text = cinema.asked(cinema.film("late.mp4") + "/mp4?start=nan")
    assert status == 422 and "error" in json.loads(text)


def test_the_worker_ends_with_its_asker(cinema: Cinema) -> None:
    begun = """async url => {
      const asked = new AbortController();
      const answer = await fetch(url, {signal: asked.signal});
      await answer.body.getReader().read();
      window.asked = asked;
      return answer.status;
    }"""
    url = cinema.film("large.mp4") + "/mp4?plain=true"
    assert cinema.page.run(f"({begun})({json.dumps(url)})") == 200
    assert cinema.workers() == 2  # it waits for the page to read on; the other is the spare one
    cinema.page.run("window.asked.abort()")
    until(lambda: cinema.workers() <= 1, 10)


def test_no_more_films_at_once_than_the_machine_bears(cinema: Cinema) -> None:
    many = """async url => {
      const asked = new AbortController();
      const answers = await Promise.all(Array.from({length: 5}, async () => {
        const answer = await fetch(url, {signal: asked.signal});
        return [answer.status, answer.status === 200 ? 0 : (await answer.json()).error.number];
      }));
      asked.abort();
      return answers.sort();
    }"""
    url = cinema.film("large.mp4") + "/mp4"
    assert cinema.page.run(f"({many})({json.dumps(url)})") == [[200, 0]] * 4 + [[409, 111]]
    until(lambda: cinema.workers() <= 1, 10)
