"""A form that another program POSTs, read as if its fields stood in the address; and body limits.

Only for side doors, where nothing changes whatever way a program asks.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, MutableMapping

BODY_BYTES_MAX = 64 * 1024  # the largest thing said to the API is a magnet link of a few kB
FORM = "application/x-www-form-urlencoded"

Scope = MutableMapping[str, object]
Message = MutableMapping[str, object]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class TooLargeError(Exception):
    """The body went over the limit while it was read."""


async def unfolded(scope: Scope, receive: Receive, hosts: Collection[str]) -> tuple[Scope, Receive]:
    """Give a POSTed form as a GET with the same fields; anything else as it is.

    Nothing is read for a wrong Host. Raises: TooLargeError.
    """
    given = scope.get("headers")
    pairs = [(name.lower(), value) for name, value in given] if isinstance(given, Iterable) else []
    kind = next((value for name, value in pairs if name == b"content-type"), b"")
    host = [value.decode("latin-1") for name, value in pairs if name == b"host"]
    is_form = kind.partition(b";")[0].strip().lower() == FORM.encode()
    query = scope.get("query_string")
    if scope.get("method") != "POST" or not is_form or not isinstance(query, bytes):
        return scope, receive
    if len(host) != 1 or host[0] not in hosts:
        return scope, receive
    body = await _whole(receive)
    kept = [pair for pair in pairs if pair[0] not in {b"content-type", b"content-length"}]
    asked = b"&".join(part for part in (query, body) if part)
    got = {**scope, "method": "GET", "query_string": asked, "headers": kept}
    return got, _after(receive)


async def _whole(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        part = message.get("body")
        body += part if isinstance(part, bytes) else b""
        if len(body) > BODY_BYTES_MAX:
            raise TooLargeError
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return body


def _after(receive: Receive) -> Receive:
    """Give an empty body once, then whatever comes: that the asker has gone."""
    told = False

    async def rest() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": b"", "more_body": False}

    return rest
