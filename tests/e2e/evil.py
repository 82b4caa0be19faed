"""An evil page: everything a browser lets a page try against another origin, and its server."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

EVIL = "evil.test"
REBIND = f"--host-resolver-rules=MAP {EVIL} 127.0.0.1"

# Kinds: requests without and with CORS, beacons, elements that load, forms, redirects that keep
# method and body, sockets and streams, prefetches, a link's ping. Navigation is apart, below.
ATTACK = """
const tag = (name, attributes) => {
  const element = Object.assign(document.createElement(name), attributes);
  document.body.append(element);
  return element;
};
function attack(base, routes) {
  for (const [method, path, body] of routes) {
    const url = base + path;
    const hop = `/hop?${new URLSearchParams({to: url})}`;
    const json = {'Content-Type': 'application/json'};
    const tries = [
      [url, {method, mode: 'no-cors', body}],
      [url, {method: 'POST', mode: 'no-cors', body: body ?? '{}'}],
      [url, {method, body, headers: json}],
      [url, {method: 'POST', body: body ?? '{}', headers: {...json, 'X-Mine': '1'}}],
      [url, {method: 'PUT', body: '{}'}],
      [hop, {method: 'POST', mode: 'no-cors', body: body ?? '{}'}],
      [hop, {method: 'POST', body: body ?? '{}', headers: json}],
      [hop, {method: 'GET', mode: 'no-cors'}],
    ];
    for (const [to, one] of tries) fetch(to, {...one, credentials: 'include'}).catch(() => 0);
    navigator.sendBeacon(url, new Blob(['{}'], {type: 'application/json'}));
    navigator.sendBeacon(url, '{}');
    tag('img', {src: url});
    tag('img', {src: hop});
    tag('script', {src: url});
    tag('script', {src: url, type: 'module', crossOrigin: 'use-credentials'});
    tag('link', {rel: 'stylesheet', href: url});
    tag('link', {rel: 'prefetch', href: url});
    tag('link', {rel: 'icon', href: url});
    tag('div', {style: `background: url("${url}")`, textContent: 'x'});
    tag('object', {data: url});
    tag('iframe', {src: url});
    tag('video', {src: url});
    tag('audio', {src: url, crossOrigin: 'use-credentials'});
    tag('input', {type: 'image', src: url});
    tag('a', {ping: url, href: '#x'}).click();
    for (const [kind, way, to] of [['text/plain', 'POST', url], ['text/plain', 'POST', hop],
        ['multipart/form-data', 'POST', url], ['application/x-www-form-urlencoded', 'POST', url],
        ['text/plain', 'GET', url]]) {
      const name = 'f' + Math.random();
      tag('iframe', {name});
      const form = tag('form', {action: to, method: way, enctype: kind, target: name});
      form.append(Object.assign(document.createElement('input'),
                                {name: '{"path":"/","x":"', value: '"}'}));
      form.submit();
    }
    try { new WebSocket(url.replace('http', 'ws')); } catch {}
    const source = new EventSource(url, {withCredentials: true});
    source.onerror = source.onopen = () => source.close();
  }
  return 'sent';
}
function leave(way, url) {
  if (way === 'link') return location.assign(url);
  const form = tag('form', {action: url, method: 'POST', enctype: 'text/plain'});
  form.append(Object.assign(document.createElement('input'), {name: '{"x":"', value: '"}'}));
  form.submit();
}
"""
TRIES = 27  # of one route; browsers leave some of them out, so fewer may come


@contextmanager
def evil_page() -> Iterator[int]:
    """Serve an empty page, and `/hop?to=` that sends on with method and body; gives the port."""

    class Evil(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            parts = urlsplit(self.path)
            body = b"<!doctype html><title>evil</title><body></body>"
            if parts.path == "/hop":
                self.send_response(307)
                self.send_header("Location", parse_qs(parts.query)["to"][0])
                self.send_header("Access-Control-Allow-Origin", "*")
            else:
                self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _answer  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Evil)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
