"""Small media files made on the spot, by PyAV, with tags by mutagen."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from mutagen.id3 import ID3, TALB, TIT2, TPE1
from mutagen.id3._specs import Encoding

RATE = 8_000
SUFFIXES = {"mp3": "libmp3lame", "ogg": "libopus", "mp4": "mpeg4", "flac": "flac", "mkv": "mpeg4"}


def make(folder: Path, suffix: str, seconds: int = 2) -> Path:
    """Make a file of silence, or of a grey film with silence."""
    path = folder / f"made.{suffix}"
    with av.open(str(path), "w") as container:
        film = suffix in {"mp4", "mkv"}
        video = container.add_stream(SUFFIXES[suffix], rate=5) if film else None
        audio = container.add_stream("aac" if film else SUFFIXES[suffix], rate=RATE, layout="mono")
        if video is not None:
            _film(container, video, seconds)
        _silence(container, audio, seconds)
    return path


def _film(container: av.container.OutputContainer, stream: av.VideoStream, seconds: int) -> None:
    stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
    for number in range(5 * seconds):
        frame = av.VideoFrame(64, 48, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.pts, frame.time_base = number, Fraction(1, 5)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _silence(container: av.container.OutputContainer, stream: av.AudioStream, seconds: int) -> None:
    form = stream.codec_context.format
    for frame in _frames(form, stream.codec_context.frame_size or 1_024, seconds):
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _frames(form: av.AudioFormat, size: int, seconds: int) -> Iterator[av.AudioFrame]:
    for at in range(0, RATE * seconds, size):
        frame = av.AudioFrame(format=form.name, layout="mono", samples=size)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
        yield frame


def tag(path: Path, title: str, artist: str, album: str, encoding: Encoding) -> None:
    """Write ID3 tags."""
    tags = ID3()
    for frame, text in ((TIT2, title), (TPE1, artist), (TALB, album)):
        tags.add(frame(encoding=encoding, text=[text]))
    tags.save(path)
