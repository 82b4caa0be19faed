"""The whole web surface: routes by topic, refusals as JSON; `web.guard` stands before it."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from kkiri import __version__
from kkiri.app.peer import Peer
from kkiri.base.errors import KkiriError, LocalError, NotFoundError, RefusedError
from kkiri.web.document import documented
from kkiri.web.films import films
from kkiri.web.finding import finding
from kkiri.web.knowing import knowing
from kkiri.web.libraries import libraries
from kkiri.web.library import library
from kkiri.web.lines import refusal
from kkiri.web.moving import moving
from kkiri.web.other_programs.addresses import other_programs
from kkiri.web.other_programs.dav import dav
from kkiri.web.other_programs.rss import rss
from kkiri.web.other_programs.subsonic import subsonic
from kkiri.web.other_programs.torznab import torznab
from kkiri.web.playing import playing
from kkiri.web.rooms import public_rooms
from kkiri.web.settings import settings
from kkiri.web.site import site
from kkiri.web.swarms import swarms
from kkiri.web.talking import talking
from kkiri.web.things import things
from kkiri.web.together import together


class NotUnderstoodError(RefusedError):
    """That was not understood. | 알아듣지 못했습니다."""

    number = 39


def make_app(peer: Peer) -> FastAPI:
    """Make the routes without the door; for tests and the OpenAPI document."""
    app = FastAPI(
        title="kkiri",
        version=__version__,
        summary="The local API of a kkiri peer: the page and the command line stand on it.",
        docs_url=None,  # these pages load scripts from elsewhere
        redoc_url=None,
    )
    for routes in (knowing(peer), finding(peer), things(peer), library(peer), moving(peer)):
        app.include_router(routes)
    for routes in (swarms(peer), settings(peer), libraries(peer), site()):
        app.include_router(routes)
    for routes in (other_programs(peer), torznab(peer), rss(peer), subsonic(peer), dav(peer)):
        app.include_router(routes)

    app.include_router(together(peer))
    app.include_router(films(peer))
    app.include_router(playing(peer))
    for routes in (talking(peer), public_rooms(peer)):
        app.include_router(routes)

    # FastAPI's manual puts it there in the same way
    app.openapi = documented(app)  # type: ignore[method-assign]

    @app.exception_handler(KkiriError)
    async def refused(request: Request, error: KkiriError) -> Response:
        return JSONResponse(refusal(error), _status(error))

    @app.exception_handler(RequestValidationError)
    async def misunderstood(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return JSONResponse(
            refusal(NotUnderstoodError(f"{where[:200]}: {first['msg'][:200]}")), 422
        )

    @app.exception_handler(HTTPException)
    async def other(request: Request, error: HTTPException) -> Response:
        body = refusal(NotUnderstoodError(f"HTTP {error.status_code}"))
        return JSONResponse(body, error.status_code, headers=error.headers)

    return app


def _status(error: KkiriError) -> int:
    match error:
        case NotFoundError():
            return 404
        case LocalError():
            return 500
        case _:
            return 409
