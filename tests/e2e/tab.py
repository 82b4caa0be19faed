"""One tab of a real Chromium, and the debugging socket it is driven over."""

import base64
import contextlib
import json
import time
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection

from tests.e2e.watching import BINDING, WATCH, WORLD

WAIT_SECONDS_MAX = 20.0
PHONE = (360, 740)  # the narrowest phones that are sold
DESK = (1280, 900)
DRIVEN: set[tuple[str, str]] = set()
"""(language, data-act) of every control that some test of this run clicked or changed."""


class Wire:
    """The debugging socket of one browser: orders out, answers and the events of each tab in."""

    def __init__(self, link: ClientConnection) -> None:
        self._link = link
        self._number = 0
        self.heard: dict[str | None, list[dict[str, Any]]] = {None: []}

    def send(self, session: str | None, method: str, params: dict[str, Any]) -> int:
        self._number += 1
        order: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if session is not None:
            order["sessionId"] = session
        self._link.send(json.dumps(order))
        return self._number

    def say(self, session: str | None, method: str, params: dict[str, Any]) -> dict[str, Any]:
        number = self.send(session, method, params)
        while True:
            said: dict[str, Any] = json.loads(self._link.recv(timeout=WAIT_SECONDS_MAX))
            if said.get("id") == number:
                if "error" in said:
                    raise AssertionError(f"{method}: {said['error']}")
                result: dict[str, Any] = said["result"]
                return result
            if "method" in said:
                self._hear(said)

    def _hear(self, said: dict[str, Any]) -> None:
        session = said.get("sessionId")
        self.heard.setdefault(session, []).append(said)
        if said["method"] == "Page.javascriptDialogOpening":  # else the page would stand still
            self.send(session, "Page.handleJavaScriptDialog", {"accept": False})
        elif said["method"] == "Runtime.bindingCalled" and said["params"]["name"] == BINDING:
            told = json.loads(said["params"]["payload"])
            if told["kind"] == "act":
                DRIVEN.add((told["lang"], told["act"]))


STANDS = """(async () => {
  const video = document.querySelector('video');
  const ranges = (all) => Array.from(all, (_, n) => [all.start(n), all.end(n)]);
  const player = video && {time: video.currentTime, length: video.duration, paused: video.paused,
    seeking: video.seeking, ready: video.readyState, network: video.networkState,
    rate: video.playbackRate, buffered: ranges(video.buffered), error: video.error?.message,
    src: video.currentSrc};
  const fresh = {signal: AbortSignal.timeout(3000)};
  const transfers = await fetch('/api/transfers', fresh).then((said) => said.text(), String);
  return JSON.stringify({place: location.href, player, text: document.body.innerText.slice(0, 500),
    transfers: transfers.slice(0, 1500)});
})()"""


class Tab:
    """One page: where it goes, what it runs and what it looks like."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self._session: str | None = None

    def open_page(self) -> None:
        """Open an empty page and attach to it; from now on it is watched."""
        self._session = None
        target = self.say("Target.createTarget", url="about:blank")["targetId"]
        answer = self.say("Target.attachToTarget", targetId=target, flatten=True)
        self._session = answer["sessionId"]
        for room in ("Page", "Runtime", "Network", "Log"):
            self.say(f"{room}.enable")
        self.say("Emulation.setFocusEmulationEnabled", enabled=True)  # also behind other tabs
        self.say("Runtime.addBinding", name=BINDING, executionContextName=WORLD)
        self.say("Page.addScriptToEvaluateOnNewDocument", source=WATCH, worldName=WORLD)
        self.look()

    def say(self, method: str, **params: Any) -> dict[str, Any]:
        """Give one order of the DevTools protocol and its answer."""
        return self.wire.say(self._session, method, params)

    @property
    def events(self) -> list[dict[str, Any]]:
        """Give what this tab told so far; the list may be cleared."""
        return self.wire.heard.setdefault(self._session, [])

    def go(self, url: str) -> str:
        """Open an address; give what went wrong, empty for nothing."""
        error: str = self.say("Page.navigate", url=url).get("errorText", "")
        with contextlib.suppress(TimeoutError):
            self.wait("document.readyState === 'complete'")
        return error

    def run(self, script: str) -> Any:
        """Run a script in the page and give its value, promises awaited."""
        answer = self.say(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise AssertionError(json.dumps(answer["exceptionDetails"])[:2000])
        return answer["result"].get("value")

    def wait(self, script: str) -> Any:
        """Wait until a script gives something true. Raises: TimeoutError."""
        end = time.monotonic() + WAIT_SECONDS_MAX
        while time.monotonic() < end:
            with contextlib.suppress(AssertionError):  # while one page goes and the next comes
                if value := self.run(script):
                    return value
            time.sleep(0.05)
        raise TimeoutError(f"{script}: {self._stands()}")

    def _stands(self) -> Any:
        """Say how the page stands, for whoever reads why a test failed."""
        with contextlib.suppress(AssertionError):
            return self.run(STANDS)
        return "a page that runs nothing"

    def look(self, *, dark: bool = False, phone: bool = False, still: bool = True) -> None:
        """Be a desk or a phone, in light or dark; `still` asks for no animations."""
        wide, high = PHONE if phone else DESK
        self.say(
            "Emulation.setDeviceMetricsOverride",
            width=wide,
            height=high,
            deviceScaleFactor=2 if phone else 1,
            mobile=phone,
        )
        self.say("Emulation.setTouchEmulationEnabled", enabled=phone)
        wanted = {
            "prefers-color-scheme": "dark" if dark else "light",
            "prefers-reduced-motion": "reduce" if still else "no-preference",
        }
        features = [{"name": name, "value": value} for name, value in wanted.items()]
        self.say("Emulation.setEmulatedMedia", features=features)

    def speak(self, lang: str) -> None:
        """Be the browser of a person who reads this language, from the next page on."""
        agent = self.run("navigator.userAgent")
        self.say("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=lang)

    def picture(self, path: Path, *, whole: bool = False) -> None:
        """Write what the tab looks like, or the whole length of its page."""
        told = self.say("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(told["data"]))
