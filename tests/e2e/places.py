"""Every place of the page, read from its own table, and what is opened there in a test."""

import re

from kkiri.web.site import FOLDER
from tests.e2e.browser import Browser
from tests.e2e.making import hash_of, npub_of

# what stands behind the name in the hash; a new place that needs more is added here
_REST = {
    "person": npub_of(1),
    "talk": npub_of(1),
    "room": f"{2:064x}",
    "play": f"{hash_of(1)}/0",
    "together": f"{2:064x}",
}


def places() -> list[str]:
    """Give the hash of every place, a search first."""
    table = re.search(
        r"const views = \{\n(.*?)\n\};", (FOLDER / "main.js").read_text("utf-8"), re.DOTALL
    )
    assert table, "main.js has no table of views"
    names = re.findall(r"^  (\w+): ", table.group(1), re.MULTILINE)
    assert len(names) > 8
    return [
        "#sea",
        *(f"#/{name}/{_REST[name]}" if name in _REST else f"#/{name}" for name in names),
    ]


def visit(page: Browser, place: str) -> None:
    """Go to a place as a link does, and wait until it stands."""
    page.run(f"location.hash = {place!r}")
    settle(page)


def settle(page: Browser) -> None:
    """Wait until all that was asked for has come and was drawn."""
    for _ in range(ROUNDS_MAX):
        page.run(_DRAWN)
        if not _under_way(page) and not page.run("!!document.querySelector('[aria-busy=true]')"):
            return


def _under_way(page: Browser) -> set[str]:
    """Give what was asked for and is still to come, but for what never ends."""
    asked: dict[str, str] = {}
    for event in page.events:
        about = event["params"]
        if event["method"] == "Page.frameNavigated" and "parentId" not in about["frame"]:
            asked.clear()
        elif event["method"] == "Network.requestWillBeSent":
            asked[about["requestId"]] = about["request"]["url"]
        elif event["method"] in {"Network.loadingFinished", "Network.loadingFailed"}:
            asked.pop(about["requestId"], None)
    endless = ("/api/live", ".svg")  # nor does the browser tell when it has its icon
    own = page.run("location.origin")
    return {url for url in asked.values() if url.startswith(own) and not url.endswith(endless)}


ROUNDS_MAX = 60  # of a twentieth of a second; an answer that nobody reads is never told of
# until a frame was drawn and a twentieth of a second has passed
_DRAWN = "new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))"
