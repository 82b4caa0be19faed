"""The verb of watching together."""

from typing import Annotated

import typer

from kkiri.app import client
from kkiri.app.home import last_links
from kkiri.cli.files import Json, link_of
from kkiri.cli.running import home_of
from kkiri.cli.show import objects_of, print_json, print_line, text_of
from kkiri.cli.words import say


def together(
    context: typer.Context,
    link: Annotated[
        str,
        typer.Argument(
            metavar="NUMBER|LINK",
            help=say(
                "A film, or the link that somebody sent you.",
                "영상, 또는 누가 보내 준 링크.",
            ),
        ),
    ],
    file: Annotated[
        int,
        typer.Option(
            metavar="NUMBER",
            min=1,
            help=say("Which file of a folder.", "폴더에서 몇 번째 파일."),
        ),
    ] = 1,
    page: Annotated[
        bool,
        typer.Option("--page/--no-page", help=say("Open the page.", "페이지 열기.")),
    ] = True,
    as_json: Json = False,
) -> None:
    """Watch a film together: prints the link for the others, and opens the page."""
    home = home_of(context)
    api = client.connect(home)
    body = {"link": link_of(last_links(home), link), "file": file - 1}
    showing = api.one("POST", "/api/together", body)
    if as_json:
        print_json(showing)
    else:
        others = len(objects_of(showing, "members")) - 1
        print_line(text_of(showing, "link"))
        if not others:
            print_line(
                say(
                    "Whoever has this link watches with you.",
                    "이 링크를 가진 사람이 함께 봅니다.",
                )
            )
    if page:
        client.open_page(home, f"#/together/{text_of(showing, 'id')}")
