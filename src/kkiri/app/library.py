"""What the local API says of one's own library: the shared folders, and their listings by page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kkiri.app.answers import SharingAnswer
from kkiri.event.sort import sort_of_name
from kkiri.flows.sharing.adding import Sharing
from kkiri.flows.world import World
from kkiri.ports.state import SharedLine
from kkiri.swarm.magnet import write_link


@dataclass(frozen=True, slots=True, kw_only=True)
class RootAnswer:
    """One shared folder or file."""

    path: str
    listings: int
    bytes: int
    there: bool
    """False when it went, with a drive that was taken out perhaps."""
    adding: SharingAnswer | None
    """How far new files have come; None when all are shared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAnswer:
    """One listing of ours."""

    info_hash: str
    title: str
    kind: str
    size: int
    files: int
    path: str
    """Of its only file, else of the folder that holds them."""
    link: str
    up_rate: int
    """Bytes a second to others now."""
    peers: int
    """Who fetches it now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPageAnswer:
    """Some of the listings, newest first."""

    total: int
    """How many there are with those words."""
    listings: list[ListedAnswer]


class Adding:
    """How far new files of the shared folders have come, while there are any."""

    def __init__(self) -> None:
        self._now: dict[Path, Sharing] = {}

    def tell(self, root: Path, now: Sharing) -> None:
        """Note how far one has come."""
        if now.step == "hash" and now.done < now.total:
            self._now[root] = now
        elif now.step != "walk":
            self._now.pop(root, None)

    def now(self) -> dict[Path, Sharing]:
        """Give those that have not ended."""
        return dict(self._now)


def root_answers(world: World, adding: Mapping[Path, Sharing]) -> list[RootAnswer]:
    """Tell what is shared, and what is still being added."""
    answers = []
    for root in world.library.roots():
        count, size = world.library.totals(root)
        now = adding.get(root)
        answers.append(
            RootAnswer(
                path=str(root),
                listings=count,
                bytes=size,
                there=root.exists(),
                adding=None if now is None else sharing_answer(now),
            )
        )
    return answers


def sharing_answer(now: Sharing) -> SharingAnswer:
    """Tell how far a share has come."""
    return SharingAnswer(
        finished=False,
        step=now.step,
        done=now.done,
        total=now.total,
        name=now.name,
        bytes_done=now.bytes_done,
        bytes_total=now.bytes_total,
        listings=0,
        bytes=0,
        seconds=0,
    )


def page_answer(world: World, total: int, lines: Sequence[SharedLine]) -> ListedPageAnswer:
    """Tell of some listings of a root."""
    return ListedPageAnswer(total=total, listings=[_listed(world, line) for line in lines])


def _listed(world: World, line: SharedLine) -> ListedAnswer:
    moving = world.torrents.progress_of(line.info_hash)
    address = world.torrents.address
    return ListedAnswer(
        info_hash=line.info_hash,
        title=line.title,
        kind=sort_of_name(line.first.name).value,
        size=line.size,
        files=line.files,
        path=str(line.first if line.files == 1 else line.first.parent),
        link=write_link(
            line.info_hash, line.title, line.size, () if address is None else (address,)
        ),
        up_rate=0 if moving is None else moving.up_rate,
        peers=0 if moving is None else moving.peers,
    )
