"""The `kkiri` command: verbs, exit codes, and one sentence on stderr when something is refused.

0 done, 1 refused or failed, 2 misuse.
"""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from kkiri import __version__
from kkiri.app.client import PeerSaidNoError
from kkiri.app.language import language
from kkiri.base.errors import KkiriError
from kkiri.cli import (
    demo,
    files,
    key,
    other_programs,
    persons,
    play,
    running,
    search,
    settings,
    talk,
    together,
)
from kkiri.cli.show import print_error, print_line, use_utf8
from kkiri.cli.words import say

INTERRUPTED = 130  # what shells report for Ctrl-C


def main() -> NoReturn:
    """Run one verb and end with its exit code."""
    use_utf8()
    try:
        program()(prog_name="kkiri")
    except PeerSaidNoError as error:
        print_error(error.korean if language(os.environ) == "ko" else error.english)
    except KkiriError as error:
        print_error(error.sentence(language(os.environ)))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(1)


def program() -> typer.Typer:
    """Make the command with all its verbs."""
    app = typer.Typer(
        name="kkiri",
        help=say(
            "People find, fetch and publish directly among themselves.",
            "사람들이 서로 직접 찾고, 받고, 내놓습니다.",
        ),
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_first)
    anything = {"ignore_unknown_options": True}
    app.command("find", context_settings=anything, help=HELP["find"])(search.find)
    for name, verb in VERBS.items():
        app.command(name, help=HELP[name])(verb)
    peers = typer.Typer(help=HELP["peers"], invoke_without_command=True, rich_markup_mode=None)
    peers.callback(help=HELP["peers"])(running.peers_list)
    peers.command("add", help=HELP["peers add"])(running.peers_add)
    app.add_typer(peers, name="peers")
    own = typer.Typer(help=HELP["key"], no_args_is_help=True, rich_markup_mode=None)
    own.command("show", help=HELP["key show"])(key.key_show)
    own.command("backup", help=HELP["key backup"])(key.key_backup)
    own.command("restore", help=HELP["key restore"])(key.key_restore)
    app.add_typer(own, name="key")
    return app


def _version(wanted: bool) -> None:
    if wanted:
        print_line(__version__)
        raise typer.Exit


def _first(
    home: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help=say("Home folder (KKIRI_HOME).", "홈 폴더 (KKIRI_HOME).")),
    ] = None,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help=say("Version.", "판.")),
    ] = False,
) -> None:
    """Stand before the verbs."""


VERBS: Mapping[str, Callable[..., None]] = {
    "demo": demo.demo,
    "up": running.up,
    "down": running.down,
    "status": running.status,
    "share": files.share,
    "unshare": files.unshare,
    "shared": files.shared,
    "get": files.get,
    "transfers": files.transfers,
    "pause": files.pause,
    "resume": files.resume,
    "cancel": files.cancel,
    "play": play.play,
    "together": together.together,
    "kept": search.kept,
    "other-programs": other_programs.other_programs,
    "person": persons.person,
    "people": persons.people,
    "follow": persons.follow,
    "unfollow": persons.unfollow,
    "petname": persons.petname,
    "block": persons.block,
    "unblock": persons.unblock,
    "profile": talk.profile,
    "say": talk.say,
    "talks": talk.talks,
    "room": talk.room,
    "news": talk.news,
    "report": talk.report,
    "settings": settings.settings,
}

HELP: Mapping[str, str] = {
    "demo": say(
        "Show everything on this machine, without internet.",
        "이 컴퓨터 안에서 인터넷 없이 모두 보여 줍니다.",
    ),
    "up": say(
        "Run the peer in the foreground until Ctrl-C.",
        "끼리를 앞에서 돌립니다. Ctrl-C로 멈춥니다.",
    ),
    "down": say("Stop the running peer.", "돌고 있는 끼리를 멈춥니다."),
    "status": say("Say how the peer is doing.", "끼리가 어떤지 보여 줍니다."),
    "share": say(
        "Share a folder or file, and follow it as it changes.",
        "폴더나 파일을 공유하고, 바뀌면 따라갑니다.",
    ),
    "unshare": say("Stop sharing; the files stay.", "공유를 그만둡니다. 파일은 그대로입니다."),
    "shared": say("List what is shared.", "공유하는 것을 보여 줍니다."),
    "find": say("Find things on the whole network.", "온 네트워크에서 찾습니다."),
    "kept": say("List the searches that go on.", "계속하는 검색을 보여 줍니다."),
    "get": say(
        "Fetch a number of the last find, a magnet or a nostr: link.",
        "마지막 찾기의 번호, 마그넷, nostr: 링크를 받습니다.",
    ),
    "play": say(
        "Play a film or an album while it arrives.",
        "영상이나 음반을 받으면서 바로 틉니다.",
    ),
    "together": say(
        "Watch a film in step with others; whoever has the link is in.",
        "영상을 여럿이 나란히 봅니다. 링크를 가진 사람이 함께 봅니다.",
    ),
    "transfers": say("List the downloads.", "받는 것들을 보여 줍니다."),
    "pause": say("Pause a download.", "받기를 잠시 멈춥니다."),
    "resume": say("Let a paused download go on.", "멈춘 받기를 잇습니다."),
    "cancel": say(
        "Forget a download; what is on disk stays.",
        "받기를 그만둡니다. 받은 만큼은 디스크에 남습니다.",
    ),
    "other-programs": say(
        "Show where other programs come in, and their password.",
        "다른 프로그램이 들어올 주소와 암호를 보여 줍니다.",
    ),
    "person": say("Show a person and all they share.", "한 사람과 그가 공유하는 것을 보여 줍니다."),
    "people": say("List who is on, and whom you follow.", "접속한 사람과 따라가는 사람."),
    "follow": say("Follow a person.", "사람을 따라갑니다."),
    "unfollow": say("Follow a person no longer.", "더는 따라가지 않습니다."),
    "petname": say("Give a person a name of your own.", "사람에게 나만의 별명을 붙입니다."),
    "block": say("Hide what a person shares.", "그 사람의 것을 보지 않습니다."),
    "unblock": say("Show what a person shares again.", "그 사람의 것을 다시 봅니다."),
    "profile": say("Say who you are.", "내 이름을 알립니다."),
    "say": say("Say something to someone in private.", "한 사람에게 둘만의 말을 합니다."),
    "talks": say("Read your private messages.", "나눈 말을 읽습니다."),
    "room": say("Enter a public room, and speak there.", "누구나 드는 방에 들어가 말합니다."),
    "news": say("What the people you follow published.", "따라가는 사람들의 새 소식."),
    "report": say("Warn of a listing or a person.", "올린 것이나 사람을 신고합니다."),
    "settings": say("Show the settings, or change one.", "설정을 보여 주거나 하나를 바꿉니다."),
    "key": say("The key that you are.", "나를 나이게 하는 키."),
    "key show": say("Show your public key.", "공개 키를 보여 줍니다."),
    "key backup": say("Write what restores the key.", "키를 되살릴 수 있는 것을 적어 줍니다."),
    "key restore": say("Restore a key from a backup.", "적어 둔 것으로 키를 되살립니다."),
    "peers": say("List the hubs this peer knows.", "아는 허브를 보여 줍니다."),
    "peers add": say("Call a hub at an address and keep it.", "주소로 허브를 부르고 적어 둡니다."),
}
