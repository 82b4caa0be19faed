"""What people say of themselves and of records: reads back, bounded, typed errors only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.base.errors import BadRecordError
from kkiri.base.types import EventId, HubUrl, Kind, PubKey, UnixTime
from kkiri.event import comment, kinds, profile
from kkiri.event.record import Record, Tag
from kkiri.event.verify import Signer

SIGNER = Signer(bytes([7]) * 32)
KEY = PubKey("b" * 64)
ID = EventId("c" * 64)


def signed(kind: int, tags: tuple[Tag, ...] = (), content: str = "") -> Record:
    return SIGNER.sign(Kind(kind), tags, content, UnixTime(5))


def test_a_profile_reads_back() -> None:
    told = profile.Profile(name="꽃님", about="두 줄\n소개", picture="https://a/b", address="a@b")
    assert profile.read_profile(signed(0, (), profile.profile_content(told))) == told


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"name":', "1" * 5_000, "[" * 60_000, " " * 70_000]
)
def test_what_is_no_profile_is_refused(content: str) -> None:
    with pytest.raises(BadRecordError):
        profile.read_profile(signed(0, (), content))


def test_a_hostile_profile_is_cleaned() -> None:
    read = profile.read_profile(
        signed(0, (), '{"name":5,"display_name":"a\\u202e\\u0000b","about":["x"],"nip05":null}')
    )
    assert read == profile.Profile(name="a b")


def test_follows_read_back_each_key_once() -> None:
    told = (profile.Followed(pubkey=KEY, hub="ws://a", petname="벗"),)
    tags = (*profile.follow_tags(told), ("p", KEY), ("p", "zz"), ("p",), ("e", ID))
    assert profile.read_follows(signed(3, tags)) == told
    assert profile.read_follows(signed(3, (("p", KEY),))) == (profile.Followed(pubkey=KEY),)


def test_hub_lists_read_back() -> None:
    told = (
        profile.UsedHub(url=HubUrl("ws://a:80")),
        profile.UsedHub(url=HubUrl("ws://b:81"), write=False),
        profile.UsedHub(url=HubUrl("wss://c"), read=False),
    )
    tags = (*profile.hub_list_tags(told), ("r", "http://no"), ("r",))
    assert profile.read_hub_list(signed(10_002, tags)) == told


def test_comments_read_back_and_old_ones_read() -> None:
    root = comment.Target(id=ID, kind=kinds.LISTING, author=KEY)
    parent = comment.Target(id=EventId("d" * 64), kind=kinds.COMMENT, author=SIGNER.pubkey)
    told = comment.Comment(text="좋아요", root=root, parent=parent)
    read = comment.read_comment(signed(1111, comment.comment_tags(told), told.text))
    assert (read.root, read.parent, read.text) == (root, parent, told.text)
    old = (("e", "d" * 64), ("e", ID, "", "root"), ("p", KEY))
    assert comment.read_comment(signed(2004, old, "hi")).root == root


def test_reports_and_labels_read_back() -> None:
    report = comment.Report(about=ID, whose=KEY, why=comment.Why.SPAM, text="광고")
    read = comment.read_report(signed(1984, comment.report_tags(report), report.text))
    assert (read.about, read.whose, read.why, read.text) == (ID, KEY, comment.Why.SPAM, "광고")
    odd = (("e", ID, "unheard of"), ("p", KEY))
    assert comment.read_report(signed(1984, odd)).why is comment.Why.OTHER
    label = comment.Label(namespace="kkiri", word="가짜", about=(ID,))
    got = comment.read_label(signed(1985, comment.label_tags(label)))
    assert (got.namespace, got.word, got.about) == ("kkiri", "가짜", (ID,))


READERS = {
    0: profile.read_profile,
    3: profile.read_follows,
    10_002: profile.read_hub_list,
    1_111: comment.read_comment,
    2_004: comment.read_comment,
    1_984: comment.read_report,
    1_985: comment.read_label,
}


@pytest.mark.parametrize("kind", READERS)
def test_another_kind_is_refused(kind: int) -> None:
    with pytest.raises(BadRecordError):
        READERS[kind](signed(7))


word = st.sampled_from(["e", "E", "p", "P", "k", "K", "l", "L", "r", "d"])
value = st.sampled_from([ID, KEY, "", "ws://a", "1", "2003", "x" * 700, "\x00", "읽"])


@given(
    st.sampled_from(sorted(READERS)),
    st.lists(st.lists(value, max_size=4).map(tuple), max_size=6),
    st.text(max_size=20),
    st.data(),
)
def test_any_record_reads_or_is_refused(
    kind: int, tails: list[Tag], content: str, data: st.DataObject
) -> None:
    tags = tuple((data.draw(word), *tail) for tail in tails)
    try:
        READERS[kind](signed(kind, tags, content))
    except BadRecordError:
        return
