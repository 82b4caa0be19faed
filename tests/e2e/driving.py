"""Presses every control of a place by the keyboard alone and says which of them do nothing.

A control is known by its tag, class and label with the numbers taken out, so one of each kind in a
list is pressed. What a press brings to light, a menu or a dialog, is pressed too.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.browser import Browser
from tests.e2e.places import settle, visit
from tests.e2e.pretend import Pretend

DEPTH_MAX = 3  # a menu, a dialog in it, a choice in that
CONTROLS_MAX = 80  # of one place: a person would not find their way among more

# shown, enabled, not behind an open dialog; native players have controls of their own
HANDS = """
(() => {
  const all = 'a[href], button, input, select, textarea, summary, [tabindex]:not(video)';
  const label = (one) => one.getAttribute('aria-label')
    || one.ariaLabelledByElements?.map((other) => other.textContent).join(' ')
    || (one.labels?.[0]?.querySelector('span') ?? one.labels?.[0])?.innerText
    || (one.matches('select, textarea, input') ? one.placeholder : one.innerText || one.textContent)
    || one.title || one.querySelector?.('[aria-label]')?.getAttribute('aria-label') || '';
  const clean = (text) => text.replace(/[\\d.,]+/g, '#').replace(/\\s+/g, ' ').trim().slice(0, 60);
  const key = (one) => `${one.localName}${one.type && one.matches('input') ? ':' + one.type : ''}`
    + `.${one.className} ${clean(label(one))}`;
  const shown = (one) => {
    const dialog = [...document.querySelectorAll('dialog:modal')].at(-1);
    return one.tabIndex >= 0 && !one.disabled && one.checkVisibility({visibilityProperty: true})
      && one.getBoundingClientRect().width > 0 && !one.closest('[inert]')
      && (!dialog || dialog.contains(one));
  };
  const list = () => [...document.querySelectorAll(all)].filter(shown);
  const state = (one) => JSON.stringify([location.hash, one?.value, one?.checked, one?.open,
    document.querySelectorAll('dialog[open]').length, key(document.activeElement)]);
  let changes = 0;
  new MutationObserver((seen) => { changes += seen.length; })
    .observe(document.body, {subtree: true, childList: true, characterData: true,
      attributes: true});
  window.hands = {
    list: () => list().map((one) => [key(one), clean(label(one)), clean(one.textContent)]),
    focus: (wanted) => {
      const one = list().find((other) => key(other) === wanted);
      one?.focus();
      changes = 0;
      return one ? [one.localName, one.type ?? '', document.activeElement === one,
        one.options?.length ?? 0] : null;
    },
    state: () => [state(document.activeElement), changes],
    at: () => key(document.activeElement),
    dialog: () => document.querySelectorAll('dialog[open]').length,
  };
})()
"""


@dataclass
class Driven:
    """What became of the controls of one place."""

    labels: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    done: dict[str, str] = field(default_factory=dict)
    """What each control did."""


def hands(page: Browser, script: str) -> Any:
    """Ask the list of controls something; a fresh page has none yet."""
    return page.run(f"window.hands ?? {HANDS}; hands.{script}")


def drive(page: Browser, peer: Pretend, place: str) -> Driven:
    """Press everything that can be pressed at a place."""
    driven = Driven()
    _enter(page, place)
    here: tuple[str, ...] = ()
    waiting: list[tuple[tuple[str, ...], str]] = [((), key) for key in _keys(page, driven)]
    while waiting:
        way, key = waiting.pop(0)
        if key in driven.done:
            continue
        assert len(driven.done) < CONTROLS_MAX, f"{place} has more than {CONTROLS_MAX} controls"
        if (way != here or hands(page, f"focus({json.dumps(key)})") is None) and not _replay(
            page, peer, place, (*way, key)
        ):
            driven.done[key] = "gone"
            continue
        told = _press(page, peer, key)
        if told.startswith("nothing") and _replay(page, peer, place, (*way, key)):
            told = _press(page, peer, key)  # what was pressed before may have used it up
        driven.done[key] = told
        if told.startswith("nothing"):
            driven.faults.append(f"{place} {key}: {told}")
        here = (*way, key) if told == "moved" else way
        if len(way) < DEPTH_MAX and told != "moved":
            found = [one for one in _keys(page, driven) if one not in driven.done]
            known = {one for _, one in waiting}
            waiting = [((*way, key), one) for one in found if one not in known] + waiting
        if hands(page, "dialog()"):
            here = (*way, key)
    return driven


def _enter(page: Browser, place: str) -> None:
    """Come to a place afresh; Escape must close a dialog that is open."""
    if hands(page, "dialog()"):
        page.press("Escape")
        assert hands(page, "dialog()") == 0, f"Escape leaves a dialog open at {place}"
    visit(page, "#/none")
    visit(page, place)


def _keys(page: Browser, driven: Driven) -> list[str]:
    told: list[tuple[str, str, str]] = hands(page, "list()")
    for key, label, seen in told:
        driven.labels |= {label, seen}
        if not label and key not in driven.done:
            driven.faults.append(f"{key} has no name")
    return list(dict.fromkeys(key for key, _, _ in told))


def _replay(page: Browser, peer: Pretend, place: str, way: tuple[str, ...]) -> bool:
    """Press what leads to a control, from a fresh place on; False when it does not come again."""
    _enter(page, place)
    for key in way[:-1]:
        if hands(page, f"focus({json.dumps(key)})") is None:
            return False
        _press(page, peer, key)
    return hands(page, f"focus({json.dumps(way[-1])})") is not None


def _press(page: Browser, peer: Pretend, key: str) -> str:
    """Use a control as its kind asks for; say what that did."""
    found = hands(page, f"focus({json.dumps(key)})")
    if found is None:
        return "gone"
    tag, kind, focused, options = found
    if not focused:
        return "nothing: it takes no focus"
    before, asked = hands(page, "state()")[0], len(peer.asked)
    pressed = _use(page, tag, kind)
    settle(page)
    after, changes = hands(page, "state()")
    if json.loads(before)[0] != json.loads(after)[0]:
        return "moved"
    if len(peer.asked) > asked:
        return f"asked {peer.asked[-1][1]}"
    if before != after or changes:
        return "changed"
    return "only one choice" if tag == "select" and options < 2 else f"nothing after {pressed}"


def _use(page: Browser, tag: str, kind: str) -> str:
    if tag == "select":
        before = hands(page, "state()")[0]
        page.press("ArrowDown")
        if hands(page, "state()")[0] == before:  # it stood on the last one
            page.press("ArrowUp")
        return "ArrowDown and ArrowUp"
    if tag == "textarea" or tag == "input" and kind in {"text", "search", "url", "password"}:
        page.type("겨울")
        return "typing"
    if tag == "input" and kind == "number":
        page.type("7")
        return "typing"
    key = {"checkbox": " ", "radio": " ", "range": "ArrowRight"}.get(kind, "Enter")
    page.press(key)
    return key


def words_of_controls(folder_text: dict[str, str]) -> set[tuple[str, str]]:
    """Read out of the sources which words stand on controls: (module of words, dotted key)."""
    found = set()
    for text in folder_text.values():
        modules = dict(_words_imported(text))
        calls = re.findall(
            r'\b(?:button|link)\(\s*(?:"[^"]*"|`[^`]*`)\s*,\s*(\w+)\.([\w.]+)\s*[,)]', text
        )
        calls += re.findall(r"\bfield\(\s*(\w+)\.([\w.]+)\s*,", text)
        found |= {(modules[name], key) for name, key in calls if name in modules}
    return found


def _words_imported(text: str) -> list[tuple[str, str]]:
    """Give (name in this module, module of words) of every import of words."""
    given = []
    for names, module in re.findall(r'import \{([^}]*)\} from "(/static/words[\w-]*\.js)"', text):
        for name in names.split(","):
            old, _, new = name.strip().partition(" as ")
            if old == "words":
                given.append((new or old, module))
    return given
