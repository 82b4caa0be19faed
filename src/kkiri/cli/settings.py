"""The verb of settings: show them, show one, change one."""

from typing import Annotated

import typer

from kkiri.app import client
from kkiri.base.errors import NotFoundError
from kkiri.cli.running import home_of
from kkiri.cli.show import JsonObject, print_json, print_line, print_table, text_of
from kkiri.cli.words import say

Name = Annotated[
    str | None, typer.Argument(metavar="NAME", help=say("Such as upload_rate.", "upload_rate 등."))
]
NewValue = Annotated[
    str | None,
    typer.Argument(
        metavar="VALUE",
        help=say('Such as 500k; "" for the default.', '500k 등. ""이면 처음 값으로.'),
    ),
]


def settings(
    context: typer.Context,
    name: Name = None,
    value: NewValue = None,
    as_json: Annotated[
        bool, typer.Option("--json", help=say("For programs.", "JSON으로."))
    ] = False,
) -> None:
    """Show the settings, or change one."""
    api = client.connect(home_of(context))
    if name is not None and value is not None:
        row = api.one("POST", "/api/settings", {"name": name.replace("-", "_"), "value": value})
        if as_json:
            print_json(row)
        elif row.get("live"):
            print_line(say("It holds from now on.", "지금부터 그렇게 합니다."))
        else:
            print_line(say("It holds from the next start.", "다음에 켤 때부터 그렇게 합니다."))
        return
    rows = api.many("/api/settings")
    if name is not None:
        rows = [row for row in rows if row.get("name") == name.replace("-", "_")]
        if not rows:
            raise NotFoundError(name)
    if as_json:
        for row in rows:
            print_json(row)
        return
    headings = [
        (say("setting", "설정"), False),
        (say("value", "값"), False),
        (say("from", "어디서"), False),
        ("", False),
    ]
    print_table(headings, [_row(row) for row in rows])


def _row(row: JsonObject) -> tuple[str, ...]:
    value, later = text_of(row, "value"), row.get("later")
    if isinstance(later, str):
        value += say(f" → {later} at the next start", f" → 다음부터 {later}")
    about = row.get("about")
    sentence = about.get(say("en", "ko")) if isinstance(about, dict) else ""
    return text_of(row, "name"), value, text_of(row, "source"), str(sentence or "")
