"""The local API of a running peer, called over loopback with its token."""

import json
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse

from kkiri.base.errors import BadMessageError, PeerNotRunningError

CONNECT_SECONDS = 5.0  # loopback; a page under flood answers in well under one
ANSWER_BYTES_MAX = 64 * 1024 * 1024  # a library of 10,000 listings is about 5 MB
LINE_BYTES_MAX = 4 * 1024 * 1024  # one listing with 10,000 file names

JsonObject = dict[str, object]


class PeerSaidNoError(Exception):
    """The peer refused; it says why in both languages."""

    def __init__(self, number: int, english: str, korean: str) -> None:
        super().__init__(english)
        self.number = number
        self.english = english
        self.korean = korean


class PeerApi:
    """One peer's API; each call opens a connection of its own."""

    def __init__(self, host: str, port: int, token: str) -> None:
        self._host = host
        self._port = port
        self._token = token

    def __repr__(self) -> str:
        return f"PeerApi({self._host}:{self._port})"

    def call(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> JsonObject | list[JsonObject]:
        """Ask once and give the decoded answer.

        Raises: PeerSaidNoError, PeerNotRunningError, BadMessageError.
        """
        connection = HTTPConnection(self._host, self._port, timeout=None)
        try:
            response = self._send(connection, method, path, body)
            raw = response.read(ANSWER_BYTES_MAX + 1)
        except (OSError, HTTPException) as error:
            raise PeerNotRunningError from error
        finally:
            connection.close()
        if len(raw) > ANSWER_BYTES_MAX:
            raise BadMessageError(f"{len(raw)} bytes")
        plain = _decode(raw)
        if response.status >= 400:
            raise _refusal(plain, response.status)
        if isinstance(plain, list):
            return [_object(item) for item in plain]
        return _object(plain)

    def one(self, method: str, path: str, body: Mapping[str, object] | None = None) -> JsonObject:
        """Ask for one object. Raises: as `call`."""
        answer = self.call(method, path, body)
        if isinstance(answer, list):
            raise BadMessageError(path)
        return answer

    def many(self, path: str) -> list[JsonObject]:
        """Ask for a list. Raises: as `call`."""
        answer = self.call("GET", path)
        if not isinstance(answer, list):
            raise BadMessageError(path)
        return answer

    def stream(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> Iterator[JsonObject]:
        """Ask and give one object a line as they come; an `error` object is raised.

        Raises: as `call`.
        """
        connection = HTTPConnection(self._host, self._port, timeout=None)
        try:
            response = self._send(connection, method, path, body)
            if response.status >= 400:
                raise _refusal(_decode(response.read(LINE_BYTES_MAX)), response.status)
            while line := response.readline(LINE_BYTES_MAX + 1):
                if len(line) > LINE_BYTES_MAX:
                    raise BadMessageError(f"{len(line)} bytes")
                if line.strip():
                    plain = _object(_decode(line))
                    if isinstance(plain.get("error"), dict):  # text: a transfer's own trouble
                        raise _refusal(plain, 409)
                    yield plain
        except (OSError, HTTPException) as error:
            raise PeerNotRunningError from error
        finally:
            connection.close()

    def _send(
        self,
        connection: HTTPConnection,
        method: str,
        path: str,
        body: Mapping[str, object] | None,
    ) -> HTTPResponse:
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        raw: bytes | None = None
        if body is not None:
            raw = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
            headers["Content-Type"] = "application/json"
        connection.timeout = CONNECT_SECONDS
        connection.connect()
        connection.sock.settimeout(None)  # a wait for a transfer may take days
        connection.request(method, path, raw, headers)
        return connection.getresponse()


def _decode(raw: bytes) -> object:
    try:
        plain: object = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadMessageError("JSON") from error
    return plain


def _object(plain: object) -> JsonObject:
    if not isinstance(plain, dict):
        raise BadMessageError("JSON")
    return {str(name): value for name, value in plain.items()}


def _refusal(plain: object, status: int) -> PeerSaidNoError:
    error = plain.get("error") if isinstance(plain, dict) else None
    if not isinstance(error, dict):
        return PeerSaidNoError(0, f"HTTP {status}", f"HTTP {status}")
    number, english, korean = error.get("number"), error.get("en"), error.get("ko")
    return PeerSaidNoError(
        number if isinstance(number, int) else 0, str(english), str(korean or english)
    )
