"""SubRip, WebVTT and ASS as found, and what of them is left."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.play.caption import ass_dialogue, ass_text, read_captions, srt_text
from kkiri.play.cue import Cue, Place, mark, vtt
from tests.fakes.cost import processor_seconds

ITALIC, ROMAN = mark("i", False), mark("i", True)


def texts(suffix: str, text: str, language: str = "") -> list[tuple[float, float, str]]:
    return [(one.start, one.end, one.text) for one in read_captions(suffix, text, language)]


def test_subrip() -> None:
    text = (
        "1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>하나</i>\r\n둘\r\n\r\n"
        '2\r\n00:01:00,5 --> 00:01:01,000 X1:10 X2:20\r\n<font color="#ff0000">셋</font>\r\n'
    )
    assert texts("srt", text) == [
        (1.0, 2.5, f"{ITALIC}하나{ROMAN}\n둘"),
        (60.5, 61.0, "셋"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "00:00:01,000 --> 00:00:02,000\n가\n00:00:03,000 --> 00:00:04,000\n나",
        "7\n00:00:01,000-->00:00:02,000\n가\n\n9\n00:00:03,000 -> 00:00:04,000\n나\n\n",
        "\ufeff1\n0:00:01.000 --> 0:00:02.000\n가\n\n\n\n2\n0:00:03:000 --> 0:00:04:000\n나",
        "1\r00:00:01,000 --> 00:00:02,000\r가\r\r2\r00:00:03,000 --> 00:00:04,000\r나\r",
        "junk\n\n1\n00:00:03,000 --> 00:00:04,000\n나\n\n1\n00:00:01,000 --> 00:00:02,000\n가\n",
    ],
)
def test_broken_subrip(text: str) -> None:
    assert texts("srt", text) == [(1.0, 2.0, "가"), (3.0, 4.0, "나")]


def test_a_blank_line_inside_a_cue_does_not_end_it() -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\n가\n\n나\n\n2\n00:00:03,000 --> 00:00:04,000\n다\n"
    assert [one[2].split() for one in texts("srt", text)] == [["가", "나"], ["다"]]


def test_webvtt() -> None:
    text = (
        "WEBVTT - title\n\nNOTE a note\n--\n\nSTYLE\n::cue { color: red }\n\nid\n"
        "00:01.000 --> 00:02.000 line:10% align:start\n<v 철수>가 &amp; <c.red>나</c> <00:01.500>다"
        "\n\nNOTE end\n"
    )
    (cue,) = read_captions("vtt", text, "")
    assert cue == Cue(start=1.0, end=2.0, text="가 & 나 다", place=Place.TOP)


ASS = """[Script Info]
ScriptType: v4.00+
[V4+ Styles]
Format: Name, Fontname, Alignment
Style: Default,Arial,2
Style: Sign,Arial,8
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.00,0:00:09.00,Default,,0,0,0,,not this
Dialogue: 0,0:00:03.00,0:00:04.50,Default,,0,0,0,,{\\i1}가{\\i0}, 나\\N다\\h라
Dialogue: 0,0:00:01.00,0:00:02.00,Sign,,0,0,0,,위
Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,{\\an7\\pos(1,2)}구석
Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,{\\p1}m 0 0 l 100 0{\\p0}
Dialogue: 0,bad,0:00:06.00,Default,,0,0,0,,x
"""


def test_ass() -> None:
    assert read_captions("ass", ASS, "") == [
        Cue(start=1.0, end=2.0, text="위", place=Place.TOP),
        Cue(start=3.0, end=4.5, text=f"{ITALIC}가{ROMAN}, 나\n다 라"),
        Cue(start=5.0, end=6.0, text="구석", place=Place.TOP_LEFT),
    ]


def test_what_it_is_is_seen_from_the_text() -> None:
    assert read_captions("srt", ASS, "")[0].text == "위"
    assert texts("smi", "1\n00:00:01,000 --> 00:00:02,000\n가") == [(1.0, 2.0, "가")]


def test_packets_of_films() -> None:
    cue = ass_dialogue("3,0,Default,,0,0,0,,{\\a6}하나, 둘\\N셋")
    assert cue is not None and (cue.text, cue.place) == ("하나, 둘\n셋", Place.TOP)
    assert ass_dialogue("too,few") is None
    assert ass_text("{\\b700}굵게{\\r}") == (
        mark("b", False) + "굵게" + mark("i", True) + mark("b", True) + mark("u", True),
        Place.BOTTOM,
    )
    assert srt_text("I <3 you, a < b {\\an8}{\\i1}x{\\i0}") == f"I <3 you, a < b {ITALIC}x{ROMAN}"


@given(st.sampled_from(["srt", "vtt", "ass", "smi", ""]), st.text(max_size=2_000))
def test_any_text_is_read(suffix: str, text: str) -> None:
    assert vtt(read_captions(suffix, text, "ko")).startswith("WEBVTT")


PARTS = st.sampled_from(
    [
        "<",
        ">",
        "<sync start=",
        "<p class=krcc>",
        "<sami>",
        "1",
        "\n",
        "-->",
        "00:00:01,000",
        "{\\",
        "}",
        "an8",
        "dialogue: 0,0:00:01.00,",
        "[events]\n",
        "webvtt\n",
        "&nbsp;",
        "<!--",
        "-->",
        "<i>",
        "</b>",
        "가",
        ",",
        " ",
    ]
)


@given(st.lists(PARTS, max_size=200))
def test_pieces_of_all_forms(parts: list[str]) -> None:
    body = vtt(read_captions("srt", "".join(parts), "ko"))
    assert body.startswith("WEBVTT")
    assert "<p" not in body and "<s" not in body


LARGE = 1_000_000


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<a",
        "<sync",
        "<sync start=1>",
        "<sami><sync start=1><p class=krcc>a",
        "<!--",
        "{",
        "{\\",
        "\n",
        "&",
        "00:00:01,000 --> 00:00:02,000\n",
        "00:00:01,000 --> ",
        "Dialogue: ,,,,",
        "< ",
        " ",
        "\\N",
        "[events]\nDialogue: 0,0:00:01.00,0:00:02.00,a,,,,,,x\n",
        "<p<p",
        "<br",
        "style: a,b\n",
    ],
)
@pytest.mark.parametrize("head", ["", "<sami>", "[Events]\n", "WEBVTT\n", "<sami><sync start=1>"])
def test_hostile_text_costs_time_in_proportion(piece: str, head: str) -> None:
    """Four times the text costs at most about four times the time: no quadratic reader."""

    def cost(size: int) -> float:
        text = head + piece * (size // len(piece))
        return processor_seconds(lambda: vtt(read_captions("srt", text, "ko")))

    small = max(cost(LARGE // 4), 0.01)
    assert cost(LARGE) < 12 * small + 0.5
