"""People on the page: found, named, followed, blocked, reported, and their whole library."""

import json
from pathlib import Path

import pytest

from tests.e2e.browser import Browser, browser
from tests.e2e.peers import Person, people, until

SONGS = ("겨울 바다.mp3", "봄.mp3", "<i>Summer.mp3")


def act(name: str) -> str:
    return f"[data-act='{name}']"


def get_everything(page: Browser, two: Person, folder: Path) -> None:
    """Fetch the whole library after the page has said how large it is."""

    def here() -> bool | None:
        rows = two.do("transfers", "--json").lines
        return sum(bool(row["finished"]) for row in rows) == len(SONGS) or None

    page.click(act("person-all"))
    page.wait("document.querySelector('dialog') !== null")
    page.picture(folder / "everything.png")
    page.click("dialog button.strong")
    until(here, 30)
    page.click(act("person-all"))
    page.wait("!document.getElementById('note').hidden")
    page.click(act("person-key"))
    page.press("Escape")


def block_and_unblock(page: Browser, two: Person, npub: str) -> None:
    """Block a person here, find them among the blocked, and let them be seen again."""
    page.click(act("person-block"))
    page.click("dialog button.strong")
    until(lambda: two.do("person", npub, "--json").one["blocked"] or None, 10)
    page.click("#show-people")
    page.wait("document.querySelectorAll('section section:not([hidden])').length === 1")
    page.click(act("people-open"))
    page.wait(f'document.querySelector("{act("person-block")}") !== null')
    page.click(act("person-block"))
    until(lambda: not two.do("person", npub, "--json").one["blocked"] or None, 10)


def follow_name_report(page: Browser, two: Person, npub: str) -> None:
    """Follow them, give them a name of one's own, report them."""
    page.click(act("person-follow"))
    page.wait(f"document.querySelector(\"{act('person-follow')}\").ariaPressed === 'true'")
    assert two.do("person", npub, "--json").one["followed"] is True
    page.click(act("person-name"))
    page.type("내 친구", into=act("person-petname"))
    page.click(act("person-petname-save"))
    page.wait("document.querySelector('main h2').textContent === '내 친구'")
    page.click(act("person-report"))
    page.type("시험", into=act("person-report-text"))
    page.click(act("person-report-send"))
    page.wait("!document.getElementById('note').hidden")


@pytest.mark.parametrize("lang", ["en-US", "ko-KR"])
def test_a_person_is_looked_up_and_decided_about(tmp_path: Path, lang: str) -> None:
    with people(tmp_path, "one", "two") as (one, two), browser(tmp_path, lang=lang) as page:
        music = one.folder / "music"
        music.mkdir()
        for number, song in enumerate(SONGS):
            (music / song).write_bytes(bytes([number]) * 300_000)
        first = one.up()
        npub = first["npub"]
        two.up("--bootstrap", first["hub"])
        one.do("profile", "--name", "은하 <b>", "--about", "바다를 좋아합니다")
        one.do("share", str(music), "--wait", "--json")
        until(lambda: len(two.do("person", npub, "--json").one["library"]) == 3 or None, 20)
        page.go(two.ready()["page"])
        page.click("#show-people")
        page.wait("document.querySelector('.someone .title')?.textContent === '은하 <b>'")
        page.picture(tmp_path / "people.png")
        page.type(npub, into=act("people-who"))
        page.press("Enter")
        page.wait(f"location.hash === '#/person/{npub}'")
        page.wait("document.querySelectorAll('li.find').length === 3")
        assert page.run("document.querySelectorAll('main b, main i').length") == 0
        assert page.run("document.querySelector('.about').textContent") == "바다를 좋아합니다"
        for look in ("light", "dark", "phone"):
            page.look(dark=look == "dark", phone=look == "phone")
            page.picture(tmp_path / f"person-{look}.png", whole=True)
        page.look()

        follow_name_report(page, two, npub)
        page.type("겨울", into=act("person-search"))
        page.wait("document.querySelectorAll('li.find').length === 1")
        page.press("a", ctrl=True)
        page.press("Backspace")
        page.wait("document.querySelectorAll('li.find').length === 3")

        get_everything(page, two, tmp_path)
        block_and_unblock(page, two, npub)
        assert page.problems() == []


@pytest.mark.parametrize("lang", ["en-US", "ko-KR"])
def test_one_says_who_one_is(tmp_path: Path, lang: str) -> None:
    with people(tmp_path, "one") as (one,), browser(tmp_path, lang=lang) as page:
        npub = one.up()["npub"]
        page.go(one.ready()["page"])
        page.click("#show-people")
        page.click(act("people-me"))
        page.wait(f"document.querySelector('details code').textContent === {json.dumps(npub)}")
        page.type("나라", into=act("people-me-name"))
        page.type("노래를\n모읍니다", into=act("people-me-about"))
        page.click(act("people-me-publish"))
        page.wait("!document.getElementById('note').hidden")
        said = one.do("person", npub, "--json").one
        assert (said["name"], said["about"]) == ("나라", "노래를\n모읍니다")
        page.type("nobody at all", into=act("people-who"))
        page.click(act("people-look"))
        page.wait("document.getElementById('note').textContent.includes('nobody at all')")
        page.picture(tmp_path / "me.png")
        page.run(f"location.hash = '#/person/{npub}'")
        page.wait("document.querySelector('main h2').textContent === '나라'")
        assert page.run(f'document.querySelector("{act("person-follow")}")') is None
        assert page.problems() == []


def test_a_person_whom_one_knows_is_seen_in_the_swarm(tmp_path: Path) -> None:
    with people(tmp_path, "one", "two") as (one, two), browser(tmp_path) as page:
        music = one.folder / "music"
        music.mkdir()
        (music / "long.mp3").write_bytes(bytes(range(256)) * 12_000)
        first = one.up()
        two.up("--bootstrap", first["hub"], "--download-rate", "60k")
        one.do("share", str(music), "--wait", "--json")
        two.do("petname", first["npub"], "내 친구")
        found = until(lambda: two.do("find", "long", "--json").lines, 20)
        until(lambda: two.do("person", first["npub"], "--json").one["on"] or None, 20)
        two.do("get", found[0]["link"], "--json")
        page.go(two.ready()["page"])
        page.run(f"location.hash = '#/transfers/{found[0]['info_hash']}'")
        page.wait("document.querySelector('.peers a')?.textContent === '내 친구'")
        page.wait("document.querySelector('svg.swarm text.known')?.textContent === '내 친구'")
        page.click(act("transfers-person"))
        page.wait(f"location.hash === '#/person/{first['npub']}'")
        page.wait("document.querySelector('main h2').textContent === '내 친구'")
        assert page.problems() == []
