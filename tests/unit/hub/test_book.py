"""The peer book: bounded, healing, and not to be filled by one neighbourhood."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from kkiri.base.types import HubUrl, PubKey, Seconds, UnixTime
from kkiri.hub.address import Source, neighbourhood
from kkiri.hub.book import (
    ANCHORS_MAX,
    BACKOFF_SECONDS_MAX,
    BAN_SECONDS,
    CANDIDATES_MAX,
    CANDIDATES_PER_NEIGHBOURHOOD,
    FAILURES_OF_A_STRANGER_MAX,
    STRIKES_MAX,
    Entry,
    PeerBook,
)

NOW = UnixTime(1_800_000_000)
T0 = Seconds(100.0)


def url(a: int, b: int = 1, c: int = 1) -> HubUrl:
    return HubUrl(f"ws://{20 + a // 250}.{a % 250}.{b}.{c}:4848")


def key(number: int) -> PubKey:
    return PubKey(f"{number:064x}")


def draw(seed: int = 1) -> Random:
    return Random(seed)


def due(book: PeerBook, busy: list[Entry], wanted: int, at: float = T0) -> list[Entry]:
    return book.due(Seconds(at), busy, wanted, draw().randrange)


def proved(book: PeerBook, where: HubUrl, who: int, source: Source = Source.CARD) -> None:
    assert book.heard(where, source, NOW)
    assert book.proved(where, key(who), NOW)


def test_one_neighbourhood_gets_a_few_places() -> None:
    book = PeerBook(public=True)
    taken = [book.heard(url(1, n // 200 + 1, n % 200 + 1), Source.DHT, NOW) for n in range(100)]
    assert sum(taken) == CANDIDATES_PER_NEIGHBOURHOOD


def test_a_private_network_is_one_neighbourhood_and_that_is_fine() -> None:
    book = PeerBook(public=False)
    urls = [HubUrl(f"ws://127.0.0.1:{5000 + n}") for n in range(50)]
    assert all(book.heard(one, Source.CARD, NOW) for one in urls)
    assert len(due(book, [], 8)) == 8


def test_p2_what_may_not_be_dialled_is_not_even_written_down() -> None:
    book = PeerBook(public=True)
    for bad in ("ws://127.0.0.1:9000", "ws://10.0.0.1:9000", "ws://evil.test:9000"):
        assert not book.heard(HubUrl(bad), Source.CARD, NOW)
        assert not book.heard(HubUrl(bad), Source.DHT, NOW)
        book.restore(Entry(url=HubUrl(bad), source=Source.CARD, first_seen=NOW, key=key(1)))
    assert len(book) == 0
    assert due(book, [], 8) == []


def test_the_number_of_candidates_is_bounded_and_the_worst_goes_first() -> None:
    book = PeerBook(public=True)
    for n in range(CANDIDATES_MAX):
        assert book.heard(url(n), Source.DHT, NOW)
    assert not book.heard(url(CANDIDATES_MAX + 1), Source.DHT, NOW)
    book.failed(url(7), T0, 0.5)
    assert book.heard(url(CANDIDATES_MAX + 1), Source.DHT, NOW)
    assert book.entry(url(7)) is None
    assert len(book) == CANDIDATES_MAX


def test_a_person_s_word_always_has_a_place() -> None:
    book = PeerBook(public=True)
    for n in range(CANDIDATES_MAX):
        book.heard(url(n), Source.DHT, NOW)
    assert book.heard(HubUrl("ws://127.0.0.1:1"), Source.NAMED, NOW)
    assert [entry.named for entry in due(book, [], 0)] == [True]


def test_backoff_doubles_to_a_bound_and_a_steady_link_resets_it() -> None:
    book = PeerBook(public=True)
    proved(book, url(1), 1)
    waits = []
    for _ in range(12):
        book.failed(url(1), T0, 0.5)
        entry = book.entry(url(1))
        assert entry is not None
        waits.append(entry.retry_at - T0)
    assert waits[:4] == [1.0, 2.0, 4.0, 8.0]
    assert waits[-1] == BACKOFF_SECONDS_MAX
    assert due(book, [], 8) == []
    assert due(book, [], 8, at=T0 + BACKOFF_SECONDS_MAX)
    book.proved(url(1), key(1), NOW)
    entry = book.entry(url(1))
    assert entry is not None
    assert entry.failures == 12  # a hub that greets and hangs up is not good
    book.steady(url(1), NOW)
    book.failed(url(1), T0, 0.5)
    entry = book.entry(url(1))
    assert entry is not None
    assert entry.retry_at == T0 + 1.0


def test_a_stranger_that_never_answers_is_forgotten_and_a_named_hub_is_not() -> None:
    book = PeerBook(public=True)
    book.heard(url(1), Source.DHT, NOW)
    book.heard(url(2), Source.NAMED, NOW)
    for _ in range(FAILURES_OF_A_STRANGER_MAX):
        book.failed(url(1), T0, 0.0)
        book.failed(url(2), T0, 0.0)
    assert book.entry(url(1)) is None
    assert book.entry(url(2)) is not None


def test_three_strikes_ban_the_address_and_the_key() -> None:
    book = PeerBook(public=True)
    proved(book, url(1), 1)
    assert [book.strike(url(1), "lied", NOW) for _ in range(STRIKES_MAX)] == [False, False, True]
    entry = book.entry(url(1))
    assert entry is not None
    assert entry.ban == "lied"
    assert due(book, [], 8, at=T0 + 9_999) == []
    assert book.heard(url(2), Source.CARD, NOW)
    assert not book.proved(url(2), key(1), NOW)  # the same key under another address
    assert book.entry(url(2)) is None


def test_a_person_can_pardon() -> None:
    book = PeerBook(public=True)
    proved(book, url(1), 1)
    for _ in range(STRIKES_MAX):
        book.strike(url(1), "lied", NOW)
    assert book.heard(url(1), Source.NAMED, NOW)
    assert [entry.url for entry in due(book, [], 0)] == [url(1)]
    assert book.proved(url(1), key(1), NOW)


def test_anchors_are_the_longest_known_one_a_neighbourhood() -> None:
    book = PeerBook(public=True)
    for n in range(20):
        book.restore(
            Entry(
                url=url(n // 2, n + 1),
                source=Source.CARD,
                first_seen=UnixTime(NOW + n),
                last_good=NOW,
                key=key(n + 1),
            )
        )
    anchors = book.anchors()
    assert [entry.url for entry in anchors] == [url(n // 2, n + 1) for n in range(0, 16, 2)]
    assert len(anchors) == ANCHORS_MAX


def test_n2_anchors_are_dialled_first_but_take_half_the_places_only() -> None:
    book = PeerBook(public=True)
    for n in range(ANCHORS_MAX):
        proved(book, url(n), n + 1)
    for n in range(100, 200):
        book.heard(url(n), Source.DHT, NOW)
    chosen = due(book, [], 8)
    assert len(chosen) == 8
    assert sum(entry.key is not None for entry in chosen[:4]) == 4


def test_one_hub_with_two_addresses_is_dialled_once() -> None:
    book = PeerBook(public=True)
    proved(book, url(1), 1)
    proved(book, url(2), 1)
    first = book.entry(url(1))
    assert first is not None
    assert due(book, [first], 8) == []


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(1, 20)), max_size=60),
    st.lists(st.tuples(st.integers(0, 5), st.integers(1, 20)), max_size=3),
    st.integers(0, 10),
    st.randoms(use_true_random=False),
)
def test_n2_dials_never_share_a_neighbourhood(
    heard: list[tuple[int, int]], open_now: list[tuple[int, int]], wanted: int, chance: Random
) -> None:
    book = PeerBook(public=True)
    for a, c in heard:
        book.heard(url(a, 1, c), Source.DHT, NOW)
    busy = [
        Entry(url=url(a, 2, c), source=Source.CARD, first_seen=NOW, group=neighbourhood(url(a)))
        for a, c in open_now
    ]
    chosen = book.due(T0, busy, wanted, chance.randrange)
    groups = [neighbourhood(entry.url) for entry in chosen]
    assert len(groups) == len(set(groups)) <= wanted
    assert not set(groups) & {entry.group for entry in busy}
    # nobody who could be asked is left out while there is room
    reachable = {neighbourhood(e.url) for e in book.entries()} - {entry.group for entry in busy}
    assert len(groups) == min(wanted, len(reachable))


def test_what_changed_is_told_for_saving() -> None:
    book = PeerBook(public=True)
    book.restore(Entry(url=url(1), source=Source.CARD, first_seen=NOW, key=key(1)))
    assert book.changed == set()
    book.forget(url(1))
    assert book.changed == {url(1)}


def test_a_ban_ends_after_its_time_also_when_it_was_kept_on_disk() -> None:
    book, again = PeerBook(public=True), PeerBook(public=True)
    proved(book, url(1), 1)
    for _ in range(STRIKES_MAX):
        book.strike(url(1), "lied", NOW)
    entry = book.entry(url(1))
    assert entry is not None
    again.restore(entry)
    for one in (book, again):
        one.expire(UnixTime(NOW + BAN_SECONDS - 1))
        assert due(one, [], 8) == []
        assert one.heard(url(2), Source.CARD, NOW)
        assert not one.proved(url(2), key(1), NOW)
        one.expire(UnixTime(NOW + BAN_SECONDS))
        assert [entry.url for entry in due(one, [], 8)] == [url(1)]
        assert one.proved(url(1), key(1), NOW)
