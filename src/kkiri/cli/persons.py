"""Verbs of people: person, people, follow, unfollow, petname, block, unblock."""

from typing import Annotated
from urllib.parse import quote

import typer

from kkiri.app import client
from kkiri.app.home import keep_links
from kkiri.cli.running import home_of
from kkiri.cli.search import print_found
from kkiri.cli.show import JsonObject, number_of, print_json, print_line, print_table, text_of
from kkiri.cli.words import say

Json = Annotated[bool, typer.Option("--json", help=say("For programs.", "JSON으로."))]
Who = Annotated[
    str,
    typer.Argument(metavar="NPUB|NAME", help=say("A key, a petname or a name.", "키, 별명, 이름.")),
]


def person(context: typer.Context, who: Who, as_json: Json = False) -> None:
    """Show a person and all they share."""
    home = home_of(context)
    api = client.connect(home)
    path = f"/api/people/{quote(who, safe='')}"
    said = api.one("GET", path)
    library = api.many(f"{path}/library")
    keep_links(home, [text_of(one, "link") for one in library])
    if as_json:
        print_json(said | {"library": library})
        return
    print_line(_name(said))
    print_line(text_of(said, "npub"))
    if about := text_of(said, "about"):
        print_line(about)
    if marks := _marks(said):
        print_line(marks)
    if library:
        print_found(library)
    else:
        print_line(say("Shares nothing that we see.", "공유하는 것이 보이지 않습니다."))


def people(context: typer.Context, as_json: Json = False) -> None:
    """List who is on, and whom one follows."""
    rows = client.connect(home_of(context)).many("/api/people")
    if as_json:
        for row in rows:
            print_json(row)
    elif rows:
        headings = [(say("name", "이름"), False), ("npub", False), ("", False)]
        print_table(headings, [(_name(row), text_of(row, "npub"), _marks(row)) for row in rows])
    else:
        print_line(say("Nobody is on right now.", "지금은 아무도 없습니다."))


def follow(context: typer.Context, who: Who) -> None:
    """Follow a person: what they share is ranked higher."""
    _tell(context, "/api/follow", {"who": who, "on": True})
    print_line(say("You follow them now.", "이제 따라갑니다."))


def unfollow(context: typer.Context, who: Who) -> None:
    """Follow a person no longer."""
    _tell(context, "/api/follow", {"who": who, "on": False})
    print_line(say("You no longer follow them.", "이제 따라가지 않습니다."))


def block(context: typer.Context, who: Who) -> None:
    """Hide what a person shares."""
    _tell(context, "/api/block", {"who": who, "on": True})
    print_line(say("Blocked.", "막았습니다."))


def unblock(context: typer.Context, who: Who) -> None:
    """Show what a person shares again."""
    _tell(context, "/api/block", {"who": who, "on": False})
    print_line(say("No longer blocked.", "이제 막지 않습니다."))


def petname(
    context: typer.Context, who: Who, name: Annotated[str, typer.Argument(metavar="NAME")]
) -> None:
    """Give a person a name of one's own; an empty one takes it away."""
    _tell(context, "/api/petname", {"who": who, "name": name})
    print_line(say("Noted.", "적어 두었습니다."))


def _tell(context: typer.Context, path: str, body: JsonObject) -> None:
    client.connect(home_of(context)).one("POST", path, body)


def _name(said: JsonObject) -> str:
    name, own = text_of(said, "name"), text_of(said, "petname")
    if own:
        return f"{own} ({name})" if name and name != own else own
    return name or say("(no name)", "(이름 없음)")


def _marks(said: JsonObject) -> str:
    marks = [
        word
        for flag, word in (
            ("on", say("on", "접속 중")),
            ("followed", say("followed", "따라가는 사람")),
            ("blocked", say("blocked", "막은 사람")),
        )
        if said.get(flag)
    ]
    if count := number_of(said, "listings"):
        marks.append(say(f"{count} listings", f"{count}가지 공유"))
    return ", ".join(marks)
