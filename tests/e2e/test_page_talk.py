"""Talk on the page, before whole peers: written to, answered in Korean, a room, what happened."""

import os
import urllib.request
from fractions import Fraction
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import av
import pytest

from tests.e2e.browser import Browser, browser
from tests.e2e.peers import Person, people, until

MAGNET = "magnet:?xt=urn:btih:" + "ab" * 20 + "&dn=%EB%B0%A4%EC%9D%98%20%EB%85%B8%EB%9E%98"

ACTS = "[...document.querySelectorAll('.acts button')].map((one) => one.innerText)"


def _texts(page: Browser) -> list[str]:
    found: list[str] = page.run(
        "[...document.querySelectorAll('.said')].map((one) => one.innerText)"
    )
    return found


def _told(person: Person, by: str) -> list[str]:
    said = person.do("talks", by, "--json")
    return [line["text"] for line in said.lines] if said.code == 0 else []


@pytest.mark.parametrize(
    ("lang", "accept", "send"), [("ko-KR", "받아들이기", "보내기"), ("en-US", "Take in", "Send")]
)
def test_a_person_is_written_to_and_answers(
    tmp_path: Path, lang: str, accept: str, send: str
) -> None:
    with people(tmp_path, "ann", "ben") as (ann, ben), browser(tmp_path, lang=lang) as page:
        first = ann.up()
        second = ben.up("--bootstrap", first["hub"])
        a, b = first["npub"], second["npub"]
        ann.do("profile", "--name", "앤")
        page.go(second["page"])
        page.wait("document.getElementById('state').classList.contains('on')")
        ann.do("say", b, f"<b>안녕</b> {MAGNET} {a}")
        # the corner counts it while one is elsewhere
        page.wait("document.getElementById('show-talks').classList.contains('new')")
        page.run("location.hash = '#/talks'")
        page.wait("document.querySelector('.talks .row .title')?.textContent === '앤'")
        page.run("document.querySelector('.talks .row .title').click()")
        page.wait("document.querySelectorAll('.said').length === 1")
        assert _texts(page)[0].startswith("<b>안녕</b> 밤의 노래 npub1")
        links = page.run("[...document.querySelectorAll('.said a')].map((one) => one.hash)")
        assert links[0].startswith("#magnet%3A") and links[1] == f"#/person/{a}"
        assert page.run("document.querySelectorAll('.said b').length") == 0
        page.wait("!document.getElementById('show-talks').classList.contains('new')")
        assert page.run(ACTS)[0] == accept
        # the Enter that ends a syllable is no Enter
        page.run(
            "(() => { const box = document.querySelector('textarea'); box.focus();"
            " box.value = '반가워'; box.dispatchEvent(new KeyboardEvent('keydown',"
            " {key: 'Enter', isComposing: true, bubbles: true, cancelable: true})); })()"
        )
        assert page.run("document.querySelector('textarea').value") == "반가워"
        assert len(_texts(page)) == 1
        page.press("Enter")
        page.wait("document.querySelectorAll('.said').length === 2")
        assert page.run("document.querySelector('textarea').value") == ""
        page.wait(f"{ACTS}[0] !== {accept!r}")
        until(lambda: _told(ann, b)[-1:] == ["반가워"], 30)
        ann.do("say", b, "나도")
        page.wait("document.querySelectorAll('.said').length === 3")
        assert page.run("document.querySelector('.composer button').innerText") == send
        assert page.problems() == []


def test_a_room_on_the_page_and_what_happened(tmp_path: Path) -> None:
    with people(tmp_path, "ann", "ben") as (ann, ben), browser(tmp_path) as page:
        first = ann.up()
        second = ben.up("--bootstrap", first["hub"])
        made = ann.do("room", "소리바다", "첫 말", "--json").one
        ben.do("follow", first["npub"])
        page.go(second["page"])
        page.run("location.hash = '#/talks'")
        page.wait("document.querySelectorAll('.talkers form').length === 2")
        page.run(
            "(() => { const form = document.querySelectorAll('.talkers form')[1];"
            " form.querySelector('input').value = '소리바다'; form.requestSubmit(); })()"
        )
        page.wait(f"location.hash === '#/room/{made['id']}'")
        page.wait("document.querySelectorAll('.said').length === 1")
        page.run("document.querySelector('textarea').focus()")
        page.run("document.querySelector('textarea').value = '둘째 말'")
        page.press("Enter")
        until(
            lambda: (
                [m["text"] for m in ann.do("room", "소리바다", "--json").one["messages"]]
                == ["첫 말", "둘째 말"]
            ),
            30,
        )
        ann.do("room", made["link"], "셋째 말")
        page.wait("document.querySelectorAll('.said').length === 3")
        assert page.run("document.querySelectorAll('.members li').length") == 2
        shared = ann.folder / "music"
        shared.mkdir()
        (shared / "겨울 노래.mp3").write_bytes(os.urandom(1000))
        ann.do("share", str(shared), "--wait", "--json")
        page.run("location.hash = '#/talks'")
        page.wait("document.querySelector('.talks').innerText.includes('겨울 노래')")
        kinds = [line["notice"]["kind"] for line in ben.do("news", "--json").lines]
        assert kinds == ["published"]
        assert page.problems() == []


def test_a_picture_of_this_machine_becomes_small_and_goes_to_others(tmp_path: Path) -> None:
    with people(tmp_path, "ann", "ben") as (ann, ben):
        first = ann.up()
        second = ben.up("--bootstrap", first["hub"])
        face = ann.folder / "face.png"
        face.write_bytes(_png(900, 700))
        assert ann.do("profile", "--name", "앤", "--picture", str(face)).code == 0
        assert ann.do("profile", "--json").one["picture"] is True
        until(lambda: ben.do("person", first["npub"], "--json").one["name"] == "앤", 30)
        picture = _get(second["page"], f"/api/people/{first['npub']}/picture")
        assert len(picture) <= 24 * 1024
        (tmp_path / "face.jpg").write_bytes(picture)
        with av.open(str(tmp_path / "face.jpg")) as opened:
            stream = opened.streams.video[0]
            assert stream.codec_context.name == "mjpeg" and max(stream.width, stream.height) <= 512
        assert ann.do("profile", "--picture", str(tmp_path)).code == 1


def _png(width: int, height: int) -> bytes:
    """Make a picture full of detail, as a photograph is."""
    encoder = av.CodecContext.create("png", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "rgb24"
    encoder.time_base = Fraction(1, 25)
    frame = av.VideoFrame(width, height, "rgb24")
    plane = frame.planes[0]
    plane.update(bytes((n * n // 977) % 256 for n in range(plane.buffer_size)))
    frame.pts = 0
    return b"".join(bytes(packet) for packet in (*encoder.encode(frame), *encoder.encode(None)))


def _get(page: str, path: str) -> bytes:
    parts = urlsplit(page)
    token = parse_qs(parts.query)["t"][0]
    asked = urllib.request.Request(
        f"http://{parts.netloc}{path}", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(asked, timeout=20) as answer:
        assert answer.headers["Content-Type"] == "image/jpeg"
        body: bytes = answer.read()
        return body
