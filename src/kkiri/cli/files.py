"""Verbs of files: share, unshare, shared, get, transfers, pause, resume, cancel."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from kkiri.app import client
from kkiri.app.client import PeerApi
from kkiri.app.home import last_links
from kkiri.base.errors import NotFoundError, PeerNotRunningError
from kkiri.cli.running import home_of
from kkiri.cli.show import (
    JsonObject,
    number_of,
    print_json,
    print_line,
    print_table,
    size,
    text_of,
)
from kkiri.cli.transfer_rows import Bar, print_transfers
from kkiri.cli.words import say

Json = Annotated[bool, typer.Option("--json", help=say("For programs.", "JSON으로."))]
Which = Annotated[
    str,
    typer.Argument(
        metavar="NUMBER|NAME|HASH",
        help=say("As `kkiri transfers` shows it.", "`kkiri transfers`에 나오는 대로."),
    ),
]
PathArgument = Annotated[str, typer.Argument(metavar="PATH")]


def share(
    context: typer.Context,
    path: PathArgument,
    wait: Annotated[
        bool,
        typer.Option(
            "--wait",
            help=say("Until other hubs have the listings.", "다른 허브가 목록을 받을 때까지."),
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Share a folder or file, and follow it as it changes."""
    api = client.connect(home_of(context))
    body = {"path": _absolute(path), "wait": wait}
    with Bar(_is_terminal(as_json)) as bar:
        last = _last(bar, api.stream("POST", "/api/share", body), _tell_sharing)
    if as_json:
        print_json({name: last.get(name) for name in ("listings", "bytes", "seconds")})
        return
    count, total = number_of(last, "listings"), size(last.get("bytes"))
    print_line(say(f"{count} listings are shared, {total}.", f"{count}가지({total})를 공유합니다."))


def unshare(context: typer.Context, path: PathArgument) -> None:
    """Stop sharing a folder or file; the files stay."""
    api = client.connect(home_of(context))
    api.one("POST", "/api/unshare", {"path": _absolute(path)})
    print_line(say("No longer shared.", "이제 공유하지 않습니다."))


def shared(context: typer.Context, as_json: Json = False) -> None:
    """List what is shared."""
    rows = client.connect(home_of(context)).many("/api/shared")
    if as_json:
        for row in rows:
            print_json(row)
        return
    if not rows:
        print_line(say("Nothing is shared.", "공유하는 것이 없습니다."))
        return
    headings = [
        (say("path", "경로"), False),
        (say("listings", "가짓수"), True),
        (say("size", "크기"), True),
    ]
    print_table(
        headings,
        [(text_of(row, "path"), text_of(row, "listings"), size(row.get("bytes"))) for row in rows],
    )


def get(
    context: typer.Context,
    link: Annotated[str, typer.Argument(metavar="NUMBER|LINK")],
    to: Annotated[
        str | None,
        typer.Option(metavar="DIR", help=say("Where to.", "받을 폴더.")),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help=say("A single file of a folder.", "폴더에서 이 파일만.")),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help=say("Until it is here.", "다 받을 때까지."))
    ] = False,
    as_json: Json = False,
) -> None:
    """Fetch what a number of the last find, a magnet or a nostr: link names."""
    home = home_of(context)
    link = link_of(last_links(home), link)
    api = client.connect(home)
    body: JsonObject = {"link": link, "wait": wait}
    if to is not None:
        body["to"] = _absolute(to)
    if only:
        body["only"] = [*only]
    with Bar(_is_terminal(as_json) and wait) as bar:
        last = _last(bar, api.stream("POST", "/api/get", body), Bar.tell_transfer)
    path = text_of(last, "path")
    if as_json:
        names = ("path", "bytes", "seconds", "info_hash", "finished")
        print_json({name: last.get(name) for name in names})
    elif last.get("finished"):
        print_line(say(f"Here: {path}", f"받았습니다: {path}"))
    else:
        print_line(
            say(
                "On its way; `kkiri transfers` shows how far.",
                "받고 있습니다. `kkiri transfers`로 볼 수 있습니다.",
            )
        )


def transfers(context: typer.Context, as_json: Json = False) -> None:
    """List the downloads."""
    rows = client.connect(home_of(context)).many("/api/transfers")
    if as_json:
        for row in rows:
            print_json(row)
    elif rows:
        print_transfers(rows)
    else:
        print_line(say("Nothing is being fetched.", "받고 있는 것이 없습니다."))


def pause(context: typer.Context, which: Which) -> None:
    """Pause a download."""
    _act(context, which, "pause")
    print_line(say("Paused.", "멈췄습니다."))


def resume(context: typer.Context, which: Which) -> None:
    """Let a paused download go on."""
    _act(context, which, "resume")
    print_line(say("It goes on.", "이어서 받습니다."))


def cancel(context: typer.Context, which: Which) -> None:
    """Forget a download; what is on disk stays."""
    _act(context, which, "cancel")
    print_line(say("Cancelled.", "취소했습니다."))


def _act(context: typer.Context, which: str, verb: str) -> None:
    api = client.connect(home_of(context))
    api.one("POST", f"/api/transfers/{_transfer_of(api, which)}/{verb}", {})


def _transfer_of(api: PeerApi, which: str) -> str:
    rows = api.many("/api/transfers")
    if which.isascii() and which.isdigit() and 0 < int(which[:9]) <= len(rows):
        return text_of(rows[int(which[:9]) - 1], "info_hash")
    for row in rows:
        if which.casefold() in {text_of(row, "info_hash"), text_of(row, "name").casefold()}:
            return text_of(row, "info_hash")
    raise NotFoundError(which)


def link_of(links: list[str], text: str) -> str:
    """Give the link of a number of the last find, or the link itself. Raises: NotFoundError."""
    if not (text.isascii() and text.isdigit()) or len(text) == 40:
        return text
    number = int(text[:9])
    if not 0 < number <= len(links):
        raise NotFoundError(text)
    return links[number - 1]


def _last(
    bar: Bar, lines: Iterator[JsonObject], tell: Callable[[Bar, JsonObject], None]
) -> JsonObject:
    for line in lines:
        # the last line says how long it took; a share's lines on the way have the field too, as 0
        if "seconds" in line and (line.get("finished") or "step" not in line):
            return line
        tell(bar, line)
    raise PeerNotRunningError


def _tell_sharing(bar: Bar, line: JsonObject) -> None:
    done, total = number_of(line, "bytes_done"), number_of(line, "bytes_total")
    said = f"{number_of(line, 'done')}/{number_of(line, 'total')} · {size(done)}/{size(total)}"
    bar.tell(text_of(line, "name") or "…", done, total, said)


def _absolute(path: str) -> str:
    return os.path.abspath(Path(path).expanduser())


def _is_terminal(as_json: bool) -> bool:
    return sys.stderr.isatty() and not as_json
