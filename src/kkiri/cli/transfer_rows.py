"""How transfers look on a terminal: a table, and a bar for one that is waited for."""

from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, Progress, TaskID, TextColumn

from kkiri.cli.show import (
    console,
    length,
    number_of,
    plain,
    print_table,
    size,
    text_of,
)
from kkiri.cli.words import say

NAME_COLUMNS = 32  # of a transfer's name beside its bar on 80 columns


def state_word(state: str) -> str:
    """Give the word for a transfer's state."""
    words = {
        "metadata": say("looking for it", "찾는 중"),
        "checking": say("checking", "확인 중"),
        "fetching": say("fetching", "받는 중"),
        "seeding": say("done", "다 받음"),
        "paused": say("paused", "멈춤"),
        "disk_full": say("the disk is full", "디스크가 가득 참"),
        "failed": say("failed", "실패"),
        "waiting": say("waiting", "기다리는 중"),
    }
    return words.get(state, state)


def print_transfers(transfers: Sequence[Mapping[str, object]]) -> None:
    """Write a row for each transfer."""
    headings = [
        ("", True),
        (say("name", "이름"), False),
        (say("state", "상태"), False),
        ("%", True),
        (say("size", "크기"), True),
        (say("speed", "속도"), True),
        (say("peers", "피어"), True),
        (say("left", "남은 시간"), True),
    ]
    print_table(headings, [_row(place, one) for place, one in enumerate(transfers, 1)])


def _row(place: int, one: Mapping[str, object]) -> tuple[str, ...]:
    total, done = number_of(one, "size"), number_of(one, "done")
    rate = number_of(one, "down_rate")
    return (
        str(place),
        text_of(one, "name") or text_of(one, "info_hash"),
        text_of(one, "error") or state_word(text_of(one, "state")),
        "100" if one.get("finished") else (f"{100 * done // total}" if total else ""),
        size(total) if total else "",
        f"{size(rate)}/s" if rate else "",
        str(number_of(one, "peers") or ""),
        length(one.get("seconds_left")),
    )


class Bar:
    """A bar on the terminal's stderr while something goes on; silent elsewhere."""

    def __init__(self, shown: bool) -> None:
        columns: Iterable[TextColumn | BarColumn] = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[said]}", markup=False),
        )
        screen = console()
        screen.stderr = True
        self._progress = Progress(*columns, console=screen, transient=True, disable=not shown)
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the bar away."""
        self._progress.stop()

    def tell(self, name: str, done: int, total: int, said: str) -> None:
        """Draw where it stands."""
        name = plain(name)
        name = name if len(name) <= NAME_COLUMNS else f"{name[: NAME_COLUMNS - 1]}…"
        if self._task is None:
            self._task = self._progress.add_task(name, total=total or None, said=said)
        self._progress.update(
            self._task, description=name, completed=done, total=total or None, said=said
        )

    def tell_transfer(self, one: Mapping[str, object]) -> None:
        """Draw where a transfer stands: percent, speed, peers, time left."""
        total, done = number_of(one, "size"), number_of(one, "done")
        peers = number_of(one, "peers")
        parts = [
            f"{100 * done // total}%" if total else state_word(text_of(one, "state")),
            f"{size(number_of(one, 'down_rate'))}/s",
            say(f"{peers} peers", f"피어 {peers}"),
        ]
        if left := length(one.get("seconds_left")):
            parts.append(say(f"{left} left", f"{left} 남음"))
        self.tell(text_of(one, "name") or "…", done, total, " · ".join(parts))
