"""The side doors of other programs: Torznab, RSS, OpenSubsonic and WebDAV, one app password.

The page's token opens none of them and the app password opens nothing else. A right password always
comes in; wrong ones are answered more and more rarely, so that nobody fills the log with guesses.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable
from urllib.parse import parse_qs

from kkiri.app.password import AppPassword
from kkiri.base.types import Seconds
from kkiri.hub.bucket import Bucket, Rate, take
from kkiri.web.guard import Knock, Refusal, SideDoor, Verdict
from kkiri.web.other_programs.subsonic_answer import AUTHENTICATION, Fault, failed
from kkiri.web.other_programs.torznab_answer import WRONG_KEY, torznab_error

TORZNAB, RSS, SUBSONIC, DAV = "/torznab", "/rss", "/rest", "/dav"
# what a program may ask to learn how to come in; it says nothing of the person
PUBLIC = frozenset(f"{SUBSONIC}/getOpenSubsonicExtensions{ending}" for ending in ("", ".view"))
QUERY_CHARS_MAX = 64 * 1024 + 8_192  # a form of the largest size, and an address line
QUERY_FIELDS_MAX = 1_000  # a playlist of a thousand songs is the longest thing that is asked
WRONG = Rate(per_second=0.2, burst=20)  # a program with an old password asks a few times at once
READ_ONLY = "This is for reading only. | 읽기만 할 수 있습니다."
DAV_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PROPFIND"})
_TEXT = (b"content-type", b"text/plain; charset=utf-8")


class _Strangers:
    """Counts wrong passwords of all side doors together."""

    def __init__(self, monotonic: Callable[[], Seconds]) -> None:
        self._monotonic = monotonic
        self._bucket: Bucket | None = None

    def too_many(self) -> bool:
        """Count one, and say whether there were too many of late."""
        bucket, wait = take(self._bucket, WRONG, 1.0, self._monotonic())
        if wait <= 0:
            self._bucket = bucket
        return wait > 0


def other_doors(password: AppPassword, monotonic: Callable[[], Seconds]) -> tuple[SideDoor, ...]:
    """Give the side doors of other programs."""
    flooded = _Strangers(monotonic).too_many

    def by_key(knock: Knock) -> bool:
        given = fields_of(knock).get("apikey", [])
        return len(given) == 1 and password.is_it(given[0])

    return (
        SideDoor(prefix=TORZNAB, opens=by_key, flooded=flooded, refuse=_torznab_says),
        SideDoor(prefix=RSS, opens=by_key, flooded=flooded),
        SideDoor(
            prefix=SUBSONIC,
            opens=lambda knock: (
                knock.path in PUBLIC or fault_of(password, fields_of(knock)) is None
            ),
            flooded=flooded,
            form=True,
            refuse=lambda knock, verdict: _subsonic_says(password, knock, verdict),
        ),
        SideDoor(
            prefix=DAV,
            opens=lambda knock: _has_basic(password, knock),
            methods=DAV_METHODS,
            challenge='Basic realm="kkiri", charset="UTF-8"',
            flooded=flooded,
            refuse=_dav_says,
        ),
    )


def fields_of(knock: Knock) -> dict[str, list[str]]:
    """Read the query; nothing when it is too long or cannot be read."""
    if len(knock.query) > QUERY_CHARS_MAX:
        return {}
    try:
        return parse_qs(knock.query, keep_blank_values=True, max_num_fields=QUERY_FIELDS_MAX)
    except ValueError:
        return {}


def fault_of(password: AppPassword, fields: dict[str, list[str]]) -> Fault | None:
    """Say what is wrong with how a Subsonic client comes in; None when all is right.

    `u` may be any name: there is one person here. Source: OpenSubsonic API, Authentication.
    """
    said = {name: values[0] for name, values in fields.items() if len(values) == 1}
    ways = [name for name in ("apiKey", "p", "t") if name in fields]
    if "apiKey" in fields and (len(ways) > 1 or "u" in fields):
        return AUTHENTICATION[43]
    if "apiKey" in fields:
        return None if password.is_it(said.get("apiKey", "")) else AUTHENTICATION[44]
    if not said.get("u") or not ways or ("t" in ways and "s" not in said):
        return AUTHENTICATION[10]
    if "t" in fields:
        right = password.is_digest(said.get("t", ""), said["s"])
    else:
        right = password.is_it(said.get("p", ""))
    return None if right else AUTHENTICATION[40]


def _has_basic(password: AppPassword, knock: Knock) -> bool:
    word, _, given = (knock.value("authorization") or "").partition(" ")
    if word.lower() != "basic" or len(given) > QUERY_CHARS_MAX:
        return False
    try:
        said = b64decode(given.strip(), validate=True).decode()
    except (Base64Error, ValueError):
        return False
    return password.is_it(said.partition(":")[2])


def _torznab_says(_knock: Knock, verdict: Verdict) -> Refusal | None:
    if verdict is not Verdict.STRANGER:
        return None
    return 401, [(b"content-type", b"application/xml; charset=utf-8")], torznab_error(*WRONG_KEY)


def _subsonic_says(password: AppPassword, knock: Knock, verdict: Verdict) -> Refusal | None:
    fields = fields_of(knock)
    fault = fault_of(password, fields)
    if verdict is not Verdict.STRANGER or fault is None:
        return None
    kind, body = failed(fault, fields.get("f", [""])[0])
    return 200, [(b"content-type", kind.encode())], body


def _dav_says(_knock: Knock, verdict: Verdict) -> Refusal | None:
    if verdict is not Verdict.METHOD:
        return None
    allow = (b"allow", ", ".join(sorted(DAV_METHODS)).encode())
    return 405, [_TEXT, allow], READ_ONLY.encode()
