"""The key as a person handles it: every backup restores it, nothing is replaced unasked."""

import json
from pathlib import Path

import pytest

from kkiri.adapters.keys import load_or_make, nip49
from kkiri.adapters.system import take_lock
from kkiri.app import keys
from kkiri.app.home import Home, prepare
from kkiri.base.errors import AlreadyUpError, BadKeyError, RefusedError
from kkiri.event.nip19 import npub

VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "keys.json"
SPEC = json.loads(VECTORS.read_text("utf-8"))["nip06"][0]


def _no_passphrase() -> str:
    raise AssertionError("asked for a passphrase")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    prepare(made)
    return made


@pytest.fixture
def empty(tmp_path: Path) -> Home:
    return Home(tmp_path / "other")


def test_words_and_nsec_restore_it(home: Home, empty: Home, tmp_path: Path) -> None:
    signer = load_or_make(home.path)
    kept = keys.backup(home)
    assert kept.words is not None
    assert keys.restore(empty, f"{kept.words}\n", _no_passphrase).pubkey == signer.pubkey
    assert keys.backup(empty) == kept
    third = Home(tmp_path / "third")
    assert keys.restore(third, kept.nsec, _no_passphrase).pubkey == signer.pubkey
    assert keys.backup(third).words is None
    assert kept.nsec not in repr(kept)


def test_the_locked_copy_restores_it(
    home: Home, empty: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nip49, "LOG_N", 4)
    signer = load_or_make(home.path)
    locked = keys.locked_backup(home, "열려라 참깨")
    with pytest.raises(nip49.WrongPassphraseError):
        keys.restore(empty, locked, lambda: "열려라 들깨")
    assert not empty.path.exists()
    assert keys.restore(empty, locked, lambda: "열려라 참깨").pubkey == signer.pubkey


def test_an_empty_passphrase_locks_nothing(home: Home) -> None:
    load_or_make(home.path)
    with pytest.raises(BadKeyError):
        keys.locked_backup(home, "")


def test_known_forms(empty: Home) -> None:
    for text in (SPEC["words"], SPEC["nsec"], SPEC["secret"], SPEC["nsec"].upper()):
        assert keys.restore(empty, text, _no_passphrase).pubkey == SPEC["pubkey"]
    assert npub(keys.public_key(empty)) == SPEC["npub"]


def test_a_key_that_is_there_is_replaced_only_when_asked(home: Home) -> None:
    mine = load_or_make(home.path).pubkey
    with pytest.raises(keys.KeyThereError):
        keys.restore(home, SPEC["nsec"], _no_passphrase)
    assert keys.public_key(home) == mine
    done = keys.restore(home, SPEC["nsec"], _no_passphrase, replace=True)
    assert (done.pubkey, keys.public_key(home)) == (SPEC["pubkey"], SPEC["pubkey"])
    assert done.kept is not None
    assert keys.key_file.load(done.kept).pubkey == mine


def test_not_under_a_running_peer(home: Home) -> None:
    lock = take_lock(home.lock)
    assert lock is not None
    try:
        with pytest.raises(AlreadyUpError):
            keys.restore(home, SPEC["nsec"], _no_passphrase)
    finally:
        lock.close()


@pytest.mark.parametrize("text", ["", "끼리", SPEC["npub"], "00" * 32, "ff" * 32, "nsec1", "a b"])
def test_what_is_no_key_changes_nothing(empty: Home, text: str) -> None:
    with pytest.raises(RefusedError):
        keys.restore(empty, text, _no_passphrase, replace=True)
    assert not empty.path.exists()


def test_looking_makes_no_key(empty: Home) -> None:
    with pytest.raises(keys.NoKeyError):
        keys.public_key(empty)
    assert not empty.path.exists()
