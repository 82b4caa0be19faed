"""Local search over many records: p50/p99 by class of query, bytes a listing, and a plain baseline.

Everything is made from a seed. The baseline is a plain FTS5 table over the same texts, asked for
the best 50 by bm25 in the same run, so that the ratios hold on any machine; it gives row numbers
only, where ours gives whole records, checked and ranked.

    python -m bench.search --records 1000000
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import apsw

from kkiri.adapters.store import SqliteReader, SqliteWriter
from kkiri.adapters.store.encoding import Encoding
from kkiri.base.types import EventId, Kind, PubKey, Seconds, Signature, UnixTime
from kkiri.event.filters import Filter
from kkiri.event.record import Record, encode

SEED = 20_261_122
BATCH = 1_000
PAGE = 50
NOW = UnixTime(1_790_000_000)
YEARS_SECONDS = 6 * 31_557_600
LATIN_WORDS, HANGUL_WORDS = 60_000, 40_000
AUTHORS = 3_000
QUERIES = 200
ONSETS = "b bl br c ch d dr f fl g gr h j k l m n p pl pr r s sh st t th tr v w z".split()
NUCLEI = "a e i o u ai ea ee oo ou".split()
CODAS = ["", "", "n", "r", "s", "t", "l", "m", "nd", "ck", "ng"]
SYLLABLES = [chr(0xAC00 + (19 * i * i + 577 * i) % 11_172) for i in range(420)]


@dataclass(frozen=True)
class Words:
    """A vocabulary whose words are used as often as in real text: the nth about 1/n as often."""

    latin: list[str]
    hangul: list[str]


def make_words(chance: Random) -> Words:
    def latin() -> str:
        return "".join(
            chance.choice(ONSETS) + chance.choice(NUCLEI) + chance.choice(CODAS)
            for _ in range(chance.choice([1, 2, 2, 3]))
        )

    def hangul() -> str:
        return "".join(chance.choices(SYLLABLES, k=chance.choice([2, 2, 2, 3, 3, 4])))

    return Words(
        latin=list(dict.fromkeys(latin() for _ in range(LATIN_WORDS * 2)))[:LATIN_WORDS],
        hangul=list(dict.fromkeys(hangul() for _ in range(HANGUL_WORDS * 2)))[:HANGUL_WORDS],
    )


def zipf(chance: Random, words: list[str]) -> str:
    """Draw the nth word with a chance of about 1/n."""
    return words[int(len(words) ** chance.random()) - 1]


def records(count: int, words: Words, chance: Random) -> Iterator[Record]:
    authors = [chance.randbytes(32).hex() for _ in range(AUTHORS)]
    artists = [f"{zipf(chance, words.latin)} {zipf(chance, words.latin)}" for _ in range(20_000)]
    artists += [zipf(chance, words.hangul) for _ in range(20_000)]
    for _ in range(count):
        pool = words.hangul if chance.random() < 0.45 else words.latin
        title = " ".join(zipf(chance, pool) for _ in range(chance.choice([1, 2, 3, 4, 5])))
        if chance.random() < 0.3:
            title += f" {chance.randrange(1960, 2027)}"
        sort = chance.choice(["music", "music", "film", "text"])
        files = chance.choice([1, 1, 1, 2, 4, 10])
        suffix = {"music": "mp3", "film": "mkv", "text": "epub"}[sort]
        names = (
            f"{title}.{suffix}"
            if files == 1
            else f"{title}/{n:02} {zipf(chance, pool)} {zipf(chance, pool)}.{suffix}"
            for n in range(files)
        )
        sizes = [chance.randrange(1 << 20, 1 << 30) for _ in range(files)]
        tags = [
            ("title", title),
            ("x", chance.randbytes(20).hex()),
            ("t", sort),
            *(("file", name, str(size)) for name, size in zip(names, sizes, strict=True)),
            ("size", str(sum(sizes))),
            ("artist", artists[int(len(artists) ** chance.random()) - 1]),
            ("duration", str(chance.randrange(60, 9000))),
            ("address", f"127.0.{chance.randrange(256)}.{chance.randrange(256)}:6881"),
        ]
        yield Record(
            id=EventId(chance.randbytes(32).hex()),
            pubkey=PubKey(authors[int(AUTHORS ** chance.random()) - 1]),
            created_at=UnixTime(NOW - int(YEARS_SECONDS * chance.random() ** 1.5)),
            kind=Kind(2003),
            tags=tuple(tags),
            content=" ".join(zipf(chance, pool) for _ in range(chance.randrange(12))),
            sig=Signature(chance.randbytes(64).hex()),
        )


class Baseline:
    """FTS5 as it comes: one table, bm25."""

    def __init__(self, path: Path) -> None:
        self._connection = apsw.Connection(str(path))
        self._connection.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF")
        self._connection.execute(
            "CREATE VIRTUAL TABLE IF NOT EXISTS words "
            "USING fts5(text, content='', tokenize='unicode61')"
        )

    def add(self, batch: list[Record]) -> None:
        said = ("title", "artist", "file")
        rows = [
            (" ".join([record.content, *(tag[1] for tag in record.tags if tag[0] in said)]),)
            for record in batch
        ]
        with self._connection:
            self._connection.executemany("INSERT INTO words(text) VALUES(?)", rows)

    def ask(self, search: str) -> int:
        rows = self._connection.execute(
            "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank LIMIT 50", (plain(search),)
        )
        return len(rows.fetchall())


def plain(search: str) -> str:
    """Write a search for the baseline: words, two-syllable Hangul, prefixes."""
    return " ".join(
        f'"{word[:-1]}"*' if word.endswith("*") else f'"{word}"' for word in search.split()
    )


def timed(ask: Callable[[str], int], searches: list[str]) -> dict[str, float]:
    cpu: list[float] = []
    wall: list[float] = []
    hits = 0
    for search in searches:
        started, began = time.process_time(), time.perf_counter()
        hits += ask(search)
        cpu.append((time.process_time() - started) * 1e3)
        wall.append((time.perf_counter() - began) * 1e3)
    cpu.sort()
    wall.sort()
    last = len(cpu) - 1
    return {
        "p50": cpu[last // 2],
        "p99": cpu[round(last * 0.99)],
        "wall_p50": wall[last // 2],
        "wall_p99": wall[round(last * 0.99)],
        "hits": hits / len(searches),
    }


def searches(words: Words, count: int, chance: Random) -> dict[str, list[str]]:
    """Choose queries of each class by the rank of their words, so that no counting is needed."""

    def some(pool: list[str], low: float, high: float) -> str:
        return pool[chance.randrange(int(len(pool) * low), max(int(len(pool) * high), 1))]

    latin, hangul = words.latin, words.hangul
    hot = [*latin[:20], "mp3", "mkv", "epub", "2024"]
    pairs = [word for word in hangul[:4_000] if len(word) == 3]
    return {
        "rare": [some(latin, 0.2, 1.0) for _ in range(count)],
        "hot": [chance.choice(hot) for _ in range(count)],
        "two words": [f"{some(latin, 0, 0.01)} {some(latin, 0, 0.05)}" for _ in range(count)],
        "hot + hot": [f"{chance.choice(hot)} {chance.choice(hot)}" for _ in range(count)],
        "Hangul, inside": [chance.choice(pairs)[1:] for _ in range(count)],
        "Hangul, word": [some(hangul, 0, 0.1) for _ in range(count)],
        "prefix": [f"{some(latin, 0, 0.05)[: 1 + n % 4]}*" for n in range(count)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--no-baseline", action="store_true")
    parser.add_argument("--ask", type=Path, help="a folder of an earlier run: only ask")
    asked = parser.parse_args()
    if asked.ask is not None:
        baseline = Baseline(asked.ask / "plain.db")
        some = searches(make_words(Random(SEED)), QUERIES, Random(SEED))
        json.dump(ask_all(asked.ask / "events.db", baseline, some), sys.stdout, indent=1)
        return
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        report = run(Path(folder), asked.records, not asked.no_baseline)
    json.dump(report, sys.stdout, ensure_ascii=False, indent=1)
    print()


def run(folder: Path, count: int, with_baseline: bool) -> dict[str, object]:
    chance = Random(SEED)
    words = make_words(chance)
    path = folder / "events.db"
    baseline = Baseline(folder / "plain.db") if with_baseline else None
    report = build(path, baseline, records(count, words, chance), count)
    return report | ask_all(path, baseline, searches(words, QUERIES, Random(SEED)))


def build(
    path: Path, baseline: Baseline | None, made: Iterator[Record], count: int
) -> dict[str, object]:
    """Store everything; give sizes and speed."""
    writer = SqliteWriter(path)
    encoding = Encoding()
    batch: list[Record] = []
    raw = body = 0
    writing = 0.0
    for number, record in enumerate(made, 1):
        batch.append(record)
        if number % 50 == 0:
            raw += len(encode(record))
            body += len(encoding.body(record)) + 32
        if len(batch) == BATCH or number == count:
            began = time.perf_counter()
            writer.put(batch, NOW)
            writing += time.perf_counter() - began
            if baseline is not None:
                baseline.add(batch)
            batch = []
            if number % 50_000 == 0:
                print(f"{number:,} records, {number / writing:,.0f}/s", file=sys.stderr)
    for _ in range(20):
        writer.tidy(NOW)
    writer.close()
    size = path.stat().st_size / count
    sampled = count // 50
    return {
        "records": count,
        "stored_a_second": round(count / writing),
        "json_bytes": round(raw / sampled),
        "record_bytes": round(body / sampled),
        "file_bytes_a_record": round(size),
        "beyond_the_record": round(size - body / sampled),
    }


def ask_all(
    path: Path, baseline: Baseline | None, asked: dict[str, list[str]]
) -> dict[str, object]:
    """Time each class of query, ours and the baseline's."""
    reader = SqliteReader(path)

    def ask(search: str) -> int:
        wanted = Filter(kinds=(Kind(2003),), search=search)
        return len(reader.page(wanted, NOW, PAGE, Seconds(10)).records)

    report: dict[str, object] = {}
    for name, some in asked.items():
        timed(ask, some[:50])
        ours = timed(ask, some)
        line = {key: round(value, 2) for key, value in ours.items()}
        if baseline is not None:
            theirs = timed(baseline.ask, some[:60])
            line |= {f"bm25_{key}": round(theirs[key], 2) for key in ("p50", "p99", "hits")}
            line |= {
                f"ratio_{key}": round(theirs[key] / max(ours[key], 1e-3), 1)
                for key in ("p50", "p99")
            }
        report[name] = line
    reader.close()
    return report


if __name__ == "__main__":
    main()
