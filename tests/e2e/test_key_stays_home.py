"""SAFETY F6: after a scripted day the key is in its file and nowhere else."""

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from kkiri.adapters.keys import key_file, nip49
from kkiri.adapters.keys.words import words_of
from kkiri.event import bech32
from tests.soak.peer import Peer, VerbFailedError


def forms(key: key_file.OwnKey) -> dict[str, bytes]:
    """Give every form in which a key could leave its file."""
    assert key.entropy is not None
    return {
        "bytes": key.secret,
        "hex": key.secret.hex().encode(),
        "HEX": key.secret.hex().upper().encode(),
        "base64": base64.b64encode(key.secret).rstrip(b"="),
        "nsec": bech32.encode("nsec", key.secret).encode(),
        "repr": repr(key.secret)[2:-1].encode(),
        "words": words_of(key.entropy).encode(),
        "entropy": key.entropy,
        "entropy hex": key.entropy.hex().encode(),
    }


def leaks(key: key_file.OwnKey, said: bytes) -> list[str]:
    """Give the forms of the key that some bytes hold."""
    return [name for name, form in forms(key).items() if form in said]


def left_behind(folder: Path, key: key_file.OwnKey) -> dict[str, list[str]]:
    """Look through every file below a folder except the key file."""
    found = {
        str(path): leaks(key, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and path.name != key_file.NAME
    }
    return {name: told for name, told in found.items() if told}


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Peer]:
    made = Peer(home=tmp_path / "home")
    made.start()
    yield made
    made.stop()


def _ask(page: str, token: str, path: str, host: str = "") -> bytes:
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/nostr+json, */*"}
    if host:
        headers["Host"] = host
    try:
        with urllib.request.urlopen(
            urllib.request.Request(page + path, headers=headers), timeout=3
        ) as answer:
            if "Content-Length" in answer.headers:
                return bytes(answer.read())
            return bytes(answer.read1(1 << 20))  # what goes on for ever has said enough by then
    except urllib.error.HTTPError as error:
        return error.read()
    except TimeoutError:
        return b""  # a stream of news on a day without news


def test_after_a_scripted_day(peer: Peer, tmp_path: Path) -> None:
    home = peer.home
    key = key_file.load(home / key_file.NAME)
    said: list[bytes] = []
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "끼리.txt").write_text("나눔", encoding="utf-8")
    day = [
        ("profile", "--name", "하늘"),
        ("share", str(shared), "--json"),
        ("find", "--json", "끼리"),
        ("status", "--json"),
        ("person", "하늘", "--json"),
        ("people", "--json"),
        ("peers", "--json"),
        ("key", "show", "--json"),
        ("key", "show"),
        ("transfers", "--json"),
        ("get", "magnet:?xt=urn:btih:" + "ab" * 20, "--json"),
        ("get", "nonsense"),
        ("peers", "add", "ws://127.0.0.1:1"),
        ("person", "nobody"),
    ]
    for verb in day:
        try:
            said += peer.say(*verb)
        except VerbFailedError as error:
            said.append(str(error).encode())
    page = str(json.loads((home / "run" / "peer.json").read_bytes())["page"]).rstrip("/")
    token = (home / "run" / "token").read_text().strip()
    routes = json.loads(_ask(page, token, "/openapi.json"))["paths"]
    for path, methods in routes.items():
        if "get" in methods:
            said.append(_ask(page, token, path.replace("{", "x").replace("}", "x")))
    said.append(_ask(f"http://{peer.listen}", "", "/"))
    peer.stop()
    assert len(said) > len(day)
    assert leaks(key, b"\n".join(said)) == []
    assert left_behind(tmp_path, key) == {}


def test_the_search_would_see_it(tmp_path: Path) -> None:
    """The planted fault: each form in a log is told."""
    words = "leader monkey parrot ring guide accident before fence cannon height naive bean"
    key = key_file.from_words(words)
    for name, form in forms(key).items():
        (tmp_path / "peer.log").write_bytes(b"INFO started with " + form + b"\n")
        assert name in left_behind(tmp_path, key)[str(tmp_path / "peer.log")]


def test_a_backup_is_only_where_it_was_asked_for(
    peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`key backup` writes to standard output only; under a passphrase nothing readable."""
    key = key_file.load(peer.home / key_file.NAME)
    (tmp_path / "passphrase").write_text("열려라 참깨\n", encoding="utf-8")
    plain = b"\n".join(peer.say("key", "backup"))
    assert set(leaks(key, plain)) == {"nsec", "words"}
    locked = b"\n".join(
        peer.say("key", "backup", "--passphrase-file", str(tmp_path / "passphrase"))
    )
    assert leaks(key, locked) == []
    assert nip49.unlock(locked.decode().strip(), "열려라 참깨") == key.secret
    peer.stop()
    assert left_behind(tmp_path, key) == {}
