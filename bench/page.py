"""`python -m bench.page [FILES]`: how soon the page answers on a peer that shares many files.

A real peer and a real Chromium. Times are from the click, or from the last key, until what was
asked for stands on the page; long tasks are those over 50 ms that the browser itself noted, beside
the processor time of the longest. In the same run: how long a picture of the same peer takes.
"""

import json
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from tests.e2e.browser import Browser, browser
from tests.e2e.peers import people, until

ROUNDS = 5
SHARE_SECONDS_MAX = 900.0
STEP_SECONDS_MAX = 120.0
RESULTS = 1_000

TASKS = """
window.longTasks = [];
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) window.longTasks.push(Math.round(one.duration));
}).observe({type: 'longtask', buffered: true});
"""
UNTIL = """
new Promise((done) => {
  const begin = performance.now();
  const look = () => {
    if (CHECK) done(Math.round(10 * (performance.now() - begin)) / 10);
    else requestAnimationFrame(look);
  };
  ACT;
  look();
})
"""
OPENED = """
new Promise((done) => {
  const look = () => {
    const on = document.getElementById('state')?.classList.contains('on');
    if (on && document.activeElement === document.getElementById('box')) done(performance.now());
    else setTimeout(look, 1);
  };
  look();
})
"""
TYPE = """
const box = document.getElementById('box');
box.value = WORDS;
box.dispatchEvent(new Event('input'))
"""
FOUND = "document.querySelectorAll('#finds > li').length >= 30"
MANY = "Number(document.getElementById('count').textContent.replace(/[^0-9]/g, ''))"
TRACE = {"includedCategories": ["disabled-by-default-devtools.timeline"]}
PLACES = ("library", "transfers", "people", "talks", "kept", "settings")


def main(files: int) -> dict[str, object]:
    """Share the files, open the page, search, and go everywhere."""
    with tempfile.TemporaryDirectory(prefix="kkiri-page-") as place:
        folder = Path(place)
        with people(folder, "one") as (one,), browser(folder, lang="ko-KR") as page:
            songs = folder / "노래"
            _make(songs, files)
            one.up()
            one.begin("share", str(songs), "--json")
            until(lambda: one.do("status", "--json").one["shared"] >= files, SHARE_SECONDS_MAX)
            assert one.do("share", str(songs), "--wait", "--json").code == 0  # hubs have it too
            return _measure(page, one.ready()["page"])


def _make(folder: Path, files: int) -> None:
    folder.mkdir()
    for number in range(files):
        (folder / f"겨울 노래 {number:05}.mp3").write_bytes(number.to_bytes(8) * 64)


def _measure(page: Browser, link: str) -> dict[str, object]:
    page.say("Page.addScriptToEvaluateOnNewDocument", source=TASKS)
    page.go(link)
    address = link.partition("?")[0]
    opened, empty = [], []
    for _ in range(ROUNDS):
        page.go("about:blank")
        page.go(f"{address}static/icon.svg")
        empty.append(page.run("performance.getEntriesByType('navigation')[0].duration"))
        page.go("about:blank")
        page.say("Page.navigate", url=address)
        page.wait("document.readyState !== 'loading' && location.protocol === 'http:'")
        opened.append(page.run(OPENED))
    page.say("Tracing.start", transferMode="ReportEvents", traceConfig=TRACE)
    found = [_search(page, word) for word in ("겨울", "노래")]
    end = "document.querySelector('#results > .more:not([hidden], .waiting)') !== null"
    page.wait(f"scrollTo(0, document.body.scrollHeight), {end}")
    more = f"{MANY} >= {RESULTS}"
    all_found = _until(page, "document.querySelector('#results > .more').click()", more)
    page.run("scrollTo(0, document.body.scrollHeight)")
    chip = _until(page, "document.querySelectorAll('.chip')[1]?.click()", FOUND)
    places = {name: _place(page, name) for name in PLACES}
    back = _until(page, "history.back()", FOUND)
    busy = _busy(page)
    return {
        "empty_ms": round(median(empty), 1),
        "opened_ms": round(median(opened), 1),
        "found_ms": found,
        "found_1000_ms": all_found,
        "narrowed_ms": chip,
        "back_ms": back,
        "places_ms": places,
        "long_tasks_ms": page.run("window.longTasks"),
        "tasks_cpu_ms": busy,
        "heap_mb": round(page.run("performance.memory.usedJSHeapSize") / 1e6, 1),
    }


def _busy(page: Browser) -> list[float]:
    """Give the processor time of the longest tasks that were traced, whatever else runs here."""
    page.say("Tracing.end")
    told: list[dict[str, Any]] = []

    def complete() -> bool:
        page.run("0")  # reads what has come
        told[:] = [event for heard in page.wire.heard.values() for event in heard]
        return any(event["method"] == "Tracing.tracingComplete" for event in told)

    until(complete, STEP_SECONDS_MAX)
    events = [
        one
        for event in told
        if event["method"] == "Tracing.dataCollected"
        for one in event["params"]["value"]
    ]
    drawing = {
        (one["pid"], one["tid"])
        for one in events
        if one.get("name") == "thread_name" and one["args"]["name"] == "CrRendererMain"
    }
    tasks = [
        one["tdur"] / 1000
        for one in events
        if one.get("name") == "RunTask" and "tdur" in one and (one["pid"], one["tid"]) in drawing
    ]
    return [round(one, 1) for one in sorted(tasks, reverse=True)[:5]]


def _search(page: Browser, words: str) -> float:
    stands = f"decodeURIComponent(location.hash) === '#{words}' && {FOUND} && {MANY} > 0"
    return _until(page, TYPE.replace("WORDS", repr(words)), stands)


def _place(page: Browser, name: str) -> float:
    stands = (
        f"document.querySelector('.view-{name}:not([aria-busy])') !== null"
        f" && document.querySelector('.view-{name}').children.length > 1"
    )
    taken = _until(page, f"document.getElementById('show-{name}').click()", stands)
    page.run("history.back()")
    page.wait("document.body.dataset.view === undefined")
    return taken


def _until(page: Browser, act: str, check: str) -> float:
    script = UNTIL.replace("CHECK", check).replace("ACT", act)
    page.run(f"window.taken = []; void ({script}).then((one) => window.taken.push(one))")
    return float(until(lambda: page.run("window.taken") or None, STEP_SECONDS_MAX)[0])


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000), ensure_ascii=False))
