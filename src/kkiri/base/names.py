"""Names and paths from strangers: a `SafeName` or nothing."""

import re
import unicodedata

from kkiri.base.errors import BadNameError
from kkiri.base.types import SafeName

NAME_BYTES_MAX = 240  # ext4, APFS and NTFS take 255; the rest is for suffixes such as " (2)"
SUFFIX_BYTES_MAX = 15  # a longer "suffix" is a sentence with a full stop in it
PATH_PARTS_MAX = 16  # deeper trees pass Windows' 260 characters at once
_DEVICE = re.compile(r"^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\.|$)", re.I)
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
_FORBIDDEN = frozenset('<>:"/\\|?*')


def _replace(char: str) -> str:
    if char in _FORBIDDEN or unicodedata.category(char) in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}:
        return "_"
    # bidi controls make exe.txt out of txt.exe on screen
    return "" if char in _BIDI else char


def safe_name(name: str) -> SafeName:
    """Make one path component that is valid on Windows, macOS and Linux, in NFC.

    Raises: BadNameError when nothing usable is left (empty, `.`, `..`).
    """
    text = "".join(_replace(char) for char in unicodedata.normalize("NFC", name))
    text = text.strip(" ").rstrip(". ")
    if not text:
        raise BadNameError(repr(name[:80]))
    return SafeName(_shortened(f"_{text}" if _DEVICE.match(text) else text))


def _shortened(text: str) -> str:
    if len(text.encode()) <= NAME_BYTES_MAX:
        return text
    stem, dot, suffix = text.rpartition(".")
    if not stem or len(suffix.encode()) > SUFFIX_BYTES_MAX:
        stem, dot, suffix = text, "", ""
    room = NAME_BYTES_MAX - len((dot + suffix).encode())
    return (stem.encode()[:room].decode(errors="ignore") + dot + suffix).rstrip(". ")


def safe_path(path: str) -> tuple[SafeName, ...]:
    """Split a relative path from a stranger at `/` into safe names.

    Raises: BadNameError for absolute, empty, climbing (`..`) or too deep paths.
    """
    parts = path.split("/")
    if len(parts) > PATH_PARTS_MAX or any(part in {"", ".", ".."} for part in parts):
        raise BadNameError(repr(path[:80]))
    return tuple(safe_name(part) for part in parts)


def collision_key(name: str) -> str:
    """Give what two names share when a file system would take them as one (case and NFC/NFD)."""
    return unicodedata.normalize("NFC", name).casefold()
