"""The news of transfers: whole once, then only what is new; and a swarm as it is told."""

from dataclasses import replace
from pathlib import Path

from kkiri.app.answers import TransferAnswer
from kkiri.app.swarm_answers import Told, swarm_answer
from kkiri.base.types import Bytes, InfoHash, PubKey, UnixTime
from kkiri.event.listing import PeerAddress
from kkiri.event.nip19 import npub
from kkiri.flows.swarms import Face
from kkiri.ports.state import Transfer
from kkiri.ports.swarms import Origin, Swarm, SwarmFile, SwarmPeer

KEY = PubKey("5f" * 32)
HERE = PeerAddress(host="127.0.0.8", port=7)


def one(name: str, done: int = 0) -> TransferAnswer:
    return TransferAnswer(
        info_hash=name * 40,
        name=name,
        state="fetching",
        size=10,
        done=done,
        down_rate=0,
        up_rate=0,
        peers=0,
        seeds=0,
        sources=[],
        seconds_left=None,
        finished=False,
        added_at=5,
        path=None,
        error="",
    )


def test_all_first_then_fields_that_changed_then_silence() -> None:
    told = Told()
    first = told.news([one("a"), one("b")])
    assert first is not None
    assert [row["name"] for row in first["all"]] == ["a", "b"]
    assert told.news([one("a"), one("b")]) is None
    assert told.news([one("a", 4), one("b")]) == {
        "changed": [{"info_hash": "a" * 40, "done": 4}],
        "gone": [],
    }
    new = told.news([one("c"), one("a", 4)])
    assert new is not None
    assert new["gone"] == ["b" * 40]
    assert new["changed"] == [
        {field: getattr(one("c"), field) for field in TransferAnswer.__dataclass_fields__}
    ]
    assert told.news([]) == {"changed": [], "gone": ["c" * 40, "a" * 40]}


def test_no_transfers_are_told_once_too() -> None:
    told = Told()
    assert told.news([]) == {"all": []}
    assert told.news([]) is None


def test_a_swarm_names_who_is_there() -> None:
    peer = SwarmPeer(
        address=HERE,
        client="x",
        progress=0.5,
        down_rate=1,
        up_rate=2,
        origin=Origin.NAMED,
        encrypted=False,
        utp=True,
    )
    other = replace(peer, address=PeerAddress(host="127.0.0.9", port=7))
    swarm = Swarm(
        info_hash=InfoHash("ab" * 20),
        peers=(peer, other),
        peers_total=70,
        piece_bytes=Bytes(16384),
        pieces=bytes([1, 0]),
        availability=bytes([2, 1]),
        files=(
            SwarmFile(index=3, path="a", size=Bytes(9), done=Bytes(1), wanted=True, first=False),
        ),
        uploaded=Bytes(1),
        downloaded=Bytes(2),
    )
    transfer = Transfer(
        info_hash=InfoHash("ab" * 20),
        name="n",
        folder=Path("/in"),
        addresses=(),
        added_at=UnixTime(7),
    )
    said = swarm_answer(transfer, swarm, {HERE: Face(key=KEY, name="은하")})
    assert [(one.npub, one.name) for one in said.peers] == [(npub(KEY), "은하"), (None, "")]
    assert (said.pieces, said.spread, said.pieces_total) == ("#.", "21", 2)
    assert (said.peers_total, said.files[0].index, said.folder) == (70, 3, "/in")
