"""How the command line says the same in both languages."""

import os

from kkiri.app.language import language


def say(english: str, korean: str) -> str:
    """Pick the sentence of the person's language."""
    return korean if language(os.environ) == "ko" else english
