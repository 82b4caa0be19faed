"""Private files: whole or not at all."""

import os
import stat
from pathlib import Path

import pytest

from kkiri.adapters.system import write_private


def test_a_write_that_stops_half_way_leaves_no_half_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = os.write
    monkeypatch.setattr(os, "write", lambda handle, body: whole(handle, body[: len(body) // 2]))
    path = tmp_path / "key"
    write_private(path, b"0123456789")
    assert path.read_bytes() == b"0123456789"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["key"]
