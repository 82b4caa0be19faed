"""The settings on the page, in a real browser, in both languages."""

import json
import tomllib
from pathlib import Path

import pytest

from tests.e2e.browser import Browser, browser
from tests.e2e.peers import people

SENTENCES = {
    "en-US": (
        "It holds from now on.",
        "until the next start: on",
        "The settings could not be read",
    ),
    "ko-KR": ("지금부터 그렇게 합니다.", "다음에 켤 때까지는 켬", "설정을 읽을 수 없습니다"),
}


def line(name: str) -> str:
    """Give the selector of one setting's line."""
    return f"li:has([data-act='settings-{name}'])"


def show_password(page: Browser) -> None:
    """Show what other programs come in with, make a new one, copy an address."""
    page.click("[data-act='settings-programs-show']")
    page.wait("document.querySelectorAll('.addresses dd').length === 6")
    password = "document.querySelector('.addresses dd:nth-of-type(2) code').textContent"
    first = page.run(password)
    assert len(first) >= 43
    page.click("[data-act='settings-programs-renew']")
    page.click("dialog button.strong")
    page.wait(f"{password} !== {json.dumps(first)}")
    page.click("[data-act='settings-programs-copy']")
    page.wait(
        "!document.getElementById('note').hidden || document.querySelector('dialog') !== null"
    )
    page.press("Escape")


@pytest.mark.parametrize("lang", ["en-US", "ko-KR"])
def test_settings_explain_themselves_and_are_kept(tmp_path: Path, lang: str) -> None:
    now, later, refused = SENTENCES[lang]
    with people(tmp_path, "one") as (one,), browser(tmp_path, lang=lang) as page:
        one.up()
        config = one.home / "config.toml"
        config.write_text("# of my own\n" + config.read_text())
        page.go(one.ready()["page"])
        page.click("#show-settings")
        page.wait("document.querySelectorAll('ol.settings li').length > 10")
        for look in ("light", "dark", "phone"):
            page.look(dark=look == "dark", phone=look == "phone")
            page.picture(tmp_path / f"settings-{look}.png", whole=True)
        page.look()
        texts = page.run(
            "[...document.querySelectorAll('.settings h3, .settings h3 + p')]"
            ".map((one) => one.textContent)"
        )
        assert all(texts)
        has_korean = [any("가" <= char <= "힣" for char in text) for text in texts]
        assert all(has_korean) if lang == "ko-KR" else not any(has_korean)

        page.type("500k", into="[data-act='settings-upload_rate']")
        page.press("Enter")
        page.wait(f"document.getElementById('note').textContent === {json.dumps(now)}")
        assert tomllib.loads(config.read_text())["upload_rate"] == "500k"
        assert config.read_text().startswith("# of my own\n")
        page.type("fast", into="[data-act='settings-upload_rate']")
        page.click(f"{line('upload_rate')} [data-act='settings-save']")
        alert = f'document.querySelector("{line("upload_rate")} [role=alert]").textContent'
        page.wait(f"{alert}.includes({json.dumps(refused)})")
        assert tomllib.loads(config.read_text())["upload_rate"] == "500k"
        page.click(f"{line('upload_rate')} [data-act='settings-reset']")
        page.wait("document.querySelector(\"[data-act='settings-upload_rate']\").value === '0'")
        assert "upload_rate" not in tomllib.loads(config.read_text())

        page.click("[data-act='settings-lan']")
        said = f'document.querySelector("{line("lan")} form > p.small:not(.soft)").textContent'
        page.wait(f"{said}.includes({json.dumps(later)})")
        assert tomllib.loads(config.read_text())["lan"] is False
        show_password(page)
        page.click("[data-act='settings-fixed']")
        page.wait("document.querySelector('details').open")
        assert page.run("document.querySelector(\"[data-act='settings-network']\").disabled")
        assert page.problems() == []


def test_the_command_line_shows_and_changes_them(tmp_path: Path) -> None:
    with people(tmp_path, "one") as (one,):
        one.up()
        rows = {row["name"]: row for row in one.do("settings", "--json").lines}
        assert rows["network"]["source"] == "--network"
        assert rows["upload_rate"]["value"] == "0"
        assert one.do("settings", "upload-rate", "2M", "--json").one["amount"] == 2 << 20
        assert "2M" in one.do("settings", "upload_rate").out
        assert one.do("settings", "upload_rate", "").code == 0
        for words, number in ((("port", "70000"), 1), (("network", "public"), 1), (("no", "1"), 1)):
            said = one.do("settings", *words)
            assert (said.code, said.out) == (number, "")
            assert len(said.err.splitlines()) == 1
        assert "network" in tomllib.loads((one.home / "config.toml").read_text())


def test_what_is_shared_is_never_where_downloads_go(tmp_path: Path) -> None:
    downloads = tmp_path / "mine" / "downloads"
    (downloads / "album").mkdir(parents=True)
    (downloads / "album" / "song.mp3").write_bytes(b"x" * 1_000)
    with people(tmp_path, "one") as (one,):
        one.up()
        assert one.do("settings", "incoming", str(downloads)).code == 0
        one.stop()
        one.up()
        for folder in (downloads, downloads / "album", tmp_path / "mine"):
            said = one.do("share", str(folder))
            assert (said.code, "downloads go there" in said.err) == (1, True)
        assert one.do("shared", "--json").lines == []
        assert one.do("settings", "incoming", "").code == 0
        one.stop()
        one.up()
        assert one.do("share", str(tmp_path / "mine")).code == 0
        assert one.do("settings", "incoming", str(downloads)).code == 1
        one.stop()
        with (one.home / "config.toml").open("a") as config:
            config.write(f"incoming = {str(downloads)!r}\n")
        said = one.do("up")
        assert (said.code, "incoming" in said.err) == (1, True)
