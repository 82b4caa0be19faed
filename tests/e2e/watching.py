"""What the browser of the tests keeps an eye on, from a world of its own that no page can touch."""

BINDING = "kkiriTold"
WORLD = "kkiri tests"

# Runs before any script of the page, in an isolated world: its strict policy stays as it is.
WATCH = """
(() => {
  const tell = (value) => kkiriTold(JSON.stringify(value));
  document.addEventListener('securitypolicyviolation', (event) => tell({
    kind: 'policy',
    rule: event.effectiveDirective,
    what: [event.blockedURI, event.sourceFile, event.lineNumber, event.sample].join(' '),
  }), true);
  const act = (event) => {
    const control = event.target.closest?.('[data-act]');
    if (control) tell({kind: 'act', act: control.dataset.act,
      lang: document.documentElement.lang, how: event.type});
  };
  for (const kind of ['click', 'change', 'submit', 'keydown']) {
    document.addEventListener(kind, (event) => {
      if (kind !== 'keydown' || ['Enter', ' '].includes(event.key)) act(event);
    }, true);
  }
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) tell({kind: 'long task', ms: one.duration});
  }).observe({type: 'longtask', buffered: true});
})();
"""

# Gives the middle of what a person would hit, or why they could not.
CENTRE = """
(selector) => {
  const element = document.querySelector(selector);
  element.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'});
  const box = element.getBoundingClientRect();
  if (!element.isConnected) return {why: 'it is gone'};
  if (box.width === 0 || box.height === 0) return {why: 'it is not shown'};
  if (element.disabled) return {why: 'it is disabled'};
  const x = box.x + box.width / 2;
  const y = box.y + box.height / 2;
  const hit = document.elementFromPoint(x, y);
  const label = hit?.closest('label');
  if (!hit || !(element.contains(hit) || hit.contains(element) || label?.control === element)) {
    return {why: `${hit?.outerHTML.slice(0, 200)} lies over it`};
  }
  return {x, y};
}
"""

# key: (code, Windows number, what it writes)
KEYS: dict[str, tuple[str, int, str]] = {
    "Tab": ("Tab", 9, ""),
    "Enter": ("Enter", 13, "\r"),
    "Escape": ("Escape", 27, ""),
    " ": ("Space", 32, " "),
    "PageUp": ("PageUp", 33, ""),
    "PageDown": ("PageDown", 34, ""),
    "End": ("End", 35, ""),
    "Home": ("Home", 36, ""),
    "ArrowLeft": ("ArrowLeft", 37, ""),
    "ArrowUp": ("ArrowUp", 38, ""),
    "ArrowRight": ("ArrowRight", 39, ""),
    "ArrowDown": ("ArrowDown", 40, ""),
    "Backspace": ("Backspace", 8, ""),
    "Delete": ("Delete", 46, ""),
    "/": ("Slash", 191, "/"),
}
