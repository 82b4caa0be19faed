"""Rumors: written and read back, refused when they are of another than their seal."""

import json

import pytest

from kkiri.base.errors import BadRecordError
from kkiri.base.types import Kind, PubKey, UnixTime
from kkiri.chat.rumor import (
    OTHERS_MAX,
    RUMOR_BYTES_MAX,
    TEXT_CHARS_MAX,
    Rumor,
    compose,
    read,
    said,
    talk_id,
    write,
)

ME, ANN, BEN = (PubKey(letter * 64) for letter in "abc")
NOW = UnixTime(1_700_000_000)


def test_a_message_goes_there_and_back() -> None:
    made = compose(ME, (ANN, ME, BEN, ANN), "안녕\n두 줄", NOW, subject="우리  셋")
    assert made.tags == (("p", ANN), ("p", BEN), ("subject", "우리  셋"))
    back = read(write(made), ME)
    assert (back, back.id) == (made, made.id)
    told = said(back, NOW)
    assert told is not None
    assert (told.people, told.text, told.subject) == ((ME, ANN, BEN), "안녕\n두 줄", "우리  셋")


def test_the_longest_message_to_the_most_people_fits() -> None:
    others = tuple(PubKey(f"{number:064x}") for number in range(OTHERS_MAX))
    made = compose(ME, others, "🎵" * TEXT_CHARS_MAX, NOW, subject="긴" * 80)
    assert len(write(made).encode()) <= RUMOR_BYTES_MAX
    with pytest.raises(BadRecordError):
        compose(ME, (*others, ANN), "x", NOW)
    for text in ("", " \n", "x" * (TEXT_CHARS_MAX + 1)):
        with pytest.raises(BadRecordError):
            compose(ME, (ANN,), text, NOW)
    with pytest.raises(BadRecordError):
        write(compose(ME, (ANN,), "\x01" * TEXT_CHARS_MAX, NOW))  # six bytes each in JSON


def test_what_is_not_its_sealer_s_is_refused() -> None:
    text = write(compose(ANN, (ME,), "I am Ann", NOW))
    with pytest.raises(BadRecordError, match="different people"):
        read(text, BEN)
    plain = json.loads(text)
    for change in (
        {"id": "0" * 64},
        {"sig": "0" * 128},
        {"kind": -1},
        {"created_at": -1},
        {"content": 5},
        {"tags": [[1]]},
    ):
        with pytest.raises(BadRecordError):
            read(json.dumps(plain | change), ANN)
    del plain["id"]
    assert read(json.dumps(plain), ANN).content == "I am Ann"
    with pytest.raises(BadRecordError):
        read("\ud800", ANN)


def rumor(*tags: tuple[str, ...], kind: int = 14, content: str = "x", at: int = NOW) -> Rumor:
    return Rumor(author=ANN, created_at=UnixTime(at), kind=Kind(kind), tags=tags, content=content)


def test_what_a_person_reads_of_it() -> None:
    assert said(rumor(("p", ME), kind=7, content="+"), NOW) is None
    for tags in ((), (("p", "nobody"),), tuple(("p", f"{n:064x}") for n in range(21))):
        with pytest.raises(BadRecordError):
            said(rumor(*tags), NOW)
    ahead = said(rumor(("p", ME), at=NOW + 99, content="a\u202eb"), NOW)
    assert ahead is not None and (ahead.at, ahead.text) == (NOW, "a b")
    file = rumor(("p", ME), ("file-type", "image/png"), kind=15, content="https://host/file")
    told = said(file, NOW)
    assert told is not None and told.text == "📎 image/png https://host/file"


def test_a_conversation_is_named_by_who_is_in_it() -> None:
    assert talk_id((ME, ANN), ME) == ANN == talk_id((ANN,), ME)
    assert talk_id((ME,), ME) == ME
    three = talk_id((ME, ANN, BEN), ME)
    assert len(three) == 32
    assert talk_id((BEN, ME, ANN, ANN), ME) == three == talk_id((ME, ANN, BEN), ANN)
