"""Lengths and sizes as people type them: 3:20, 180, 10MB, 1.5GB."""

import re

import typer

from kkiri.cli.words import say

_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,6})?)\s*([kmgt]?)i?b?\Z", re.I)
_LENGTH = re.compile(r"(?:(?:(\d{1,4}):)?(\d{1,4}):)?(\d{1,6})\Z")
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def read_bytes(text: str | None, option: str) -> int | None:
    """Read a size. Raises: BadParameter."""
    if text is None:
        return None
    parts = _SIZE.match(text.strip())
    if parts is None:
        raise typer.BadParameter(
            say(f"no size: {text}", f"크기가 아닙니다: {text}"), param_hint=option
        )
    whole = float(parts[1]) * 1000 ** _POWERS[parts[2].lower()]
    return min(int(whole), 2**53 - 1)


def read_seconds(text: str | None, option: str) -> int | None:
    """Read a length. Raises: BadParameter."""
    if text is None:
        return None
    parts = _LENGTH.match(text.strip())
    if parts is None:
        raise typer.BadParameter(
            say(f"no length: {text}", f"길이가 아닙니다: {text}"), param_hint=option
        )
    return int(parts[1] or 0) * 3600 + int(parts[2] or 0) * 60 + int(parts[3])
