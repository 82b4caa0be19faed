"""Side doors: their own credential, reading only, every host x origin x site x method (W1, W2)."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.base.types import InfoHash
from kkiri.web.guard import READING, Door, Guard, Knock, Message, Scope, SideDoor, Verdict, judge
from kkiri.web.side_doors import PLAYLIST, file_key, side_doors

TOKEN = "t" * 43
HASH = InfoHash("ab" * 20)
OTHER = InfoHash("cd" * 20)
DOOR = Door(port=8080, token=TOKEN, sides=side_doors(TOKEN))
OWN = "127.0.0.1:8080"
GOOD = f"/open/{file_key(TOKEN, HASH, 3)}/{HASH}/3/film.mp4"
HOSTS = (OWN, "localhost:8080", None, "", "127.0.0.1", "evil.test:8080", "127.0.0.1:8081")
ORIGINS = (None, "own", "null", "http://evil.test", "https://127.0.0.1:8080")
SITES = (None, "same-origin", "none", "same-site", "cross-site", "weird")
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND", "MKCOL", "get")


def _knock(
    host: str | None,
    origin: str | None = None,
    site: str | None = None,
    method: str = "GET",
    path: str = GOOD,
    more: tuple[tuple[str, str], ...] = (),
) -> Knock:
    headers: list[tuple[str, str]] = [("content-type", "application/json"), *more]
    if host is not None:
        headers.append(("host", host))
    if origin is not None:
        headers.append(("origin", f"http://{host}" if origin == "own" else origin))
    if site is not None:
        headers.append(("sec-fetch-site", site))
    return Knock(method=method, path=path, headers=tuple(headers))


def test_w2_the_whole_table_of_the_player_door() -> None:
    wrong, passed = [], 0
    for host, origin, site, method in product(HOSTS, ORIGINS, SITES, METHODS):
        may = (
            host in {OWN, "localhost:8080"}
            and method in {"GET", "HEAD"}
            and origin in {None, "own"}
            and site in {None, "same-origin", "none"}
        )
        is_open = judge(DOOR, _knock(host, origin, site, method)) is Verdict.PASS
        passed += is_open
        if is_open != may:
            wrong.append((host, origin, site, method))
    assert wrong == []
    assert passed == 2 * 2 * 2 * 3


@pytest.mark.parametrize(
    "path",
    [
        "/open",
        "/open/",
        f"/open/{file_key(TOKEN, HASH, 3)}",
        f"/open/{file_key(TOKEN, HASH, 3)}/{HASH}/4/film.mp4",
        f"/open/{file_key(TOKEN, HASH, 3)}/{OTHER}/3/film.mp4",
        f"/open/{file_key(TOKEN, HASH, 3)}/{HASH}/03/film.mp4",
        f"/open/{file_key(TOKEN, HASH, 3)}/{HASH}/３/film.mp4",
        f"/open/{file_key(TOKEN, HASH, 3)}/{HASH}/3/a/film.mp4",
        f"/open/{file_key(TOKEN, HASH, 3)}/{HASH}/3/../../../api/status",
        f"/open/{file_key(TOKEN, HASH, 3)}/{HASH}/{PLAYLIST}/film.m3u8",
        f"/open/{file_key(TOKEN, HASH, PLAYLIST)}/{HASH}/3/film.mp4",
        f"/open/{file_key('x' * 43, HASH, 3)}/{HASH}/3/film.mp4",
        f"/open/{TOKEN}/{HASH}/3/film.mp4",
        f"/open/{'0' * 64}/{HASH}/3/film.mp4",
    ],
)
def test_w2_a_key_opens_one_file_and_the_token_none(path: str) -> None:
    assert judge(DOOR, _knock(OWN, path=path)) is Verdict.STRANGER
    page = (("authorization", f"Bearer {TOKEN}"), ("cookie", f"kkiri_8080={TOKEN}"))
    assert judge(DOOR, _knock(OWN, site="same-origin", path=path, more=page)) is Verdict.STRANGER


@pytest.mark.parametrize(
    "path", ["/", "/api/status", "/opened/x", "/api/open/x", f"/{GOOD}", "/static/main.js"]
)
def test_w2_the_key_opens_nothing_else(path: str) -> None:
    assert judge(DOOR, _knock(OWN, path=path)) is Verdict.STRANGER


@given(st.text(max_size=200))
def test_no_path_breaks_the_door(tail: str) -> None:
    assert judge(DOOR, _knock(OWN, path=f"/open/{tail}")) is Verdict.STRANGER


def test_no_row_of_the_table_changes_state_or_hides_the_page() -> None:
    for side in side_doors(TOKEN):
        assert side.methods <= READING
        assert side.prefix.startswith("/")
        assert not side.prefix.endswith("/")
        for path in ("/", "/static/main.js", "/api/status", "/openapi.json"):
            assert not side.leads_to(path)


def test_a_careless_row_still_only_reads() -> None:
    careless = SideDoor(prefix="/x", opens=lambda _: True, methods=frozenset({"GET", "POST"}))
    door = Door(port=8080, token=TOKEN, sides=(careless,))
    assert judge(door, _knock(OWN, path="/x/y")) is Verdict.PASS
    assert judge(door, _knock(OWN, method="POST", path="/x/y")) is Verdict.METHOD


async def test_a_stranger_is_asked_for_the_credential() -> None:
    side = SideDoor(prefix="/x", opens=lambda _: False, challenge='Basic realm="kkiri"')
    sent: list[Message] = []

    async def behind(scope: Scope, receive: object, send: object) -> None:
        raise AssertionError(scope)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    for path in ("/x/y", "/api/status"):
        scope: Scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": b"",
            "headers": [(b"host", OWN.encode())],
        }
        await Guard(behind, Door(port=8080, token=TOKEN, sides=(side,)))(scope, receive, send)
    starts = [message for message in sent if message["type"] == "http.response.start"]
    asked = []
    for start in starts:
        pairs = start["headers"]
        assert isinstance(pairs, list)
        asked.append(dict(pairs).get(b"www-authenticate"))
    assert [start["status"] for start in starts] == [401, 401]
    assert asked == [b'Basic realm="kkiri"', None]


def test_the_key_says_nothing_of_the_token() -> None:
    keys = {file_key(TOKEN, info_hash, which) for info_hash in (HASH, OTHER) for which in range(9)}
    assert len(keys) == 18
    assert not any(TOKEN in key or key in TOKEN for key in keys)
