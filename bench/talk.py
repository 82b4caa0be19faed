"""`python -m bench.talk [MESSAGES]`: what a private message costs, and how soon it is heard.

First our seal and wrap beside nostr-sdk's, and opening beside nostr-sdk's, in one run. Then two
whole peers on loopback: from the request that says it to the line at the other's follower, and
what a hundred messages take that came while the other was off.
"""

import json
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from random import SystemRandom
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from nostr_sdk import EventBuilder, Keys, Kind, Tag, UnwrappedGift, nip59_make_gift_wrap
from tests.e2e.peers import Person, people, until

from kkiri.adapters.keys.seals import KeySeals
from kkiri.adapters.system import SystemClock
from kkiri.chat.rumor import compose
from kkiri.event.verify import Signer
from kkiri.flows.talking.wrapping import unwrap, wrap
from kkiri.flows.world import World

WRAPS = 300
MISSED = 100
WAIT_SECONDS = 120.0


class _Person:
    """As much of a world as sealing needs."""

    def __init__(self, secret: bytes) -> None:
        self.signer, self.chance, self.clock = Signer(secret), SystemRandom(), SystemClock()
        self.sealing = KeySeals(secret, self.chance)


def _ours() -> tuple[float, float]:
    ann, ben = (cast("World", _Person(bytes([number]) * 32)) for number in (1, 2))
    begin = time.perf_counter()
    made = [
        wrap(
            ann,
            compose(ann.signer.pubkey, (ben.signer.pubkey,), f"안녕 {n}", ann.clock.now()),
            ben.signer.pubkey,
        )
        for n in range(WRAPS)
    ]
    middle = time.perf_counter()
    for one in made:
        unwrap(ben, one)
    return middle - begin, time.perf_counter() - middle


def _theirs() -> tuple[float, float]:
    ann, ben = Keys.parse("01" * 32), Keys.parse("02" * 32)
    begin = time.perf_counter()
    made = []
    for number in range(WRAPS):
        words = EventBuilder(Kind(14), f"안녕 {number}")
        to = Tag.parse(["p", ben.public_key().to_hex()])
        rumor = words.tags([to]).finalize_unsigned(ann.public_key())
        made.append(nip59_make_gift_wrap(ann, ben.public_key(), rumor))
    middle = time.perf_counter()
    for one in made:
        UnwrappedGift.from_gift_wrap(ben, one).rumor()
    return middle - begin, time.perf_counter() - middle


class _Api:
    """The local API of one peer."""

    def __init__(self, status: dict[str, Any]) -> None:
        parts = urlsplit(status["page"])
        self._base = f"http://{parts.netloc}"
        self._headers = {
            "Authorization": f"Bearer {parse_qs(parts.query)['t'][0]}",
            "Content-Type": "application/json",
        }

    def post(self, path: str, body: object) -> None:
        raw = json.dumps(body).encode()
        urllib.request.urlopen(urllib.request.Request(self._base + path, raw, self._headers)).read()

    def get(self, path: str) -> dict[str, Any]:
        asked = urllib.request.Request(self._base + path, headers=self._headers)
        said: dict[str, Any] = json.loads(urllib.request.urlopen(asked).read())
        return said

    def lines(self, path: str) -> Iterator[Any]:
        asked = urllib.request.Request(self._base + path, headers=self._headers)
        with urllib.request.urlopen(asked) as answer:
            for line in answer:
                yield json.loads(line)


def _heard(api: _Api, count: int, heard: dict[str, float]) -> None:
    for told in api.lines("/api/messages/follow"):
        heard.setdefault(told["message"]["text"], time.perf_counter())
        if len(heard) == count:
            return


def _live(ann: _Api, ben: _Api, to: str, count: int) -> list[float]:
    heard: dict[str, float] = {}
    listener = threading.Thread(target=_heard, args=(ben, count, heard))
    listener.start()
    time.sleep(1.0)  # the follower is there before anything is said
    said: dict[str, float] = {}
    for number in range(count):
        said[f"{number}"] = time.perf_counter()
        ann.post("/api/talks/say", {"to": [to], "text": f"{number}"})
    listener.join(WAIT_SECONDS)
    return [heard[text] - at for text, at in said.items()]


def _missed(ann: _Api, ben: Person, to: str, by: str, hub: str) -> float:
    ben.stop()
    for number in range(MISSED):
        ann.post("/api/talks/say", {"to": [to], "text": f"missed {number}"})
    status = ben.up("--bootstrap", hub)
    api, begin = _Api(status), time.perf_counter()
    wanted = f"/api/talks/{by}?limit=200"
    until(
        lambda: (
            sum(m["text"].startswith("missed") for m in api.get(wanted)["messages"]) == MISSED
            or None
        ),
        WAIT_SECONDS,
    )
    return time.perf_counter() - begin


def main() -> None:
    """Measure, and print one JSON object."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    (seal, opened), (their_seal, their_opened) = _ours(), _theirs()
    with tempfile.TemporaryDirectory() as folder, people(Path(folder), "ann", "ben") as both:
        first = both[0].up()
        second = both[1].up("--bootstrap", first["hub"])
        ann, ben = _Api(first), _Api(second)
        until(lambda: ann.get(f"/api/people/{second['npub']}")["on"] or None, WAIT_SECONDS)
        both[1].do("follow", first["npub"])
        _live(ann, ben, second["npub"], 1)
        spans = _live(ann, ben, second["npub"], count)
        missed = _missed(ann, both[1], second["npub"], first["npub"], first["hub"])
    out = {
        "wrap_ms": round(seal / WRAPS * 1000, 2),
        "wrap_nostr_sdk_ms": round(their_seal / WRAPS * 1000, 2),
        "open_ms": round(opened / WRAPS * 1000, 2),
        "open_nostr_sdk_ms": round(their_opened / WRAPS * 1000, 2),
        "heard_ms_p50": round(statistics.median(spans) * 1000),
        "heard_ms_max": round(max(spans) * 1000),
        f"missed_{MISSED}_s": round(missed, 2),
    }
    print(json.dumps(out), flush=True)


if __name__ == "__main__":
    main()
