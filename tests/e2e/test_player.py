"""The player in a real Chromium, on films that arrive from another peer, in both languages."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.browser import Browser, browser
from tests.e2e.peers import Person, people, until
from tests.fakes import films

ALBUM = "겨울 영화"
SECONDS = 120
FAR = 100  # beyond what the player reads ahead: a jump there asks anew
LANGS = {
    "ko-KR": {"next": "다음", "off": "자막 끔", "on": "자막 켬", "delay": "자막 +1.0초"},
    "en-US": {
        "next": "Next",
        "off": "Subtitles off",
        "on": "Subtitles on",
        "delay": "Subtitles +1.0 s",
    },
}
VIDEO = "document.querySelector('video')"
TRACK = f"[...{VIDEO}.textTracks].find((one) => one.kind === 'subtitles')"
CUES = f"[...({TRACK}.activeCues ?? [])].map((one) => one.text)"
STARTS = f"[...({TRACK}.cues ?? [])].map((one) => one.startTime)"
# fragments come as from a slow seed: half a second of film, the rest when it is let
SLOW = """(() => {
  const usual = window.fetch;
  window.fetch = async (...asked) => {
    const answer = await usual(...asked);
    if (!String(asked[0]).includes("/mp4")) return answer;
    const from = answer.body.getReader();
    let size = 0;
    const body = new ReadableStream({
      async pull(to) {
        while (size > 60_000 && !window.let) await new Promise((done) => setTimeout(done, 20));
        const { value, done } = await from.read();
        if (done) return to.close();
        size += value.length;
        to.enqueue(value);
      },
      cancel: () => from.cancel(),
    });
    return new Response(body, { headers: answer.headers });
  };
})()"""
SAID = "document.querySelector('.stage .said').textContent"


def chosen(act: str) -> str:
    return f"document.querySelector('[data-act=play-{act}]').value"


def choose(page: Browser, act: str, value: str) -> None:
    """Choose in a list as a person does, by the keyboard."""
    select = f"document.querySelector('[data-act=play-{act}]')"
    page.run(
        f"(() => {{ {select}.value = {json.dumps(value)};"
        f" {select}.dispatchEvent(new Event('change', {{bubbles: true}})); }})()"
    )


class Cinema:
    """Two peers: one shares an album of films, the other plays it as it arrives."""

    def __init__(self, one: Person, two: Person, found: dict[str, Any]) -> None:
        self.one, self.two = one, two
        self.link: str = found["link"]
        self.hash: str = found["info_hash"]
        self.names = [file["path"].rpartition("/")[2] for file in found["files"]]

    def place(self, name: str) -> str:
        """Give the place of a file in the page."""
        return f"#/play/{self.hash}/{self.names.index(name)}"


@pytest.fixture(scope="module")
def cinema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cinema]:
    folder = tmp_path_factory.mktemp("player")
    album = folder / "films" / ALBUM
    album.mkdir(parents=True)
    films.make(
        album, "plain.mp4", "dubbed.mkv", "old.avi", "open.webm", "song.mp3", seconds=SECONDS
    )
    (album / "plain.smi").write_bytes(films.SAMI.encode("cp949"))
    (album / "plain.en.srt").write_text(films.SUBRIP, "utf-8")
    with people(folder, "one", "two") as (one, two):
        first = one.up()
        two.up("--bootstrap", first["hub"])
        one.do("share", str(folder / "films"), "--wait", "--json")
        found = until(lambda: two.do("find", ALBUM, "--json").lines, 20)
        yield Cinema(one, two, found[0])


@pytest.fixture(params=LANGS)
def page(request: pytest.FixtureRequest, cinema: Cinema, tmp_path: Path) -> Iterator[Browser]:
    with browser(tmp_path, lang=request.param) as one:
        one.go(cinema.two.ready()["page"])
        one.click("#box")  # a person has done something here: films may begin with sound
        yield one
        assert one.problems() == []
        assert one.outside() == set()


def _open(page: Browser, place: str, name: str) -> None:
    page.run(f"location.hash = {place!r}")
    page.wait(f"{VIDEO}?.getAttribute('aria-label') === {name!r}")


def test_films_and_songs_of_every_kind_play(page: Browser, cinema: Cinema) -> None:
    for name in ("plain.mp4", "dubbed.mkv", "old.avi", "open.webm", "song.mp3"):
        _open(page, cinema.place(name), name)
        seen = page.playing()
        assert seen["length"] == pytest.approx(SECONDS, abs=0.3)
        assert seen["width"] == (0 if name == "song.mp3" else 320)
        page.run(f"{VIDEO}.currentTime = {FAR}")
        page.wait(f"{VIDEO}.currentTime > {FAR}.2 && !{VIDEO}.seeking")
        page.run(f"{VIDEO}.currentTime = 4")
        page.wait(f"{VIDEO}.currentTime > 4.2 && {VIDEO}.currentTime < 12")
    assert page.run("document.querySelector('.stage').classList.contains('song')") is True
    sent = [one for one in page.events if one["method"] == "Network.requestWillBeSent"]
    asked = [one["params"]["request"]["url"] for one in sent]
    jumps = [url for url in asked if f"/mp4?start={FAR}." in url]
    assert len(jumps) >= 2, "what is remuxed is asked for anew where the person jumps"


def test_a_seek_that_waits_shows_the_key_picture_before_it(page: Browser, cinema: Cinema) -> None:
    _open(page, cinema.place("dubbed.mkv"), "dubbed.mkv")
    page.playing()
    page.run(SLOW)
    page.run(f"{VIDEO}.currentTime = 102")  # key pictures every four seconds
    page.wait(f"!{VIDEO}.seeking && {VIDEO}.readyState > 1")
    assert 99.5 < page.run(f"{VIDEO}.currentTime") < 101.5
    page.run("window.let = true")
    page.wait(f"{VIDEO}.currentTime > 102.5")


def test_a_film_goes_on_where_what_came_before_a_jump_ends(page: Browser, cinema: Cinema) -> None:
    """Seeks forth and back: the end of the first stretch is asked for anew."""
    ends = f"Array.from({VIDEO}.buffered, (_, n) => {VIDEO}.buffered.end(n))"
    for name in ("dubbed.mkv", "open.webm"):
        _open(page, cinema.place(name), name)
        page.playing()
        page.wait(f"{ends}[0] > 8")
        page.run(f"{VIDEO}.currentTime = {FAR}")
        page.wait(f"{VIDEO}.currentTime > {FAR}.2 && !{VIDEO}.seeking")
        end = page.run(ends)[0]
        assert end < FAR
        page.run(f"{VIDEO}.currentTime = {end - 0.5}")
        page.wait(f"{VIDEO}.currentTime > {end + 1} && {VIDEO}.currentTime < {FAR}")


def test_subtitles_are_found_and_chosen_and_moved(page: Browser, cinema: Cinema) -> None:
    korean = page.run("document.documentElement.lang") == "ko"
    words = LANGS["ko-KR" if korean else "en-US"]
    _open(page, cinema.place("dubbed.mkv"), "dubbed.mkv")
    page.playing()
    page.wait(f"{STARTS}.length > 0")
    page.run(f"{VIDEO}.currentTime = 8.5")
    page.wait(f"{CUES}.includes({json.dumps('늦은 자막' if korean else 'late')})")
    page.wait(f"!{VIDEO}.seeking && {VIDEO}.readyState > 2")
    page.press("c")
    page.run(f"{VIDEO}.dispatchEvent(new Event('canplay'))")  # after a seek it may come as late
    assert page.run(SAID) == words["off"]
    assert page.run(chosen("subtitles")) == "off"
    page.press("ㅊ")  # the same key on a Korean keyboard
    assert page.run(SAID) == words["on"]
    page.wait(f"{STARTS}.length > 1")
    before = page.run(STARTS)
    page.press("x")
    page.press("x")
    assert page.run(SAID) == words["delay"]
    assert page.run(STARTS) == pytest.approx([start + 1 for start in before])
    page.click("[data-act=play-earlier]")
    page.press("z")
    assert page.run(STARTS) == pytest.approx(before)
    for act, size in (("larger", 4), ("smaller", 3)):
        page.click(f"[data-act=play-{act}]")
        assert page.run(f"{VIDEO}.classList.contains('captions-{size}')") is True
    _open(page, cinema.place("plain.mp4"), "plain.mp4")
    page.playing()
    # SAMI of two languages is offered twice, and there is a file of one besides
    page.wait("document.querySelector('[data-act=play-subtitles]').options.length === 4")
    page.run(f"{VIDEO}.currentTime = 1.5")
    page.wait(f"{CUES}.length === 1")
    assert "Hello" in page.run(CUES)[0] or "안녕" in page.run(CUES)[0]


def test_sound_tracks_speed_and_keys(page: Browser, cinema: Cinema) -> None:
    _open(page, cinema.place("dubbed.mkv"), "dubbed.mkv")
    page.playing()
    page.wait("document.querySelector('[data-act=play-soundtrack]').options.length === 2")
    page.run(f"{VIDEO}.currentTime = 10")
    page.wait(f"{VIDEO}.currentTime > 10")
    choose(page, "soundtrack", "1")
    page.wait(f"{VIDEO}.readyState > 2 && {VIDEO}.currentTime > 10.1")
    choose(page, "speed", "1.5")
    assert page.run(f"{VIDEO}.playbackRate") == 1.5
    page.press(" ")
    assert page.run(f"{VIDEO}.paused") is True
    at = page.run(f"{VIDEO}.currentTime")
    for key, by in (("ArrowRight", 5), ("l", 10), ("j", -10), ("ArrowLeft", -5)):
        page.press(key)
        assert page.run(f"{VIDEO}.currentTime") == pytest.approx(at + by, abs=0.01)
        at += by
    page.press("ArrowDown")
    assert page.run(f"{VIDEO}.volume") == pytest.approx(0.95)
    page.press("ArrowUp")
    page.press("m")
    assert page.run(f"{VIDEO}.muted") is True
    page.press("m")
    page.press("k")
    page.wait(f"!{VIDEO}.paused")
    page.press("f")
    page.wait("document.fullscreenElement?.localName === 'video'")
    page.press("f")
    page.wait("document.fullscreenElement === null")
    page.click("[data-act=play-speed]")
    page.press("Escape")
    before = page.run(f"{VIDEO}.currentTime")
    page.press("Tab")
    page.press("n", ctrl=True)
    assert page.run(f"{VIDEO}.getAttribute('aria-label')") == "dubbed.mkv"
    assert page.run(f"{VIDEO}.currentTime") >= before


def test_the_list_the_links_and_the_place_that_is_kept(page: Browser, cinema: Cinema) -> None:
    rows = "[...document.querySelectorAll('.playlist button')].map((one) => one.textContent)"
    _open(page, cinema.place("plain.mp4"), "plain.mp4")
    # a stranger's name keeps its direction to itself by two marks
    names = [row.partition(" · ")[0].strip("\u2068\u2069") for row in page.run(rows)]
    assert len(names) == 5
    first, last = names[0], names[-1]
    page.run("document.querySelector('.playlist button').click()")
    page.wait(f"{VIDEO}.getAttribute('aria-label') === {first!r}")
    page.playing()
    assert page.run("document.querySelector('[data-act=play-previous]').disabled") is True
    page.click("[data-act=play-next]")
    page.wait(f"{VIDEO}.getAttribute('aria-label') !== {first!r}")
    second = page.run(f"{VIDEO}.getAttribute('aria-label')")
    assert page.run("location.hash") == cinema.place(second)
    page.click("[data-act=play-previous]")
    page.wait(f"{VIDEO}.getAttribute('aria-label') === {first!r}")
    page.run("document.querySelector('.playlist li:last-child button').click()")
    page.wait(f"{VIDEO}.getAttribute('aria-label') === {last!r}")

    _open(page, cinema.place("dubbed.mkv"), "dubbed.mkv")
    page.playing()
    page.run(f"{VIDEO}.currentTime = 25")
    page.wait("JSON.parse(localStorage.getItem('kkiri play') ?? '{}')"
              f".places?.['{cinema.hash}/{cinema.names.index('dubbed.mkv')}'] >= 25")  # fmt: skip
    page.run("location.hash = '#/settings'")
    page.wait("!document.querySelector('video')")
    _open(page, cinema.place("dubbed.mkv"), "dubbed.mkv")
    page.wait(f"{VIDEO}.currentTime > 24.5")
    page.click("[data-act=play-fresh]")
    page.wait(f"{VIDEO}.currentTime < 5")

    page.click("[data-act=play-others]")
    page.click("[data-act=play-link]")
    page.click("[data-act=play-keys]")
    assert page.run("document.querySelectorAll('.keys dt').length") > 8
    answer = page.run(
        "fetch('/api/play', {method: 'POST', headers: {'Content-Type': 'application/json'},"
        f" body: JSON.stringify({{link: '{cinema.hash}'}})}}).then((one) => one.json())"
    )
    assert answer["m3u"].startswith("http://127.0.0.1:")


def test_a_film_begins_without_sound_where_the_browser_wants_it_so(
    cinema: Cinema, tmp_path: Path
) -> None:
    with browser(tmp_path, "--autoplay-policy=document-user-activation-required") as page:
        page.go(cinema.two.ready()["page"])
        page.run(f"location.hash = {cinema.place('plain.mp4')!r}")
        page.playing()
        assert page.run(f"{VIDEO}.muted") is True
        page.click("[data-act=play-sound]")
        assert page.run(f"{VIDEO}.muted") is False
        page.wait(f"!{VIDEO}.paused")
        assert page.problems() == []


def test_what_is_no_film_is_said(page: Browser, cinema: Cinema) -> None:
    page.run("location.hash = '#/play/nothing/0'")
    said = "document.querySelector('.view-play .empty')?.textContent"
    page.wait(f"{said} && !{said}.includes('…')")
    assert len(page.run(said)) > 10
    del cinema
