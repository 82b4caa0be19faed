"""How far apart three players are while three people watch together.

Three whole peers on loopback, three Chromiums; the players say for themselves where they are.
`python -m bench.together [--seconds 60] [--film plain.mp4]`
"""

import argparse
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.e2e.browser import Browser, browser
from tests.e2e.peers import Person, people, until
from tests.e2e.showing import VIDEO, apart, join
from tests.fakes import films

LOOK_SECONDS = 0.1
FLAG = "--autoplay-policy=no-user-gesture-required"
DRIFT_MAX = 0.3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--film", default="plain.mp4", choices=films.NAMES)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place, ExitStack() as stack:
        folder = Path(place)
        shared = folder / "films"
        shared.mkdir()
        films.make(shared, asked.film, seconds=int(asked.seconds) + 90)
        made = stack.enter_context(people(folder, "one", "two", "three"))
        pages = _meet(made, stack, folder, shared)
        pages[0].run(f"{VIDEO}.play()")
        for page in pages:
            page.wait(f"!{VIDEO}.paused && {VIDEO}.currentTime > 2")
        _tell("playing", _watch(pages, asked.seconds))
        _tell("after 10 jumps", _jump(pages))


def _meet(made: list[Person], stack: ExitStack, folder: Path, shared: Path) -> list[Browser]:
    first = made[0].up()
    for other in made[1:]:
        other.up("--bootstrap", first["hub"])
    made[0].do("share", str(shared), "--wait", "--json")
    word = next(shared.iterdir()).stem
    (found,) = until(lambda: made[2].do("find", word, "--json").lines, 30)
    said = made[0].do("together", found["link"], "--no-page", "--json").one
    pages = []
    for number, person in enumerate(made):
        profile = folder / f"browser{number}"
        profile.mkdir()
        page = stack.enter_context(browser(profile, FLAG))
        join(page, person.ready()["page"], said["link"])
        pages.append(page)
    return pages


def _watch(pages: list[Browser], seconds: float) -> list[float]:
    seen = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        seen.append(apart(pages))
        time.sleep(LOOK_SECONDS)
    return seen


def _jump(pages: list[Browser]) -> list[float]:
    """Jump ten times and measure two seconds after each."""
    seen = []
    for turn in range(10):
        pages[turn % 3].run(f"{VIDEO}.currentTime = {10 + 5 * (turn % 7)}")
        time.sleep(2)
        seen += _watch(pages, 1)
    return seen


def _tell(what: str, seen: list[float]) -> None:
    seen.sort()
    shown = {share: seen[min(len(seen) - 1, int(len(seen) * share))] for share in (0.5, 0.9, 0.99)}
    told = " · ".join(
        f"p{round(share * 100)} {value * 1000:.0f} ms" for share, value in shown.items()
    )
    over = sum(one > DRIFT_MAX for one in seen)
    print(f"{what}: {told} · most {seen[-1] * 1000:.0f} ms · {over} of {len(seen)} over 300 ms")


if __name__ == "__main__":
    main()
