"""W4 in a real browser: two hundred hostile texts in every field that the page may be told.

The page and its door are the real ones, the peer behind them answers from the types of its routes
(`pretend`), so a field that is added is attacked from then on. The controls plant each fault.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from zlib import crc32

import pytest

from kkiri.web import guard
from tests.e2e.browser import Browser, browser
from tests.e2e.payloads import BIDI, TEARING, TURNING, payloads
from tests.e2e.places import places, settle, visit
from tests.e2e.pretend import Pretend, pretend

ALL = payloads()
GROUPS = 8  # turns in which the fields that stand alone are told everything
ADDRESS_FIRST = [text for text in ALL if "://" in text or "script:" in text]
NOWHERE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
STEP = 50  # no list shows fewer at first
SHOWN_MIN = 200  # of the texts, single and whole, in every list
FEW = 2
LISTS = {"#sea", "#/transfers", "#/library", "#/people", "#/talks", "#/kept"}
RUN = "hit"
"""What every payload calls when it can."""
LINK_TARGETS = ("#", "/", "blob:http://127.0.0.1:", "http://127.0.0.1:", "magnet:?", "nostr:")
ADDRESSES = {"href", "src", "action", "formaction", "poster", "ping", "data", "srcset", "style"}
GRAVE = [*sorted(ADDRESSES), "srcdoc", "http-equiv", "autofocus", "popover", "contenteditable"]
"""What makes an element more than a box of text."""
PLAINEST = {"span", "bdi", "div", "p", "img", "video poster"}
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f]")
TURNED = re.compile(r"[\u0590-\u08ff]")
ISOLATED = re.compile("[\u2067\u2068][^" + BIDI + "]*\u2069")
MARKS_MAX = 8  # on one letter; the fullest real scripts pile four

# every element as `tag attribute attribute`, its addresses, each text and the boxes that matter
SEE = """
() => {
  const seen = {kinds: {}, addresses: [], texts: [], wide: 0, high: 0};
  for (const element of document.querySelectorAll('*')) {
    const names = element.getAttributeNames();
    const grave = names.filter((name) => name.startsWith('on') || GRAVE.includes(name));
    const kind = [element.localName, ...grave.sort()].join(' ');
    seen.kinds[kind] = (seen.kinds[kind] ?? 0) + 1;
    for (const name of names) {
      const value = element.getAttribute(name);
      if (ADDRESSES.includes(name)) seen.addresses.push([name, value]);
      else if (!['class', 'id'].includes(name)) seen.texts.push([value, 'attribute']);
    }
    if (element.localName === 'li') {
      seen.high = Math.max(seen.high, element.getBoundingClientRect().height);
    }
    if (element.shadowRoot) seen.kinds.shadow = 1;
  }
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const style = getComputedStyle(node.parentElement);
    const alone = style.unicodeBidi.includes('isolate') || style.unicodeBidi === 'plaintext'
      || !style.display.includes('inline');
    seen.texts.push([node.data, alone ? 'alone' : 'among others']);
  }
  seen.wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  return seen;
}
"""
Seen = dict[str, Any]


def plain_text(name: str, number: int) -> str:
    """Give a harmless text."""
    return f"{name} {number}"


def hostile_text(name: str, number: int) -> str:
    """Give the payload of a field; over all items each field is told each."""
    return ALL[(number + crc32(name.encode())) % len(ALL)]


def see(page: Browser) -> Seen:
    """Read what stands on the page."""
    lists = f"const ADDRESSES = {json.dumps(sorted(ADDRESSES))}, GRAVE = {json.dumps(GRAVE)};"
    told: Seen = page.run(f"(() => {{ {lists} return ({SEE})(); }})()")
    return told


def faults(page: Browser, calm: Seen) -> list[str]:
    """Say what hostile texts did to the page, compared with what it is with calm ones."""
    seen = see(page)
    found = [f"ran: {one}" for one in _ran(page)]
    found += [f"asked outside: {url}" for url in page.outside()]
    found += page.problems()
    foreign = seen["kinds"].keys() - calm["kinds"].keys() - PLAINEST
    found += [f"foreign element: <{kind}>" for kind in foreign]
    found += [
        f"address: {name}={value[:200]!r}"
        for name, value in seen["addresses"]
        if name == "style" or not value.startswith(LINK_TARGETS) or value.startswith("//")
    ]
    for text, where in seen["texts"]:
        found += _text_faults(text, where)
    if seen["wide"] > 0:
        found.append(f"{seen['wide']} points wider than the window")
    return found


def _ran(page: Browser) -> list[str]:
    calls = [one["params"] for one in page.events if one["method"] == "Runtime.bindingCalled"]
    return [one["payload"] for one in calls if one["name"] == RUN]


def _text_faults(text: str, where: str) -> list[str]:
    rest = ISOLATED.sub("", text)
    shown = repr(text[:100])
    found = []
    if set(rest) & set(BIDI):
        found.append(f"turns the line: {shown}")
    elif where != "attribute" and TURNED.search(rest) and not (where == "alone" and _known(text)):
        found.append(f"right to left among other text, not isolated: {shown}")
    if re.search(r"[\u0300-\u036f\u0e47\u0fb2\u0fb3]{" + str(MARKS_MAX + 1) + "}", text):
        found.append(f"piles marks: {shown}")
    return found


def _known(text: str) -> bool:
    """Say whether a text is one payload and nothing else."""
    return UNSEEN.sub("", text).strip() in PLAIN


PLAIN = {UNSEEN.sub("", "".join(one for one in text if one not in BIDI)).strip() for text in ALL}


@pytest.fixture(scope="module")
def peer() -> Iterator[Pretend]:
    with pretend(plain_text, many=len(ALL)) as one:
        yield one


@pytest.fixture(scope="module")
def page(peer: Pretend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("texts"), NOWHERE) as one:
        one.go(peer.link)
        yield one


def _fresh(page: Browser, peer: Pretend, place: str, text: Callable[[str, int], str]) -> Browser:
    """Open a place in a page that was told such texts from the start."""
    peer.fill(text, many=len(ALL))
    page.say("Runtime.addBinding", name=RUN)
    page.go("about:blank")
    page.go(peer.link)
    page.wait("document.getElementById('state').classList.contains('on')")
    visit(page, place)
    return page


def joined_text(name: str, number: int) -> str:
    """Give a payload that must stand first, and a share of all others behind it."""
    first = (number + crc32(name.encode())) % GROUPS
    return ADDRESS_FIRST[first % len(ADDRESS_FIRST)] + " " + " ".join(ALL[first::GROUPS])


def _turn(page: Browser, peer: Pretend, place: str) -> None:
    """Tell an open page everything again, and leave and come back."""
    peer.tell_all()
    page.run("location.hash = ''")
    visit(page, place)


def _calm(page: Browser, peer: Pretend, place: str, *, many: int) -> Seen:
    """See what the place is made of with harmless texts, in all its states."""
    calm = see(_fresh(page, peer, place, plain_text))
    for turn in (0, 7) if many > FEW else range(GROUPS):  # no flag is set, and each is
        peer.fill(plain_text, many=many, turn=turn)
        _turn(page, peer, place)
        if many == FEW:
            calm["kinds"] |= see(page)["kinds"]
            _unfold(page)
        calm["kinds"] |= see(page)["kinds"]
        page.press("Escape")
    page.events.clear()
    return calm


@pytest.mark.parametrize("place", places())
def test_w4_no_text_becomes_more_than_text(page: Browser, peer: Pretend, place: str) -> None:
    calm = _calm(page, peer, place, many=len(ALL))
    found: list[str] = []
    shown: set[str] = set()
    for turn in range(0, len(ALL), STEP):
        peer.fill(hostile_text, many=len(ALL), turn=turn)
        _turn(page, peer, place)
        shown |= _known_texts(see(page))
        found += faults(page, calm)
        page.look(phone=True)
        found += faults(page, calm)
        page.look()
        if len(shown) >= SHOWN_MIN:
            break
    assert not found, _said(found)
    assert len(shown) >= (SHOWN_MIN if place in LISTS else 1)


@pytest.mark.parametrize("place", places())
def test_w4_no_joined_texts_become_more(page: Browser, peer: Pretend, place: str) -> None:
    calm = _calm(page, peer, place, many=FEW)
    found: list[str] = []
    for turn in range(GROUPS):
        peer.fill(joined_text, many=FEW, turn=turn)
        _turn(page, peer, place)
        _unfold(page)
        found += [one for one in faults(page, calm) if not one.startswith("right to left")]
        page.press("Escape")
    assert not found, _said(found)


def _unfold(page: Browser) -> None:
    """Open what is folded away: details, menus, and one thing in full."""
    page.run(UNFOLD)
    settle(page)


UNFOLD = """
for (const one of document.querySelectorAll(
    'main [aria-expanded=false], main details:not([open]) > summary')) one.click();
document.querySelector('#things li button')?.click();
"""


def _said(found: list[str]) -> str:
    return "\n".join(sorted({one[:300] for one in found}))


def _known_texts(seen: Seen) -> set[str]:
    texts = {text.strip(" \u2068\u2069") for text, _ in seen["texts"]}
    return {text for text in texts & PLAIN if len(text) > 3}


MAKE = "if (text !== undefined) element.textContent = plain(text);"
LET_IN = "if (text !== undefined) element.innerHTML = text;"
# name of a file, what stands there, the fault in its place, what is to be told of it
PLANTED = {
    "markup": ("dom.js", MAKE, LET_IN, ["ran: ", "foreign element: <img", "asked outside: "]),
    "turned": ("words.js", "\\u2028-\\u202e", "", ["turns the line"]),
    "piled": ("words.js", ']+/gu, "$1")', ']{900}/gu, "$1")', ["piles marks"]),
    "wide": (
        "style.css",
        "* {",
        "main { margin-left: 50vw !important } * {",
        ["wider than the window"],
    ),
    "joined": ("words.js", "`\\u2068${plain(text)}\\u2069`", "plain(text)", ["not isolated"]),
    "address": ("dom.js", 'to.startsWith("#") ? to : "#"', "`javascript:${to}`", ["address: href"]),
}


IMAGES = ["<img src=x onerror=hit('x')>", "<img src=//evil.test/x>"]
"""These run or ask outside, but lead nowhere else."""


@pytest.mark.parametrize("fault", PLANTED)
def test_control_a_planted_fault_is_told(
    page: Browser, peer: Pretend, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    name, old, new, told = PLANTED[fault]
    monkeypatch.setattr(guard, "ALWAYS", ((b"cache-control", b"no-store"),))
    calm = see(_fresh(page, peer, "#sea", plain_text))
    peer.plant(name, old, new)
    page.events.clear()
    try:
        some = IMAGES if fault == "markup" else [*TURNING, *TEARING]
        _fresh(page, peer, "#sea", lambda _, number: some[number % len(some)])
        found = faults(page, calm)
    finally:
        peer.planted.clear()
        page.go("about:blank")
        page.events.clear()
    for wanted in told:
        assert [one for one in found if wanted in one], found


def test_control_trusted_types_stop_what_the_page_would_let_in(
    page: Browser, peer: Pretend
) -> None:
    peer.plant("dom.js", MAKE, "if (text !== undefined) element.innerHTML = text;")
    page.events.clear()
    try:
        page.go(peer.link)
        settle(page)
        told = page.problems()
    finally:
        peer.planted.clear()
        page.go("about:blank")
        page.events.clear()
    assert any(one.startswith("policy: require-trusted-types-for") for one in told)
    assert not _ran(page)
