"""The verb `demo`: five peers on this machine, no internet, everything shown once."""

import os
from pathlib import Path
from typing import Annotated

import typer

from kkiri.app.demo.starting import start
from kkiri.app.language import language
from kkiri.base.errors import NotFoundError
from kkiri.cli.words import say


def demo(
    share: Annotated[
        Path | None,
        typer.Option(
            "--share",
            metavar="DIR",
            help=say("Share this folder of yours instead.", "내 폴더를 대신 나눕니다."),
        ),
    ] = None,
    once: Annotated[
        bool,
        typer.Option(
            "--once", help=say("End without opening a page.", "페이지를 열지 않고 끝냅니다.")
        ),
    ] = False,
    lang: Annotated[str | None, typer.Option("--lang", metavar="ko|en")] = None,
) -> None:
    """Show everything on this machine, without internet."""
    if lang not in {None, "ko", "en"}:
        raise typer.BadParameter("ko|en", param_hint="--lang")
    if share is not None and not share.is_dir():
        raise NotFoundError(str(share))
    own = None if share is None else share.resolve()
    start(own=own, once=once, language=lang or language(os.environ))
