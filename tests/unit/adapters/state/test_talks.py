"""What was said, when the power goes (F5), and in a file of an older kkiri."""

from pathlib import Path
from random import Random

import apsw
import pytest

from kkiri.adapters.state import database
from kkiri.adapters.state.peer_db import PeerState
from kkiri.adapters.state.schema import SCHEMA_VERSION, STEPS
from kkiri.base.types import EventId, Kind, PubKey, UnixTime
from kkiri.chat.rumor import Said
from kkiri.event.verify import Signer
from kkiri.ports.talks import Arrived
from tests.fakes.power import PowerCutDisk

SIGNER = Signer(bytes([7]) * 32)
ME, ANN = SIGNER.pubkey, PubKey("a" * 64)
NOW = UnixTime(1_000)
CUTS = 20


def said(number: int, by: PubKey) -> Said:
    return Said(
        id=EventId(f"{number:064x}"),
        author=by,
        people=tuple(sorted((ME, ANN))),
        text=f"말 {number} " + "x" * 400,
        at=UnixTime(number),
    )


def talk_and_cut(folder: Path, seed: int) -> tuple[int, int]:
    """Talk, cut the power, open what is left: (acknowledged, still there)."""
    disk = PowerCutDisk(f"talk-{seed}")
    before, after = folder / f"{seed}-before", folder / f"{seed}-after"
    before.mkdir()
    after.mkdir()
    chance = Random(seed)
    state = PeerState(before / "peer.db", vfs=f"talk-{seed}")
    messages: list[EventId] = []
    wraps: list[EventId] = []
    for number in range(1, chance.randrange(2, 30)):
        if number % 2:
            wrap = SIGNER.sign(Kind(1059), (), f"{number}", NOW)
            state.talk.outbox.put(said(number, ME), ANN, [(ANN, wrap)], NOW)
            wraps.append(wrap.id)
        else:
            one = Arrived(
                wrap=EventId(f"{number:064x}"), said=said(number, ANN), talk=ANN, known=True
            )
            state.talk.inbox.take([one], NOW)
        messages.append(EventId(f"{number:064x}"))
    disk.cut(after, chance)
    state.close()
    disk.unregister()
    left = PeerState(after / "peer.db")
    kept = {one.id for one in left.talk.talks.messages(ANN, 999)}
    going = {one.wrap.id for one in left.talk.outbox.outgoing(999)}
    left.close()
    return len(messages) + len(wraps), len(kept & set(messages)) + len(going & set(wraps))


def test_nothing_that_was_said_is_lost_in_a_power_cut(tmp_path: Path) -> None:
    outcomes = [talk_and_cut(tmp_path, seed) for seed in range(CUTS)]
    assert [kept for _, kept in outcomes] == [acknowledged for acknowledged, _ in outcomes]


def test_the_harness_sees_normal_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "SYNCHRONOUS", "NORMAL")
    outcomes = [talk_and_cut(tmp_path, seed) for seed in range(CUTS)]
    assert any(kept < acknowledged for acknowledged, kept in outcomes)


def test_a_file_from_before_there_was_talk_keeps_what_it_holds_and_takes_talk(
    tmp_path: Path,
) -> None:
    raw = apsw.Connection(str(tmp_path / "peer.db"))
    for step in STEPS[:2]:
        raw.execute(step).fetchall()
    raw.execute("INSERT INTO notes VALUES (?, '벗', 1, 0)", (ANN,)).fetchall()
    raw.pragma("user_version", 2)
    raw.close()
    for number in (1, 2):
        state = PeerState(tmp_path / "peer.db")
        assert state.settings()["user_version"] == SCHEMA_VERSION
        assert [note.petname for note in state.people.notes()] == ["벗"]
        state.talk.outbox.put(said(number, ME), ANN, [], NOW)
        assert len(state.talk.talks.messages(ANN, 9)) == number
        state.close()


def test_words_of_messages_are_in_no_repr(tmp_path: Path) -> None:
    state = PeerState(tmp_path / "peer.db")
    state.talk.outbox.put(said(1, ME), ANN, [], NOW)
    (talk,) = state.talk.talks.talks()
    state.close()
    assert "말" not in repr((said(1, ME), talk, talk.last))
