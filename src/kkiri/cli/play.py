"""The verb of playing: the page's player, or another one with a link to what arrives."""

from typing import Annotated
from urllib.parse import urlencode

import typer

from kkiri.app import client
from kkiri.app.client import PeerApi
from kkiri.app.home import Home, last_links
from kkiri.base.errors import NotFoundError
from kkiri.cli.files import Json, link_of
from kkiri.cli.running import home_of
from kkiri.cli.show import JsonObject, number_of, objects_of, print_json, print_line, text_of
from kkiri.cli.words import say

PLAYED = ("film", "music")
LINK_STARTS = ("magnet:", "nostr:")


def play(
    context: typer.Context,
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="NUMBER|LINK|WORDS…",
            help=say("What to play; of words the best find.", "재생할 것. 말이면 가장 나은 것."),
        ),
    ],
    program: Annotated[
        str | None,
        typer.Option(
            "--with",
            metavar="mpv|vlc|PROGRAM",
            help=say("Another player.", "다른 재생기."),
        ),
    ] = None,
    only_print: Annotated[
        bool,
        typer.Option("--print", help=say("Print its link instead.", "여는 대신 링크를 알림.")),
    ] = False,
    as_json: Json = False,
) -> None:
    """Play a film or an album while it arrives, in the page or another player."""
    home = home_of(context)
    api = client.connect(home)
    answer = api.one("POST", "/api/play", {"link": _link(home, api, what)})
    if as_json:
        print_json(answer)
    files = [one for one in objects_of(answer, "files") if one.get("sort") in PLAYED]
    if not files:
        raise NotFoundError(text_of(answer, "name"))
    address = text_of(answer, "m3u") if len(files) > 1 else text_of(files[0], "open")
    if program is not None:
        client.run_player(home, program, address)
    elif only_print:
        print_line(address)
    elif not as_json:
        client.open_page(home, _place(answer, files[0]))
        print_line(say("It plays in your browser.", "브라우저에서 재생합니다."))


def _place(answer: JsonObject, file: JsonObject) -> str:
    return f"#/play/{text_of(answer, 'info_hash')}/{number_of(file, 'index')}"


def _link(home: Home, api: PeerApi, what: list[str]) -> str:
    """Give the link that a number, a link or words lead to. Raises: NotFoundError."""
    text = " ".join(what)
    is_hash = len(text) == 40 and all(one in "0123456789abcdefABCDEF" for one in text)
    if len(what) == 1 and (is_hash or text.isdigit() or text.lower().startswith(LINK_STARTS)):
        return link_of(last_links(home), text)
    found = api.many(f"/api/find?{urlencode({'words': text})}")
    best = next((one for one in found if one.get("kind") in PLAYED), None)
    if best is None:
        raise NotFoundError(text)
    return text_of(best, "link")
