"""Words that differ by one key: one letter, or one jamo of a syllable, left out, added, changed.

Two words are near when leaving out at most one key in each can make them equal; so all near words
are found by looking up the few forms of a word with one key left out.
"""

from collections.abc import Iterator

from kkiri.search.korean import SYLLABLE_FIRST, SYLLABLE_LAST, jamo

KEYS_MIN = 5  # shorter words are near to too many others: song, sing, sung
KEYS_MAX = 30  # longer words are no words; bounds the forms of one word


def keys(word: str) -> str:
    """Give what is typed for a word: letters, and syllables as jamo; empty when not forgiven."""
    typed = jamo(word)
    hangul = bool(word) and SYLLABLE_FIRST <= ord(word[0]) <= SYLLABLE_LAST
    long_enough = len(typed) >= KEYS_MIN and (not hangul or len(word) > 1)
    return typed if long_enough and len(typed) <= KEYS_MAX and word.isalpha() else ""


def forms(word: str) -> Iterator[str]:
    """Give the word's keys, and its keys with each one left out."""
    typed = keys(word)
    if not typed:
        return
    yield typed
    for at in range(len(typed)):
        yield typed[:at] + typed[at + 1 :]


def near(first: str, second: str) -> bool:
    """Say whether two words differ by at most one key, or by two neighbours that changed places."""
    if first == second:
        return True
    if abs(len(first) - len(second)) > 1 and keys(first) == first:
        return False
    return not set(forms(first)).isdisjoint(forms(second))
