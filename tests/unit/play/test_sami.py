"""SAMI as found in the wild: a table of what Korean files of 1998-2010 do."""

import pytest

from kkiri.play.caption import read_captions
from kkiri.play.cue import mark
from kkiri.play.sami import languages

HEAD = """<SAMI><HEAD><TITLE>x</TITLE><STYLE TYPE="text/css"><!--
P { font-size: 20pt; }
.KRCC { Name: Korean; lang: ko-KR; SAMIType: CC; }
.ENCC { Name: English; lang: en-US; SAMIType: CC; }
--></STYLE></HEAD><BODY>
"""
BOTH = (
    HEAD
    + "<SYNC Start=1000><P Class=KRCC>안녕<br>하세요\n<P Class=ENCC>Hello\n"
    + "<SYNC Start=2000><P Class=KRCC>&nbsp;<P Class=ENCC>&nbsp;\n"
    + "<SYNC Start=3000><P Class=KRCC>둘\n<SYNC Start=3500><P Class=ENCC>Two\n"
    + "<SYNC Start=4000><P Class=KRCC>&nbsp;\n<SYNC Start=4500><P Class=ENCC>&nbsp;\n</BODY></SAMI>"
)


def cues(text: str, language: str = "ko") -> list[tuple[float, float, str]]:
    return [(one.start, one.end, one.text) for one in read_captions("smi", text, language)]


def test_two_languages() -> None:
    assert languages(BOTH) == {"KRCC": "ko", "ENCC": "en"}
    assert cues(BOTH, "ko") == [(1.0, 2.0, "안녕\n하세요"), (3.0, 4.0, "둘")]
    assert cues(BOTH, "en") == [(1.0, 2.0, "Hello"), (3.5, 4.5, "Two")]
    assert cues(BOTH, "fr") == cues(BOTH, "ko")


WANTED = [(1.0, 2.0, "하나"), (3.0, 4.0, "둘")]


@pytest.mark.parametrize(
    "body",
    [
        # no class at all
        "<SYNC Start=1000><P>하나<SYNC Start=2000><P>&nbsp;<SYNC Start=3000><P>둘"
        "<SYNC Start=4000><P>&nbsp;",
        # no paragraphs
        "<SYNC Start=1000>하나<SYNC Start=2000>&nbsp;<SYNC Start=3000>둘<SYNC Start=4000>&nbsp;",
        # quotes, spaces, lower case, closed tags
        "<sync start = \"1000\"><p class='KRCC'>하나</p></sync>"
        "<sync start='2000'><p class=krcc>&nbsp;</p></sync>"
        "<sync Start=3000 ><p Class=KRCC >둘</p></sync><sync start=4000>"
        "<p class=KRCC>&nbsp;</p></sync>",
        # &nbsp without its semicolon, a space, an empty body
        "<SYNC Start=1000><P Class=KRCC>하나<SYNC Start=2000><P Class=KRCC>&nbsp<SYNC Start=3000>"
        "<P Class=KRCC>둘<SYNC Start=4000><P Class=KRCC>  ",
        # tags that are never closed, colours, a class with a typing error in one place
        "<SYNC Start=1000><P Class=KRCC><font color=yellow>하나<SYNC Start=2000>"
        "<P Class=KRCC>&nbsp;"
        "<SYNC Start=3000><P Class=KRCC><FONT COLOR=#ffffff>둘</FONT>"
        "<SYNC Start=4000><P Class=KRCC>&nbsp;",
        # out of order
        "<SYNC Start=3000><P Class=KRCC>둘<SYNC Start=4000><P Class=KRCC>&nbsp;<SYNC Start=1000>"
        "<P Class=KRCC>하나<SYNC Start=2000><P Class=KRCC>&nbsp;",
        # a comment between, a broken tag at the end, negative and missing times
        "<SYNC Start=-5><P Class=KRCC>x<SYNC><P Class=KRCC>y<!-- "
        "<SYNC Start=1500> --><SYNC Start=1000>"
        "<P Class=KRCC>하나<SYNC Start=2000><P Class=KRCC>&nbsp;<SYNC Start=3000><P Class=KRCC>둘"
        "<SYNC Start=4000><P Class=KRCC>&nbsp;</BODY></SAM",
        # a sync without its >
        "<SYNC Start=1000><P Class=KRCC>하나<SYNC Start=2000><P Class=KRCC>&nbsp;<SYNC Start=3000\n"
        "<P Class=KRCC>둘<SYNC Start=4000><P Class=KRCC>&nbsp;",
    ],
)
def test_the_wild(body: str) -> None:
    assert cues("<SAMI><BODY>" + body) == WANTED
    assert cues(HEAD + body) == WANTED


def test_tags_and_entities() -> None:
    body = (
        "<SYNC Start=1><P><i>기울임</i> <b>A &amp; B</b> &lt;3 <ruby>漢<rt>한</rt>"
        "</ruby><SYNC Start=9><P>&nbsp;"
    )
    ((_, _, text),) = cues("<SAMI>" + body)
    i, no_i, b, no_b = (
        mark(*one) for one in (("i", False), ("i", True), ("b", False), ("b", True))
    )
    assert text == f"{i}기울임{no_i} {b}A & B{no_b} <3 漢한"


def test_the_last_one_ends() -> None:
    assert cues("<SAMI><SYNC Start=1000><P>끝") == [(1.0, 31.0, "끝")]


def test_no_sync_and_an_unclosed_comment() -> None:
    assert cues("<SAMI><BODY></BODY></SAMI>") == []
    assert cues("<SAMI><!-- <SYNC Start=1000><P>하나<SYNC Start=2000><P>&nbsp;") == [
        (1.0, 2.0, "하나")
    ]
