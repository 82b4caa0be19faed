"""How light the page is while 100 transfers run: long tasks, script time, bytes of the live stream.

    python -m bench.transfers_page [--transfers 100] [--seconds 20]

One peer on loopback fetches from another client at a capped rate; a real Chromium shows the list,
then one transfer closely. `told` is what the page hears, `peer` the peer's share of one core.
A long task is one over 50 ms (PerformanceObserver); one that a loaded
machine makes shows up here too, so run it on a quiet one.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.contract.torrents_kit import PlainSeeder, content, hash_of, torrent_of
from tests.e2e.browser import Browser, browser
from tests.e2e.peers import Person, people, until

from kkiri.base.types import InfoHash
from kkiri.swarm.magnet import write_link

BYTES = 2_000_000  # of one transfer, in 31 pieces
RATE = "400k"  # all together: 100 transfers last eight minutes
SCREENS = ("#/transfers", "#/transfers/HASH")


def main() -> int:
    """Measure and print; 1 when a task was longer than 50 ms."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--transfers", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=20.0)
    asked = parser.parse_args()
    worst = 0.0
    with tempfile.TemporaryDirectory(prefix="kkiri-page-") as name:
        folder = Path(name)
        with people(folder, "peer") as (peer,), browser(folder) as page:
            seeder = PlainSeeder()
            peer.up("--download-rate", RATE)
            page.go(peer.ready()["page"])
            hashes = _begin(peer, page, seeder, folder, asked.transfers)
            print(f"{asked.transfers} transfers of {BYTES / 1e6:.0f} MB at {RATE} together")
            print(
                f"{'place':24}{'long tasks':>11}{'longest':>10}{'script':>12}{'all tasks':>12}"
                f"{'told':>11}{'peer':>8}"
            )
            for screen in SCREENS:
                worst = max(worst, _look(peer, page, screen.replace("HASH", hashes[0]), asked))
    return 1 if worst > 0 else 0


def _begin(peer: Person, page: Browser, seeder: PlainSeeder, folder: Path, count: int) -> list[str]:
    """Let that many transfers run; give their info-hashes."""
    links, hashes = [], []
    for number in range(count):
        body = content(f"bench {number}", BYTES)
        torrent = torrent_of(f"Transfer {number:03}.mp3", [((), body)])
        key = hash_of(torrent)
        seeder.seed(torrent, folder / "seeds" / key, [body])
        links.append(write_link(InfoHash(key), f"Transfer {number:03}.mp3", None, [seeder.address]))
        hashes.append(key)
    for link in links:
        page.run(
            f"import('/static/api.js').then(({{post}}) => post('/api/get', {{link: {link!r}}}))"
        )

    def run() -> bool | None:
        rows = peer.do("transfers", "--json").lines
        return sum(row["state"] == "fetching" for row in rows) == count or None

    until(run, 60.0)
    return hashes


def _look(peer: Person, page: Browser, screen: str, asked: argparse.Namespace) -> float:
    """Stay at one place and give the longest task over 50 ms, 0 for none."""
    page.run(f"location.hash = {screen!r}")
    if screen == "#/transfers":
        page.wait(f"document.querySelectorAll('li.transfer').length === {asked.transfers}")
    else:
        page.wait("document.querySelector('canvas.pieces')?.width > 0")
    page.long_tasks()
    page.events.clear()
    page.say("Performance.enable")
    before, begin = _metrics(page), _processor(peer)
    time.sleep(asked.seconds)
    after, end = _metrics(page), _processor(peer)
    tasks = page.long_tasks()
    script, all_tasks = (
        (after[name] - before[name]) / asked.seconds * 1000
        for name in ("ScriptDuration", "TaskDuration")
    )
    longest = max(tasks, default=0.0)
    told = [one["params"] for one in page.events if one["method"] == "Network.dataReceived"]
    heard = sum(one["dataLength"] for one in told) / asked.seconds / 1000
    print(
        f"{screen[:22]:24}{len(tasks):>11}{longest:>7.0f} ms{script:>7.1f} ms/s"
        f"{all_tasks:>7.1f} ms/s{heard:>6.1f} kB/s{(end - begin) / asked.seconds:>8.0%}"
    )
    return longest


def _processor(peer: Person) -> float:
    """Give the seconds of processor time the peer's main process has taken."""
    assert peer.up_process is not None
    fields = Path(f"/proc/{peer.up_process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _metrics(page: Browser) -> dict[str, float]:
    told = page.say("Performance.getMetrics")["metrics"]
    return {one["name"]: one["value"] for one in told}


if __name__ == "__main__":
    sys.exit(main())
