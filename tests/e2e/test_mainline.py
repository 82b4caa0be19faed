"""Strangers meet in a real DHT: no hub is named, one DHT node is all that they have in common."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import libtorrent as lt

from kkiri.adapters.system import SystemClock
from kkiri.base.types import UnixTime
from kkiri.hub.rendezvous import DAY_SECONDS, day_key, dtan_key
from tests.e2e.peers import Person, people, until

MEET_SECONDS_MAX = 60.0  # a DHT lookup is some seconds; starting peers share two busy cores
ROUTER_HOST = "127.77.0.1"


class Router:
    """A bare DHT node at an address of its own."""

    def __init__(self) -> None:
        self._session = lt.session(
            {
                "listen_interfaces": f"{ROUTER_HOST}:0",
                "enable_dht": True,
                "enable_lsd": False,
                "enable_upnp": False,
                "enable_natpmp": False,
                "dht_bootstrap_nodes": "",
                "dht_restrict_routing_ips": False,
                "dht_restrict_search_ips": False,
                "dht_enforce_node_id": False,
                "dht_prefer_verified_node_ids": False,
                "dht_ignore_dark_internet": False,
                "alert_mask": lt.alert_category.dht_operation | lt.alert_category.status,
            }
        )
        self.address = f"{ROUTER_HOST}:{until(self._session.listen_port, 10)}"
        self._found: dict[bytes, set[str]] = {}

    def who_is_at(self, key: bytes) -> set[str]:
        """Ask the DHT once more who is at a key; give all that it ever answered."""
        self._session.dht_get_peers(lt.sha1_hash(key))
        for alert in self._session.pop_alerts():
            if isinstance(alert, lt.dht_get_peers_reply_alert):
                found = {f"ws://{host}:{port}" for host, port in alert.peers()}
                self._found.setdefault(alert.info_hash.to_bytes(), set()).update(found)
        return self._found.get(key, set())

    def announce(self, key: bytes, port: int) -> None:
        """Say that something of the router's host is at a key."""
        self._session.dht_announce(lt.sha1_hash(key), port, 0)


@contextmanager
def router() -> Iterator[Router]:
    made = Router()
    yield made
    made._session.pause()


def _open(person: Person) -> dict[str, dict[str, Any]]:
    hubs = person.do("status", "--json").one["hubs"]
    return {hub["url"]: hub for hub in hubs if hub["state"] == "open" and not hub["own"]}


def _found(person: Person, words: str) -> list[dict[str, Any]]:
    return person.do("find", words, "--json").lines


def test_strangers_meet_find_and_fetch_through_a_dht(tmp_path: Path) -> None:
    with router() as dht, people(tmp_path, "one", "two", "three") as (one, two, three):
        listen = iter(("127.71.0.1:0", "127.72.0.1:0", "127.73.0.1:0"))
        hubs = [
            person.up("--dht-bootstrap", dht.address, "--listen", next(listen))["hub"]
            for person in (one, two)
        ]
        # linked, and each has proved its key for our nonce
        until(lambda: _open(two).get(hubs[0], {}).get("key"), MEET_SECONDS_MAX)
        until(lambda: _open(one).get(hubs[1], {}).get("key"), MEET_SECONDS_MAX)
        # a hub of yesterday's clock is met as well: all three keys are announced
        now = SystemClock().now()
        for key in (day_key(now), day_key(UnixTime(now - DAY_SECONDS)), dtan_key()):
            until(lambda key=key: dht.who_is_at(key) >= set(hubs), MEET_SECONDS_MAX)

        song = one.folder / "디에이치티의 노래.mp3"
        song.write_bytes(os.urandom(300_000))
        assert one.do("share", str(song), "--wait", "--json").one["listings"] == 1
        # a liar at the key: something that is no hub
        dht.announce(day_key(now), 9)
        third = three.up("--dht-bootstrap", dht.address, "--listen", next(listen))
        until(lambda: set(hubs) <= _open(three).keys(), MEET_SECONDS_MAX)
        (found,) = until(lambda: _found(three, "디에이치티"), 20)
        # the bare info-hash: who has it is learnt from the listings at the hubs
        bare = f"magnet:?xt=urn:btih:{found['info_hash']}"
        got = three.do("get", bare, "--wait", "--json").one
        assert Path(got["path"]).read_bytes() == song.read_bytes()
        assert third["hub"] not in _open(three)


def test_only_yesterdays_key_is_enough(tmp_path: Path) -> None:
    """A hub whose clock is a day behind stands under yesterday's key for us."""
    with router() as dht, people(tmp_path, "one", "two") as (one, two):
        hub = one.up("--listen", "127.77.0.1:0")["hub"]  # knows no DHT; the router speaks for it
        yesterday = day_key(UnixTime(SystemClock().now() - DAY_SECONDS))
        two.up("--dht-bootstrap", dht.address, "--listen", "127.75.0.1:0")

        def met() -> bool:
            dht.announce(yesterday, int(hub.rsplit(":", 1)[1]))
            return bool(_open(two).get(hub, {}).get("key"))

        until(met, MEET_SECONDS_MAX)
