"""`python -m bench.idle [FILES]`: seconds from start to ready, and memory at rest.

Memory is the PSS of all processes of the peer (what they share is counted once).
"""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.soak.peer import Peer

STARTS = 5
REST_SECONDS = 5  # the first garbage collections and merges are over by then


def main(files: int) -> dict[str, object]:
    """Share that many small files, restart, measure."""
    with tempfile.TemporaryDirectory(prefix="kkiri-idle-") as place:
        shared = Path(place) / "shared"
        shared.mkdir()
        for number in range(files):
            (shared / f"노래 {number:05} song.txt").write_text(f"text number {number}\n" * 20)
        peer = Peer(home=Path(place) / "home")
        try:
            peer.start()
            empty = _memory(peer)
            said = peer.one("share", str(shared), "--json")
            found = len(peer.many("find", "--json", "노래", "00042"))
            for _ in range(STARTS):
                peer.stop()
                peer.start()
            peer.wait_whole()
            time.sleep(REST_SECONDS)
            began = time.monotonic()
            cpu = _cpu_seconds(peer)
            time.sleep(REST_SECONDS)
            used = (_cpu_seconds(peer) - cpu) / (time.monotonic() - began)
            return {
                "files": files,
                "share_seconds": said["seconds"],
                "found": found,
                "start_seconds_p50": round(statistics.median(peer.starts[1:]), 2),
                "start_seconds_max": round(max(peer.starts[1:]), 2),
                "memory_mb": _memory(peer),
                "memory_mb_empty": empty,
                "idle_cpu_share": round(used, 4),
            }
        finally:
            peer.stop()


def _memory(peer: Peer) -> dict[str, float]:
    sizes = {name: _pss_mb(pid) for name, pid in peer.pids().items()}
    return sizes | {"all": round(sum(sizes.values()), 1)}


def _pss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return round(int(line.split()[1]) / 1024, 1)
    raise ValueError(pid)


def _cpu_seconds(peer: Peer) -> float:
    ticks = 0
    for pid in peer.pids().values():
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / 100


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)))
