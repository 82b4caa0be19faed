"""A short soak in every run; `./nightly` does a hundred kills with a seed of the day."""

from pathlib import Path

from tests.soak.kills import Soak

SEED = 20261122
KILLS = 10


def test_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    figures = Soak(folder=tmp_path, seed=SEED).run(KILLS)
    kills = figures["kills"]
    assert isinstance(kills, dict)
    assert sum(kills.values()) == KILLS
    assert figures["lost"] == 0
