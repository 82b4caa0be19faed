"""Korean as people type it, through the real store: recall and precision over the table."""

import sys
import unicodedata
from collections.abc import Callable, Iterator

import pytest

from kkiri.adapters.store import SqliteReader, SqliteWriter
from kkiri.base.types import Kind, Seconds, UnixTime
from kkiri.event.filters import Filter
from kkiri.event.record import decode
from tests.unit.adapters.store.making import listing
from tests.unit.search.korean_table import PAIRS, crowd, names

NOW = UnixTime(1_700_000_000)
CROWD = 2_000
PAGE = 50
RECALL_MIN = 0.97
FIRST_MIN = 0.9
PRECISION_MIN = 0.95


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteReader]:
    path = tmp_path_factory.mktemp("korean") / "events.db"
    writer = SqliteWriter(path)
    records = []
    # the table's names are the oldest: nothing but their text brings them forward
    for number, name in enumerate([*crowd(CROWD, 7), *names()]):
        files = [(f"{name}.mp3", 1_000 + number)]
        at = NOW - number * 3_600
        records.append(listing(name, files=files, info_hash=f"{number:040x}", at=at))
    writer.put(records, NOW)
    made = SqliteReader(path)
    yield made
    made.close()
    writer.close()


def ask(reader: SqliteReader, query: str) -> list[str]:
    wanted = Filter(kinds=(Kind(2003),), search=query)
    page = reader.page(wanted, NOW, PAGE, Seconds(5))
    return [decode(raw).value("title") or "" for raw in page.records]


def flat(text: str) -> str:
    """Give text without regard to spaces: another name that has all of a query is right too."""
    return "".join(unicodedata.normalize("NFC", text).lower().split())


def test_the_table_is_large_and_varied() -> None:
    assert len(set(PAIRS)) == len(PAIRS) >= 60
    assert len(names()) >= 40


def test_recall_and_precision(
    reader: SqliteReader, record_property: Callable[[str, object], None]
) -> None:
    missed: list[tuple[str, str]] = []
    behind: list[tuple[str, str, int]] = []
    right = given = 0
    for name, query in PAIRS:
        found = ask(reader, query)
        given += len(found)
        right += sum(title == name or flat(query) in flat(title) for title in found)
        if name not in found:
            missed.append((name, query))
        elif found[0] != name:
            behind.append((name, query, found.index(name)))
    recall = 1 - len(missed) / len(PAIRS)
    first = 1 - (len(missed) + len(behind)) / len(PAIRS)
    precision = right / given
    said = f"{len(PAIRS)} pairs: recall {recall:.3f}, first {first:.3f}, precision {precision:.3f}"
    record_property("korean", said)
    sys.stdout.write(f"\n{said}\n")
    assert recall >= RECALL_MIN, missed
    assert first >= FIRST_MIN, behind
    assert precision >= PRECISION_MIN, precision
