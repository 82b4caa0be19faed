"""The whole web surface before nobody: its routes and its document, for tests that go over all."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, cast

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from kkiri.app.home import Home, prepare
from kkiri.app.peer import Peer
from kkiri.web.api import make_app


class _Nobody:
    """Stands for a peer while routes are made: whatever they take from it is nobody's too."""

    def __getattr__(self, name: str) -> "_Nobody":
        if name.startswith("__"):
            raise AttributeError(name)
        return _Nobody()


class _AtHome(_Nobody):
    """The same, with a home."""

    def __init__(self, home: Path) -> None:
        self.config = SimpleNamespace(home=home)


def surface() -> FastAPI:
    """Make the routes; none of them may be called."""
    with TemporaryDirectory() as folder:
        prepare(Home(Path(folder)))
        return make_app(cast(Peer, _AtHome(Path(folder))))


def document() -> dict[str, Any]:
    """Give the OpenAPI document."""
    return surface().openapi()


def routes() -> list[APIRoute]:
    """Give every route that has a path of its own."""
    found = list(_flat(surface().routes))
    assert len(found) > 40
    return found


def _flat(some: Iterable[object]) -> Iterator[APIRoute]:
    """Look into routers that were included, too."""
    for one in some:
        if isinstance(one, APIRoute):
            yield one
        elif isinstance(inner := getattr(one, "original_router", None), APIRouter):
            yield from _flat(inner.routes)
