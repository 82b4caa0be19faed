"""Pictures in profiles: ours go in and out, and nothing that is not a small JPEG comes out."""

from base64 import b64encode
from fractions import Fraction

import av
import pytest

from kkiri.event.picture import (
    HEAD,
    PICTURE_BYTES_MAX,
    SIDE_MAX,
    BadPictureError,
    clean_jpeg,
    data_url,
    jpeg_of,
)


def jpeg(width: int = 64, height: int = 48) -> bytes:
    encoder = av.CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    frame = av.VideoFrame(width, height, "yuvj420p")
    for plane in frame.planes:
        plane.update(bytes((n * 7) % 256 for n in range(plane.buffer_size)))
    frame.pts = 0
    return b"".join(bytes(packet) for packet in (*encoder.encode(frame), *encoder.encode(None)))


def test_a_picture_goes_in_and_out() -> None:
    picture = jpeg()
    assert jpeg_of(data_url(picture)) == clean_jpeg(picture)
    assert clean_jpeg(clean_jpeg(picture)) == clean_jpeg(picture)


def test_place_and_camera_are_left_out() -> None:
    picture = jpeg()
    exif = b"Exif\0\0GPS 37.5665 126.9780"
    told = picture[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2) + exif + picture[2:]
    assert b"GPS" not in clean_jpeg(told)
    assert clean_jpeg(told) == clean_jpeg(picture)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xd8",
        b"\xff\xd8\xff\xd9",
        b"<svg onload=alert(1)>",
        jpeg()[:-2],
        jpeg() + b"<script>",
        jpeg(SIDE_MAX + 2, 16),
        jpeg().replace(b"\xff\xc0", b"\xff\xc3"),
        b"\xff\xd8" + b"\xff\xe0\xff\xff" + bytes(100),
        b"\xff\xd8" + bytes(PICTURE_BYTES_MAX),
    ],
)
def test_what_is_no_small_jpeg_is_refused(raw: bytes) -> None:
    with pytest.raises(BadPictureError):
        clean_jpeg(raw)
    assert jpeg_of(HEAD + b64encode(raw).decode()) is None


def test_other_addresses_are_no_picture() -> None:
    for text in (
        "",
        "https://host.example/face.jpg",
        "data:image/svg+xml;base64,PHN2Zz4=",
        "data:text/html,<script>",
        HEAD + "!!!!",
        HEAD + "A" * 100_000,
    ):
        assert jpeg_of(text) is None


def test_every_shortened_picture_is_refused_and_none_takes_long() -> None:
    picture = jpeg()
    for length in range(0, len(picture), 7):
        with pytest.raises(BadPictureError):
            clean_jpeg(picture[:length])
