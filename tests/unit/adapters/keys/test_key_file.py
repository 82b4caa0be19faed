"""The key file: private, made once, never overwritten (SAFETY F6)."""

import logging
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kkiri.adapters.keys import key_file
from kkiri.adapters.keys.key_file import OwnKey, from_words, load, load_or_make, place, replace
from kkiri.base.errors import BadKeyError

BROUGHT = OwnKey(secret=bytes(31) + b"\x01")
OTHER = OwnKey(secret=bytes(31) + b"\x02")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_first_start_makes_a_key_of_words(tmp_path: Path) -> None:
    signer = load_or_make(tmp_path)
    key = load(tmp_path / "key")
    assert key.pubkey == signer.pubkey
    assert key.entropy is not None
    assert from_words(key_file.words.words_of(key.entropy)) == key
    assert _mode(tmp_path / "key") == 0o600
    assert load_or_make(tmp_path).pubkey == signer.pubkey
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_two_starts_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: load_or_make(tmp_path).pubkey, range(8)))
    assert len(keys) == 1


def test_a_mask_of_nothing_still_makes_it_private(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        load_or_make(tmp_path)
    finally:
        os.umask(old)
    assert _mode(tmp_path / "key") == 0o600


def test_a_key_that_others_could_read_is_closed_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place(tmp_path / "key", BROUGHT)
    (tmp_path / "key").chmod(0o644)
    with caplog.at_level(logging.WARNING):
        load(tmp_path / "key")
    assert _mode(tmp_path / "key") == 0o600
    assert "could be read by others" in caplog.text
    assert BROUGHT.secret.hex() not in caplog.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"secret":"00","warning":""}',
        b'{"secret":"' + b"00" * 32 + b'","warning":""}',
        b'{"secret":"' + b"ff" * 32 + b'","warning":""}',
        b'{"secret":"' + b"01" * 32 + b'","entropy":"' + b"00" * 16 + b'","warning":""}',
        b'{"secret":"' + b"01" * 32 + b'","entropy":"00","warning":""}',
        b" " * 5000 + b'{"secret":"' + b"01" * 32 + b'","warning":""}',
    ],
)
def test_a_broken_key_file_is_told_and_left_alone(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "key").write_bytes(body)
    (tmp_path / "key").chmod(0o600)
    with pytest.raises(BadKeyError):
        load_or_make(tmp_path)
    assert (tmp_path / "key").read_bytes() == body


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    place(tmp_path / "elsewhere", BROUGHT)
    (tmp_path / "key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadKeyError):
        load_or_make(tmp_path)


def test_place_never_overwrites(tmp_path: Path) -> None:
    assert place(tmp_path / "key", BROUGHT)
    assert not place(tmp_path / "key", OTHER)
    assert load(tmp_path / "key") == BROUGHT


def test_replace_keeps_the_old_one(tmp_path: Path) -> None:
    place(tmp_path / "key", BROUGHT)
    kept = replace(tmp_path / "key", OTHER)
    assert load(tmp_path / "key") == OTHER
    assert load(kept) == BROUGHT
    assert _mode(kept) == _mode(tmp_path / "key") == 0o600
    back = replace(tmp_path / "key", BROUGHT)
    assert load(back) == OTHER
    assert replace(tmp_path / "key", OTHER) == kept
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["key", kept.name, back.name])


def test_it_does_not_show_itself() -> None:
    text = repr(
        from_words("leader monkey parrot ring guide accident before fence cannon height naive bean")
    )
    assert "7f7ff03d" not in text
    assert "secret" not in text
