"""Verbs of the search: find, and the kept searches."""

from typing import Annotated
from urllib.parse import urlencode

import typer

from kkiri.app import client
from kkiri.app.client import PeerApi
from kkiri.app.home import Home, keep_links
from kkiri.cli.running import home_of
from kkiri.cli.show import (
    JsonObject,
    day,
    kind_word,
    length,
    number_of,
    print_error,
    print_json,
    print_line,
    print_table,
    short_key,
    size,
    text_of,
)
from kkiri.cli.units import read_bytes, read_seconds
from kkiri.cli.words import say

SHOWN_DEFAULT = 20  # fits a screen; `--limit` asks for more


def find(
    context: typer.Context,
    words: Annotated[
        list[str], typer.Argument(metavar="WORDS…", help=say("What to find.", "찾을 말."))
    ],
    kind: Annotated[
        str | None, typer.Option(metavar="music|film|text|picture|program|other")
    ] = None,
    artist: Annotated[str | None, typer.Option(help=say("By artist.", "가수·만든이."))] = None,
    by: Annotated[
        str | None,
        typer.Option(metavar="PERSON", help=say("Shared by.", "공유한 사람.")),
    ] = None,
    min_length: Annotated[str | None, typer.Option(metavar="3:00|180")] = None,
    max_length: Annotated[str | None, typer.Option(metavar="1:30:00")] = None,
    min_size: Annotated[str | None, typer.Option(metavar="10MB")] = None,
    max_size: Annotated[str | None, typer.Option(metavar="2GB")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000)] = SHOWN_DEFAULT,
    keep: Annotated[
        bool,
        typer.Option("--keep", help=say("Go on and tell of new ones.", "새로 나오면 알리기.")),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help=say("For programs.", "JSON으로."))
    ] = False,
) -> None:
    """Find things on the whole network; best first."""
    home = home_of(context)
    api = client.connect(home)
    given = {
        "words": " ".join(words),
        "kind": kind,
        "artist": artist,
        "by": by,
        "min_length": read_seconds(min_length, "--min-length"),
        "max_length": read_seconds(max_length, "--max-length"),
        "min_size": read_bytes(min_size, "--min-size"),
        "max_size": read_bytes(max_size, "--max-size"),
        "limit": limit,
    }
    asked = urlencode({name: value for name, value in given.items() if value is not None})
    found = api.many(f"/api/find?{asked}")
    links = [text_of(one, "link") for one in found]
    keep_links(home, links)
    if as_json:
        for one in found:
            print_json(one)
    elif found:
        print_found(found)
    elif not keep:
        print_error(say("Nothing was found.", "찾지 못했습니다."))
    if keep:
        _keep_on(api, home, " ".join(words), asked, links, as_json)


def kept(
    context: typer.Context,
    drop: Annotated[
        int | None, typer.Option(metavar="NUMBER", help=say("Drop one.", "하나 지우기."))
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help=say("For programs.", "JSON으로."))
    ] = False,
) -> None:
    """List the kept searches."""
    api = client.connect(home_of(context))
    if drop is not None:
        api.one("POST", "/api/kept/drop", {"number": drop})
    rows = api.many("/api/kept")
    if as_json:
        for row in rows:
            print_json(row)
        return
    headings = [("", True), (say("search", "검색"), False), (say("since", "부터"), False)]
    print_table(
        headings,
        [
            (text_of(row, "number"), text_of(row, "words"), day(row.get("created_at")))
            for row in rows
        ],
    )


def print_found(found: list[JsonObject], first: int = 1) -> None:
    """Write a numbered row for each find."""
    headings = [
        ("", True),
        (say("title", "제목"), False),
        (say("kind", "종류"), False),
        (say("length", "길이"), True),
        (say("size", "크기"), True),
        (say("sources", "가진 사람"), True),
        (say("from", "올린 사람"), False),
    ]
    print_table(headings, [_row(place, one) for place, one in enumerate(found, first)])


def _row(place: int, one: JsonObject) -> tuple[str, ...]:
    artist = text_of(one, "artist")
    title = text_of(one, "title")
    author = text_of(one, "author_name") or short_key(one.get("author"))
    confirmed = number_of(one, "confirmed")
    return (
        str(place),
        f"{title} — {artist}" if artist and artist not in title else title,
        kind_word(one.get("kind")),
        length(one.get("duration")),
        size(one.get("size")),
        str(number_of(one, "sources")),
        f"{author} +{confirmed - 1}" if confirmed > 1 else author,
    )


def _keep_on(
    api: PeerApi, home: Home, words: str, asked: str, links: list[str], as_json: bool
) -> None:
    api.one("POST", "/api/kept", {"words": words})
    if not as_json:
        line = say(
            "Waiting for new ones; Ctrl-C ends.", "새로 나오기를 기다립니다. Ctrl-C로 끝냅니다."
        )
        print_line(line)
    for one in api.stream("GET", f"/api/find/follow?{asked}"):
        link = text_of(one, "link")
        if link in links:
            continue
        links.append(link)
        keep_links(home, links)
        if as_json:
            print_json(one)
        else:
            print_found([one], len(links))
