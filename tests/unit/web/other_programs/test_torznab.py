"""Categories both ways, and words for seasons and episodes."""

from dataclasses import replace

import pytest

from kkiri.base.types import Bytes, InfoHash, Link, PubKey, UnixTime
from kkiri.event.listing import ListedFile, MediaFacts, Sort
from kkiri.flows.finds import Found
from kkiri.web.other_programs.categories import CATEGORIES, categories_of, is_in, name_of, sorts_for
from kkiri.web.other_programs.torznab import TorznabAsked, _categories, _words, _WrongError
from kkiri.web.other_programs.torznab_answer import Feed, capabilities, feed, torznab_error

BLANK = Found(
    link=Link("magnet:?xt=urn:btih:" + "0" * 40),
    title="",
    sort=Sort.OTHER,
    size=Bytes(1),
    info_hash=InfoHash("0" * 40),
    author=PubKey("0" * 64),
    author_name="",
    authors=(),
    sources=0,
    on=0,
    addresses=(),
    created_at=UnixTime(0),
    facts=MediaFacts(),
    files=(),
    topics=(),
    description="",
)


def _found(title: str, sort: Sort, *files: str, **facts: object) -> Found:
    listed = tuple(ListedFile(path=path, size=Bytes(1)) for path in files)
    return replace(BLANK, title=title, sort=sort, files=listed, facts=MediaFacts(**facts))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "numbers"),
    [
        (_found("The Kite 2024", Sort.FILM), (2000, 2030)),
        (_found("The Kite 2024 1080p", Sort.FILM), (2000, 2040)),
        (_found("The Kite 2160p", Sort.FILM), (2000, 2045)),
        (_found("The Kite", Sort.FILM, height=2160), (2000, 2045)),
        (_found("The Kite", Sort.FILM, height=720), (2000, 2040)),
        (_found("Kite S01E02 720p", Sort.FILM), (5000, 5040)),
        (_found("Kite.s1.complete", Sort.FILM), (5000, 5030)),
        (_found("Kite 1x02", Sort.FILM), (5000, 5030)),
        (_found("연 이야기 12화", Sort.FILM), (5000, 5030)),
        (_found("연 이야기 제3회", Sort.FILM), (5000, 5030)),
        (_found("연 이야기 시즌 2", Sort.FILM), (5000, 5030)),
        (_found("1920x1080 test", Sort.FILM), (2000, 2030)),
        (_found("Sea", Sort.MUSIC, "a.mp3"), (3000, 3010)),
        (_found("Sea", Sort.MUSIC, "a.flac", "cover.mp3"), (3000, 3040)),
        (_found("Sea", Sort.MUSIC, codec="pcm_s16le"), (3000, 3040)),
        (_found("Sea", Sort.MUSIC, "a.opus"), (3000, 3050)),
        (_found("Tool", Sort.PROGRAM, "a.apk"), (4000, 4070)),
        (_found("Tool", Sort.PROGRAM, "a.dmg"), (4000, 4030)),
        (_found("Tool", Sort.PROGRAM, "a.deb"), (4000, 4010)),
        (_found("Book", Sort.TEXT, "a.epub"), (7000, 7020)),
        (_found("Book", Sort.TEXT, "a.CBZ"), (7000, 7030)),
        (_found("Sea", Sort.PICTURE, "a.jpg"), (100_001,)),
        (_found("Thing", Sort.OTHER), (8000, 8010)),
    ],
)
def test_each_find_has_its_numbers(found: Found, numbers: tuple[int, ...]) -> None:
    assert categories_of(found) == numbers
    for number in numbers:
        assert is_in(found, [number])
        assert name_of(number)
        assert found.sort in sorts_for([number])
        top, below = CATEGORIES[numbers[0]]
        assert number == numbers[0] or below[number].startswith(top)


def test_every_number_is_searched_as_something_and_every_sort_has_one() -> None:
    numbers = [number for top, (_, below) in CATEGORIES.items() for number in (top, *below)]
    assert all(len(sorts_for([number])) == 1 for number in numbers)
    assert set(sorts_for(numbers)) == set(Sort)
    assert sorts_for([1000, 6000, 9999, 0, 99_999, 100_002]) == ()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"q": "Kite"}, "Kite"),
        ({"q": "Kite", "season": "1"}, "Kite (S01* OR 1x*)"),
        ({"q": "Kite", "season": "01", "ep": "2"}, "Kite (S01E02 OR 1x02)"),
        ({"q": "Kite", "season": "S12", "ep": "E103"}, "Kite (S12E103 OR 12x103)"),
        ({"q": "Kite", "season": "2026", "ep": "1/2"}, 'Kite "2026 01 02"'),
    ],
)
def test_seasons_are_searched_as_people_write_them(asked: dict[str, str], words: str) -> None:
    assert _words("tvsearch", TorznabAsked(**asked)) == words


@pytest.mark.parametrize(
    "asked", [{"ep": "1"}, {"season": "x"}, {"season": "1", "ep": "x"}, {"season": "1" * 9}]
)
def test_seasons_that_make_no_sense_are_refused(asked: dict[str, str]) -> None:
    with pytest.raises(_WrongError):
        _words("tvsearch", TorznabAsked(**asked))


@pytest.mark.parametrize("text", ["a", "1,a", "-1", "1" * 10, ",".join("1" * 101), "１"])
def test_categories_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(_WrongError):
        _categories(text)


def test_what_xml_cannot_carry_is_left_out() -> None:
    bad = "".join(map(chr, [0, 1, 8, 11, 12, 14, 31, 0xD800, 0xDFFF, 0xFFFE, 0xFFFF])) + "끝<&>"
    found = replace(BLANK, title=bad, description=bad, author_name=bad)
    raw = feed(Feed(title=bad, link=bad, about=bad, found=[found]), {})
    text = raw.decode()
    assert "끝&lt;&amp;&gt;" in text
    assert not any(char in text for char in bad[:11])
    assert "끝" in torznab_error(201, bad).decode()
    assert b"http://127.0.0.1" in capabilities("http://127.0.0.1:1")
