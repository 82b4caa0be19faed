"""Every place of the page, in both languages, light and dark, on a desk and on a phone: axe-core
finds nothing serious, what is pressed is large enough, nothing is wider than the window."""

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import settings

from tests.e2e.aside import axe
from tests.e2e.browser import Browser, browser
from tests.e2e.places import places, visit
from tests.e2e.pretend import Pretend, pretend

NIGHTLY = settings().max_examples > 1_000
EACH = list(product(("en-US", "ko-KR"), (False, True), (False, True)))
# language, dark, phone: each pair of two stands in one of these four; all eight in ./nightly
PAIRS = [
    ("en-US", False, False),
    ("ko-KR", True, False),
    ("ko-KR", False, True),
    ("en-US", True, True),
]
DESK_POINTS_MIN = 24  # WCAG 2.2, 2.5.8
PHONE_POINTS_MIN = 44  # a finger's width, as the makers of phones ask for

# what is pressed and how large it is; a checkbox is as large as its label, a link in a line may be
# as low as the line
SMALL = """
(least) => [...document.querySelectorAll('button, input, select, textarea, summary, [role=button]')]
  .map((control) => [control, (control.closest('label') ?? control).getBoundingClientRect()])
  .filter(([control, box]) => box.width && box.height && !control.closest('[inert]')
    && (box.width < least || box.height < least))
  .map(([control, box]) => control.outerHTML.slice(0, 100)
    + ` is ${Math.round(box.width)}×${Math.round(box.height)}`)
"""


def natural_text(name: str, number: int) -> str:
    """Give a text as people write them."""
    return f"겨울 바다 {name} {number}"


@pytest.fixture(scope="module")
def peer() -> Iterator[Pretend]:
    with pretend(natural_text, many=6) as one:
        yield one


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("reach")) as one:
        yield one


def _open(page: Browser, peer: Pretend, lang: str, *, dark: bool, phone: bool) -> None:
    page.speak(lang)
    page.look(dark=dark, phone=phone)
    page.go("about:blank")
    page.go(peer.link)
    page.wait("document.getElementById('state').classList.contains('on')")
    assert page.run("document.documentElement.lang") == lang[:2]


@pytest.mark.parametrize(("lang", "dark", "phone"), EACH if NIGHTLY else PAIRS)
def test_no_serious_finding_anywhere(
    page: Browser, peer: Pretend, lang: str, dark: bool, phone: bool
) -> None:
    _open(page, peer, lang, dark=dark, phone=phone)
    page.events.clear()
    found: dict[str, list[str]] = {}
    for place in ["#", *places()]:
        visit(page, place)
        told = axe(page)
        least = PHONE_POINTS_MIN if phone else DESK_POINTS_MIN
        told += page.run(f"({SMALL})({least})")
        wide = page.run(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        told += [f"{wide} points too wide"] if wide > 0 else []
        if told:
            found[place] = told
    assert (found, page.problems()) == ({}, [])


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("main.js", 'box.setAttribute("aria-label", words.box);', "box.placeholder = '';", "label"),
        ("style.css", "* {", "p { color: #ddd !important } * {", "color-contrast"),
        ("style.css", "* {", "button { max-height: 9px; min-height: 0 !important } * {", "is "),
    ],
    ids=["a field without a name", "grey on white", "small buttons"],
)
def test_control_a_planted_fault_is_told(
    page: Browser, peer: Pretend, name: str, old: str, new: str, told: str
) -> None:
    peer.plant(name, old, new)
    try:
        _open(page, peer, "en-US", dark=False, phone=False)
        visit(page, "#sea")
        found = axe(page) + page.run(f"({SMALL})({DESK_POINTS_MIN})")
    finally:
        peer.planted.clear()
    assert any(told in one for one in found), found
