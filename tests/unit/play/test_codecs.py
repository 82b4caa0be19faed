"""How codecs are written in MIME types; the headers are those of real films."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.play.codecs import audio_codec, plays_direct, stream_type, video_codec

AVCC = bytes.fromhex("0164001effe1001a6764001eacd940a02ff9610000030001000003003c8f162d96")
SPS = b"\0\0\0\1" + bytes.fromhex("6764001eacd940a02ff961")
HVCC = bytes.fromhex("01016000000090000000000078f000fcfdf8f800000f03")
HEVC_SPS = (
    b"\0\0\0\1\x40\x01"
    + b"\0" * 4
    + b"\0\0\1\x42\x01\x01"
    + bytes.fromhex("016000000300900000030000030078a0")
)
SIZE = (640, 360)


@pytest.mark.parametrize(
    ("codec", "extradata", "pixels", "size", "text"),
    [
        ("h264", AVCC, "yuv420p", SIZE, "avc1.64001E"),
        ("h264", SPS, "yuv420p", SIZE, "avc1.64001E"),
        ("h264", b"", "yuv420p", SIZE, None),
        ("h264", b"\1", "yuv420p", SIZE, None),
        ("hevc", HVCC, "yuv420p", SIZE, "hvc1.1.6.L120.90"),
        ("hevc", HEVC_SPS, "yuv420p", SIZE, "hvc1.1.6.L120.90"),
        ("hevc", b"\1\1", "yuv420p", SIZE, None),
        ("vp9", b"", "yuv420p", SIZE, "vp09.00.21.08"),
        ("vp9", b"", "yuv420p10le", (3_840, 2_160), "vp09.02.50.10"),
        ("vp9", b"", "yuv444p12le", (60_000, 60_000), "vp09.03.62.12"),
        ("av1", b"\x81\x08\x0c\x00", "yuv420p", SIZE, "av01.0.08M.08"),
        ("av1", b"\x81\x2d\xe0\x00", "yuv420p10le", SIZE, "av01.1.13H.12"),
        ("av1", b"", "yuv420p", SIZE, "av01.0.08M.08"),
        ("mpeg4", b"", "yuv420p", SIZE, None),
    ],
)
def test_pictures(
    codec: str, extradata: bytes, pixels: str, size: tuple[int, int], text: str | None
) -> None:
    assert video_codec(codec, extradata, pixels, size) == text


@pytest.mark.parametrize(
    ("codec", "extradata", "text"),
    [
        ("aac", b"\x11\x90", "mp4a.40.2"),
        ("aac", b"\x2b\x92", "mp4a.40.5"),
        ("aac", b"\xf9\x46", "mp4a.40.42"),
        ("aac", b"", "mp4a.40.2"),
        ("mp3", b"", None),
        ("opus", b"", "opus"),
        ("flac", b"", "flac"),
        ("ac3", b"", None),
    ],
)
def test_sounds(codec: str, extradata: bytes, text: str | None) -> None:
    assert audio_codec(codec, extradata) == text


def test_types() -> None:
    assert stream_type("avc1.64001E", "opus") == 'video/mp4; codecs="avc1.64001E,opus"'
    assert stream_type(None, "opus") == 'audio/mp4; codecs="opus"'
    assert stream_type("av01", None) == 'video/mp4; codecs="av01"'


@pytest.mark.parametrize(
    ("name", "video", "pixels", "audio", "direct"),
    [
        ("a.mp4", "h264", "yuv420p", ["aac"], True),
        ("a.MP4", "h264", "yuv420p", [], True),
        ("a.mp4", "h264", "yuv420p10le", ["aac"], False),
        ("a.mp4", "h264", "yuv420p", ["ac3"], False),
        ("a.mp4", "mpeg4", "yuv420p", ["aac"], False),
        ("a.mkv", "h264", "yuv420p", ["aac"], False),
        ("a.webm", "vp9", "yuv420p", ["opus"], True),
        ("a.webm", "h264", "yuv420p", ["opus"], False),
        ("a.mp3", None, "", ["mp3"], True),
        ("a.flac", None, "", ["flac"], True),
        ("a.m4a", None, "", ["alac"], False),
        ("a.opus", None, "", ["opus"], True),
        ("a.mp3", None, "", [], False),
        ("mp4", "h264", "yuv420p", ["aac"], True),
    ],
)
def test_direct(name: str, video: str | None, pixels: str, audio: list[str], direct: bool) -> None:
    assert plays_direct(name, video, pixels, audio) is direct


@given(st.sampled_from(["h264", "hevc", "av1", "vp9"]), st.binary(max_size=80))
def test_any_header_gives_plain_text_or_nothing(codec: str, raw: bytes) -> None:
    found = video_codec(codec, raw, "yuv420p", SIZE)
    assert found is None or (found.isascii() and found.replace(".", "").isalnum())
    assert audio_codec("aac", raw) is not None
