"""Verbs of the peer itself: up, down, status, peers."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from kkiri.app import client
from kkiri.app.home import Home
from kkiri.cli.show import (
    number_of,
    objects_of,
    print_json,
    print_line,
    print_table,
    size,
    text_of,
)
from kkiri.cli.transfer_rows import print_transfers
from kkiri.cli.words import say


def home_of(context: typer.Context) -> Home:
    """Give the home folder that `--home`, KKIRI_HOME or the default names."""
    named = context.find_root().params.get("home")
    path = named if isinstance(named, Path) else client.default_home()
    return Home(Path(os.path.abspath(path.expanduser())))


FirstHubs = Annotated[
    list[str] | None,
    typer.Option(metavar="ws://HOST:PORT", help=say("A hub to call first.", "처음에 부를 허브.")),
]
DhtNodes = Annotated[
    list[str] | None,
    typer.Option(
        metavar="HOST:PORT", help=say("A DHT node to meet hubs through.", "허브를 만날 DHT 노드.")
    ),
]


Rate = Annotated[
    str | None,
    typer.Option(
        metavar="RATE",
        help=say("Most bytes a second, such as 500k or 2M.", "초당 최대 바이트 (예: 500k, 2M)."),
    ),
]


Lan = Annotated[
    bool | None, typer.Option(help=say("Look on the local network.", "가까운 망에서 찾기."))
]
Incoming = Annotated[
    str | None,
    typer.Option(metavar="DIR", help=say("Where downloads go.", "받은 것을 둘 폴더.")),
]
Watched = Annotated[
    str | None,
    typer.Option(
        metavar="DIR",
        help=say(
            "Fetch torrent files and magnets put there.",
            "넣어 둔 토렌트 파일과 마그넷을 받는 폴더.",
        ),
    ),
]


def _whole(folder: str | None) -> str | None:
    return None if folder is None else os.path.abspath(Path(folder).expanduser())


def up(
    context: typer.Context,
    network: Annotated[
        str | None,
        typer.Option(metavar="private|public", help=say("Which network.", "어느 네트워크인지.")),
    ] = None,
    listen: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help=say("The hub's address.", "허브 주소.")),
    ] = None,
    bootstrap: FirstHubs = None,
    dht_bootstrap: DhtNodes = None,
    port: Annotated[
        int | None, typer.Option(help=say("The page's port.", "페이지 포트."), min=0, max=65_535)
    ] = None,
    torrent_port: Annotated[
        int | None, typer.Option(help=say("Port for files.", "파일 포트."), min=0, max=65_535)
    ] = None,
    advertise: Annotated[
        str | None,
        typer.Option(help=say("The address others are told.", "남에게 알릴 주소.")),
    ] = None,
    upload_rate: Rate = None,
    download_rate: Rate = None,
    hub_bytes: Annotated[
        int | None, typer.Option(help=say("Room for the hub.", "허브가 쓸 자리(바이트)."), min=1)
    ] = None,
    hub_limits: Annotated[
        bool | None, typer.Option(help=say("Limits for strangers.", "낯선 이의 요청 제한."))
    ] = None,
    lan: Lan = None,
    incoming: Incoming = None,
    watch_folder: Watched = None,
) -> None:
    """Run the peer in the foreground until Ctrl-C."""
    if network is not None and network.lower() not in {"private", "public"}:
        raise typer.BadParameter("private|public", param_hint="--network")
    flags: list[str] = []
    values = (
        ("network", network),
        ("listen", listen),
        ("port", port),
        ("torrent-port", torrent_port),
        ("advertise", advertise),
        ("hub-bytes", hub_bytes),
        ("upload-rate", upload_rate),
        ("download-rate", download_rate),
        ("incoming", _whole(incoming)),
        ("watch-folder", _whole(watch_folder)),
    )
    for name, value in values:
        if value is not None:
            flags += [f"--{name}={value}"]
    flags += [f"--bootstrap={url}" for url in bootstrap or []]
    flags += [f"--dht-bootstrap={node}" for node in dht_bootstrap or []]
    for name, flag in (("hub-limits", hub_limits), ("lan", lan)):
        if flag is not None:
            flags.append(f"--{name}={'on' if flag else 'off'}")
    client.up(home_of(context), flags)


def down(context: typer.Context) -> None:
    """Stop the running peer."""
    if client.stop(home_of(context)):
        print_line(say("kkiri has stopped.", "끼리를 멈췄습니다."))
    else:
        print_line(say("kkiri was not running.", "끼리는 돌고 있지 않았습니다."))


def status(
    context: typer.Context,
    as_json: Annotated[
        bool, typer.Option("--json", help=say("For programs.", "JSON으로."))
    ] = False,
) -> None:
    """Say how the peer is doing."""
    home = home_of(context)
    said = client.connect(home, client.STATUS_PATIENCE_SECONDS).one("GET", "/api/status")
    running = client.running_peer(home)
    page = client.page_link(home, running) if running is not None else text_of(said, "page")
    if as_json:
        print_json(said | {"page": page})
        return
    hubs = [hub for hub in objects_of(said, "hubs") if hub.get("state") == "open"]
    rows = [
        (say("me", "나"), text_of(said, "npub")),
        (say("page", "페이지"), page),
        (say("hub", "허브"), f"{text_of(said, 'hub')} ({_reach_word(said)})"),
        (say("network", "네트워크"), _network_word(text_of(said, "network"))),
        (
            say("links", "연결"),
            say(
                f"{len(hubs)} hubs, own included",
                f"허브 {len(hubs)}곳 (내 허브 포함)",
            ),
        ),
        (
            say("shared", "공유"),
            say(
                f"{number_of(said, 'shared')} listings, {size(said.get('shared_bytes'))}",
                f"{number_of(said, 'shared')}가지, {size(said.get('shared_bytes'))}",
            ),
        ),
    ]
    print_table([("", False), ("", False)], rows)
    transfers = objects_of(said, "transfers")
    if transfers:
        print_transfers(transfers)


def _reach_word(said: Mapping[str, object]) -> str:
    if said.get("reachable"):
        return say("reachable", "밖에서 닿음")
    return say("leaf: strangers cannot dial it", "잎: 밖에서 닿지 않아 다른 허브를 빌려 씀")


def peers_list(
    context: typer.Context,
    as_json: Annotated[
        bool, typer.Option("--json", help=say("For programs.", "JSON으로."))
    ] = False,
) -> None:
    """List the hubs this peer knows."""
    if context.invoked_subcommand is not None:
        return
    hubs = client.connect(home_of(context)).many("/api/hubs")
    if as_json:
        for hub in hubs:
            print_json(hub)
        return
    headings = [
        (say("hub", "허브"), False),
        (say("link", "연결"), False),
        (say("key", "키"), False),
        ("", False),
    ]
    print_table(headings, [_hub_row(hub) for hub in hubs])


def _hub_row(hub: Mapping[str, object]) -> tuple[str, ...]:
    states = {
        "open": say("open", "열림"),
        "dialling": say("dialling", "거는 중"),
        "waiting": say("waiting", "기다림"),
        "banned": say("banned", "막음"),
    }
    state = text_of(hub, "state")
    return (
        text_of(hub, "url"),
        states.get(state, state) + (say(" (own)", " (내 허브)") if hub.get("own") else ""),
        text_of(hub, "key")[:16] or say("not proved", "증명 안 됨"),
        text_of(hub, "why"),
    )


def peers_add(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ADDRESS")],
    as_json: Annotated[
        bool, typer.Option("--json", help=say("For programs.", "JSON으로."))
    ] = False,
) -> None:
    """Call a hub at an address and keep it."""
    hub = client.connect(home_of(context)).one("POST", "/api/hubs", {"address": address})
    if as_json:
        print_json(hub)
    else:
        url = text_of(hub, "url")
        print_line(say(f"{url} is in the book.", f"{url} 주소를 적어 두었습니다."))


def _network_word(network: str) -> str:
    if network == "private":
        return say("private", "우리끼리(private)")
    return say("public", "모두와(public)")
