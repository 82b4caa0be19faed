"""The soak: a ledger of what was acknowledged, kills in between, and the reckoning at the end."""

import hashlib
import json
import random
import sqlite3
import statistics
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from kkiri.base.types import Kind, UnixTime
from kkiri.event.record import Record, encode
from kkiri.event.verify import Signer
from tests.soak.peer import Peer, VerbFailedError

BATCH_RECORDS = 20  # published to the hub in one go
ITEM_BYTES = 12_000_000  # long enough on its way that a kill meets it
RECKON_SECONDS_MAX = 90  # delivery and downloads go on by themselves after the last start
TARGETS = ("peer", "peer", "hub", "writer")


@dataclass(slots=True)
class Ledger:
    """What somebody was told is done."""

    shared: dict[str, Path] = field(default_factory=dict)
    """Title → folder."""
    published: dict[str, Record] = field(default_factory=dict)
    fetched: dict[str, Path] = field(default_factory=dict)
    """Info-hash → where it must arrive."""
    petnames: dict[str, str] = field(default_factory=dict)
    """Name → npub."""


@dataclass(slots=True, kw_only=True)
class Soak:
    """Two peers: one is killed, the other has things to fetch and looks on."""

    folder: Path
    seed: int
    chance: random.Random = field(init=False)
    victim: Peer = field(init=False)
    witness: Peer = field(init=False)
    ledger: Ledger = field(default_factory=Ledger)
    kills: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    items: list[tuple[str, str, str]] = field(default_factory=list)
    """(link, info-hash, sha256) of what the witness shares."""
    npub: str = ""

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.witness = Peer(home=self.folder / "witness")
        self.victim = Peer(home=self.folder / "victim")

    def run(self, kills: int) -> dict[str, object]:
        """Kill that many times and give the figures; raises on anything lost."""
        try:
            self._begin(items=max(4, kills // 4))
            with ThreadPoolExecutor(4) as pool:
                while self.kills.total() < kills:
                    self._round(pool)
            return self._reckon()
        finally:
            self.victim.stop()
            self.witness.stop()

    def _begin(self, items: int) -> None:
        self.witness.start()
        self.victim.bootstrap = f"ws://{self.witness.listen}"
        self.victim.start()
        self.npub = str(self.victim.one("status", "--json")["npub"])
        shared = self.folder / "things"
        shared.mkdir()
        hashes = {}
        for number in range(items):
            body = self.chance.randbytes(ITEM_BYTES)
            (shared / f"thing {number:03}.bin").write_bytes(body)
            hashes[f"thing {number:03}"] = hashlib.sha256(body).hexdigest()
        self.witness.one("share", str(shared), "--wait", "--json")
        library = self.witness.one(
            "person", str(self.witness.one("status", "--json")["npub"]), "--json"
        )["library"]
        assert isinstance(library, list)
        for row in library:
            name = str(row["title"]).removesuffix(".bin")
            self.items.append((row["link"], row["info_hash"], hashes[name]))
        assert len(self.items) == items

    def _round(self, pool: ThreadPoolExecutor) -> None:
        works = self.chance.sample([self._share, self._publish, self._fetch, self._petname], 2)
        number = self.kills.total()
        # everything that is drawn is drawn here, so that a seed means one course of kills
        draws = [self.chance.randrange(1 << 30) for _ in works]
        running: list[Future[None]] = [
            pool.submit(self._try, work, number, draw)
            for work, draw in zip(works, draws, strict=True)
        ]
        time.sleep(self.chance.uniform(0.2, 1.6))
        target = self.chance.choice(TARGETS)
        if self.victim.kill(target):
            self.kills[target] += 1
        for one in running:
            one.result()
        if not self.victim.alive():
            self.victim.start()
        self.victim.wait_whole()
        assert self.victim.one("key", "show", "--json")["npub"] == self.npub

    def _try(self, work: Callable[[int, int], None], number: int, draw: int) -> None:
        try:
            work(number, draw)
        except (VerbFailedError, OSError, WebSocketException, TimeoutError) as error:
            self.refused[type(error).__name__] += 1  # not acknowledged: nothing is owed

    def _share(self, number: int, draw: int) -> None:
        folder = self.folder / f"shared {number}-{draw}"
        folder.mkdir()
        chance = random.Random(draw)
        for at in range(chance.randrange(1, 6)):
            size = chance.choice((10, 1000, 3_000_000))
            (folder / f"work {draw} {at}.bin").write_bytes(chance.randbytes(size))
        self.victim.one("share", str(folder), "--json")
        self.ledger.shared.update({path.stem: folder for path in folder.iterdir()})

    def _publish(self, _number: int, draw: int) -> None:
        chance = random.Random(draw)
        signer = Signer(chance.randbytes(32))
        records = [
            signer.sign(
                Kind(1111), (("soak", str(draw)),), f"{draw} {at}", UnixTime(1_790_000_000 + at)
            )
            for at in range(BATCH_RECORDS)
        ]
        by_id = {str(record.id): record for record in records}
        with connect(f"ws://{self.victim.listen}", open_timeout=5, close_timeout=1) as link:
            for record in records:
                link.send('["EVENT",' + encode(record).decode() + "]")
            for _ in records:
                answer = json.loads(link.recv(timeout=10))
                if answer[0] == "OK" and answer[2]:
                    self.ledger.published[answer[1]] = by_id[answer[1]]

    def _fetch(self, _number: int, draw: int) -> None:
        link, info_hash, _ = self.items[draw % len(self.items)]
        to = self.folder / "arrived"
        to.mkdir(exist_ok=True)
        self.victim.one("get", link, "--to", str(to), "--json")
        self.ledger.fetched[info_hash] = to

    def _petname(self, _number: int, draw: int) -> None:
        who = str(self.witness.one("status", "--json")["npub"])
        self.ledger.petnames[f"name {draw}"] = who  # may hold even if nobody was told
        self.victim.say("petname", who, f"name {draw}")
        self.ledger.petnames = {f"name {draw}": who}  # told: no older one may come back

    def _reckon(self) -> dict[str, object]:
        began = time.monotonic()
        self._until(self._shares_missing)
        self._until(self._fetches_missing)
        arrived = (
            {
                hashlib.sha256(path.read_bytes()).hexdigest()
                for path in (self.folder / "arrived").glob("*")
            }
            if self.ledger.fetched
            else set()
        )
        wrong = [
            info_hash
            for _, info_hash, digest in self.items
            if info_hash in self.ledger.fetched and digest not in arrived
        ]
        lost = self._records_missing()
        assert not wrong, f"wrong bytes: {wrong}"
        assert not lost, f"records that were acknowledged and are gone: {len(lost)}"
        said = (
            self.victim.one("person", next(iter(self.ledger.petnames.values())), "--json")
            if self.ledger.petnames
            else {}
        )
        if self.ledger.petnames:
            assert said["petname"] in self.ledger.petnames
        settled = time.monotonic() - began
        self.victim.stop()
        self._databases_are_whole()
        starts = sorted(self.victim.starts)
        return {
            "seed": self.seed,
            "kills": dict(self.kills),
            "acknowledged": {
                "shared": len(self.ledger.shared),
                "published": len(self.ledger.published),
                "fetched": len(self.ledger.fetched),
            },
            "not_acknowledged": dict(self.refused),
            "lost": 0,
            "start_seconds_p50": round(statistics.median(starts), 2),
            "start_seconds_max": round(starts[-1], 2),
            "settled_seconds": round(settled, 2),
        }

    def _until(self, missing: Callable[[], list[str]]) -> None:
        deadline = time.monotonic() + RECKON_SECONDS_MAX
        while left := missing():
            assert time.monotonic() < deadline, f"lost: {left[:5]} of {len(left)}"
            time.sleep(0.5)

    def _shares_missing(self) -> list[str]:
        """Titles that were acknowledged and that the other peer cannot see."""
        said = self.witness.one("person", self.npub, "--json")["library"]
        assert isinstance(said, list)
        seen = Counter(str(row["title"]).removesuffix(".bin") for row in said)
        assert max(seen.values(), default=0) <= 1, f"twice: {seen.most_common(3)}"
        return sorted(set(self.ledger.shared) - set(seen))

    def _fetches_missing(self) -> list[str]:
        rows = self.victim.many("transfers", "--json")
        done = {str(row["info_hash"]) for row in rows if row["finished"]}
        return sorted(set(self.ledger.fetched) - done)

    def _records_missing(self) -> list[str]:
        wanted, found = list(self.ledger.published), set()
        with connect(f"ws://{self.victim.listen}", open_timeout=5) as link:
            for at in range(0, len(wanted), 100):
                ids = wanted[at : at + 100]
                link.send(json.dumps(["REQ", f"s{at}", {"ids": ids, "limit": len(ids)}]))
                while (answer := json.loads(link.recv(timeout=10)))[0] != "EOSE":
                    if answer[0] == "EVENT":
                        found.add(answer[2]["id"])
        return sorted(set(wanted) - found)

    def _databases_are_whole(self) -> None:
        for path in (self.victim.home / "peer.db", self.victim.home / "hub" / "events.db"):
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as base:
                tables = [
                    row[0]
                    for row in base.execute(
                        "select name from sqlite_schema where type='table'"
                        " and sql not like '%VIRTUAL%'"
                    )
                ]
                assert tables
                for table in tables:
                    base.execute(f'select count(*) from "{table}"').fetchone()
