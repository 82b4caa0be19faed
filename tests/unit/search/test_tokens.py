"""What a record is found by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.base.types import Kind, UnixTime
from kkiri.search.korean import normalize, pieces
from kkiri.search.spelling import forms, keys, near
from kkiri.search.tokens import Searchable, heads, initial_runs, words
from tests.unit.adapters.store.making import ANN, listing


def cut(text: str) -> list[str]:
    return list(words(pieces(normalize(text))))


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("소리바다", {"소리", "리바", "바다"}),
        ("옛날 이야기", {"옛날", "날이", "이야", "야기"}),
        ("봄 날", {"봄", "봄날", "날"}),
        ("봄 a 날", {"봄", "a", "날"}),
        ("런닝맨E0512", {"런닝", "닝맨", "e", "512"}),
        ("Daft Punk", {"daft", "punk"}),
        ("花見酒 本", {"花見", "見酒", "本"}),
        ("", set()),
    ],
)
def test_words(text: str, tokens: set[str]) -> None:
    assert set(cut(text)) == tokens


def test_heads_and_initials() -> None:
    line = pieces(normalize("소리바다 Daft 7"))
    assert set(heads(line)) == {"소", "소리", "d", "da", "daf", "daft"}
    assert set(initial_runs(pieces("옛날 이야기"))) == {
        "ㅇㄴ", "ㅇㄴㅇ", "ㅇㄴㅇㅇ", "ㅇㄴㅇㅇㄱ", "ㅇㅇ", "ㅇㅇㄱ",
    }  # fmt: skip


def test_tokens_of_a_listing() -> None:
    record = listing(
        "봄날", files=[("봄날/love.mp3", 5 << 20)], more=[("artist", "BTS"), ("duration", "274")]
    )
    found = Searchable(record)
    assert found.title_tokens == {"봄날", "bts"}
    assert found.rest_tokens == {"love", "mp", "3"}
    assert found.fact_tokens == {"k2003", "tmusic", "s23", "l9", f"a{ANN.pubkey[:8]}"}
    assert {"n봄날", "rlove", "hbts", "cㅂㄴ", "fk2003"} <= set(found.tokens())


@pytest.mark.parametrize(
    ("kind", "tags", "content", "token"),
    [
        (0, (), '{"name":"영희 Kim","about":"hello"}', "kim"),
        (0, (), "not json", "json"),
        (1, (("subject", "greeting"),), "hello world", "greeting"),
        (30_023, (("d", "essay"), ("title", "On trees")), "oak", "trees"),
        (30_402, (("d", "1"), ("title", "Bicycle"), ("location", "Busan")), "", "bicycle"),
        (2003, (("title", "broken"), ("x", "zz")), "", "broken"),
    ],
)
def test_other_kinds(
    kind: int, tags: tuple[tuple[str, ...], ...], content: str, token: str
) -> None:
    found = Searchable(ANN.sign(Kind(kind), tags, content, UnixTime(1)))
    assert token in found.title_tokens | found.rest_tokens


def test_a_record_of_any_size_gives_few_tokens() -> None:
    long = " ".join(f"word{n}x" for n in range(30_000))
    found = Searchable(listing("t", content=long[:100_000]))
    assert len(found.rest_tokens) <= 4_000


@given(st.text(alphabet="가나다라 ab1ㅅ", max_size=20))
def test_tokens_never_have_spaces_or_quotes(text: str) -> None:
    for token in Searchable(listing(text or "x", content=text)).tokens():
        assert len(token) > 1 and token.isalnum(), token


def test_near_words() -> None:
    for one, others in [
        ("beatles", "beatls beattles baetles beatlas eatles"),
        ("소리바다", "소라바다 솔리바다 소리바당"),
    ]:
        for two in others.split():
            assert near(one, two) and near(two, one), (one, two)
    for one, two in [
        ("song", "sing"),
        ("beatles", "bottles"),
        ("바다", "바디"),
        ("소리바다", "노래바다"),
    ]:
        assert not near(one, two), (one, two)
    assert keys("봄") == "" and keys("abc1e") == "" and keys("x" * 31) == ""
    assert len(list(forms("beatles"))) == 8


@given(st.text(alphabet="abc", min_size=5, max_size=8), st.data())
def test_a_changed_key_is_always_near(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 1))
    for other in (
        word[:at] + word[at + 1 :],
        word[:at] + "z" + word[at:],
        word[:at] + "z" + word[at + 1 :],
    ):
        if keys(other):
            assert near(word, other)
