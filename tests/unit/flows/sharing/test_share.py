"""What is shared is never where downloads are written (SAFETY, defaults)."""

from pathlib import Path

import pytest

from kkiri.base.errors import UnsafeFolderError
from kkiri.flows.sharing.share import overlaps, share
from tests.fakes.virtual import run
from tests.fakes.world import FakeWorld


def test_which_folders_overlap() -> None:
    a = Path("/a")
    assert overlaps(a, a)
    assert overlaps(a / "b" / "c", a)
    assert overlaps(a, a / "b")
    assert not overlaps(a, Path("/ab"))
    assert not overlaps(a / "b", a / "c")


@pytest.mark.parametrize("folder", ["/in", "/in/album", "/"])
def test_no_folder_that_downloads_go_to_is_shared(folder: str) -> None:
    async def main() -> None:
        fake = FakeWorld()
        assert fake.world.incoming == Path("/in")
        fake.folders.write(Path("/in/album/song.mp3"), b"x" * 100)
        with pytest.raises(UnsafeFolderError):
            await share(fake.world, Path(folder), lambda _sharing: None)
        assert fake.state.library.roots() == []

    run(main())
