"""People talk: whole peers on loopback, by the command line and the local API."""

from pathlib import Path

from tests.e2e.peers import Person, people, until


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


def _mine(person: Person, other: str) -> list[dict[str, object]]:
    return [line for line in person.do("talks", other, "--json").lines if line["mine"]]
