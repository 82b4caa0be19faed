"""Whole peers find one another by gossip, and live with a hub that lies; by the command line."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from kkiri.base.types import UnixTime
from kkiri.event import kinds
from kkiri.event.record import encode
from kkiri.event.verify import Signer
from tests.e2e.peers import Person, people, until

GOSSIP_SECONDS_MAX = 40.0  # the promise is seconds; starting peers share two busy cores
Lie = Callable[[str, list[dict[str, Any]]], list[str]]


def _songs(person: Person, name: str) -> Path:
    song = person.folder / f"{name}.mp3"
    song.write_bytes(os.urandom(60_000))
    assert person.do("share", str(song), "--wait", "--json").one["listings"] == 1
    return song


def _open(person: Person) -> set[str]:
    hubs = person.do("status", "--json").one["hubs"]
    return {hub["url"] for hub in hubs if hub["state"] == "open"}


def _row(person: Person, url: str) -> dict[str, Any]:
    hubs = person.do("status", "--json").one["hubs"]
    return next(hub for hub in hubs if hub["url"] == url)


def _titles(person: Person, words: str) -> list[str]:
    return [str(found["title"]) for found in person.do("find", words, "--json").lines]


def test_a_chain_of_strangers_becomes_one_network(tmp_path: Path) -> None:
    """Each knows the one before; soon all are linked, and the middle may die."""
    with people(tmp_path, "one", "two", "three", "four") as chain:
        hubs: list[str] = []
        for person in chain:
            before = ["--bootstrap", hubs[-1]] if hubs else []
            hubs.append(person.up(*before)["hub"])
        for person in chain:
            until(lambda person=person: _open(person) >= set(hubs), GOSSIP_SECONDS_MAX)
        _songs(chain[0], "처음 부른 노래")
        until(lambda: _titles(chain[3], "처음 노래"), 20)
        chain[1].kill()
        chain[2].kill()
        assert _titles(chain[3], "처음 노래") == ["처음 부른 노래"]
        # the book brings them back without any bootstrap
        chain[3].stop()
        chain[3].up()
        until(lambda: hubs[0] in _open(chain[3]), GOSSIP_SECONDS_MAX)


class Liar:
    """A relay that answers every question as it likes."""

    def __init__(self, lie: Lie) -> None:
        self._lie = lie
        self._lock = threading.Lock()
        self.asked = 0
        self.url = ""

    def talk(self, link: ServerConnection) -> None:
        try:
            for raw in link:
                asked = json.loads(raw)
                if asked[0] == "EVENT":
                    link.send(json.dumps(["OK", asked[1]["id"], True, ""]))
                if asked[0] == "REQ":
                    with self._lock:
                        self.asked += 1
                    for line in self._lie(asked[1], asked[2:]):
                        link.send(line)
        except ConnectionClosed:
            return


@contextmanager
def lying(lie: Lie) -> Iterator[Liar]:
    liar = Liar(lie)
    with serve(liar.talk, "127.0.0.1", 0) as server:
        liar.url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield liar
        finally:
            server.shutdown()
            thread.join(10)


EVE = Signer((66).to_bytes(32))


def _listing(title: str, number: int) -> str:
    tags = (("title", title), ("x", f"{number:040x}"), ("file", f"{title}.mp3", "5"))
    return encode(EVE.sign(kinds.LISTING, tags, "", UnixTime(int(time.time())))).decode()


def forge(sub: str, _filters: list[dict[str, Any]]) -> list[str]:
    """Records with a changed body, ones that nobody asked for, and an end."""
    good = _listing("bait", 1)
    bad = good.replace('"bait"', '"노래 bait"')
    return [
        *(f'["EVENT","{sub}",{event}]' for event in (bad, bad.replace('"kind":2003', '"kind":1'))),
        f'["EVENT","{sub}",{good}]',
        f'["EOSE","{sub}"]',
    ]


FLOOD = [_listing(f"노래 {number}", number) for number in range(1_500)]


def flood(sub: str, _filters: list[dict[str, Any]]) -> list[str]:
    """Valid records of the right kind, three times as many as were asked for."""
    return [f'["EVENT","{sub}",{event}]' for event in FLOOD] + [f'["EOSE","{sub}"]']


def hang(_sub: str, _filters: list[dict[str, Any]]) -> list[str]:
    """Never an answer."""
    return []


def test_n5_hubs_that_forge_flood_or_hang_are_shown_and_stop_nobody(tmp_path: Path) -> None:
    """One peer meets three liars, one after the other; for how long: tests/unit/flows/test_find."""
    with people(tmp_path, "one") as (one,):
        one.up()
        _songs(one, "진짜 노래")
        assert _titles(one, "진짜 노래") == ["진짜 노래"]
        for lie in (forge, flood):
            with lying(lie) as liar:
                _meet_and_ban(one, liar)
        with lying(hang) as liar:
            assert one.do("peers", "add", liar.url).code == 0
            until(lambda: liar.url in _open(one), 20)
            assert _titles(one, "진짜 노래") == ["진짜 노래"]
            assert liar.asked > 0


def _meet_and_ban(one: Person, liar: Liar) -> None:
    assert one.do("peers", "add", liar.url).code == 0
    until(lambda: liar.url in _open(one), 20)

    def banned() -> bool:
        assert _titles(one, "진짜 노래") == ["진짜 노래"]
        return bool(_row(one, liar.url)["state"] == "banned")

    until(banned, 40)
    row = _row(one, liar.url)
    assert row["refused"] > 0
    assert "forged or not asked for" in row["why"]
    asked = liar.asked
    assert _titles(one, "노래") == ["진짜 노래"]
    assert liar.asked == asked
