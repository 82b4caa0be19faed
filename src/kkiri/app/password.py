"""The app password: what other programs of this person come in with, and never the page's token."""

import hashlib
import hmac

from kkiri.app.home import Home, app_password

HEX_SIGN = "enc:"  # Subsonic clients may send a password as hex digits
TEXT_CHARS_MAX = 1_024  # of what a program says; ours has 43 characters


class AppPassword:
    """The app password of one home: read when it is first needed, the same until it is renewed."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._text = ""

    @property
    def text(self) -> str:
        """Give it."""
        if not self._text:
            self._text = app_password(self._home)
        return self._text

    def renew(self) -> str:
        """Make a new one; the old one opens nothing from now on."""
        self._text = app_password(self._home, renew=True)
        return self._text

    def is_it(self, given: str) -> bool:
        """Say whether this is it, plain or as `enc:` and hex digits; in constant time."""
        if len(given) > TEXT_CHARS_MAX:
            return False
        raw = given.encode(errors="replace")
        if given.startswith(HEX_SIGN):
            try:
                raw = bytes.fromhex(given.removeprefix(HEX_SIGN))
            except ValueError:
                return False
        return hmac.compare_digest(raw, self.text.encode())

    def is_digest(self, given: str, salt: str) -> bool:
        """Say whether this is md5 of it and a salt, as Subsonic clients send; in constant time.

        The md5 of 256 random bits and a salt is not turned back by anybody.
        """
        if len(given) > TEXT_CHARS_MAX or len(salt) > TEXT_CHARS_MAX:
            return False
        said = (self.text + salt).encode(errors="replace")
        digest = hashlib.md5(said, usedforsecurity=False).hexdigest()
        return hmac.compare_digest(given.lower().encode(errors="replace"), digest.encode())
