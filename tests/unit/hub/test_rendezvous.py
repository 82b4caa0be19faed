"""The keys of first contact."""

from hashlib import sha1

from kkiri.base.types import UnixTime
from kkiri.hub.rendezvous import day_key, dtan_key, meeting_keys

NOON = UnixTime(1_795_305_600 + 43_200)  # 2026-11-22 12:00 UTC
DAY = 86_400


def test_dtan_s_key_is_the_one_in_use() -> None:
    assert dtan_key().hex() == "edf2de714650d09b05b51689f81d6264096a1207"


def test_the_day_s_key_changes_at_midnight_utc() -> None:
    assert day_key(NOON) == sha1(b"kkiri:hub:2026-11-22").digest()  # noqa: S324
    assert day_key(UnixTime(NOON - 43_200)) == day_key(UnixTime(NOON + 43_199))
    assert day_key(UnixTime(NOON + 43_200)) == sha1(b"kkiri:hub:2026-11-23").digest()  # noqa: S324


def test_clocks_a_day_apart_still_meet() -> None:
    for behind in range(0, DAY + 1, DAY // 8):
        ours = set(meeting_keys(NOON)) - {dtan_key()}
        theirs = set(meeting_keys(UnixTime(NOON - behind))) - {dtan_key()}
        assert ours & theirs


def test_the_first_day_has_keys_too() -> None:
    assert len(meeting_keys(UnixTime(5))) == 3
