"""Every control of every place does something, by the keyboard alone, in both languages.

The list of controls is what the page itself shows and what its sources name: a new button is in
it from its first day.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kkiri.web.site import FOLDER
from tests.e2e.browser import Browser, browser
from tests.e2e.driving import drive, hands, words_of_controls
from tests.e2e.places import places, settle, visit
from tests.e2e.pretend import Pretend, pretend
from tests.e2e.test_accessibility import natural_text

LANGS = ("en-US", "ko-KR")
TABS_MAX = 150  # more than any place has
MANY = 3
FINDS_FIRST = 200  # finds that the page asks for at first, as in results.js


@pytest.fixture(scope="module")
def peer() -> Iterator[Pretend]:
    with pretend(natural_text, many=MANY) as one:
        yield one


@pytest.fixture(scope="module", params=LANGS)
def page(
    request: pytest.FixtureRequest, peer: Pretend, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("controls")) as one:
        one.speak(request.param)
        one.go(peer.link)
        yield one


@pytest.fixture(scope="module")
def labels(page: Browser) -> set[str]:
    """Collect the labels of all controls that were pressed in one language."""
    del page
    return set()


@pytest.mark.parametrize("place", places())
def test_every_control_does_something(
    page: Browser, peer: Pretend, labels: set[str], place: str
) -> None:
    page.events.clear()
    driven = drive(page, peer, place)
    labels |= driven.labels
    assert len(driven.done) > 5
    assert (driven.faults, page.problems()) == ([], [])


# words on controls of states that a pretended peer cannot be in, and where they are pressed before
# whole peers
ELSEWHERE = {
    ("words-play.js", "fromStart"): ("test_player.py", "[data-act=play-fresh]"),
    ("words-play.js", "sound"): ("test_player.py", "[data-act=play-sound]"),
    ("words-people.js", "petnameAbout"): ("test_page_people.py", 'act("person-petname")'),
}
# place, items of each list, number of the first item (which flags are set), what is different
OTHERWISE = [
    ("#", MANY, 0, "bare"),
    ("#/library", MANY, 7, ""),
    ("#/library", MANY, 0, "broken"),
    (next(one for one in places() if "/person/" in one), MANY, 7, ""),
    (next(one for one in places() if "/talk/" in one), MANY, 7, "one to a list"),
    (next(one for one in places() if "/play/" in one), MANY, 7, ""),
]


@pytest.mark.parametrize(("place", "many", "turn", "state"), OTHERWISE)
def test_every_control_of_other_states_does_something(
    page: Browser, peer: Pretend, labels: set[str], place: str, many: int, turn: int, state: str
) -> None:
    page.events.clear()
    peer.bare, peer.broken = state == "bare", "/api/library" if state == "broken" else ""
    peer.fill(natural_text, many=many, turn=turn, few=1 if state == "one to a list" else 2)
    peer.tell_all()
    try:
        driven = drive(page, peer, place)
    finally:
        peer.bare, peer.broken = False, ""
        peer.fill(natural_text, many=MANY)
        peer.tell_all()
    labels |= driven.labels
    problems = [one for one in page.problems() if state != "broken"]
    assert (driven.faults, problems) == ([], [])


def test_more_finds_are_asked_for(page: Browser, peer: Pretend, labels: set[str]) -> None:
    peer.fill(natural_text, many=FINDS_FIRST)
    try:
        visit(page, "#/none")
        visit(page, "#sea")
        # more are drawn as the reader comes near the end
        page.wait(
            "scrollTo(0, 1e9), document.querySelector('button.more:not(.waiting)')"
            "?.checkVisibility()"
        )
        labels |= {label for _, label, _ in hands(page, "list()")}
        page.run("document.querySelector('button.more').focus()")
        peer.asked.clear()
        page.press("Enter")
        settle(page)
        assert ("GET", "/api/find/live", "") in peer.asked
    finally:
        peer.fill(natural_text, many=MANY)


@pytest.mark.parametrize("place", places())
def test_the_tab_key_reaches_every_control_and_it_shows(page: Browser, place: str) -> None:
    visit(page, "#harbour")  # another search: the long list of an earlier test is gone
    visit(page, place)
    wanted = {key for key, _, _ in hands(page, "list()")}
    page.run("document.activeElement.blur(); getSelection().removeAllRanges(); scrollTo(0, 0)")
    reached: set[str] = set()
    faint = []
    ends = 0  # the first is the end of the page when the walk began in its middle
    for _ in range(TABS_MAX):
        page.press("Tab")
        key, shows = page.run(f"[hands.at(), ({SHOWS})(document.activeElement)]")
        if key.startswith("body"):
            ends += 1
            if ends == 2:
                break
            continue
        if not shows and key not in reached:
            faint.append(key)
        reached.add(key)
    # a count may come to a name while the walk goes on: then it is another name
    wanted &= {key for key, _, _ in hands(page, "list()")}
    assert wanted
    assert (wanted - reached, faint) == (set(), [])


# an outline, or a frame or ground that it has only now
SHOWS = """
(one) => {
  const look = () => {
    const {outlineStyle, outlineWidth, boxShadow, backgroundColor, borderColor} =
      getComputedStyle(one);
    return [outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1, boxShadow, backgroundColor,
      borderColor].join();
  };
  const now = look();
  if (now.startsWith('true')) return true;
  one.blur();
  const before = look();
  one.focus({focusVisible: true});
  return now !== before;
}
"""


def _known_as(text: str) -> str:
    """Write a label as `driving` does."""
    return re.sub(r"\s+", " ", re.sub(r"[\d.,]+", "#", text)).strip()[:60]


def test_every_word_on_a_control_was_on_one_that_was_pressed(
    page: Browser, labels: set[str]
) -> None:
    sources = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.js")}
    named = words_of_controls(sources)
    assert len(named) > 10
    for test, act in ELSEWHERE.values():
        assert act in (Path(__file__).parent / test).read_text("utf-8")
    missing = []
    for module, key in sorted(named):
        if (module.rpartition("/")[2], key) in ELSEWHERE:
            continue
        text = page.run(f"import('{module}').then(({{words}}) => words.{key})")
        if isinstance(text, str) and _known_as(text) not in labels:
            missing.append(f"{module} {key}: {text!r}")
    assert not missing, "\n".join(missing)
