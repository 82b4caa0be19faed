"""People who watch together in real browsers: where each player is, measured at one moment."""

from collections.abc import Sequence
from typing import Any

from tests.e2e.browser import Browser

VIDEO = "document.querySelector('video')"
# one machine has one clock: what the tabs say of themselves is brought to the same moment by it
PLACE = f"""(() => {{
  const video = {VIDEO};
  return video && {{at: performance.timeOrigin + performance.now(), time: video.currentTime,
    paused: video.paused, rate: video.playbackRate, ready: video.readyState,
    seeking: video.seeking}};
}})()"""


def places(pages: Sequence[Browser]) -> list[dict[str, Any]]:
    """Give what each player says of itself."""
    return [page.run(PLACE) for page in pages]


def apart(pages: Sequence[Browser]) -> float:
    """Give how many seconds the first and the last player are apart now."""
    told = places(pages)
    last = max(one["at"] for one in told)
    now = [
        one["time"] + (0.0 if one["paused"] else (last - one["at"]) / 1000 * one["rate"])
        for one in told
    ]
    return max(now) - min(now)


def join(page: Browser, peer_page: str, link: str) -> None:
    """Open a person's page and follow an invitation."""
    page.go(peer_page)
    page.run(
        "fetch('/api/together', {method: 'POST', headers: {'Content-Type': 'application/json'},"
        f" body: JSON.stringify({{link: {link!r}}})}}).then((one) => one.json())"
        ".then((one) => { location.hash = `#/together/${one.id}`; })"
    )
    page.wait(f"{VIDEO}?.readyState > 2")
