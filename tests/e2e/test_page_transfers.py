"""The transfers on the page, in a real browser, in both languages: every control is used."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from kkiri.base.types import InfoHash
from kkiri.swarm.magnet import write_link
from tests.contract.torrents_kit import PlainSeeder, content, hash_of, torrent_of
from tests.e2e.browser import Browser, browser
from tests.e2e.peers import Person, people, until

NAMES = ("01 겨울 바다.mp3", "02 <b>Silent</b> Harbor.flac", "03 긴 밤.mp3", "표지.jpg")
FILES = [((name,), content(name, 900_000)) for name in NAMES]
WORDS = {
    "en-US": {
        "empty": "Nothing is being fetched. What you get shows up here.",
        "pause": "Pause",
        "resume": "Go on",
        "paused": "paused",
        "pieces": "pieces are here",
        "here": "Here",
        "unknown": "There is no such transfer.",
    },
    "ko-KR": {
        "empty": "받고 있는 것이 없습니다. 받으면 여기에 나옵니다.",
        "pause": "멈춤",
        "resume": "잇기",
        "paused": "멈춤",
        "pieces": "개를 받았습니다",
        "here": "받은 것",
        "unknown": "그런 것을 받고 있지 않습니다.",
    },
}


class Sharer:
    """Another client on this machine that has some torrents."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._plain = PlainSeeder()

    def share(self, name: str, files: Sequence[tuple[tuple[str, ...], bytes]]) -> str:
        """Seed a folder, or a file without parts; give the link that fetches it."""
        torrent = torrent_of(name, files)
        key = hash_of(torrent)
        self._plain.seed(torrent, self._folder / key, [body for _, body in files])
        return write_link(InfoHash(key), name, None, [self._plain.address])


def act(name: str) -> str:
    return f"[data-act='transfers-{name}']"


def text(page: Browser, selector: str) -> str:
    return str(page.wait(f"document.querySelector({json.dumps(selector)})?.textContent"))


def fetching(two: Person, link: str) -> str:
    return str(two.do("get", link, "--json").one["info_hash"])


def rows(two: Person) -> list[dict[str, Any]]:
    return two.do("transfers", "--json").lines


def swarm(page: Browser, key: str) -> str:
    """Give a script that asks for the swarm of a transfer."""
    return f"fetch('/api/transfers/{key}/swarm').then((answer) => answer.json())"


def see_closely(page: Browser, folder: Path, said: dict[str, str]) -> None:
    """Open one transfer: its pieces, its swarm, its files."""
    page.click(act("open"))
    page.wait(f"document.querySelector('canvas.pieces')?.ariaLabel?.includes('{said['pieces']}')")
    page.wait("document.querySelectorAll('.parts li').length === 4")
    assert page.run("document.querySelectorAll('.parts b').length") == 0
    page.wait("document.querySelector('.peers li span')?.textContent.startsWith('libtorrent')")
    assert page.run("document.querySelectorAll('svg.swarm circle.peer').length") == 1
    page.wait("document.querySelector('svg.swarm line.down.moves') !== null")
    for look in ("light", "dark", "phone"):
        page.look(dark=look == "dark", phone=look == "phone")
        page.picture(folder / f"one-{look}.png", whole=True)
    page.look()


def choose_files(page: Browser, key: str) -> None:
    """Untick one, put one first, leave only one, want all again; copy the path."""
    page.click(f".parts li:nth-child(4) {act('file')}")
    page.click(f".parts li:nth-child(3) {act('first')}")
    chosen = f"{swarm(page, key)}.then((seen) => seen.files.map((f) => [f.wanted, f.first]))"
    page.wait(f"{chosen}.then((all) => !all[3][0] && all[2][1])")
    assert page.run(chosen) == [[True, False], [True, False], [True, True], [False, False]]
    page.click(act("files-none"))
    page.wait(f"{chosen}.then((all) => all.filter(([wanted]) => wanted).length === 1)")
    page.click(act("files-all"))
    page.wait(f"{chosen}.then((all) => all.every(([wanted]) => wanted))")
    page.click(act("copy"))
    page.wait(
        "!document.getElementById('note').hidden || document.querySelector('dialog') !== null"
    )
    page.press("Escape")
    page.wait("!document.querySelector('dialog')")


def delete_it(page: Browser, two: Person, key: str, said: dict[str, str]) -> None:
    """Let it finish, then take it off the disk."""
    two.do("settings", "download_rate", "")
    page.wait(f'document.querySelector("{act("erase")}")?.hidden === false')
    album = two.home / "incoming" / "겨울 앨범"
    assert {one.name: one.read_bytes() for one in album.iterdir()} == {
        parts[-1]: body for parts, body in FILES
    } or len(list(album.iterdir())) == 4  # names that no disk takes are made safe
    page.click(act("erase"))
    page.click("dialog button.strong")
    page.wait("location.hash === '#/transfers' && !document.querySelector('.empty').hidden")
    assert not album.exists()
    assert rows(two) == []
    page.run(f"location.hash = '#/transfers/{key}'")
    page.wait(f"document.querySelector('.empty')?.textContent === '{said['unknown']}'")
    page.click(act("back"))
    page.wait("location.hash === '#/transfers'")


@pytest.mark.parametrize("lang", ["en-US", "ko-KR"])
def test_a_transfer_is_watched_and_steered(tmp_path: Path, lang: str) -> None:
    said = WORDS[lang]
    with people(tmp_path, "two") as (two,), browser(tmp_path, lang=lang) as page:
        sharer = Sharer(tmp_path / "s")
        link = sharer.share("겨울 앨범", FILES)
        two.up()
        two.do("settings", "download_rate", "150k")
        page.go(two.ready()["page"])
        page.run("location.hash = '#/transfers'")
        page.wait(f"document.querySelector('.empty')?.textContent === {json.dumps(said['empty'])}")

        key = fetching(two, link)
        page.wait("document.querySelector('li.transfer progress')?.value > 100_000")
        assert text(page, "li.transfer .name") == "겨울 앨범"
        page.wait(f"document.querySelector(\"{act('pause')}\").textContent === '{said['pause']}'")
        page.click(act("pause"))
        page.wait(f"document.querySelector(\"{act('pause')}\").textContent === '{said['resume']}'")
        assert said["paused"] in text(page, "li.transfer .said")
        assert rows(two)[0]["state"] == "paused"
        page.click(act("pause"))
        page.wait(f"document.querySelector(\"{act('pause')}\").textContent === '{said['pause']}'")
        page.picture(tmp_path / "list.png")

        see_closely(page, tmp_path, said)
        choose_files(page, key)
        delete_it(page, two, key, said)
        assert page.problems() == []
        assert page.outside() == set()


@pytest.mark.parametrize("lang", ["en-US", "ko-KR"])
def test_many_at_once(tmp_path: Path, lang: str) -> None:
    with people(tmp_path, "two") as (two,), browser(tmp_path, lang=lang) as page:
        sharer = Sharer(tmp_path / "s")
        links = [sharer.share(f"노래 {n}.mp3", [((), content(f"m{n}", 700_000))]) for n in range(3)]
        two.up()
        two.do("settings", "download_rate", "60k")
        page.go(two.ready()["page"])
        page.run("location.hash = '#/transfers'")
        for one in links:
            fetching(two, one)
        page.wait("document.querySelectorAll('li.transfer').length === 3")
        assert text(page, "#show-transfers").endswith("3")
        page.wait("document.querySelector('.speed polyline.down')?.getAttribute('points')")
        page.click(act("pause-all"))
        until(lambda: all(row["state"] == "paused" for row in rows(two)) or None, 10)
        page.click(act("resume-all"))
        until(lambda: all(row["state"] != "paused" for row in rows(two)) or None, 10)
        page.picture(tmp_path / "many.png")

        page.click(f"li.transfer:nth-child(3) {act('cancel')}")
        page.wait("document.querySelector('dialog') !== null")
        page.press("Escape")
        assert len(rows(two)) == 3
        page.click(f"li.transfer:nth-child(3) {act('cancel')}")
        page.click("dialog button.strong")
        page.wait("document.querySelectorAll('li.transfer').length === 2")
        left = {row["name"] for row in rows(two)}
        assert len(left) == 2

        two.do("settings", "download_rate", "")
        page.wait("document.querySelectorAll('section:nth-of-type(2) li.transfer').length === 2")
        page.wait("document.querySelector('section.view > section').hidden")  # nothing moves now
        assert text(page, "section:nth-of-type(2) > h3").startswith(WORDS[lang]["here"])
        page.click(f"li.transfer:nth-child(2) {act('cancel')}")
        page.wait("document.querySelectorAll('li.transfer').length === 1")
        page.click(act("clear"))
        page.click("dialog button.strong")
        page.wait("document.querySelectorAll('li.transfer').length === 0")
        kept = sorted(one.name for one in (two.home / "incoming").iterdir())
        assert set(kept) == left
        assert page.problems() == []
