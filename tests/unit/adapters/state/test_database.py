"""peer.db when the power goes (F5), when the disk is full (F4), and when two would have it."""

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import apsw
import pytest

from kkiri.adapters.state import database
from kkiri.adapters.state.peer_db import PeerState
from kkiri.adapters.state.schema import SCHEMA_VERSION, STEPS
from kkiri.base.errors import DiskFullError, RefusedError
from kkiri.base.types import Bytes, InfoHash, Kind, Seq, UnixTime
from kkiri.event.record import Record
from kkiri.event.verify import Signer
from kkiri.ports.state import SharedListing
from tests.fakes.power import PowerCutDisk

SIGNER = Signer(bytes([7]) * 32)
REPO = Path(__file__).parents[4]
CUTS = 40


def note(number: int) -> Record:
    return SIGNER.sign(Kind(1), (), f"note {number} " + "x" * 300, UnixTime(1))


def listing(number: int, record: Record) -> SharedListing:
    return SharedListing(
        info_hash=InfoHash(f"{number:040x}"),
        root=Path("/a"),
        folder=Path("/a"),
        title="t",
        size=Bytes(1),
        metainfo=bytes(500),
        records=(record.id,),
        files=(),
    )


def cut_and_count(tmp_path: Path, seed: int) -> tuple[int, int]:
    """Acknowledge records, cut the power, open what is left: (acknowledged, still there)."""
    disk = PowerCutDisk(f"cut-{seed}")
    before, after = tmp_path / f"{seed}-before", tmp_path / f"{seed}-after"
    before.mkdir()
    after.mkdir()
    chance = Random(seed)
    state = PeerState(before / "peer.db", vfs=f"cut-{seed}")
    acknowledged: list[Record] = []
    for number in range(chance.randrange(1, 40)):
        record = note(number)
        state.library.put_listings([listing(number, record)], [record])
        acknowledged.append(record)
    disk.cut(after, chance)
    state.close()
    disk.unregister()
    left = PeerState(after / "peer.db")
    kept = {record.id for _, record in left.journal.after(Seq(0), 1_000)}
    count = left.library.totals()[0]
    left.close()
    assert count == len(kept)
    return len(acknowledged), len(kept & {record.id for record in acknowledged})


def test_acknowledged_records_survive_power_cuts(tmp_path: Path) -> None:
    outcomes = [cut_and_count(tmp_path, seed) for seed in range(CUTS)]
    assert [kept for _, kept in outcomes] == [acknowledged for acknowledged, _ in outcomes]


def test_the_power_cut_test_sees_normal_sync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The harness is shown to fail: with `synchronous=NORMAL` acknowledged records go missing."""
    monkeypatch.setattr(database, "SYNCHRONOUS", "NORMAL")
    outcomes = [cut_and_count(tmp_path, seed) for seed in range(CUTS)]
    assert sum(kept < acknowledged for acknowledged, kept in outcomes) > CUTS // 4


def test_the_settings_that_make_it_durable(tmp_path: Path) -> None:
    state = PeerState(tmp_path / "peer.db")
    assert state.settings() == {
        "journal_mode": "wal",
        "synchronous": 2,
        "user_version": SCHEMA_VERSION,
    }
    state.close()


FULL_DISK = """
import pathlib, sys
from kkiri.adapters.state.peer_db import PeerState
from kkiri.base.errors import DiskFullError
from kkiri.base.types import InfoHash, Seq
from kkiri.event.verify import Signer
from tests.unit.adapters.state.test_database import listing, note
disk = pathlib.Path(sys.argv[1])
filler = disk / "filler"
state = PeerState(disk / "peer.db")
acknowledged = []
def share(number):
    record = note(number)
    state.library.put_listings([listing(number, record)], [record])
    acknowledged.append(record.id)
for number in range(50):
    share(number)
with filler.open("wb", buffering=0) as file:
    try:
        while True:
            file.write(bytes(4096))
    except OSError:
        pass
refused = 0
for number in range(50, 5000):
    try:
        share(number)
    except DiskFullError:
        refused += 1
        if refused == 20:
            break
assert refused == 20, refused
def kept():
    return {record.id for _, record in state.journal.after(Seq(0), 10_000)}
assert kept() == set(acknowledged), (len(kept()), len(acknowledged))
gone = InfoHash(f"{0:040x}")
state.library.withdraw(pathlib.Path("/a"), [gone], [note(-1)])
acknowledged.append(note(-1).id)
assert state.library.listing(gone) is None
state.close()
state = PeerState(disk / "peer.db")
assert kept() == set(acknowledged)
filler.unlink()
for number in range(6000, 6050):
    share(number)
assert kept() == set(acknowledged)
assert state.library.totals()[0] == len(acknowledged) - 2
print("went on")
"""


def test_a_full_disk_loses_nothing_and_goes_on(tmp_path: Path) -> None:
    script = tmp_path / "full.py"
    script.write_text(FULL_DISK)
    disk = tmp_path / "disk"
    disk.mkdir()
    done = subprocess.run(
        [
            "unshare", "-rm", "sh", "-c", 'mount -t tmpfs -o size=16m tmpfs "$3" && exec "$@"',
            "sh", sys.executable, str(script), str(disk),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": f"{REPO / 'src'}:{REPO}"},
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip()) == (0, "went on"), done.stderr


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    state = PeerState(tmp_path / "peer.db")
    with pytest.raises(RefusedError):
        PeerState(tmp_path / "peer.db")
    state.close()
    PeerState(tmp_path / "peer.db").close()


def test_a_file_of_an_older_kkiri_keeps_what_it_holds(tmp_path: Path) -> None:
    raw = apsw.Connection(str(tmp_path / "peer.db"))
    assert len(STEPS) == SCHEMA_VERSION
    raw.execute(STEPS[0]).fetchall()
    raw.execute("INSERT INTO kept (words, created_at) VALUES ('노래', 7)").fetchall()
    raw.execute("INSERT INTO hubs VALUES ('ws://127.0.0.1:1', NULL, 1, 5, NULL, 0)").fetchall()
    raw.pragma("user_version", 1)
    raw.close()
    for _ in range(2):
        state = PeerState(tmp_path / "peer.db")
        (kept,), (hub,) = state.people.kept(), state.book.hubs()
        assert (kept.words, kept.created_at, kept.told_until) == ("노래", 7, 0)
        assert (hub.url, hub.ban, hub.banned_until) == ("ws://127.0.0.1:1", "", None)
        state.close()


def test_a_file_of_a_newer_kkiri_is_refused(tmp_path: Path) -> None:
    PeerState(tmp_path / "peer.db").close()
    raw = apsw.Connection(str(tmp_path / "peer.db"))
    raw.pragma("user_version", 999)
    raw.close()
    with pytest.raises(RefusedError):
        PeerState(tmp_path / "peer.db")


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    state = PeerState(tmp_path / "peer.db")
    broken = SharedListing(
        info_hash=InfoHash("zz"),
        root=Path("/a"),
        folder=Path("/a"),
        title="t",
        size=Bytes(1),
        metainfo=b"",
        records=(),
        files=(),
    )
    with pytest.raises(ValueError):
        state.library.put_listings([listing(1, note(1)), broken], [note(1)])
    assert state.library.totals() == (0, 0)
    state.library.put_listings([listing(1, note(1))], [note(1)])
    assert state.library.totals()[0] == 1
    state.close()


def test_disk_full_is_a_sentence() -> None:
    assert "goes on by itself" in DiskFullError().sentence()
