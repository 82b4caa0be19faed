"""An ASGI app on a loopback port of its own, in a thread, for the time of a test."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from kkiri.web.guard import App

STOP_SECONDS = 1  # what open streams get


class _Server(uvicorn.Server):
    def stay(self) -> None:
        """Run in this thread until told to stop."""
        asyncio.run(self.serve())


@contextmanager
def served(app: App) -> Iterator[int]:
    """Serve it as the page is served; gives the port."""
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        host="127.0.0.1",
        port=0,
        log_config=None,
        http="h11",
        ws="none",
        lifespan="off",
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    server = _Server(config)
    thread = threading.Thread(target=server.stay)
    thread.start()
    try:
        while not (server.started and server.servers):
            assert thread.is_alive()
            threading.Event().wait(0.01)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()
