"""Which language a person reads: KKIRI_LANG first, then the locale as POSIX orders it."""

from collections.abc import Mapping


def language(environment: Mapping[str, str]) -> str:
    """Give `ko` or `en`."""
    for name in ("KKIRI_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name):
            return "ko" if value.lower().startswith("ko") else "en"
    return "en"
