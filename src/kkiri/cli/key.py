"""Verbs of the key: show, backup, restore. A secret is never on a command line (it shows in ps)."""

import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer

from kkiri.app import keys
from kkiri.base.errors import BadKeyError, NotFoundError
from kkiri.cli.running import home_of
from kkiri.cli.show import print_error, print_json, print_line
from kkiri.cli.words import say
from kkiri.event.nip19 import npub

TEXT_CHARS_MAX = 4096  # 24 words are under 250 characters, an ncryptsec 163
STDIN = "-"

PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        help=say(
            "Passphrase of the copy, the file's first line; - reads it from standard input.",
            "사본의 암호(파일의 첫 줄). -이면 표준 입력에서 읽습니다.",
        ),
    ),
]
Json = Annotated[bool, typer.Option("--json", help=say("For programs.", "JSON으로."))]


def key_show(context: typer.Context, as_json: Json = False) -> None:
    """Show who I am: the public key, which anyone may know."""
    pubkey = keys.public_key(home_of(context))
    if as_json:
        print_json({"npub": npub(pubkey), "pubkey": pubkey})
    else:
        print_line(npub(pubkey))


def key_backup(context: typer.Context, passphrase_file: PassphraseFile = None) -> None:
    """Write what restores the key to standard output: the words, or a locked copy."""
    home = home_of(context)
    if passphrase_file is not None:
        print_line(keys.locked_backup(home, _first_line(passphrase_file)))
        return
    kept = keys.backup(home)
    print_error(
        say(
            "Whoever has what follows is you. Keep it on paper, show it to nobody.",
            "아래 것을 가진 사람은 누구든 당신 행세를 할 수 있습니다."
            " 종이에 적어 두고 아무에게도 보이지 마세요.",
        )
    )
    if kept.words is not None:
        print_line(kept.words)
    print_line(kept.nsec)


def key_restore(
    context: typer.Context,
    passphrase_file: PassphraseFile = None,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help=say(
                "Take the place of a key that is there; the old one is kept.",
                "있던 키를 대신합니다. 옛 키는 남겨 둡니다.",
            ),
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Restore a key from standard input: 12 words, nsec or ncryptsec."""
    text = _pasted()

    def passphrase() -> str:
        if passphrase_file is not None:
            return _first_line(passphrase_file)
        if not sys.stdin.isatty():
            raise BadKeyError("--passphrase-file")
        return getpass.getpass(say("Passphrase: ", "암호: "))

    done = keys.restore(home_of(context), text, passphrase, replace=replace)
    kept = None if done.kept is None else str(done.kept)
    if as_json:
        print_json({"npub": npub(done.pubkey), "kept": kept})
        return
    me = npub(done.pubkey)
    print_line(say(f"You are {me} now.", f"이제 당신은 {me}입니다."))
    if kept is not None:
        print_line(say(f"The old key is kept in {kept}.", f"옛 키는 {kept}에 남겨 두었습니다."))


def _pasted() -> str:
    if sys.stdin.isatty():
        return getpass.getpass(
            say(
                "Paste the 12 words, nsec or ncryptsec (it does not show): ",
                "단어 12개나 nsec, ncryptsec을 붙여 넣으세요(화면에 보이지 않습니다): ",
            )
        )
    return sys.stdin.readline(TEXT_CHARS_MAX)


def _first_line(path: Path) -> str:
    if str(path) == STDIN:
        return sys.stdin.readline(TEXT_CHARS_MAX).rstrip("\r\n")
    try:
        with path.open(encoding="utf-8") as file:
            return file.readline(TEXT_CHARS_MAX).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise NotFoundError(str(path)) from error
