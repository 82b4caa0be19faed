"""A film opened for looking into it: what may be opened, how much is read to find its streams."""

from collections.abc import Iterator
from contextlib import contextmanager

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from kkiri.adapters.media.screening.reading import PipeFile
from kkiri.adapters.media.tags import FORMATS
from kkiri.play.codecs import DECODED_AUDIO, DECODED_VIDEO

PROBE_BYTES = 1_000_000  # what FFmpeg may read to find the streams: a second of a large film
PROBE_MICROSECONDS = 1_000_000  # ... and how much of play time; late streams are not worth the wait
BUFFER_BYTES = 64 * 1024  # of one read by FFmpeg
SOUNDS_MAX = 32  # a film with all dubbings has about 20
OPTIONS = {
    "format_whitelist": FORMATS,
    "protocol_whitelist": "none",  # a playlist must not open other files or addresses
    "probesize": str(PROBE_BYTES),
    "analyzeduration": str(PROBE_MICROSECONDS),
    "max_streams": "200",  # FFmpeg takes 1,000; each costs memory
}


@contextmanager
def opened(file: PipeFile) -> Iterator[InputContainer]:
    """Open a film or song."""
    with av.open(
        file, mode="r", metadata_errors="replace", options=OPTIONS, buffer_size=BUFFER_BYTES
    ) as container:
        yield container


def picture_of(container: InputContainer) -> VideoStream | None:
    """Give the moving picture: the first that is no cover and that we know."""
    for stream in container.streams.video:
        if not stream.disposition & (Disposition.attached_pic | Disposition.timed_thumbnails):
            return stream if name_of(stream) in DECODED_VIDEO else None
    return None


def sounds_of(container: InputContainer) -> list[AudioStream]:
    """Give the sound tracks that we know."""
    found = [one for one in container.streams.audio if name_of(one) in DECODED_AUDIO]
    return found[:SOUNDS_MAX]


def name_of(stream: VideoStream | AudioStream) -> str:
    """Give a codec's name, not that of the library that decodes it."""
    name = stream.codec_context.name
    return {"libdav1d": "av1", "mp3float": "mp3", "libopus": "opus"}.get(name, name)
