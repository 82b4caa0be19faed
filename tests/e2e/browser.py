"""A real Chromium without a window, driven over its own debugging socket; for the page's tests.

`with browser(folder, lang="ko-KR") as page:` gives one tab and `page.tab()` another of the same
browser; two `browser(...)` are two people. What went wrong in a tab is in `page.problems()`.
"""

import contextlib
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from websockets.sync.client import connect

from tests.e2e.tab import Tab, Wire
from tests.e2e.watching import BINDING, CENTRE, KEYS

START_SECONDS_MAX = 30.0
FRAME_BYTES_MAX = 64 * 1024 * 1024  # a screenshot
CLOSE_SECONDS = 1.0  # the browser is ended anyway
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-dev-shm-usage",
    "--disable-features=OptimizationHints,MediaRouter,DialMediaRouteProvider",
    "--remote-debugging-port=0",
)

FRAMES_MAX = 120  # two seconds of pictures: no movement of the page takes longer
FRAME = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


class Hands(Tab):
    """What a person does with mouse, keys and files: real input, not events made by a script."""

    def click(self, selector: str) -> None:
        """Click what a person would hit there: it must be shown, not covered and not disabled."""
        self.wait(f"document.querySelector({json.dumps(selector)}) !== null")
        where = self.run(f"({CENTRE})({json.dumps(selector)})")
        for _ in range(FRAMES_MAX):  # what moves is clicked where it comes to rest
            self.run(FRAME)
            before, where = where, self.run(f"({CENTRE})({json.dumps(selector)})")
            if where == before:
                break
        assert "why" not in where, f"{selector}: {where['why']}"
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.say(
                "Input.dispatchMouseEvent",
                type=kind,
                x=where["x"],
                y=where["y"],
                button="none" if kind == "mouseMoved" else "left",
                clickCount=0 if kind == "mouseMoved" else 1,
            )

    def press(
        self, key: str, *, shift: bool = False, ctrl: bool = False, alt: bool = False
    ) -> None:
        """Press and release one key: a character, or `Tab`, `Enter`, `ArrowDown`, `Escape` …"""
        code, number, text = KEYS.get(key, ("", ord(key.upper()[0]), key))
        held = (1 if alt else 0) | (2 if ctrl else 0) | (8 if shift else 0)
        about: dict[str, Any] = {
            "key": key,
            "code": code or key,
            "windowsVirtualKeyCode": number,
            "modifiers": held,
        }
        spoken = {"text": text} if text and not ctrl and not alt else {}
        self.say("Input.dispatchKeyEvent", type="keyDown", **about, **spoken)
        self.say("Input.dispatchKeyEvent", type="keyUp", **about)

    def type(self, text: str, into: str | None = None) -> None:
        """Write text where the focus is, or replace what stands in a field named by selector."""
        if into is not None:
            self.click(into)
            self.press("a", ctrl=True)
        self.say("Input.insertText", text=text)

    def compose(self, text: str, into: str) -> None:
        """Write as a Korean input method does: each syllable grows before it is settled."""
        self.click(into)
        for letter in text:
            self.say("Input.imeSetComposition", text=letter, selectionStart=1, selectionEnd=1)
            self.say("Input.insertText", text=letter)

    def choose(self, selector: str, *paths: Path) -> None:
        """Choose files in an `<input type=file>`."""
        node = self.say("Runtime.evaluate", expression=f"document.querySelector({selector!r})")
        files = [str(path) for path in paths]
        self.say("DOM.setFileInputFiles", files=files, objectId=node["result"]["objectId"])


class Browser(Hands):
    """One tab of one browser, with what is to be seen in it."""

    def tab(self) -> "Browser":
        """Open a second tab: same cookies, its own events. Tabs in the back run slower."""
        other = Browser(self.wire)
        other.open_page()
        return other

    def playing(self, selector: str = "video") -> dict[str, float]:
        """Wait until a film or song advances; give `time`, `length`, `width`, `height`."""
        one = f"document.querySelector({selector!r})"
        begin = self.wait(f"{one}?.readyState > 2 && {one}.currentTime + 1e-6") or 0.0
        self.wait(f"{one}.currentTime > {begin}")
        told: dict[str, float] = self.run(
            f"(({{currentTime: time, duration: length, videoWidth: width, videoHeight: height}}) =>"
            f" ({{time, length, width, height}}))({one})"
        )
        return told

    def focused(self) -> str:
        """Say what has the focus: its data-act, else its id, else its tag."""
        told: str = self.run(
            "(document.activeElement.dataset.act || document.activeElement.id"
            " || document.activeElement.localName)"
        )
        return told

    def problems(self) -> list[str]:
        """Give what went wrong: exceptions, errors of the console and the network (a 4xx is an
        answer, not an error), breaches of the Content-Security-Policy, dialogs."""
        self.run("0")
        return [said for event in self.events if (said := _problem(event))]

    def long_tasks(self) -> list[float]:
        """Give the milliseconds of every task over 50 ms since this tab was opened."""
        self.run("0")
        return [told["ms"] for told in self._told("long task")]

    def outside(self) -> set[str]:
        """Give the addresses that were asked for anywhere but on 127.0.0.1."""
        self.run("0")
        sent = [one for one in self.events if one["method"] == "Network.requestWillBeSent"]
        urls = [urlsplit(one["params"]["request"]["url"]) for one in sent]
        inside = {"data", "blob", "about"}
        return {
            url.geturl()
            for url in urls
            if url.scheme not in inside and url.hostname not in {"127.0.0.1", "localhost"}
        }

    def _told(self, kind: str) -> list[dict[str, Any]]:
        calls = [one["params"] for one in self.events if one["method"] == "Runtime.bindingCalled"]
        said = [json.loads(one["payload"]) for one in calls if one["name"] == BINDING]
        return [one for one in said if one["kind"] == kind]


def _problem(event: dict[str, Any]) -> str:
    """Say what an event complains of; empty for nothing."""
    about = event["params"]
    match event["method"]:
        case "Runtime.exceptionThrown":
            thrown = about["exceptionDetails"]
            return str(thrown.get("exception", {}).get("description", thrown["text"]))
        case "Runtime.consoleAPICalled" if about["type"] in {"error", "assert"}:
            return "console: " + json.dumps(about["args"])[:500]
        case "Log.entryAdded" if about["entry"]["level"] == "error" and not _refused(about):
            return f"log: {about['entry']['text']} {about['entry'].get('url', '')}"
        case "Page.javascriptDialogOpening":
            return f"dialog: {about['message']}"
        case "Runtime.bindingCalled" if about["name"] == BINDING:
            told = json.loads(about["payload"])
            return f"policy: {told['rule']} {told['what']}" if told["kind"] == "policy" else ""
    return ""


def _refused(about: dict[str, Any]) -> bool:
    """Say whether an entry only tells that the peer answered 4xx: a cover it has not, a refusal."""
    entry = about["entry"]
    return entry["source"] == "network" and "status of 4" in entry["text"]


@contextlib.contextmanager
def browser(folder: Path, *flags: str, lang: str = "en-US") -> Iterator[Browser]:
    """Start a browser with a fresh profile and one page. Raises: AssertionError without one."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    assert program, "these tests need chromium (Debian: apt install chromium)"
    profile = folder / "profile"
    argv = [program, *FLAGS, *flags, f"--lang={lang}", f"--accept-lang={lang}"]
    process = subprocess.Popen(
        [*argv, f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        url = _socket_of(profile / "DevToolsActivePort", process)
        with connect(
            url, max_size=FRAME_BYTES_MAX, proxy=None, max_queue=None, close_timeout=CLOSE_SECONDS
        ) as link:
            one = Browser(Wire(link))
            one.open_page()
            yield one
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _socket_of(path: Path, process: "subprocess.Popen[bytes]") -> str:
    end = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < end:
        assert process.poll() is None, f"the browser ended with {process.returncode}"
        if path.exists() and path.read_text().count("\n") >= 1:
            port, place = path.read_text().splitlines()[:2]
            return f"ws://127.0.0.1:{port}{place}"
        time.sleep(0.05)
    raise AssertionError("the browser did not start")
