"""The OpenAPI document holds: each route is described, and its examples work on a live peer."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import jsonschema_rs
import pytest

from kkiri.web.document import DOORS
from tests.e2e.peers import people
from tests.e2e.stocked import Program
from tests.fuzz.test_api import DOCUMENT, ENDLESS, LEFT_OUT

ROUTES = [
    (method, path, way) for path, ways in DOCUMENT["paths"].items() for method, way in ways.items()
]
NAMES = [f"{method} {path}" for method, path, _ in ROUTES]
ASKED = [
    (method, path, way)
    for method, path, way in ROUTES
    if path not in {*LEFT_OUT, *ENDLESS} and not path.endswith("/follow")
]


def _validator(schema: Any) -> jsonschema_rs.Draft202012Validator:
    whole = {**schema, "components": DOCUMENT["components"]}
    return jsonschema_rs.Draft202012Validator(whole)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with people(tmp_path_factory.mktemp("examples"), "one") as (one,):
        one.up()
        made = Program(one)
        made.token = (one.home / "run" / "token").read_text()
        yield made
        assert "Traceback" not in one.log, one.log[-4000:]


@pytest.mark.parametrize(("method", "path", "way"), ROUTES, ids=NAMES)
def test_every_route_is_described(method: str, path: str, way: Any) -> None:
    assert way["summary"][0].isupper()
    assert not way["summary"].endswith(".")
    assert way["summary"].count(" ") == 0 or way["summary"] != way["summary"].title()
    assert way["description"].endswith((".", "…", "`"))
    assert way["tags"]
    (scheme,) = way["security"]
    assert set(scheme) <= set(DOCUMENT["components"]["securitySchemes"])
    good = way["responses"]["200"]["content"]
    assert good
    for kind, told in good.items():
        if not kind.startswith(("image/", "video/", "text/vtt")) and kind != "*/*":
            assert "example" in told or told["schema"].get("format") == "binary", kind
    for parameter in way.get("parameters", []):
        assert "example" in parameter, parameter["name"]
        _validator(parameter["schema"]).validate(parameter["example"])
    for content in way.get("requestBody", {}).get("content", {}).values():
        _validator(content["schema"]).validate(content["example"])
    for status, answer in way["responses"].items():
        assert answer["description"]
        for kind, content in answer.get("content", {}).items():
            if "example" in content and kind != "text/event-stream":
                _validator(content["schema"]).validate(content["example"])
        assert status[0] in "24"
    if path.startswith("/api/"):
        assert {"401", "403", "404", "409", "422"} <= way["responses"].keys()
        assert ("415" in way["responses"]) == (method == "post")


@pytest.mark.parametrize(
    ("method", "path", "way"), ASKED, ids=[f"{method} {path}" for method, path, _ in ASKED]
)
def test_the_examples_hold_on_a_live_peer(
    program: Program, method: str, path: str, way: Any
) -> None:
    status, head, body = _ask(program, method, path, way)
    said = body[:1_000]
    if path == "/api/other-programs/renew":
        program.password = json.loads(body)["password"]
    assert str(status) in way["responses"], said
    assert status != 422, said
    told = way["responses"][str(status)].get("content", {})
    kind = head["content-type"].partition(";")[0]
    assert kind in told or "*/*" in told, (kind, said)
    if kind == "application/json":
        _validator(told[kind]["schema"]).validate(json.loads(body))
    if kind == "application/x-ndjson":
        error = {"$ref": "#/components/schemas/ErrorAnswer"}
        for line in body.splitlines():
            either = _validator({"anyOf": [told[kind]["schema"], error]})
            either.validate(json.loads(line))


@pytest.mark.parametrize("said", ["unknown", "broken", "other"])
def test_errors_have_the_documented_shape(program: Program, said: str) -> None:
    error = _validator({"$ref": "#/components/schemas/ErrorAnswer"})
    headers = {"Authorization": f"Bearer {program.token}", "Content-Type": "application/json"}
    asked = {
        "unknown": ("GET", "/api/nothing", b""),
        "broken": ("POST", "/api/kept", b"{"),
        "other": ("POST", "/api/kept", b'{"words":1}'),
    }[said]
    status, _, body = program.ask(asked[0], asked[1], asked[2], headers)
    assert status == (404 if said == "unknown" else 422)
    error.validate(json.loads(body))


def _ask(program: Program, method: str, path: str, way: Any) -> tuple[int, dict[str, str], bytes]:
    """Ask as the document says, with its examples."""
    query: dict[str, str] = {}
    for parameter in way.get("parameters", []):
        value = parameter["example"]
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", quote(str(value), safe=""))
        elif parameter.get("required") and value is not None:
            query[parameter["name"]] = str(value)
    headers = {}
    door = next((name for prefix, name in DOORS.items() if path.startswith(prefix)), "token")
    if door == "token":
        headers["Authorization"] = f"Bearer {program.token}"
    elif door == "basic":
        headers |= program.basic
    else:
        query |= {"apikey" if door == "password" else "apiKey": program.password, "f": "xml"}
    if path.startswith("/torznab/api"):
        query["t"] = "search"
    body = b""
    content = way.get("requestBody", {}).get("content", {})
    if content:
        headers["Content-Type"] = "application/json"
        body = json.dumps(content["application/json"]["example"]).encode()
    return program.ask(method.upper(), f"{path}?{urlencode(query)}", body, headers)
