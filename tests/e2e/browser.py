"""A real Chromium without a window, driven over its own debugging socket; for the page's tests."""

import base64
import contextlib
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

START_SECONDS_MAX = 30.0
WAIT_SECONDS_MAX = 20.0
FRAME_BYTES_MAX = 64 * 1024 * 1024  # a screenshot
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


class Browser:
    """One page of one browser."""

    def __init__(self, link: ClientConnection) -> None:
        self._link = link
        self._number = 0
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []

    def open_page(self) -> None:
        """Open an empty page and attach to it."""
        target = self.say("Target.createTarget", url="about:blank")["targetId"]
        self._session = None
        answer = self.say("Target.attachToTarget", targetId=target, flatten=True)
        self._session = answer["sessionId"]
        self.say("Page.enable")
        self.say("Runtime.enable")
        self.say("Network.enable")

    def say(self, method: str, **params: Any) -> dict[str, Any]:
        """Give one order and its answer."""
        self._number += 1
        order: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session is not None:
            order["sessionId"] = self._session
        self._link.send(json.dumps(order))
        while True:
            said: dict[str, Any] = json.loads(self._link.recv(timeout=WAIT_SECONDS_MAX))
            if said.get("id") == self._number:
                if "error" in said:
                    raise AssertionError(f"{method}: {said['error']}")
                result: dict[str, Any] = said["result"]
                return result
            self.events.append(said)

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
        raise TimeoutError(script)

    def picture(self, path: Path) -> None:
        """Write what the page looks like."""
        data = self.say("Page.captureScreenshot", format="png")["data"]
        path.write_bytes(base64.b64decode(data))


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
        with connect(url, max_size=FRAME_BYTES_MAX, proxy=None) as link:
            one = Browser(link)
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
