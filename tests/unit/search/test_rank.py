"""Which comes first, and what is one answer."""

import itertools
from dataclasses import replace
from random import Random

import pytest

from kkiri.base.types import Bytes, InfoHash, PubKey, UnixTime
from kkiri.event.listing import ListedFile, Listing, PeerAddress, Sort
from kkiri.search.cluster import clusters
from kkiri.search.hot import POPULARITY_MAX, bucket_of, first_row, hot_bucket, row_range
from kkiri.search.query import parse
from kkiri.search.rank import Standing, score, text_score
from kkiri.search.tokens import Searchable
from tests.unit.adapters.store.making import NOW, listing

YEAR = 31_557_600


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        (
            "옛날 이야기",
            "옛날 이야기|옛날이야기|옛날 이야기 모음|새 옛날 이야기|새옛날이야기|이야기 옛날|동화",
        ),
        ("let it be", "Let It Be|Let it be naked|The let it be album|It let be|Other"),
    ],
)
def test_names_by_how_well_they_say_it(query: str, titles: str) -> None:
    scores = [text_score(parse(query), Searchable(listing(title))) for title in titles.split("|")]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(scores)
    assert 0 <= scores[-1] and scores[0] == 1


PLAIN = Standing(text=0.6, trust=0.0, confirmations=0, seeders=0, created_at=UnixTime(NOW - YEAR))


def test_what_raises_a_standing() -> None:
    base = score(PLAIN, NOW)
    for better in [
        replace(PLAIN, text=1.0),
        replace(PLAIN, trust=0.5),
        replace(PLAIN, confirmations=2),
        replace(PLAIN, seeders=3),
        replace(PLAIN, created_at=NOW),
    ]:
        assert score(better, NOW) > base
    # one followed publisher beats every address and date a stranger can claim
    claims = replace(PLAIN, seeders=10**9, created_at=UnixTime(NOW + 10**6))
    trusted = replace(PLAIN, trust=1.0, seeders=5)
    assert score(trusted, NOW) > score(claims, NOW)
    assert score(replace(PLAIN, trust=99.0), NOW) == score(replace(PLAIN, trust=1.0), NOW)


def test_hot_buckets() -> None:
    assert hot_bucket(9, NOW) == hot_bucket(0, UnixTime(NOW + YEAR))
    assert hot_bucket(10**9, NOW) == hot_bucket(POPULARITY_MAX, NOW)
    assert hot_bucket(0, UnixTime(2**53)) < 1 << 38
    assert bucket_of(first_row(77) + 5) == 77
    for popularity in (0, 5, 10**6):
        low, high = row_range(NOW, NOW)
        assert low <= first_row(hot_bucket(popularity, NOW)) <= high


def said(author: int, title: str, at: int, **more: object) -> Listing:
    plain = Listing(
        title=title,
        info_hash=InfoHash("ab" * 20),
        sort=Sort.MUSIC,
        size=Bytes(5),
        files=(ListedFile(path="a.mp3", size=Bytes(5)),),
        author=PubKey(f"{author:064x}"),
        created_at=UnixTime(at),
        addresses=(PeerAddress(host="127.0.0.1", port=author),),
    )
    return replace(plain, **more)  # type: ignore[arg-type]


LISTINGS = [
    said(1, "Song", 5),
    said(2, "song", 9),
    said(3, "FREE!!!", 1),
    said(3, "FREE MONEY", 7),
    said(3, "FREE MONEY", 8),
    said(4, "Album", 3, info_hash=InfoHash("cd" * 20), part=1, parts=2),
    said(4, "Album", 3, info_hash=InfoHash("cd" * 20), part=2, parts=2),
]


def test_one_torrent_is_one_answer_whatever_the_order() -> None:
    one = clusters(LISTINGS)
    song, album = one
    assert song.title == "Song"
    assert len(song.authors) == 3 and song.created_at == 5
    assert len(song.addresses) == 3
    assert len(album.listings) == 1 and len(album.best.files) == 2
    for seed in range(30):
        shuffled = [*LISTINGS, *Random(seed).sample(LISTINGS, 3)]
        Random(seed).shuffle(shuffled)
        assert clusters(shuffled) == one


def test_a_key_that_says_it_often_counts_once() -> None:
    many = [said(9, "FREE", n) for n in range(50)]
    assert clusters([*many, said(1, "Song", 100), said(2, "Song", 101)])[0].title == "Song"


def test_unsigned_listings_are_left_out() -> None:
    assert clusters([replace(said(1, "x", 1), author=None)]) == []


def test_ties_do_not_depend_on_order() -> None:
    tied = [said(n, title, 5) for n, title in enumerate(["A", "B", "C"])]
    outcomes = [clusters(order) for order in itertools.permutations(tied)]
    assert all(outcome == outcomes[0] for outcome in outcomes)
