"""The OpenAPI document: every route with a summary, an example, its errors, and how to come in.

FastAPI writes the shapes; what it cannot know is put in here, once, for all routes.
"""

from collections.abc import Callable, Mapping, MutableMapping

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from kkiri.app.answers import FetchedAnswer, FoundAnswer, NewsAnswer, SharingAnswer
from kkiri.app.talks import MessageAnswer, NoticeAnswer
from kkiri.web.examples import PATHS, example
from kkiri.web.libraries import TakeAnswer
from kkiri.web.other_programs.doors import DAV, RSS, SUBSONIC, TORZNAB

Tree = MutableMapping[str, object]
ABOUT = """The local API of one peer, on 127.0.0.1 only. `docs/local-api.md` says how its door
works, `docs/other-programs.md` how Prowlarr, music players and file managers come in.

Everything under `/api` wants `Authorization: Bearer TOKEN`; the token stands in `run/token` of the
home folder. GET never changes anything."""
ERRORS: Mapping[str, str] = {
    "401": "The token is missing or wrong.",
    "403": "Another page asked.",
    "404": "There is no such thing.",
    "409": "It cannot be done; the sentence says why.",
    "422": "The request was not understood.",
}
POST_ERRORS: Mapping[str, str] = {
    "413": "The body has more than 64 KiB.",
    "415": "The body is not `application/json`.",
}
SIDE_ERRORS: Mapping[str, str] = {"429": "Too many wrong passwords."}
ERROR = "ErrorAnswer"
XML: Mapping[str, Mapping[str, str]] = {"schema": {"type": "string"}}
SAID: Mapping[str, Mapping[str, int | str]] = {
    "error": {
        "number": 30,
        "en": "Nothing by that name was found.",
        "ko": "그런 것을 찾지 못했습니다.",
    }
}
DOOR_ERRORS = frozenset({"401", "403", "413", "415", "429"})
"""Said by the door, as text: who has no token learns nothing of the API."""
JSON, LINES, EVENTS = "application/json", "application/x-ndjson", "text/event-stream"
# what FastAPI cannot know of answers that are no single object: type, schema, how it begins
ANSWERS: Mapping[str, tuple[str, type | None, str]] = {
    "/api/live": (EVENTS, None, 'data: {"status":{"ready":true}}\n\n'),
    "/api/news": (EVENTS, NewsAnswer, ""),
    "/api/find/live": (EVENTS, None, 'data: {"found":[]}\n\ndata: {"done":true}\n\n'),
    "/api/find/follow": (LINES, FoundAnswer, ""),
    "/api/messages/follow": (LINES, MessageAnswer, ""),
    "/api/notices/follow": (LINES, NoticeAnswer, ""),
    "/api/share": (LINES, SharingAnswer, ""),
    "/api/get": (LINES, FetchedAnswer, ""),
    "/api/people/{who}/get": (LINES, TakeAnswer, ""),
    "/torznab/api": ("application/xml", None, '<rss version="2.0"><channel/></rss>'),
    "/rest/{method}": (
        "application/xml",
        None,
        '<subsonic-response xmlns="http://subsonic.org/restapi" status="ok" version="1.16.1"/>',
    ),
}
BINARY: Mapping[str, str] = {
    "/torznab/torrent/{info_hash}.torrent": "application/x-bittorrent",
    "/rss/find": "application/rss+xml",
    "/rss/kept/{number}": "application/rss+xml",
    "/rss/person/{who}": "application/rss+xml",
    "/rss/library": "application/rss+xml",
    "/dav/{path}": "application/octet-stream",
    "/api/film/{hash}/{index}/mp4": "video/mp4",
    "/api/film/{hash}/{index}/subtitles/{number}": "text/vtt",
    "/api/caption/{hash}/{index}": "text/vtt",
    "/api/cover/{hash}": "image/jpeg",
    "/api/play/{hash}/{index}/{name}": "application/octet-stream",
    "/open/{key}/{hash}/{index}/{name}": "application/octet-stream",
    "/open/{key}/{hash}/m3u/{name}": "audio/x-mpegurl",
    "/api/people/{who}/picture": "image/jpeg",
}
SCHEMES: Mapping[str, Mapping[str, str]] = {
    "token": {"type": "http", "scheme": "bearer", "description": "`run/token` of the home folder"},
    "password": {"type": "apiKey", "in": "query", "name": "apikey"},
    "basic": {"type": "http", "scheme": "basic", "description": "any name and the app password"},
    "subsonic": {
        "type": "apiKey",
        "in": "query",
        "name": "apiKey",
        "description": "or `u` with `p`, or `u` with `t` and `s`",
    },
}
DOORS: Mapping[str, str] = {
    TORZNAB: "password",
    RSS: "password",
    SUBSONIC: "subsonic",
    DAV: "basic",
}


def documented(app: FastAPI) -> Callable[[], dict[str, object]]:
    """Give what makes the document of an application, once."""

    def openapi() -> dict[str, object]:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title,
                version=app.version,
                summary=app.summary,
                description=ABOUT,
                routes=app.routes,
            )
            app.openapi_schema = _complete(made)
        return app.openapi_schema

    return openapi


def _complete(made: dict[str, object]) -> dict[str, object]:
    components = _below(made, "components")
    schemas = _below(components, "schemas")
    schemas[ERROR] = _error_schema()
    for left in ("HTTPValidationError", "ValidationError"):  # kkiri says it in its own words
        schemas.pop(left, None)
    components["securitySchemes"] = {name: dict(told) for name, told in SCHEMES.items()}
    for path, ways in _below(made, "paths").items():
        for method, way in _trees(ways):
            _way(path, method, way, schemas)
    return made


def _way(path: str, method: str, way: Tree, schemas: Tree) -> None:
    """Complete one operation."""
    way["summary"] = _summary(way)
    door = next((name for prefix, name in DOORS.items() if path.startswith(prefix)), "token")
    way["security"] = [{door: []}]
    for parameter in _list(way, "parameters"):
        name = str(parameter["name"])
        named = (text for start, text in PATHS.items() if path.startswith(start))
        given = next(named, None) if parameter.get("in") == "path" else None
        parameter["example"] = given or example(parameter.get("schema"), schemas, name)
    for _, content in _trees(_below(_below(way, "requestBody"), "content")):
        content["example"] = example(content.get("schema"), schemas)
    if not way["requestBody"] or not _below(_below(way, "requestBody"), "content"):
        del way["requestBody"]
    responses = _below(way, "responses")
    responses.pop("422", None)
    _answer(path, responses, schemas)
    told = {**ERRORS, **(SIDE_ERRORS if door != "token" else {})}
    if method == "post":
        told |= POST_ERRORS
    for status, words in told.items():
        responses[status] = _error(status, words)
    if path.startswith(TORZNAB):  # its programs want every refusal as XML
        _below(_below(responses, "401"), "content")["application/xml"] = XML


def _answer(path: str, responses: Tree, schemas: Tree) -> None:
    good = _below(responses, "200")
    content = _below(good, "content")
    if path in BINARY:
        good["content"] = {BINARY[path]: {"schema": {"type": "string", "format": "binary"}}}
        if path.startswith(DAV):
            names = {"schema": {"type": "string"}, "example": "downloads\nlibrary\n"}
            _below(good, "content")["text/plain"] = names
    elif path in ANSWERS:
        kind, shape, begin = ANSWERS[path]
        told: Tree = {"schema": {"type": "string"}, "example": begin}
        if shape is not None:
            pointer = {"$ref": f"#/components/schemas/{shape.__name__}"}
            _learn(shape, schemas)
            told = {"schema": pointer, "example": example(pointer, schemas)}
        good["content"] = {kind: told}
    for kind, one in _trees(content):
        if kind == JSON and path not in ANSWERS:
            one["example"] = example(one.get("schema"), schemas)


def _learn(shape: type, schemas: Tree) -> None:
    """Put a shape that no single answer has among the schemas."""
    made = TypeAdapter(shape).json_schema(ref_template="#/components/schemas/{model}")
    for name, part in {**made.pop("$defs", {}), shape.__name__: made}.items():
        schemas.setdefault(name, part)


def _error(status: str, words: str) -> Tree:
    if status in DOOR_ERRORS:
        return {"description": words, "content": {"text/plain": {"schema": {"type": "string"}}}}
    pointer = {"$ref": f"#/components/schemas/{ERROR}"}
    said = {
        "error": {
            "number": 30,
            "en": "Nothing by that name was found.",
            "ko": "그런 것을 찾지 못했습니다.",
        }
    }
    return {"description": words, "content": {JSON: {"schema": pointer, "example": said}}}


def _error_schema() -> Tree:
    sentence = {"type": "string", "description": "one sentence for a person"}
    inner = {
        "type": "object",
        "required": ["number", "en", "ko"],
        "properties": {"number": {"type": "integer"}, "en": sentence, "ko": sentence},
    }
    return {"type": "object", "required": ["error"], "properties": {"error": inner}}


def _summary(way: Tree) -> str:
    """Give the first sentence of what a route says of itself, down to where it goes on."""
    named = str(way.get("summary", ""))
    if named != named.title():  # FastAPI makes such a one of the function's name
        return named
    words = str(way.get("description") or named)
    first = words.partition("\n\n")[0].replace("\n", " ")
    for end in (". ", "; ", ": "):
        first = first.partition(end)[0]
    return first.rstrip(".")


def _below(tree: Tree, name: str) -> Tree:
    """Give the tree of a name, made when it is not there."""
    found = tree.get(name)
    if not isinstance(found, MutableMapping):
        found = {}
        tree[name] = found
    return found


def _trees(tree: object) -> list[tuple[str, Tree]]:
    if not isinstance(tree, MutableMapping):
        return []
    return [(str(key), one) for key, one in tree.items() if isinstance(one, MutableMapping)]


def _list(tree: Tree, name: str) -> list[Tree]:
    found = tree.get(name)
    return (
        [one for one in found if isinstance(one, MutableMapping)] if isinstance(found, list) else []
    )
