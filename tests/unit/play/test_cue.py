"""Cues as WebVTT: only what VTT allows comes out, whatever goes in (SAFETY W4)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.play import cue as cues
from kkiri.play.cue import Cue, Place, mark, ordered, unmarked, vtt, written

TAG = re.compile(r"</?[ibu]>")


def shown(text: str, place: Place = Place.BOTTOM) -> str:
    return written(Cue(start=1.0, end=2.5, text=text, place=place))


def test_a_cue_is_written() -> None:
    assert shown("하나\n둘") == "00:00:01.000 --> 00:00:02.500\n하나\n둘\n\n"
    late = Cue(start=3_723.0405, end=360_000.0, text="x")
    assert written(late).startswith("01:02:03.040 --> 100:00:00.000\n")
    assert vtt([late]).startswith("WEBVTT\n\n01:")


def test_where_it_stands() -> None:
    assert " line:5% position:95% align:end\n" in shown("x", Place.TOP_RIGHT)
    assert shown("x", Place.BOTTOM).splitlines()[0].endswith("02.500")


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("1\n00:00:01.000 --> 00:00:02.000\nx", "1\n00:00:01.000 --&gt; 00:00:02.000\nx"),
        ("a\n\n\nb", "a\nb"),
        ("a\r\rb\r\nc", "a\nb\nc"),
        ("a\x00\x1b[31m\u202eb", "a [31m b"),
        (f"{mark('i', False)}a{mark('b', False)}b{mark('i', True)}c", "<i>a<b>b</b></i><b>c</b>"),
        (f"a{mark('i', True)}b", "ab"),
        (f"{mark('u', False)}open", "<u>open</u>"),
    ],
)
def test_text(text: str, body: str) -> None:
    assert shown(text).partition("\n")[2] == body + "\n\n"


@pytest.mark.parametrize("text", ["", " \n\t ", mark("i", False) + mark("i", True), "\x00\x01"])
def test_nothing_to_show(text: str) -> None:
    assert shown(text) == ""
    assert ordered([Cue(start=0.0, end=1.0, text=text)]) == []


def test_order_and_limits() -> None:
    many = [Cue(start=float(n % 7), end=9.0, text=str(n)) for n in range(cues.CUES_MAX + 50)]
    found = ordered(many)
    assert len(found) == cues.CUES_MAX
    assert [one.start for one in found] == sorted(one.start for one in found)
    wrong = [(2.0, 1.0), (-1.0, 1.0), (0.0, 1e9), (1.0, 1.0), (float("nan"), 1.0)]
    assert ordered(Cue(start=start, end=end, text="x") for start, end in wrong) == []
    assert len(shown("x" * 10_000).partition("\n")[2]) <= cues.TEXT_CHARS_MAX + 2
    assert shown("\n".join("ab")).count("\n") == 4


@given(st.text(st.one_of(st.sampled_from("<>&ib/-\n\r\x00\ue000\ue003\u202e "), st.characters())))
def test_only_our_tags_come_out(text: str) -> None:
    body = shown(text).partition("\n")[2]
    bare = TAG.sub("", body)
    assert "<" not in bare and "-->" not in body
    assert "\n\n" not in body.removesuffix("\n\n")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ue000-\ue005]", body)
    opened: list[str] = []
    for tag in TAG.findall(body):
        if tag.startswith("</"):
            assert opened.pop() == tag[2]
        else:
            opened.append(tag[1])
    assert opened == []
    assert unmarked(text) == unmarked(unmarked(text))
