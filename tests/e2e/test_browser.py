"""The harness of the page's tests is shown to notice what it is there to notice."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.e2e import tab
from tests.e2e.browser import Browser, browser

PAGE = b"""<!doctype html><html lang="en"><title>planted</title>
<meta name="viewport" content="width=device-width">
<body><button data-act="planted-press">press</button><input data-act="planted-write">
<div hidden><button id="hidden">hidden</button></div><button id="off" disabled>off</button>
<div><br><br><br><button id="under">under</button><div id="over">over</div></div>
<script src="/planted.js"></script>"""
SCRIPT = b"""
const over = document.getElementById('over');
over.style.cssText = 'position: relative; top: -1.5em; height: 3em; background: white';
document.querySelector('button').addEventListener('click', () => {
  document.title = ['pressed', navigator.language, innerWidth,
    matchMedia('(prefers-color-scheme: dark)').matches].join(' ');
});
const faults = {
  outside: () => { new Image().src = 'http://evil.test/x'; },
  markup: () => { document.body.innerHTML = '<b>x</b>'; },
  thrown: () => setTimeout(() => { throw new Error('planted'); }),
  promise: () => { Promise.reject(new Error('planted')); },
  console: () => console.error('planted'),
  dialog: () => setTimeout(() => alert('planted')),
  missing: () => { fetch('http://127.0.0.1:1/'); },
  'long task': () => setTimeout(() => {
    const end = performance.now() + 120;
    while (performance.now() < end);
  }),
};
"""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self';"
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


@pytest.fixture(scope="module")
def planted() -> Iterator[str]:
    class Planted(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

        def do_GET(self) -> None:  # noqa: N802
            script = self.path.endswith(".js")
            body = SCRIPT if script else PAGE
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript" if script else "text/html")
            self.send_header("Content-Security-Policy", POLICY)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Planted)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, planted: str) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("browser")) as one:
        one.go(planted)
        yield one


def _quiet(page: Browser) -> Browser:
    """Give a fresh tab in which nothing has gone wrong yet."""
    other = page.tab()
    other.go(page.run("location.href"))
    assert (other.problems(), other.outside()) == ([], set())
    return other


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("outside", "policy: img-src http://evil.test/x"),
        ("markup", "policy: require-trusted-types-for"),
        ("thrown", "Error: planted"),
        ("promise", "Error: planted"),
        ("console", "console: "),
        ("dialog", "dialog: planted"),
        ("missing", "policy: connect-src"),
    ],
)
def test_a_planted_fault_is_told(page: Browser, fault: str, told: str) -> None:
    other = _quiet(page)
    other.run(
        f"try {{ faults[{fault!r}]() }} catch {{}} new Promise((done) => setTimeout(done, 50))"
    )
    assert any(said.startswith(told) for said in other.problems()), other.problems()


def test_a_planted_long_task_is_told(page: Browser) -> None:
    other = _quiet(page)
    other.run("faults['long task'](); new Promise((done) => setTimeout(done, 400))")
    assert max(other.long_tasks()) >= 100


def test_only_what_a_person_could_hit_is_clicked(page: Browser) -> None:
    for selector, why in (("#hidden", "not shown"), ("#off", "disabled"), ("#under", "over it")):
        with pytest.raises(AssertionError, match=why):
            page.click(selector)


def test_input_is_real_and_looks_and_languages_change(page: Browser, planted: str) -> None:
    one = _quiet(page)
    one.speak("ko-KR")
    one.look(dark=True, phone=True)
    one.go(planted)
    one.click("button")
    assert one.run("document.title") == "pressed ko-KR 360 true"
    one.press("Tab")
    assert one.focused() == "planted-write"
    one.press("a")
    one.type("나다")
    assert one.run("document.querySelector('input').value") == "a나다"
    one.type("새", into="input")
    one.compose("글", into="input")
    assert one.run("document.querySelector('input').value") == "새글"
    one.press("Tab", shift=True)
    assert one.focused() == "planted-press"
    assert {("en", "planted-press"), ("en", "planted-write")} <= tab.DRIVEN
    assert page.run("matchMedia('(prefers-color-scheme: dark)').matches") is False
