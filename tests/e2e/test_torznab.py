"""Torznab and RSS over the wire: the grammar of the specification, and an independent reader."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as XmlTree

import feedparser
import pytest

from kkiri.swarm.bencode import sections
from kkiri.swarm.metainfo import info_hash_of
from tests.e2e.peers import until
from tests.e2e.stocked import ALBUM, ARTIST, BOOK, FILM, HOSTILE, Stocked, stocked

ATTR = "{http://torznab.com/schemas/2015/feed}attr"
RESPONSE = "{http://www.newznab.com/DTD/2010/feeds/attributes/}response"
FOUND_SECONDS_MAX = 60.0  # records come over hubs of two peers on a busy machine
FLEXGET_SECONDS_MAX = 120.0  # it loads two hundred plugins on a busy machine
# Newznab: the searches a server may offer, and the parameters each may name
MODES = {
    "search": {"q"},
    "tv-search": {"q", "season", "ep", "imdbid"},
    "movie-search": {"q", "imdbid"},
    "music-search": {"q", "artist", "album"},
    "audio-search": {"q", "artist", "album"},
    "book-search": {"q", "author", "title"},
}
FUNCTION_OF = {
    "search": "search",
    "tv-search": "tvsearch",
    "movie-search": "movie",
    "music-search": "music",
    "audio-search": "music",
    "book-search": "book",
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stocked]:
    with stocked(tmp_path_factory.mktemp("torznab")) as made:
        yield made


def _titles(raw: bytes) -> list[str]:
    return [item.findtext("title") or "" for item in XmlTree.fromstring(raw).iter("item")]


def _attributes(item: XmlTree.Element) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in item.iter(ATTR):
        found.setdefault(one.attrib["name"], []).append(one.attrib["value"])
    return found


def test_caps_follow_the_grammar(house: Stocked) -> None:
    caps = XmlTree.fromstring(house.there.torznab(t="caps"))
    assert caps.tag == "caps"
    assert [part.tag for part in caps] == [
        "server",
        "limits",
        "registration",
        "searching",
        "categories",
    ]
    limits = caps.find("limits")
    assert limits is not None
    assert int(limits.attrib["max"]) >= int(limits.attrib["default"]) > 0
    searching = {mode.tag: mode.attrib for mode in caps.find("searching") or ()}
    assert searching.keys() == MODES.keys()
    for name, told in searching.items():
        assert told["available"] == "yes"
        assert set(told["supportedParams"].split(",")) == MODES[name]
    numbers = set()
    for category in caps.iter("category"):
        top = int(category.attrib["id"])
        assert category.attrib["name"]
        assert top % 1000 == 0 or top >= 100_000
        for sub in category.iter("subcat"):
            assert sub.attrib["name"].startswith(category.attrib["name"] + "/")
            assert top < int(sub.attrib["id"]) < top + 1000
            numbers.add(sub.attrib["id"])
        numbers.add(str(top))
    assert len(numbers) > 20


def test_every_offered_search_and_parameter_answers(house: Stocked) -> None:
    values = {"season": "1", "ep": "2", "imdbid": "tt0133093"}
    for mode, fields in MODES.items():
        for field in fields:
            asked = {"t": FUNCTION_OF[mode], field: values.get(field, "바다")}
            if field == "ep":
                asked["season"] = "1"
            root = XmlTree.fromstring(house.there.torznab(**asked, extended="1", attrs="all"))
            assert root.tag == "rss", (mode, field, root.attrib)


def test_an_item_says_all_that_a_program_needs(house: Stocked) -> None:
    raw = until(lambda: _found(house, "search", q=ALBUM), FOUND_SECONDS_MAX)
    (item,) = XmlTree.fromstring(raw).iter("item")
    told = _attributes(item)
    link = item.findtext("link") or ""
    enclosure = item.find("enclosure")
    assert enclosure is not None
    assert link.startswith("magnet:?xt=urn:btih:")
    assert told["magneturl"] == [link] == [enclosure.attrib["url"]]
    assert enclosure.attrib["type"].startswith("application/x-bittorrent")
    size = sum(path.stat().st_size for path in (house.library / ALBUM).iterdir())
    assert told["size"] == [str(size)] == [item.findtext("size")]
    assert enclosure.attrib["length"] == str(size)
    (info_hash,) = told["infohash"]
    assert info_hash in link
    assert item.findtext("guid") == f"urn:btih:{info_hash}"
    assert int(told["seeders"][0]) >= 1
    assert int(told["peers"][0]) >= int(told["seeders"][0])
    assert told["category"] == ["3000", "3010"]
    assert (told["files"], told["artist"], told["album"]) == (["4"], [ARTIST], [ALBUM])
    assert (item.findtext("pubDate") or "").endswith("GMT")
    assert (item.findtext("comments") or "").endswith(f"/#{info_hash}")


def _found(house: Stocked, function: str, **asked: str) -> bytes | None:
    raw = house.there.torznab(t=function, **asked)
    return raw if _titles(raw) else None


@pytest.mark.parametrize(
    ("asked", "titles"),
    [
        ({"t": "tvsearch", "q": "Kite Story", "season": "1", "ep": "2"}, [FILM]),
        ({"t": "tvsearch", "q": "Kite", "season": "01"}, [FILM]),
        ({"t": "tvsearch", "q": "Kite", "season": "S01", "ep": "E02", "cat": "5040"}, [FILM]),
        ({"t": "tvsearch", "q": "Kite", "season": "1", "ep": "3"}, []),
        ({"t": "tvsearch", "q": "Kite", "season": "2024", "ep": "01/02"}, []),
        ({"t": "tvsearch", "q": "Kite", "cat": "5030"}, []),
        ({"t": "movie", "q": "Kite", "cat": "2000"}, []),
        ({"t": "movie", "q": "Kite"}, [FILM]),
        ({"t": "movie", "imdbid": "tt0133093"}, []),
        ({"t": "music", "artist": ARTIST, "album": ALBUM}, [ALBUM]),
        ({"t": "music", "artist": ARTIST, "cat": "3040"}, []),
        ({"t": "book", "title": "연 이야기"}, [BOOK]),
        ({"t": "search", "q": "연", "cat": "7000,3000"}, [BOOK]),
        ({"t": "search", "q": "연", "cat": "7030"}, []),
        ({"t": "search", "q": "연", "cat": "9999"}, []),
    ],
)
def test_searches_find_what_they_name(
    house: Stocked, asked: dict[str, str], titles: list[str]
) -> None:
    stems = [title.removesuffix(".mkv") for title in titles]
    assert _titles(house.there.torznab(**asked)) == stems


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({}, 200),
        ({"t": ""}, 200),
        ({"t": "tvsearch", "ep": "1"}, 200),
        ({"t": "nonsense"}, 202),
        ({"t": "<x>"}, 202),
        ({"t": "register"}, 203),
        ({"t": "details"}, 203),
        ({"t": "search", "limit": "-1"}, 201),
        ({"t": "search", "offset": "x"}, 201),
        ({"t": "search", "cat": "a,b"}, 201),
        ({"t": "search", "cat": ",".join(["5000"] * 200)}, 201),
        ({"t": "movie", "imdbid": "x"}, 201),
        ({"t": "tvsearch", "season": "x"}, 201),
        ({"t": "search", "q": "by:nobody"}, 201),
    ],
)
def test_refusals_have_the_numbers_of_the_specification(
    house: Stocked, asked: dict[str, str], code: int
) -> None:
    error = XmlTree.fromstring(house.there.torznab(**asked))
    assert (error.tag, error.attrib["code"]) == ("error", str(code))
    assert error.attrib["description"]


def test_pages_do_not_overlap_and_newest_come_first(house: Stocked) -> None:
    whole = until(lambda: _all(house), FOUND_SECONDS_MAX)
    assert len(whole) == 4
    pages = []
    for offset in range(5):
        raw = house.there.torznab(t="search", q="", limit="1", offset=str(offset))
        (told,) = XmlTree.fromstring(raw).iter(RESPONSE)
        assert told.attrib == {"offset": str(offset), "total": "4"}
        pages += _titles(raw)
    assert pages == whole


def _all(house: Stocked) -> list[str] | None:
    titles = _titles(house.there.torznab(t="search"))
    return titles if len(titles) == 4 else None


def test_hostile_titles_arrive_as_text(house: Stocked) -> None:
    raw = house.there.torznab(t="search", q="Lone")
    assert _titles(raw) == [f"Lone {HOSTILE}"]
    assert HOSTILE.encode() not in raw


def test_what_one_has_is_given_as_a_torrent_of_info_alone(house: Stocked) -> None:
    raw = house.here.torznab(t="search", q=ALBUM)
    (item,) = XmlTree.fromstring(raw).iter("item")
    link = item.findtext("link") or ""
    path = link.removeprefix(house.here.page)
    status, head, body = house.here.ask("GET", path)
    assert (status, head["content-type"]) == (200, "application/x-bittorrent")
    assert head["content-disposition"].startswith("attachment")
    assert [info_hash_of(body)] == _attributes(item)["infohash"]
    assert list(sections(body, bytes_max=len(body))) == [b"info"]
    status, _, _ = house.here.ask("GET", path.partition("?")[0])
    assert status == 401
    unknown = path.replace(info_hash_of(body), "0" * 40)
    assert house.here.ask("GET", unknown)[0] == 404


FLEXGET = """
tasks:
  {searcher}:
    discover:
      what:
        - mock:
            - {{title: '{words}', url: 'mock://x'}}
      from:
        - torznab: {{url: {url}, apikey: {key}, searcher: {searcher}}}
      interval: 0 seconds
      release_estimations: ignore
    accept_all: yes
    manual: yes
"""


@pytest.mark.parametrize(
    ("searcher", "words", "title"),
    [
        ("search", "바다", ALBUM),
        ("tvsearch", "Kite Story S01E02", FILM.removesuffix(".mkv")),
        ("tv", "Kite", FILM.removesuffix(".mkv")),
        ("movie", "Kite", ""),  # it reads in caps what films are, and asks for those alone
        ("search", "Lone", f"Lone {HOSTILE}"),
        ("search", "nothing of that name", ""),
    ],
)
def test_flexget_finds_through_it(
    house: Stocked, tmp_path: Path, searcher: str, words: str, title: str
) -> None:
    """An indexer client that we did not write reads caps, asks, and makes entries of the answer."""
    until(lambda: _all(house), FOUND_SECONDS_MAX)
    task = FLEXGET.format(
        searcher=searcher,
        words=words,
        url=house.there.told["torznab"],
        key=house.there.password,
    )
    (tmp_path / "config.yml").write_text(task, encoding="utf-8")
    program = "from flexget import main; main()"
    config = ["-c", str(tmp_path / "config.yml")]
    done = subprocess.run(
        [sys.executable, "-c", program, *config, "execute", "--tasks", searcher, "--dump"],
        capture_output=True,
        text=True,
        check=False,
        timeout=FLEXGET_SECONDS_MAX,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"},
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    shown = [line.partition(":")[2].strip() for line in said.splitlines() if _names(line, "title")]
    assert shown == ([title] if title else []), said
    if title:
        assert any(
            _names(line, "url") and "magnet:?xt=urn:btih:" in line for line in said.splitlines()
        )
        assert any(_names(line, "torrent_info_hash") for line in said.splitlines())


def _names(line: str, name: str) -> bool:
    return line.partition(":")[0].strip() == name


def _read(raw: bytes) -> Any:
    told = feedparser.parse(raw)
    assert not told.bozo, told.bozo_exception
    return told


def test_an_independent_reader_understands_the_feeds(house: Stocked) -> None:
    until(lambda: _all(house), FOUND_SECONDS_MAX)
    me = house.one.do("status", "--json").one["npub"]
    number = house.there.api("POST", "/api/kept", {"words": ALBUM})["number"]
    feeds = {
        "find": house.there.rss("find", q=ALBUM),
        "kind": house.there.rss("find", kind="text"),
        f"kept/{number}": house.there.rss(f"kept/{number}"),
        "person": house.there.rss(f"person/{me}"),
        "library": house.here.rss("library"),
        "torznab": house.there.torznab(t="search"),
    }
    counts = {"find": 1, "kind": 1, f"kept/{number}": 1, "person": 4, "library": 4, "torznab": 4}
    for name, raw in feeds.items():
        told = _read(raw)
        assert told.version == "rss20", name
        assert len(told.entries) == counts[name], name
        for entry in told.entries:
            assert entry.title
            assert entry.id.startswith("urn:btih:")
            assert entry.published_parsed
            (enclosure,) = entry.enclosures
            assert int(enclosure.length) > 0
            start = house.here.page if name == "library" else "magnet:?"
            assert enclosure.href.startswith(start), name
    assert house.there.ask("GET", "/rss/library")[0] == 401
    assert b'"error"' in house.there.rss("kept/999999")
    assert b'"error"' in house.there.rss("person/nobody at all")
    assert _read(house.there.rss("library")).entries == []
