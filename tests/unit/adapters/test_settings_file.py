"""One setting of a file is changed; everything else in it is what it was."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.adapters.settings_file import changed
from kkiri.base.errors import BadConfigError

MINE = """# my peer
port = 8080   # the page

bootstrap = [ # friends
  "ws://10.0.0.1:7",   # Ann
  "ws://10.0.0.2:7",
]
'lang' = 'ko'
"""


def test_comments_order_and_lists_stay() -> None:
    text = changed(MINE, "port", 9090)
    assert text == MINE.replace("8080", "9090")
    text = changed(text, "lang", None)
    assert text == MINE.replace("8080", "9090").replace("'lang' = 'ko'\n", "")
    text = changed(text, "lan", False)
    assert text == MINE.replace("8080", "9090").replace("'lang' = 'ko'\n", "lan = false\n")
    assert changed(text, "port", 9090) == text
    assert changed("", "upload_rate", "500k") == 'upload_rate = "500k"\n'
    assert changed(MINE, "not there", None) == MINE


@given(st.text(max_size=60), st.sampled_from(["port", "lang", "advertise"]))
def test_any_text_is_read_back_as_it_was(value: str, name: str) -> None:
    before = tomllib.loads(MINE)
    try:
        after = tomllib.loads(changed(MINE, name, value))
    except ValueError:
        assert any(0xD800 <= ord(char) <= 0xDFFF for char in value)
        return
    assert after == before | {name: value}


@pytest.mark.parametrize("text", ["port = ", "[[", "a = 1\na = 2", "x = \x00"])
def test_what_is_no_toml_is_refused(text: str) -> None:
    with pytest.raises(BadConfigError):
        changed(text, "port", 1)
