"""`python -m kkiri.web`: runs the peer with its page until it is told to stop."""

import argparse
import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from typing import cast

import uvicorn

from kkiri.app.client import page_link
from kkiri.app.config import Config, Value, first_toml, read_home
from kkiri.app.home import (
    Home,
    RunningPeer,
    hold,
    prepare,
    remember_port,
    remembered_port,
    token,
    write_running,
)
from kkiri.app.language import language
from kkiri.app.logs import set_up
from kkiri.app.peer import Peer
from kkiri.app.refusal import only_refusal
from kkiri.app.run import running
from kkiri.base.errors import DidNotStartError, KkiriError
from kkiri.web.guard import App, Door, Guard
from kkiri.web.other_programs.doors import other_doors
from kkiri.web.side_doors import side_doors

HOST = "127.0.0.1"  # never anything else: the page is for this machine (SAFETY, defaults)
INTERRUPTED = 130  # what shells report for Ctrl-C
BACKLOG = 128  # connections that wait to be taken; a page opens six
LAST_WORDS_SECONDS = 1  # what an open answer gets when the peer stops


def main() -> int:
    """Run the peer; 0 after a clean stop, 1 with one sentence when it could not run."""
    arguments = _arguments(sys.argv[1:])
    home = Home(Path(os.path.abspath(arguments.home)))
    set_up(verbose=arguments.by_verb)
    flags = _flags(arguments)
    try:
        config = read_home(home.path, flags, os.environ)
        prepare(home)
        with closing(hold(home)):
            if not home.config.exists():
                home.config.write_text(first_toml(flags), encoding="utf-8")
            asyncio.run(_serve(config, home, by_verb=arguments.by_verb))
    except KeyboardInterrupt:  # before the peer was up
        return INTERRUPTED
    except KkiriError as error:
        return _refuse(error, arguments.lang)
    except BaseExceptionGroup as errors:  # what a task group makes of one
        first = only_refusal(errors)
        if first is None:
            raise
        return _refuse(first, arguments.lang)
    return 0


def _refuse(error: KkiriError, lang: str | None) -> int:
    sys.stderr.write(error.sentence(_language(lang)) + "\n")
    return 1


def _language(lang: str | None) -> str:
    return lang or language(os.environ)


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m kkiri.web", allow_abbrev=False)
    parser.add_argument("--home", required=True)
    parser.add_argument("--by-verb", action="store_true")
    for name in ("bootstrap", "dht-bootstrap"):
        parser.add_argument(f"--{name}", action="append")
    for name in ("network", "listen", "port", "torrent-port", "advertise", "hub-bytes"):
        parser.add_argument(f"--{name}")
    for name in ("upload-rate", "download-rate"):
        parser.add_argument(f"--{name}")
    for name in ("hub-limits", "lan", "lang", "incoming", "watch-folder"):
        parser.add_argument(f"--{name}")
    return parser.parse_args(argv)


def _flags(arguments: argparse.Namespace) -> dict[str, Value]:
    given: dict[str, object] = vars(arguments)
    flags: dict[str, Value] = {}
    for name, value in given.items():
        if name in {"home", "by_verb"} or value is None:
            continue
        if isinstance(value, str):
            flags[name] = value
        elif isinstance(value, list):
            flags[name] = [str(item) for item in value]
    return flags


class _Page(uvicorn.Server):
    """The page's server; signals are the peer's, not its own."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = asyncio.Event()
        self.ended = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and say so."""
        await super().startup(sockets)
        self.listens.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, and say so."""
        await super().shutdown(sockets)
        self.ended.set()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave the signals alone."""
        yield


async def _serve(config: Config, home: Home, *, by_verb: bool) -> None:
    with closing(_listen(config, home)) as page:
        port: int = page.getsockname()[1]
        async with asyncio.TaskGroup() as group:
            loading = group.create_task(asyncio.to_thread(_load_routes), name="load the routes")
            async with running(config) as peer:
                _stop_on_signals(peer)
                secret = token(home)
                await asyncio.to_thread(lambda: peer.password.text)  # made now: no request makes it
                others = other_doors(peer.password, peer.world.clock.monotonic)
                door = Door(port, secret, (*side_doors(secret), *others))
                server = _Page(_settings(Guard((await loading)(peer), door)))
                group.create_task(server.serve(sockets=[page]), name="page")
                await server.listens.wait()
                peer.page = f"http://{HOST}:{port}"
                remember_port(home, "page", port)
                await peer.own_hub_open()  # verbs come as soon as the next is written
                now = RunningPeer(pid=os.getpid(), page=peer.page, by_verb=by_verb)
                write_running(home, now)
                if not by_verb:
                    _greet(page_link(home, now), peer, _language(config.lang))
                await peer.stopping.wait()
                home.peer.unlink(missing_ok=True)
                server.should_exit = True
                await server.ended.wait()


def _load_routes() -> Callable[[Peer], App]:
    """Import FastAPI, which takes as long as all the rest, while the hub process starts."""
    module = import_module("kkiri.web.api")
    return cast(Callable[[Peer], App], module.make_app)


def _settings(app: App) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        http="h11",
        ws="none",
        lifespan="off",
        loop="none",
        server_header=False,
        timeout_graceful_shutdown=LAST_WORDS_SECONDS,
    )


def _listen(config: Config, home: Home) -> socket.socket:
    """Take the page's port: the one asked for, else the last one, else any."""
    wanted = [config.port] if config.port else [remembered_port(home, "page"), 0]
    for port in wanted:
        place = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if sys.platform != "win32":
            place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            place.bind((HOST, port))
            place.listen(BACKLOG)
        except OSError:
            place.close()
            continue
        return place
    raise DidNotStartError(f"{HOST}:{config.port}")


def _stop_on_signals(peer: Peer) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        if sys.platform == "win32":
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(peer.stop))
        else:
            loop.add_signal_handler(number, peer.stop)


def _greet(link: str, peer: Peer, lang: str) -> None:
    """Tell the person at the terminal where the page is."""
    hub = peer.world.own_hub
    lines = {
        "en": (f"kkiri is up. Open {link}", f"hub {hub} · Ctrl-C stops."),
        "ko": (f"끼리가 켜졌습니다. 여는 곳: {link}", f"허브 {hub} · Ctrl-C로 멈춥니다."),
    }[lang]
    sys.stdout.buffer.write(("\n".join(lines) + "\n").encode())
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
