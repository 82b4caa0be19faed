"""The verb of other programs: where they come in, and the password they share."""

from typing import Annotated

import typer

from kkiri.app import client
from kkiri.cli.running import home_of
from kkiri.cli.show import print_json, print_table, text_of
from kkiri.cli.words import say


def other_programs(
    context: typer.Context,
    renew: Annotated[
        bool,
        typer.Option(
            "--renew",
            help=say(
                "Make a new password; the old one opens nothing any more.",
                "암호를 새로 만듭니다. 옛 암호로는 아무것도 열리지 않습니다.",
            ),
        ),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help=say("For programs.", "JSON으로."))
    ] = False,
) -> None:
    """Show where other programs come in, and their password."""
    api = client.connect(home_of(context))
    if renew:
        said = api.one("POST", "/api/other-programs/renew", {})
    else:
        said = api.one("GET", "/api/other-programs")
    if as_json:
        print_json(said)
        return
    rows = [
        (
            say("Torznab (Prowlarr, Sonarr, Radarr)", "Torznab (Prowlarr, Sonarr, Radarr)"),
            "torznab",
        ),
        (say("RSS of my library", "내 서재 RSS"), "rss"),
        (say("music players (Subsonic)", "음악 재생기 (Subsonic)"), "subsonic"),
        (say("folders (WebDAV)", "폴더 (WebDAV)"), "webdav"),
        (say("user name", "사용자 이름"), "user"),
        (say("password, API key", "암호 · API 키"), "password"),
    ]
    print_table([("", False), ("", False)], [(name, text_of(said, key)) for name, key in rows])
