"""Files put away into a folder beside them: nothing overwritten, no link followed (SAFETY F1)."""

from pathlib import Path

import pytest

from kkiri.adapters.folders.moving import put_away
from kkiri.base.errors import NotFoundError, UnsafeFolderError


def test_names_are_numbered_and_reasons_stand_beside(tmp_path: Path) -> None:
    for body in ("one", "two", "three"):
        (tmp_path / "a.torrent").write_text(body)
        put_away(tmp_path / "a.torrent", "failed", f"왜: {body}")
    failed = tmp_path / "failed"
    assert {path.name: path.read_text() for path in failed.iterdir()} == {
        "a.torrent": "one",
        "a.torrent.why.txt": "왜: one",
        "a (2).torrent": "two",
        "a (2).torrent.why.txt": "왜: two",
        "a (3).torrent": "three",
        "a (3).torrent.why.txt": "왜: three",
    }
    assert list(tmp_path.glob("*.torrent")) == []


def test_a_reason_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "done").mkdir()
    (tmp_path / "done" / "a.magnet.why.txt").write_text("mine")
    (tmp_path / "a.magnet").write_text("x")
    put_away(tmp_path / "a.magnet", "done", "why")
    assert (tmp_path / "done" / "a.magnet.why.txt").read_text() == "mine"
    assert (tmp_path / "done" / "a (2).magnet").exists()


@pytest.mark.parametrize("what", ["link", "file", "dangling"])
def test_f1_something_else_in_the_place_is_refused(tmp_path: Path, what: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    inside = tmp_path / "inside"
    inside.mkdir()
    place = inside / "done"
    if what == "file":
        place.write_text("x")
    else:
        place.symlink_to(outside if what == "link" else tmp_path / "nowhere")
    (inside / "a.magnet").write_text("x")
    with pytest.raises((UnsafeFolderError, NotFoundError)):
        put_away(inside / "a.magnet", "done", "why")
    assert (inside / "a.magnet").exists()
    assert list(outside.iterdir()) == []
    assert not (tmp_path / "nowhere").exists()


def test_a_file_that_went_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        put_away(tmp_path / "none.magnet", "done", "")
