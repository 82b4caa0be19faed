"""The app password: as strong and as private as the page's token, and not it (SAFETY W3)."""

import base64
import hashlib
import os
from pathlib import Path

import pytest

from kkiri.app.home import Home, prepare, token
from kkiri.app.password import AppPassword

HOMES = 50
BITS = 256


def _home(path: Path) -> Home:
    home = Home(path)
    prepare(home)
    return home


def test_w3_fifty_fresh_homes_have_fifty_private_app_passwords(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        texts = []
        for number in range(HOMES):
            home = _home(tmp_path / f"home {number}")
            path = home.run / "app_password"
            assert not path.exists()
            texts.append(AppPassword(home).text)
            assert path.stat().st_mode & 0o777 == 0o600
            assert home.run.stat().st_mode & 0o777 == 0o700
            assert texts[-1] != token(home)
    finally:
        os.umask(old)
    assert len(set(texts)) == HOMES
    for text in texts:
        assert len(base64.urlsafe_b64decode(text + "==")) * 8 >= BITS
    assert all(len({text[place] for text in texts}) > 10 for place in range(42))


def test_it_is_kept_over_restarts_and_renewed_when_asked(tmp_path: Path) -> None:
    home = _home(tmp_path / "home")
    first = AppPassword(home)
    kept = first.text
    assert AppPassword(home).text == kept
    new = first.renew()
    assert new != kept
    assert (first.text, AppPassword(home).text) == (new, new)
    assert not first.is_it(kept)
    assert (home.run / "app_password").stat().st_mode & 0o777 == 0o600


def test_a_weak_one_that_stands_there_is_replaced(tmp_path: Path) -> None:
    home = _home(tmp_path / "home")
    for weak in (b"", b"secret", b"x" * 42, b"\xff\xfe" * 50):
        (home.run / "app_password").write_bytes(weak)
        assert len(AppPassword(home).text) >= 43


@pytest.mark.parametrize(
    "wrong", ["", "x", "enc:", "enc:zz", "enc:00", "x" * 10_000, "\udc80", "é"]
)
def test_only_it_is_it(tmp_path: Path, wrong: str) -> None:
    password = AppPassword(_home(tmp_path / "home"))
    assert password.is_it(password.text)
    assert password.is_it("enc:" + password.text.encode().hex())
    assert not password.is_it(wrong)
    assert not password.is_it(password.text + "x")
    assert not password.is_it(password.text[:-1])


def test_a_digest_is_of_the_password_and_its_own_salt(tmp_path: Path) -> None:
    password = AppPassword(_home(tmp_path / "home"))
    right = hashlib.md5((password.text + "c19b2d").encode()).hexdigest()
    assert password.is_digest(right, "c19b2d")
    assert password.is_digest(right.upper(), "c19b2d")
    assert not password.is_digest(right, "c19b2e")
    assert not password.is_digest("", "")
    assert not password.is_digest(hashlib.md5(b"c19b2d").hexdigest(), "c19b2d")
    assert not password.is_digest("é" * 32, "c19b2d")


def test_it_is_in_no_repr(tmp_path: Path) -> None:
    password = AppPassword(_home(tmp_path / "home"))
    assert password.text not in repr(password)
