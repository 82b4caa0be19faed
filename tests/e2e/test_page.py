"""The page in a real browser, in front of two whole peers: type, see, get, and keys on the way."""

import os
from pathlib import Path

import pytest

from tests.e2e.browser import Browser, browser
from tests.e2e.peers import Person, people, until

HOSTILE = "<img src=x onerror=alert(1)> 바다 \u202e3pm.mp3"
TYPE = """(text) => {
  const box = document.getElementById('box');
  box.focus();
  box.value = text;
  box.dispatchEvent(new Event('input'));
}"""
KEY = """(key) => document.activeElement.dispatchEvent(
  new KeyboardEvent('keydown', {key, bubbles: true}))"""


def _shared(one: Person, two: Person) -> bytes:
    """Let one share and two see it; give the song."""
    music = one.folder / "노래"
    music.mkdir()
    song = os.urandom(2_000_000)
    (music / "겨울 바다.mp3").write_bytes(song)
    (music / HOSTILE.replace("/", "")).write_bytes(os.urandom(1_000))
    first = one.up()
    two.up("--bootstrap", first["hub"])
    one.do("share", str(music), "--wait", "--json")
    until(lambda: len(two.do("find", "바다", "--json").lines) == 2 or None, 20)
    return song


def _errors(page: Browser) -> list[str]:
    """Give what went wrong; that a file has no cover is an answer like any other."""
    bad = {"Runtime.exceptionThrown", "Log.entryAdded", "Page.javascriptDialogOpening"}
    found = [event for event in page.events if event["method"] in bad]
    return [
        str(event)
        for event in found
        if "/api/cover/" not in event["params"].get("entry", {}).get("url", "")
    ]


@pytest.mark.parametrize(
    ("lang", "placeholder", "get", "here"),
    [("ko-KR", "무엇이든 찾기", "받기", "받음"), ("en-US", "Find anything", "Get", "Here")],
)
def test_a_person_finds_and_gets_by_the_page(
    tmp_path: Path, lang: str, placeholder: str, get: str, here: str
) -> None:
    with people(tmp_path, "one", "two") as (one, two), browser(tmp_path, lang=lang) as page:
        song = _shared(one, two)
        page.say("Log.enable")
        assert page.go(two.ready()["page"]) == ""
        assert page.run("location.search") == ""
        assert page.run("document.getElementById('name').textContent") == "끼리kkiri"
        assert page.run("document.getElementById('box').placeholder") == placeholder
        assert page.run("document.activeElement.id") == "box"
        assert page.run("document.cookie") == ""
        page.wait("document.getElementById('state').classList.contains('on')")

        page.run(f"({TYPE})('바다')")
        page.wait("document.querySelectorAll('#results li').length === 2")
        titles = page.run("[...document.querySelectorAll('.title')].map((one) => one.textContent)")
        assert any("<img src=x onerror=alert(1)>" in title for title in titles)
        assert page.run("document.querySelectorAll('#results img').length") == 0
        page.run(f"({TYPE})('겨울')")
        page.wait("document.querySelectorAll('#results li').length === 1")
        assert page.run("document.querySelector('.get').textContent") == get
        page.run(f"({KEY})('ArrowDown')")
        assert page.run("document.activeElement.classList.contains('find')")
        page.run(f"({KEY})('Enter')")
        page.wait(f"document.querySelector('.get').textContent === {here!r}")
        assert (two.home / "incoming" / "겨울 바다.mp3").read_bytes() == song
        page.run(f"({KEY})('Escape')")
        assert page.run("document.getElementById('results').hidden") is True
        assert page.run("document.activeElement.id") == "box"
        page.run("document.getElementById('show-transfers').click()")
        page.wait("document.querySelectorAll('.view-transfers li').length === 1")
        assert _errors(page) == []
        sent = [event for event in page.events if event["method"] == "Network.requestWillBeSent"]
        hosts = {event["params"]["request"]["url"].split("/")[2] for event in sent}
        assert len(hosts) == 1, "the page asked for something outside"


def test_without_the_link_the_page_says_how(tmp_path: Path) -> None:
    with people(tmp_path, "one") as (one,), browser(tmp_path) as page:
        link = one.up()["page"]
        page.go(link.partition("?")[0])
        assert "kkiri up" in page.run("document.body.innerText")
        page.go(link)
        page.go(link.partition("?")[0])
        assert page.run("document.title") == "끼리 kkiri"
