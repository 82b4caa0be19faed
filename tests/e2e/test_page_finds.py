"""What a search shows and what can be done with it, in a real browser, in both languages."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import time

import pytest
from websockets.sync.client import connect

from kkiri.base.types import Kind, UnixTime
from kkiri.event import nip19
from kkiri.event.record import Record
from kkiri.event.verify import Signer
from tests.e2e.browser import Browser, browser
from tests.e2e.peers import Person, people, until

LANGS = ("en-US", "ko-KR")
FOUND_SECONDS_MAX = 60.0  # two busy cores
MINA = Signer(bytes([21]) * 32)
WORDS = {
    "en-US": {
        "music": "music",
        "get": "Get",
        "here": "Here",
        "some": "Get 2 chosen, 8.0 kB",
        "price": "₩120,000",
        "person": "person",
        "meant": "Did you mean",
        "nothing": "Nothing was found.",
        "call": "Call it",
        "kept": "Kept",
        "new": "1 new",
        "none": "No search is kept.",
        "start": "You share nothing yet",
        "system": "not shared",
        "gone": "kkiri is not running.",
    },
    "ko-KR": {
        "music": "음악",
        "get": "받기",
        "here": "받음",
        "some": "고른 2개 받기, 8.0 kB",
        "price": "₩120,000",
        "person": "사람",
        "meant": "혹시 찾는 것이",
        "nothing": "찾지 못했습니다.",
        "call": "연결하기",
        "kept": "지켜보는 중",
        "new": "새것 1가지",
        "none": "지켜보는 검색이 없습니다.",
        "start": "아직 아무것도 공유하지 않습니다",
        "system": "공유하지 않습니다",
        "gone": "끼리가 돌고 있지 않습니다.",
    },
}


def make(kind: int, *tags: tuple[str, ...], content: str = "") -> Record:
    return MINA.sign(Kind(kind), tags, content, UnixTime(int(time())))


def put(hub: str, *records: Record) -> None:
    """Publish what another Nostr program made."""
    with connect(hub, proxy=None) as link:
        for record in records:
            body = {
                "id": record.id,
                "pubkey": record.pubkey,
                "created_at": record.created_at,
                "kind": record.kind,
                "tags": [list(tag) for tag in record.tags],
                "content": record.content,
                "sig": record.sig,
            }
            link.send(json.dumps(["EVENT", body]))
            while (said := json.loads(link.recv(timeout=20)))[0] != "OK":
                pass
            assert said[2], said


def share(one: Person) -> None:
    """Share an album of four, a film, a book and a song."""
    folder = one.folder / "나눔"
    (folder / "바다 앨범").mkdir(parents=True)
    for number in range(4):
        path = folder / "바다 앨범" / f"{number} 노래.mp3"
        path.write_bytes(os.urandom(4_000))
    for name, size in (("바다 영화.mkv", 300_000), ("바다 책.pdf", 5_000), ("바다.mp3", 7_000)):
        (folder / name).write_bytes(os.urandom(size))
    one.do("share", str(folder), "--wait", "--json")


@contextmanager
def opened(folder: Path, lang: str) -> Iterator[tuple[Person, Person, Browser]]:
    """Let one share, and open the page of another."""
    with people(folder, "one", "two") as (one, two), browser(folder, lang=lang) as page:
        first = one.up()
        two.up("--bootstrap", first["hub"])
        share(one)
        until(lambda: len(two.do("find", "바다", "--json").lines) == 4 or None, FOUND_SECONDS_MAX)
        page.go(two.ready()["page"])
        page.wait("document.getElementById('state').classList.contains('on')")
        yield one, two, page
        assert page.problems() == []
        assert page.outside() == set()


def search(page: Browser, words: str, rows: int) -> None:
    """Type into the box and wait for so many rows."""
    page.type(words, "#box")
    page.wait(
        f"decodeURIComponent(location.hash.slice(1)) === {json.dumps(words)}"
        f" && document.querySelectorAll('#results li.row').length === {rows}"
        " && !document.querySelector('[aria-busy=true]')"  # nothing moves any more
    )


def titles(page: Browser) -> list[str]:
    told: list[str] = page.run(
        "[...document.querySelectorAll('#finds .title')].map((one) => one.textContent)"
    )
    return told


def press_words(page: Browser, text: str, inside: str = "#main") -> None:
    """Click the button that says it."""
    name = page.wait(
        f"[...document.querySelectorAll({json.dumps(inside + ' :is(button, a)')})]"
        f".filter((one) => one.checkVisibility() && one.textContent.startsWith({json.dumps(text)}))"
        ".map((one) => one.id ||= `press-${Math.random()}`)[0]"
    )
    page.click(f"[id={json.dumps(name)}]")


@pytest.mark.parametrize("lang", LANGS)
def test_finds_are_narrowed_put_in_order_opened_and_chosen_from(tmp_path: Path, lang: str) -> None:
    say = WORDS[lang]
    with opened(tmp_path, lang) as (_, two, page):
        search(page, "바다", 4)
        assert page.run("document.querySelectorAll('.chip').length") == 4  # all, music, film, text
        press_words(page, say["music"], ".chips")
        page.wait("document.querySelectorAll('#finds li').length === 2")
        page.click(".chip")
        page.wait("document.querySelectorAll('#finds li').length === 4")
        page.run(
            "{const one = document.querySelector('.over select'); one.value = 'largest';"
            " one.dispatchEvent(new Event('change'));}"
        )
        assert titles(page)[0] == "바다 영화"
        page.press("ArrowDown") if page.run("document.activeElement.id") == "box" else None
        press_words(page, "바다 앨범", "#finds")
        page.wait("document.querySelectorAll('.files input').length === 4")
        page.click(".files li:nth-child(2) input")
        page.click(".files li:nth-child(4) input")
        press_words(page, say["some"], ".details")
        album = two.home / "incoming" / "바다 앨범"
        page.wait(
            "[...document.querySelectorAll('.find .get')]"
            f".some((one) => one.textContent === {json.dumps(say['here'])})"
        )
        assert sorted(one.name for one in album.iterdir()) == ["1 노래.mp3", "3 노래.mp3"]
        page.click(".files li:nth-child(3) button")
        page.wait("/^#\\/play\\/[0-9a-f]{40}\\/2$/.test(location.hash)")


@pytest.mark.parametrize("lang", LANGS)
def test_persons_goods_auctions_and_texts_are_found_and_read(tmp_path: Path, lang: str) -> None:
    say = WORDS[lang]
    with opened(tmp_path, lang) as (one, _, page):
        coat = make(
            30_402,
            ("d", "coat"),
            ("title", "달빛 외투"),
            ("price", "120000", "KRW"),
            ("location", "부산"),
            content="따뜻한 <b>외투</b>",
        )
        put(
            one.ready()["hub"],
            make(0, content='{"name":"달빛 미나","about":"바다를 씁니다"}'),
            coat,
            make(30_408, ("d", "a"), ("title", "달빛 시계"), ("end_at", str(int(time()) + 9_000))),
            make(30_023, ("d", "t"), ("title", "달빛 아래"), content="첫 줄\n\n둘째 줄"),
        )
        search(page, "달빛", 4)
        shown = page.run("document.getElementById('things').innerText")
        assert all(text in shown for text in (say["price"], "부산", say["person"], "달빛 미나"))
        press_words(page, "달빛 외투", "#things")
        page.wait("document.querySelector('dialog .prose')?.textContent === '따뜻한 <b>외투</b>'")
        page.press("Escape")
        page.wait("document.querySelector('dialog') === null")
        press_words(page, "달빛 아래", "#things")
        page.wait("document.querySelector('dialog .prose')?.textContent.includes('둘째 줄')")
        page.press("Escape")
        here = nip19.encode(nip19.AddressPointer(kind=Kind(30_402), author=MINA.pubkey, d="coat"))
        page.type(here, "#box")
        page.press("Enter")
        page.wait("document.querySelector('dialog h2')?.textContent === '달빛 외투'")
        page.press("Escape")
        page.type(nip19.npub(MINA.pubkey), "#box")
        page.press("Enter")
        page.wait("document.body.dataset.view === 'person'")


@pytest.mark.parametrize("lang", LANGS)
def test_pasted_links_and_addresses_are_taken_for_what_they_are(tmp_path: Path, lang: str) -> None:
    say = WORDS[lang]
    with opened(tmp_path, lang) as (one, two, page):
        (film,) = two.do("find", "바다 영화", "--json").lines
        page.type(film["link"], "#box")
        page.press("Enter")
        page.wait("document.querySelectorAll('#finds li').length === 1")
        assert titles(page) == ["바다 영화"]
        page.click(".find .get")
        page.wait(f"document.querySelector('.get').textContent === {json.dumps(say['here'])}")
        page.type("ab" * 20, "#box")
        page.press("Enter")
        page.wait("document.querySelector('#finds .title')?.textContent.startsWith('abab')")
        page.type(one.ready()["hub"], "#box")
        page.press("Enter")
        press_words(page, say["call"], ".card")
        page.wait("document.getElementById('note').hidden === false")
        page.type("없는 것 없음", "#box")
        page.wait(f"document.getElementById('count').textContent.startsWith({say['nothing']!r})")


@pytest.mark.parametrize("lang", LANGS)
def test_a_kept_search_tells_of_what_is_new(tmp_path: Path, lang: str) -> None:
    say = WORDS[lang]
    with opened(tmp_path, lang) as (one, _, page):
        search(page, "바다", 4)
        page.click(".over .quiet")
        page.wait(f"document.querySelector('.over .quiet').textContent === {say['kept']!r}")
        (one.folder / "나눔" / "바다 새벽.mp3").write_bytes(os.urandom(3_000))
        page.wait("document.querySelectorAll('#finds li').length === 5")
        page.wait("document.getElementById('show-kept').textContent.endsWith('1')")
        page.click("#show-kept")
        page.wait(f"document.querySelector('.kept').innerText.includes({say['new']!r})")
        page.wait("!document.getElementById('show-kept').textContent.endsWith('1')")
        assert "바다 새벽" in page.run("document.querySelector('.fresh').innerText")
        page.click(".kept .quiet")
        page.wait(f"document.querySelector('.kept').innerText.includes({say['none']!r})")


@pytest.mark.parametrize("lang", LANGS)
def test_the_first_start_the_library_and_a_peer_that_goes(tmp_path: Path, lang: str) -> None:
    say = WORDS[lang]
    with people(tmp_path, "one") as (one,), browser(tmp_path, lang=lang) as page:
        page.go(one.up()["page"])
        page.wait("document.querySelector('.start')?.checkVisibility()")
        assert say["start"] in page.run("document.querySelector('.start').innerText")
        assert page.run("document.querySelectorAll('.start p').length") == 3
        page.click(".start button")
        page.run("location.reload()")
        page.wait("document.getElementById('state').classList.contains('on')")
        assert page.run("document.querySelector('.start')") is None
        page.click("#show-library")
        page.wait("document.querySelector('#share-path') !== null")
        page.type("/etc", "#share-path")
        page.press("Enter")
        page.wait(
            f"document.querySelector('.view [role=alert]').textContent.includes({say['system']!r})"
        )
        folder = one.folder / "사진"
        folder.mkdir()
        for number in range(3):
            path = folder / f"여행 {number}.jpg"
            path.write_bytes(os.urandom(2_000))
        page.type(str(folder), "#share-path")
        page.press("Enter")
        page.wait("/^3\\D/.test(document.querySelector('.root .about')?.textContent ?? '')")
        page.click(".root button")
        page.wait("document.querySelectorAll('.root .list li').length === 3")
        page.type("여행 1", ".root input")
        page.wait("document.querySelectorAll('.root .list li').length === 1")
        page.click(".root .danger")
        page.wait("document.querySelector('dialog[open]') !== null")
        page.click("dialog .strong")
        page.wait("document.querySelector('.root') === null")
        assert one.do("status", "--json").one["shared"] == 0
        assert page.problems() == []
        one.kill()
        page.wait(f"document.getElementById('state').textContent.startsWith({say['gone']!r})")
        one.up()
        page.wait("document.getElementById('state').classList.contains('on')")
        page.wait("!document.body.classList.contains('gone')")
