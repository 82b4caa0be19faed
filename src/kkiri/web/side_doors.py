"""The table of side doors: which paths other programs read, and the credential of each."""

import hmac
import re
from hashlib import sha256

from kkiri.base.types import InfoHash
from kkiri.web.guard import Knock, SideDoor

OPEN = "/open"
PLAYLIST = "m3u"
"""Stands for a file's number in the link of a whole playlist."""
KEY_CHARS = 64  # 256 bit in hex: nobody guesses it, and it says nothing about the page's token
_OPENED = re.compile(
    rf"{OPEN}/([0-9a-f]{{{KEY_CHARS}}})/([0-9a-f]{{40}})/([0-9]{{1,9}}|{PLAYLIST})/[^/]*"
)


def side_doors(token: str) -> tuple[SideDoor, ...]:
    """Give every side door of a page."""
    return (SideDoor(prefix=OPEN, opens=lambda knock: _has_file_key(token, knock)),)


def file_key(token: str, info_hash: InfoHash, which: int | str) -> str:
    """Make the key in a link for VLC or mpv: it opens that one file, or PLAYLIST, and no other."""
    said = f"kkiri open {info_hash} {which}".encode()
    return hmac.new(token.encode(), said, sha256).hexdigest()


def _has_file_key(token: str, knock: Knock) -> bool:
    match = _OPENED.fullmatch(knock.path)
    if match is None:
        return False
    key, info_hash, which = match.groups()
    if which != PLAYLIST and which != str(int(which)):
        return False  # one file has one link
    return hmac.compare_digest(key, file_key(token, InfoHash(info_hash), which))
