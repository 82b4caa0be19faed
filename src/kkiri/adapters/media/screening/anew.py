"""Streams that are made anew: H.264 no larger than two cores manage, AAC in stereo."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from fractions import Fraction
from typing import Final

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.filter import Graph
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

HEIGHT_MAX = 720  # two cores decode 1080p HEVC and encode 720p faster than it plays
WIDTH_MAX = 1_280  # the same for wide pictures
FRAMES_A_SECOND_MAX = 31  # of 50 or 60 every second one is left out
SIDE_PIXELS_MAX = 8_192  # of what is decoded: 8K is the largest film there is
RATE: Final = 48_000
BROKEN_FRAMES_MAX = 500  # in a row that do not decode: 20 s of film, then it is no film
_BASE: Final = Fraction(1, 90_000)
_ENCODED: Final = {
    "preset": "ultrafast",
    "tune": "zerolatency",  # no frame waits for the next
    "crf": "21",
    "maxrate": "8M",
    "bufsize": "8M",
    "g": "48",
    "profile": "baseline",
    "level": "4.1",
}


class NewPicture:
    """A picture that is decoded, made smaller where needed, and encoded as H.264."""

    def __init__(self, made: OutputContainer, stream: VideoStream, first: Fraction) -> None:
        context = stream.codec_context
        if not 0 < context.width <= SIDE_PIXELS_MAX or not 0 < context.height <= SIDE_PIXELS_MAX:
            raise ValueError("too large a picture")
        context.thread_type = "AUTO"
        context.thread_count = 2
        self._decoded = stream
        self._size = _shown_size(stream)
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        self._every = 2 if rate > FRAMES_A_SECOND_MAX else 1
        self._step = 1 / rate if 1 <= rate <= 240 else Fraction(1, 25)
        encoded = made.add_stream("libx264", rate=25, options=dict(_ENCODED))
        encoded.width, encoded.height = self._size
        encoded.pix_fmt = "yuv420p"
        encoded.codec_context.time_base = _BASE
        encoded.codec_context.thread_count = 2
        self._encoded = encoded
        self._first = first
        self._number = 0
        self._woven: Graph | None = None
        self._last = -1
        self._broken = 0

    def take(self, packet: "Packet[Stream]") -> "Iterator[Packet[Stream]]":
        """Decode and encode; a frame that is broken is left out."""
        try:
            frames = self._decoded.codec_context.decode(packet)
        except av.error.InvalidDataError:
            self._broken += 1
            if self._broken > BROKEN_FRAMES_MAX:
                raise
            return
        if frames:
            self._broken = 0
        yield from self._made(frames)

    def end(self) -> "Iterator[Packet[Stream]]":
        """Give the frames that the decoder and the encoder still hold."""
        with suppress(av.error.InvalidDataError):  # the last picture was cut
            yield from self._made(self._decoded.codec_context.decode(None))
        if self._woven is not None:
            self._woven.vpush(None)
            yield from self._written(_out_of(self._woven))
        if self._last >= 0:
            yield from self._encoded.encode(None)

    def _made(self, frames: list[VideoFrame]) -> "Iterator[Packet[Stream]]":
        for frame in frames:
            if self._woven is None and frame.interlaced_frame:
                self._woven = _unweaving(self._decoded)
            if self._woven is None:
                yield from self._written([frame])
            else:
                self._woven.vpush(frame)
                yield from self._written(_out_of(self._woven))

    def _written(self, frames: Iterable[VideoFrame]) -> "Iterator[Packet[Stream]]":
        for frame in frames:
            self._number += 1
            if self._number % self._every:
                continue
            at = self._time(frame)
            new = frame.reformat(*self._size, format="yuv420p")
            new.pts, new.time_base = at, _BASE
            new.pict_type = 0
            self._last = at
            yield from self._encoded.encode(new)

    def _time(self, frame: VideoFrame) -> int:
        base = frame.time_base
        if frame.pts is None or not base:
            at = self._last + int(self._step * self._every / _BASE)
        else:
            at = int((frame.pts * base - self._first) / _BASE)
        return max(at, self._last + 1, 0)


class NewSound:
    """A sound that is decoded, mixed to stereo and encoded as AAC."""

    def __init__(self, made: OutputContainer, stream: AudioStream, first: Fraction) -> None:
        self._decoded = stream
        encoded = made.add_stream("aac", rate=RATE, layout="stereo")
        encoded.codec_context.bit_rate = 160_000
        self._encoded = encoded
        self._first = first
        self._resampler: AudioResampler | None = None
        self._form: tuple[str, str, int] | None = None
        self._next: int | None = None
        self._broken = 0

    def take(self, packet: "Packet[Stream]") -> "Iterator[Packet[Stream]]":
        """Decode and encode; a frame that is broken is left out."""
        try:
            frames = self._decoded.codec_context.decode(packet)
        except av.error.InvalidDataError:
            self._broken += 1
            if self._broken > BROKEN_FRAMES_MAX:
                raise
            return
        if frames:
            self._broken = 0
        for frame in frames:
            yield from self._made(frame)

    def end(self) -> "Iterator[Packet[Stream]]":
        """Give what the decoder and the encoder still hold."""
        with suppress(av.error.InvalidDataError):  # the last sound was cut
            for frame in self._decoded.codec_context.decode(None):
                yield from self._made(frame)
        if self._next is not None:
            yield from self._packets(None)

    def _made(self, frame: AudioFrame) -> "Iterator[Packet[Stream]]":
        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        if form != self._form or self._resampler is None:
            self._form = form
            self._resampler = AudioResampler(format="fltp", layout="stereo", rate=RATE)
        start = None
        if frame.pts is not None and frame.time_base:
            start = int((frame.pts * frame.time_base - self._first) * RATE)
        for new in self._resampler.resample(frame):
            # a sound runs on from its own first sample; a real gap is left as one
            if self._next is None or (start is not None and abs(start - self._next) > RATE // 4):
                self._next = max(start or 0, self._next or 0)
            start = None
            new.pts, new.time_base = self._next, Fraction(1, RATE)
            self._next += new.samples
            yield from self._packets(new)

    def _packets(self, frame: AudioFrame | None) -> "Iterator[Packet[Stream]]":
        for packet in self._encoded.encode(frame):
            if packet.pts is None or packet.pts >= 0:  # what the decoder begins with is not heard
                yield packet


def _unweaving(stream: VideoStream) -> Graph:
    """Make pictures of two half pictures, as broadcasts and discs have them: combs are ugly."""
    graph = Graph()
    # a large one is made smaller anyway: one half picture of it is enough, and costs nothing
    large = stream.codec_context.height > HEIGHT_MAX
    graph.link_nodes(
        graph.add_buffer(template=stream),
        graph.add("field", "type=top") if large else graph.add("yadif", "deint=interlaced"),
        graph.add("buffersink"),
    ).configure()
    return graph


def _out_of(graph: Graph) -> Iterator[VideoFrame]:
    while True:
        try:
            frame = graph.vpull()
        except (BlockingIOError, EOFError):
            return
        yield frame


def _shown_size(stream: VideoStream) -> tuple[int, int]:
    """Give the size in square pixels, small enough, both even."""
    context = stream.codec_context
    width, height = Fraction(context.width), Fraction(context.height)
    ratio = context.sample_aspect_ratio
    if ratio and Fraction(1, 4) <= ratio <= 4:
        width *= ratio
    less = min(Fraction(1), Fraction(WIDTH_MAX) / width, Fraction(HEIGHT_MAX) / height)
    return max(2, int(width * less) // 2 * 2), max(2, int(height * less) // 2 * 2)
