"""Other BitTorrent programs on 127.0.0.1, each with its own home and port, alone with us."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from kkiri.event.listing import PeerAddress

LISTEN_SECONDS_MAX = 60  # four programs at once on two busy cores
STOP_SECONDS = 1.0  # then it is killed: what it fetched has been looked at by then


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One torrent for one program: with the data already there it seeds, otherwise it fetches."""

    torrent: Path
    data: Path
    home: Path
    port: int
    seeds: bool


def free_port() -> int:
    """Give a TCP port that nobody has right now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def aria2(task: Task) -> list[str]:
    """Give the command line of aria2."""
    return [
        "aria2c",
        "--no-conf",
        f"--dir={task.data}",
        f"--listen-port={task.port}",
        "--enable-dht=false",
        "--enable-dht6=false",
        "--bt-enable-lpd=false",
        "--enable-peer-exchange=false",
        "--disable-ipv6=true",
        "--seed-ratio=0.0",
        "--check-integrity=true",
        "--file-allocation=none",
        "--summary-interval=0",
        str(task.torrent),
    ]


def transmission(task: Task) -> list[str]:
    """Give the command line of Transmission; it never dials 127.x, so our side dials it."""
    task.home.joinpath("settings.json").write_text(
        '{"dht-enabled": false, "lpd-enabled": false, "pex-enabled": false, "utp-enabled": false,'
        ' "port-forwarding-enabled": false, "bind-address-ipv4": "127.0.0.1",'
        ' "bind-address-ipv6": "::1", "rpc-enabled": false, "blocklist-enabled": false}',
        encoding="utf-8",
    )
    verify = ["--verify"] if task.seeds else []
    return [
        "transmission-cli",
        f"--config-dir={task.home}",
        f"--download-dir={task.data}",
        f"--port={task.port}",
        "--no-portmap",
        *verify,
        str(task.torrent),
    ]


def qbittorrent(task: Task) -> list[str]:
    """Give the command line of qBittorrent without a window."""
    config = task.home / "qBittorrent" / "config"
    config.mkdir(parents=True)
    config.joinpath("qBittorrent.conf").write_text(
        "[LegalNotice]\nAccepted=true\n"
        "[BitTorrent]\n"
        f"Session\\Port={task.port}\n"
        "Session\\InterfaceAddress=127.0.0.1\nSession\\BTProtocol=TCP\n"
        "Session\\DHTEnabled=false\nSession\\LSDEnabled=false\nSession\\PeXEnabled=false\n"
        "Session\\MultiConnectionsPerIp=true\n"
        "[Network]\nPortForwardingEnabled=false\n"
        "[Preferences]\nWebUI\\Enabled=false\nWebUI\\Address=127.0.0.1\n",
        encoding="utf-8",
    )
    return [
        "qbittorrent-nox",
        f"--profile={task.home}",
        f"--webui-port={free_port()}",
        f"--save-path={task.data}",
        str(task.torrent),
    ]


def rtorrent(task: Task) -> list[str]:
    """Give the command line of rtorrent, without its screen.

    It takes no torrent without a tracker, so its copy names one that is not there.
    """
    named = task.home / "named.torrent"
    named.write_bytes(b"d8:announce20:http://127.0.0.1:9/a" + task.torrent.read_bytes()[1:])
    session = task.home / "session"
    session.mkdir()
    lines = [
        "system.daemon.set = true",
        "network.bind_address.set = 127.0.0.1",
        f"network.port_range.set = {task.port}-{task.port}",
        "network.port_random.set = no",
        "dht.mode.set = disable",
        "protocol.pex.set = no",
        "trackers.use_udp.set = no",
        f'directory.default.set = "{task.data}"',
        f'session.path.set = "{session}"',
        f'schedule2 = load,0,0,((load.start,"{named}"))',
    ]
    config = task.home / "rc"
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return ["rtorrent", "-n", "-o", f"import={config}"]


PROGRAMS: Mapping[str, Callable[[Task], list[str]]] = {
    "aria2": aria2,
    "transmission": transmission,
    "qbittorrent": qbittorrent,
    "rtorrent": rtorrent,
}


@asynccontextmanager
async def running(
    program: str, torrent: Path, data: Path, home: Path, *, seeds: bool
) -> AsyncIterator[PeerAddress]:
    """Run a program on a torrent; gives where it listens.

    Raises: FileNotFoundError when the program is not installed, so that the test fails.
    """
    task = _task(torrent, data, home, seeds)
    with (home / "log").open("wb") as log:
        child = await asyncio.create_subprocess_exec(
            *PROGRAMS[program](task),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=home,
            env={
                "HOME": str(home),
                "PATH": os.environ["PATH"],
                "LANG": "C.UTF-8",
                "XDG_CONFIG_HOME": str(home / "config"),
                "XDG_DATA_HOME": str(home / "data"),
                "XDG_CACHE_HOME": str(home / "cache"),
                "TERM": "dumb",
            },
        )
        try:
            await _listens(child, task.port)
            yield PeerAddress(host="127.0.0.1", port=task.port)
        finally:
            await _end(child)


def _task(torrent: Path, data: Path, home: Path, seeds: bool) -> Task:
    home.mkdir(parents=True)
    data.mkdir(parents=True, exist_ok=True)
    return Task(torrent=torrent, data=data, home=home, port=free_port(), seeds=seeds)


async def _listens(child: asyncio.subprocess.Process, port: int) -> None:
    """Wait until the program takes links: a dial that fails is not made again at once."""
    async with asyncio.timeout(LISTEN_SECONDS_MAX):
        while child.returncode is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
                continue
            writer.close()
            return


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is not None:
        return
    child.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await child.wait()
    except TimeoutError:
        child.kill()
        await child.wait()
