"""Twelve words: the vectors of NIP-06, and words that are none."""

import json

import pytest

from kkiri.adapters.keys import words
from kkiri.adapters.keys.key_file import from_words
from tests.unit.adapters.keys import VECTORS

SPEC = json.loads(VECTORS.read_text("utf-8"))["nip06"]
TWELVE = SPEC[0]["words"]


def test_spec_vectors() -> None:
    for vector in SPEC:
        key = from_words(vector["words"])
        assert key.secret.hex() == vector["secret"]
        assert key.pubkey == vector["pubkey"]
        assert key.entropy is not None
        assert words.words_of(key.entropy) == vector["words"]


def test_spacing_and_case_do_not_matter() -> None:
    assert words.entropy_of(f"  {TWELVE.upper()}\n".replace(" ", " \t")) == words.entropy_of(TWELVE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "leader",
        TWELVE.rsplit(" ", 1)[0],
        TWELVE.replace("bean", "beans"),
        TWELVE.replace("leader monkey", "monkey leader"),  # a checksum sees two words exchanged
        f"{TWELVE} bean",
        "가 " * 12,
    ],
)
def test_not_words(text: str) -> None:
    with pytest.raises(words.BadWordsError):
        words.entropy_of(text)
