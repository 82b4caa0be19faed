"""peer.db and its fake keep the same promises."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kkiri.adapters.state.peer_db import PeerState
from kkiri.base.limits import KEPT_NEWS_SECONDS, KEPT_TOLD_MAX
from kkiri.base.types import Bytes, FileRoot, HubUrl, InfoHash, Kind, PubKey, Seq, UnixTime
from kkiri.event import kinds
from kkiri.event.listing import PeerAddress
from kkiri.event.record import Record, Tag
from kkiri.event.verify import Signer
from kkiri.ports.media import FileStat
from kkiri.ports.state import KnownHub, PersonNote, SharedFile, SharedListing, Transfer
from tests.fakes.state import FakeState

SIGNER = Signer(bytes([7]) * 32)
MUSIC, FILMS = Path("/srv/음악"), Path("/srv/films")

State = PeerState | FakeState


@pytest.fixture(params=["peer.db", "fake"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[State]:
    if request.param == "fake":
        yield FakeState()
        return
    real = PeerState(tmp_path / "peer.db")
    yield real
    real.close()


def note(text: str, *tags: Tag, kind: int = 1, at: int = 100) -> Record:
    return SIGNER.sign(Kind(kind), tags, text, UnixTime(at))


def listing(number: int, root: Path = MUSIC, files: int = 2) -> SharedListing:
    return SharedListing(
        info_hash=InfoHash(f"{number:040x}"),
        root=root,
        folder=root / os.fsdecode(b"caf\xe9"),  # a name that is not UTF-8 stays as it is
        title=f"노래 {number}",
        size=Bytes(10 * files),
        metainfo=b"d4:infod" + bytes(number % 256) + b"ee",
        records=(note(f"{number}").id, note(f"{number} b").id),
        files=tuple(
            SharedFile(
                path=root / f"{number}" / f"{place}.mp3",
                stat=FileStat(
                    size=Bytes(10), mtime_ns=1_700_000_000_123_456_789, inode=2**62 + place
                ),
                merkle=FileRoot("0c" * 32) if place else None,
            )
            for place in range(files)
        ),
    )


def test_listings_come_back_whole_but_for_metainfo(state: State) -> None:
    one, other = listing(1), listing(2, FILMS)
    state.library.put_listings([one, other], [note("a"), note("b")])
    assert state.library.listings(MUSIC) == [replace(one, metainfo=b"")]
    assert state.library.listings() == [replace(one, metainfo=b""), replace(other, metainfo=b"")]
    assert state.library.listing(one.info_hash) == one
    assert state.library.listing(InfoHash("f" * 40)) is None
    assert state.library.totals() == (2, 40)
    assert [record.content for _, record in state.journal.after(Seq(0), 10)] == ["a", "b"]


def test_a_listing_put_again_is_replaced(state: State) -> None:
    state.library.put_listings([listing(1), listing(1, files=5)], [])
    assert state.library.totals() == (1, 50)
    assert len(state.library.listings()[0].files) == 5


def test_equal_files_in_two_folders_are_withdrawn_one_by_one(state: State) -> None:
    one, other = listing(1, MUSIC), listing(1, FILMS)
    state.library.put_listings([one, other], [])
    assert state.library.roots_of(one.info_hash) == [FILMS, MUSIC]
    state.library.withdraw(MUSIC, [one.info_hash], [])
    assert state.library.roots_of(one.info_hash) == [FILMS]
    assert state.library.listing(one.info_hash) == other


def test_more_listings_than_one_page(state: State) -> None:
    many = [listing(number, files=1) for number in range(1_203)]
    state.library.put_listings(many, [])
    assert [one.info_hash for one in state.library.listings(MUSIC)] == [
        one.info_hash for one in many
    ]
    assert state.library.totals() == (1_203, 12_030)


def test_totals_follow_every_change(state: State) -> None:
    assert state.library.totals() == (0, 0)
    state.library.put_listings([listing(1), listing(2, FILMS, files=1)], [])
    assert (state.library.totals(), state.library.totals(FILMS)) == ((2, 30), (1, 10))
    state.library.withdraw(FILMS, [listing(2).info_hash], [])
    assert (state.library.totals(), state.library.totals(FILMS)) == ((1, 20), (0, 0))
    state.library.put_listings([listing(3)], [])
    assert state.library.totals(MUSIC) == (2, 40)


def test_listings_are_looked_through_by_words_and_page(state: State) -> None:
    some = [replace(listing(n), title=t) for n, t in enumerate(["Winter A", "겨울", "winter 50%"])]
    state.library.put_listings([*some, listing(9, FILMS)], [])

    def found(words: str, start: int = 0, limit: int = 9) -> tuple[int, list[str]]:
        total, lines = state.library.lines(MUSIC, words, start, limit)
        return total, [line.title for line in lines]

    assert found("") == (3, ["winter 50%", "겨울", "Winter A"])
    assert found("", start=1, limit=1) == (3, ["겨울"])
    assert found("WINTER") == (2, ["winter 50%", "Winter A"])
    assert found("50%") == (1, ["winter 50%"])
    assert found("5_") == found("여름") == (0, [])
    line = state.library.lines(MUSIC, "겨울", 0, 1)[1][0]
    assert (line.files, line.size, line.first) == (2, 20, some[1].files[0].path)


def test_withdrawing_journals_the_deletion(state: State) -> None:
    record = note("a")
    one = replace(listing(1), records=(record.id,))
    state.library.put_listings([one], [record])
    deletion = note("", ("e", record.id), kind=kinds.DELETION)
    state.library.withdraw(MUSIC, [one.info_hash], [deletion])
    assert state.library.listings() == []
    assert [record for _, record in state.journal.after(Seq(0), 10)] == [deletion]
    state.journal.append([record])
    assert [record for _, record in state.journal.after(Seq(0), 10)] == [deletion]


def test_roots(state: State) -> None:
    state.library.add_root(MUSIC)
    state.library.add_root(FILMS)
    state.library.add_root(MUSIC)
    assert state.library.roots() == [FILMS, MUSIC]
    state.library.remove_root(FILMS)
    assert state.library.roots() == [MUSIC]


def test_the_journal_keeps_order_and_passes_over_what_it_knows(state: State) -> None:
    records = [note(f"{n}") for n in range(5)]
    state.journal.append(records[:3])
    state.journal.append(records)
    rows = state.journal.after(Seq(0), 100)
    assert [record for _, record in rows] == records
    assert state.journal.last() == rows[-1][0]
    assert state.journal.after(rows[1][0], 2) == rows[2:4]
    assert state.journal.after(state.journal.last(), 10) == []


@pytest.mark.parametrize("turned", [False, True])
def test_only_the_newest_replaceable_stays(state: State, turned: bool) -> None:
    old = note("old", kind=kinds.PROFILE, at=1)
    new = note("new", kind=kinds.PROFILE, at=2)
    d_a = note("a", ("d", "a"), kind=kinds.PRESENCE, at=1)
    d_b = note("b", ("d", "b"), kind=kinds.PRESENCE, at=1)
    for record in (new, d_a, old, d_b) if turned else (old, d_b, new, d_a):
        state.journal.append([record])
    assert {r.content for _, r in state.journal.after(Seq(0), 10)} == {"new", "a", "b"}


def test_ties_between_replaceables_go_to_the_lower_id(state: State) -> None:
    both = sorted((note(f"{n}", kind=kinds.PROFILE) for n in range(2)), key=lambda one: one.id)
    state.journal.append([both[1]])
    state.journal.append([both[0]])
    state.journal.append([both[1]])
    assert [record for _, record in state.journal.after(Seq(0), 10)] == [both[0]]


def test_an_address_can_be_deleted(state: State) -> None:
    on = note("on", ("d", "kkiri"), kind=kinds.PRESENCE, at=1)
    deletion = note("", ("a", f"30315:{SIGNER.pubkey}:kkiri"), kind=kinds.DELETION, at=1)
    state.journal.append([on, deletion])
    assert [record for _, record in state.journal.after(Seq(0), 10)] == [deletion]


def test_numbers_never_come_twice(state: State) -> None:
    state.journal.append([note("on", ("d", "x"), kind=kinds.PRESENCE, at=1)])
    before = state.journal.last()
    state.journal.append([note("on", ("d", "x"), kind=kinds.PRESENCE, at=2)])
    assert state.journal.last() > before


def test_cursors_only_go_forward(state: State) -> None:
    assert state.journal.cursor("a") == 0
    state.journal.advance("a", Seq(5))
    state.journal.advance("a", Seq(3))
    state.journal.advance("b", Seq(1))
    assert (state.journal.cursor("a"), state.journal.cursor("b")) == (5, 1)


def test_transfers(state: State) -> None:
    one = Transfer(
        info_hash=InfoHash("a" * 40),
        name="영화",
        folder=Path("/in"),
        addresses=(PeerAddress(host="127.0.0.1", port=1), PeerAddress(host="::1", port=2)),
        added_at=UnixTime(1),
        only=("a/b.mp3",),
    )
    other = replace(one, info_hash=InfoHash("b" * 40), added_at=UnixTime(2), only=None)
    state.transfers.put_transfer(one)
    state.transfers.put_transfer(other)
    assert state.transfers.transfers() == [other, one]
    done = replace(one, finished_at=UnixTime(3), path=Path("/in/영화"), paused=True)
    state.transfers.put_transfer(done)
    assert state.transfers.transfers() == [other, done]
    state.transfers.remove_transfer(other.info_hash)
    assert state.transfers.transfers() == [done]


def test_the_book(state: State) -> None:
    hub = KnownHub(
        url=HubUrl("ws://127.0.0.1:1"),
        key=PubKey("a" * 64),
        named=True,
        first_seen=UnixTime(1),
        last_good=None,
        failures=0,
    )
    state.book.put_hub(hub)
    state.book.put_hub(replace(hub, url=HubUrl("ws://127.0.0.1:0"), key=None))
    banned = replace(hub, failures=2, ban="lied", banned_until=UnixTime(9))
    state.book.put_hub(banned)
    assert [(one.url[-1], one.failures) for one in state.book.hubs()] == [("0", 0), ("1", 2)]
    assert state.book.hubs()[1] == banned
    state.book.remove_hub(hub.url)
    assert len(state.book.hubs()) == 1


def test_people_and_kept_searches(state: State) -> None:
    friend = PersonNote(pubkey=PubKey("b" * 64), petname="친구", followed=True)
    state.people.put_note(friend)
    state.people.put_note(PersonNote(pubkey=PubKey("a" * 64), blocked=True))
    state.people.put_note(replace(friend, petname="벗"))
    assert [(one.petname, one.blocked) for one in state.people.notes()] == [
        ("", True),
        ("벗", False),
    ]
    first = state.people.keep("소리바다", UnixTime(1))
    state.people.unkeep(first.number)
    second = state.people.keep("노래", UnixTime(2))
    assert second.number != first.number
    assert state.people.kept() == [second]


def test_what_a_kept_search_told_is_remembered_for_two_days(state: State) -> None:
    one = state.people.keep("소리바다", UnixTime(5))
    two = state.people.keep("노래", UnixTime(6))
    assert (one.told_until, state.people.told(one.number)) == (5, frozenset())
    first, second = InfoHash("a" * 40), InfoHash("b" * 40)
    state.people.mark_told(one.number, UnixTime(100), [first])
    state.people.mark_told(one.number, UnixTime(200), [])
    state.people.mark_told(two.number, UnixTime(150), [second, second])
    assert [kept.told_until for kept in state.people.kept()] == [200, 150]
    assert state.people.told(one.number) == {first}
    later = UnixTime(101 + KEPT_NEWS_SECONDS)
    state.people.mark_told(one.number, later, [second])
    assert state.people.told(one.number) == {second}
    many = [InfoHash(f"{n:040x}") for n in range(KEPT_TOLD_MAX + 5)]
    state.people.mark_told(one.number, UnixTime(later + 1), many)
    assert len(state.people.told(one.number)) == KEPT_TOLD_MAX
    state.people.unkeep(one.number)
    state.people.mark_told(one.number, later, [first])  # was dropped meanwhile
    assert state.people.told(one.number) == frozenset()
    assert state.people.told(two.number) == {second}
