"""People talk: whole peers on loopback, by the command line and the local API."""

import json
import subprocess
import time
from pathlib import Path
from typing import Any

from kkiri.adapters.keys import key_file
from kkiri.event import bech32
from tests.e2e.peers import Person, people, until

REPO = Path(__file__).parents[2]


def ids(*everybody: Person) -> list[str]:
    return [str(one.ready()["npub"]) for one in everybody]


def heard(person: Person, by: str) -> list[str]:
    """Give what a person reads in the conversation with another."""
    said = person.do("talks", by, "--json")
    return [line["text"] for line in said.lines] if said.code == 0 else []


def test_a_message_to_a_peer_that_is_off_arrives_when_it_returns(tmp_path: Path) -> None:
    """Two hubs of other people stay on; who is off has left their list with them."""
    with people(tmp_path, "one", "two", "ann", "ben") as (one, two, ann, ben):
        first = one.up()
        second = two.up("--bootstrap", first["hub"])
        both = ("--bootstrap", first["hub"], "--bootstrap", second["hub"])
        ann.up(*both)
        ben.up(*both)
        a, b = ids(ann, ben)
        said = ann.do("say", b, "안녕, 벤", "--json").one
        assert said["text"] == "안녕, 벤"
        until(lambda: heard(ben, a) == ["안녕, 벤"], 30)
        until(lambda: ann.do("talks", b, "--json").lines[0]["waiting"] == 0, 30)
        (request,) = ben.do("talks", "--json").lines
        assert (request["request"], request["unread"]) == (True, 0)  # reading it is reading it
        ben.stop()
        for number in range(3):
            ann.do("say", b, f"없을 때 {number}", "--json")
        until(lambda: all(m["waiting"] == 0 and m["hubs"] >= 2 for m in _mine(ann, b)), 60)
        ann.stop()  # and with it the hub that its messages could still be on
        ben.up(*both)
        wanted = ["안녕, 벤", *(f"없을 때 {number}" for number in range(3))]
        until(lambda: heard(ben, a) == wanted, 60)
        assert ben.do("say", a, "다 들었어", "--json").code == 0
        ann.up(*both)
        until(lambda: heard(ann, b)[-1:] == ["다 들었어"], 60)
        assert heard(ben, a) == [*wanted, "다 들었어"]
        for person in (one, two, ann, ben):
            assert "없을 때" not in person.log and "안녕, 벤" not in person.log


def _mine(person: Person, other: str) -> list[dict[str, object]]:
    return [line for line in person.do("talks", other, "--json").lines if line["mine"]]


def _node(*words: str) -> dict[str, Any]:
    """Run nostr-tools once and give what it printed."""
    done = subprocess.run(
        ["node", "tests/node/talk.mjs", *words],
        cwd=REPO,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def test_private_messages_go_both_ways_with_nostr_tools(tmp_path: Path) -> None:
    secret = "7" * 64
    with people(tmp_path, "ann") as (ann,):
        status = ann.up()
        hub, key = status["hub"], _key(status["npub"])
        other = _node(hub, secret, "say", key, "안녕, kkiri", "second")["pubkey"]
        until(lambda: sorted(heard(ann, other)) == sorted(["안녕, kkiri", "second"]), 30)
        (request,) = ann.do("talks", "--json").lines
        assert request["request"] is True
        ann.do("say", other, "안녕, nostr-tools\n둘째 줄 🎵", "--json")
        until(lambda: all(m["waiting"] == 0 for m in _mine(ann, other)), 30)
        said = _node(hub, secret, "hear")["heard"]
        answer = {
            "author": key,
            "kind": 14,
            "content": "안녕, nostr-tools\n둘째 줄 🎵",
            "tags": [["p", other]],
        }
        assert answer in said
        own = sorted(one["content"] for one in said if one["author"] == other)
        assert own == sorted(["안녕, kkiri", "second"])  # its copies for itself
        assert _node(hub, "9" * 64, "hear")["heard"] == []


def test_profile_and_follow_list_are_shared_with_another_program_of_one_s_own(
    tmp_path: Path,
) -> None:
    friend, other = "ab" * 32, "cd" * 32
    with people(tmp_path, "ann") as (ann,):
        status = ann.up()
        hub, key = status["hub"], _key(status["npub"])
        secret = key_file.load(ann.home / key_file.NAME).secret.hex()
        written = {"name": "다른 이름", "lud16": "a@b.example", "custom": {"deep": [1]}}
        _node(hub, secret, "write", "0", '[["i","x:y"]]', json.dumps(written))
        follows = [["p", friend, "wss://relay.example", "벗"], ["t", "music"]]
        _node(hub, secret, "write", "3", json.dumps(follows), "kept")
        assert ann.do("profile", "--json").one["name"] == "다른 이름"
        time.sleep(1.1)  # replaceable records of one second are ordered by id
        assert ann.do("profile", "--about", "소개", "--json").code == 0
        assert ann.do("follow", other).code == 0
        read = until(lambda: _changed(_node(hub, secret, "read", key)), 30)
        assert json.loads(read["0"]["content"]) == written | {"about": "소개"}
        assert read["0"]["tags"] == [["i", "x:y"]]
        assert read["3"] == {"content": "kept", "tags": [*follows, ["p", other, "", ""]]}
        assert read["10050"]["tags"] == [["relay", hub]]


def _changed(read: dict[str, Any]) -> dict[str, Any] | None:
    done = "소개" in read["0"]["content"] and len(read["3"]["tags"]) == 3 and read["10050"]
    return read if done else None


def _key(npub: str) -> str:
    return bech32.decode(npub)[1].hex()
