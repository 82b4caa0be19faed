"""The store's contract for searches, on the SQLite file and on the naive one."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kkiri.event.filters import Filter
from kkiri.event.record import Record, decode
from kkiri.search.query import matches_query, parse
from tests.contract.stores import (
    ANN,
    BOB,
    NOW,
    SIGNERS,
    SLICE,
    filters,
    make_fake,
    make_sqlite,
    sign,
)

TITLES = [
    "소리바다",
    "소리 바다",
    "옛날 이야기",
    "옛날이야기",
    "봄날",
    "봄 날",
    "새봄",
    "Daft Punk",
    "런닝맨E512",
]
titles = st.lists(
    st.sampled_from([*TITLES, "S01E05", "花見 2024", "ㅋㅋㅋ", "love"]), max_size=3
).map(" ".join)
listings = st.builds(
    lambda title, artist, file, sort, size, length, at, by: sign(
        2003,
        [
            ["x", "ab" * 20],
            ["title", title],
            ["artist", artist],
            ["t", sort],
            ["duration", length],
            ["file", f"{file}.mp3", size],
        ],
        at=at,
        by=by,
    ),
    titles,
    st.sampled_from(["", "김광석", "Daft Punk"]),
    titles,
    st.sampled_from(["music", "film"]),
    st.sampled_from(["1", "1000", "5000000"]),
    st.sampled_from(["1", "200", "x"]),
    st.integers(95, 101),
    st.sampled_from(SIGNERS),
)
searches = st.lists(
    st.sampled_from(
        [
            *TITLES,
            "바다",
            "리바다",
            "옛날이",
            "봄",
            "날",
            "daft*",
            "da*",
            '"daft punk"',
            '"옛날 이야기"',
            "ㅅㄹㅂㄷ",
            "ㅂㄴ",
            "소리ㅂㄷ",
            "NOT love",
            "NOT 봄",
            "-punk",
            "OR",
            "(",
            ")",
            "sort:film",
            "artist:김광석",
            "artist:Punk",
            "min-size:100",
            "max-size:1k",
            "min-length:3:00",
            f"by:{BOB.pubkey}",
            "after:99999",
            "花",
            "mp3",
            "512",
            "s1",
        ]
    ),
    min_size=1,
    max_size=4,
).map(" ".join)


@given(
    st.lists(listings, max_size=20),
    st.lists(st.tuples(searches, filters), min_size=1, max_size=8),
)
@settings(max_examples=100, deadline=None)
def test_sqlite_finds_what_the_oracle_finds(
    tmp_path_factory: pytest.TempPathFactory,
    records: list[Record],
    asked: list[tuple[str, Filter]],
) -> None:
    path = tmp_path_factory.mktemp("words")
    fake, real = make_fake(path), make_sqlite(path)
    fake.put(*records)
    real.put(*records)
    doomed = [sign(5, [["e", record.id]], by=ANN) for record in records[::4]]
    fake.put(*doomed)
    real.put(*doomed)
    for words, plain in asked:
        wanted = replace(plain, search=words, limit=None)
        exact, found = set(fake.ids(wanted)), real.ids(wanted)
        assert len(set(found)) == len(found)
        assert set(found[: len(exact)]) == exact, words
        for event in map(decode, real.page(wanted).records[len(exact) :]):
            assert len(exact) < 3 and matches_query(parse(words), event, forgiving=True)
        assert real.reader.count(wanted, NOW, SLICE) == len(exact)
    real.close()


def test_what_the_index_cannot_say_is_checked_on_the_record(tmp_path: Path) -> None:
    """Bigrams apart, sizes of one octave, words apart: found by the index, refused by the check."""
    real = make_sqlite(tmp_path)
    apart = sign(2003, [["x", "ab" * 20], ["title", "소리, 리바운드 a 바다"], ["size", "1000"]])
    named = sign(2003, [["x", "cd" * 20], ["title", "x"], ["file", "sound", "1"]])
    real.put(apart, named)
    for words in ("소리바다", "max-size:999 소리", '"a 소리"', "artist:다바"):
        assert real.ids(Filter(search=words)) == [], words
    assert real.ids(Filter(search="max-size:1000 소리")) == [apart.id]
    # a beginning is looked for in names, and as a whole word in all else
    assert real.ids(Filter(search="sound*")) == [named.id]
    assert real.ids(Filter(search="soun*")) == []
    assert real.ids(Filter(search="s*")) == []
    real.put(sign(2003, [["x", "ef" * 20], ["title", "y"], ["file", "sou.x", "1"]]))
    assert len(real.ids(Filter(search="sou*"))) == 1
    real.close()


@pytest.mark.parametrize("make", [make_fake, make_sqlite])
@pytest.mark.parametrize(
    ("kind", "tags", "content"),
    [
        (0, [], '{"name":"겨울나그네"}'),
        (30_023, [["d", "1"], ["title", "겨울나그네"]], "글"),
        (30_402, [["d", "1"], ["title", "의자"], ["location", "겨울나그네"]], ""),
        (30_408, [["d", "1"], ["title", "겨울나그네"], ["end_at", "900"]], ""),
    ],
)
def test_people_goods_auctions_and_texts_are_found_by_their_words(
    make: object, tmp_path: Path, kind: int, tags: list[list[str]], content: str
) -> None:
    assert callable(make)
    store = make(tmp_path)
    told = sign(kind, tags, content)
    store.put(told, sign(1063, [["title", "겨울나그네"]]))
    wanted = Filter(kinds=(told.kind,), search="겨울나그네")
    assert store.ids(wanted) == [told.id]
    assert store.ids(replace(wanted, search="여름")) == []
    store.close()
