"""A film as fragmented MP4 from a keyframe on, with its own times counted from its beginning.

What browsers play is passed on; the rest is made anew as H.264 and AAC, small enough that two
cores keep up. The first fragment leaves after 0.3 s of film, whatever its keyframes' distance.
"""

import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import av
from av.audio.stream import AudioStream
from av.bitstream import BitStreamFilterContext
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from kkiri.adapters.media.limits import bytes_for_decoding
from kkiri.adapters.media.screening.anew import NewPicture, NewSound
from kkiri.adapters.media.screening.opening import opened, picture_of, sounds_of
from kkiri.adapters.media.screening.pipe import Remuxing
from kkiri.adapters.media.screening.probe import copied_audio, copied_video, is_plain
from kkiri.adapters.media.screening.reading import Line, PipeFile
from kkiri.adapters.media.tags import LENGTH_SECONDS_MAX
from kkiri.play.codecs import EVERYWHERE_AUDIO

FRAGMENT_MICROSECONDS = 300_000  # the first picture leaves after so much film
BACK_SECONDS = 10.0  # where a container has no index, a keyframe is looked for so far back
CATCH_UP_SECONDS_MAX = 12.0  # keyframes farther apart than in any film: then seeking found nothing
NEVER = -(2**62)
HELD_BYTES_MAX = 48 * 1024 * 1024  # of packets from one keyframe on, while catching up
NO_INDEX = frozenset({"mpegts", "mpeg", "mpegvideo", "flv"})
MUXED = {
    # times stay as they are, also after a seek; no edit list, which would move them
    "movflags": "empty_moov+default_base_moof+frag_discont+delay_moov",
    "use_editlist": "0",
    "avoid_negative_ts": "disabled",
    "frag_duration": str(FRAGMENT_MICROSECONDS),
    "max_interleave_delta": "1000000",  # a silent stretch must not hold the picture back
    "flush_packets": "1",
}


class Track(Protocol):
    """One stream of the film on its way into the new one."""

    def take(self, packet: "Packet[Stream]") -> "Iterator[Packet[Stream]]":
        """Give what a packet becomes."""
        ...

    def end(self) -> "Iterator[Packet[Stream]]":
        """Give what was held back."""
        ...


def remux(file: PipeFile, line: Line, wanted: Remuxing) -> None:
    """Send the film from a time on. Raises: ValueError when nothing in it can be shown."""
    with opened(file) as container:
        video, sounds = picture_of(container), sounds_of(container)
        audio = sounds[min(wanted.sound, len(sounds) - 1)] if sounds else None
        main = video or audio
        if main is None:
            raise ValueError("nothing to show")
        begin = min(max(wanted.start, 0.0), float(LENGTH_SECONDS_MAX))
        _seek(container, main, begin)
        # `opened` gives one that closes the input alone; this one flushes into the line at its end
        with av.open(Sink(line), mode="w", format="mp4", options=MUXED) as made:
            tracks: dict[int, Track] = {}
            if video is not None:
                tracks[video.index] = _picture_track(made, video, wanted.plain, container)
            if audio is not None:
                tracks[audio.index] = _sound_track(made, audio, wanted.plain, container)
            streams = [one for one in (video, audio) if one is not None]
            for packet in _from_keyframe(container, streams, main, begin):
                made.mux(list(tracks[packet.stream_index].take(packet)))
            for track in tracks.values():
                made.mux(list(track.end()))


class Sink(io.RawIOBase):
    """Where the new film is written: the line out, which cannot be gone back in."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line

    def writable(self) -> bool:
        """Tell that it can be written."""
        return True

    def seekable(self) -> bool:
        """Tell that it goes forward alone."""
        return False

    def write(self, data: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]
        """Send bytes; waits while nobody takes them."""
        self._line.give(bytes(data))
        return len(data)


def seconds_of(value: int | None, base: Fraction | None) -> float | None:
    """Give a time in seconds."""
    return None if value is None or base is None else float(value * base)


def first_time(container: InputContainer) -> Fraction:
    """Give the time at which the film begins; its own times are counted from there."""
    start: int | None = container.start_time
    return Fraction(start or 0, av.time_base)


def _seek(container: InputContainer, main: VideoStream | AudioStream, begin: float) -> None:
    """Go to where the keyframe before a time should be."""
    if begin <= 0:
        return
    back = BACK_SECONDS if container.format.name in NO_INDEX else 0.0
    wanted = first_time(container) + Fraction(max(begin - back, 0.0))
    base = main.time_base
    if base:
        container.seek(int(wanted / base), backward=True, stream=main)


def _from_keyframe(
    container: InputContainer,
    streams: list[VideoStream | AudioStream],
    main: VideoStream | AudioStream,
    begin: float,
) -> "Iterator[Packet[Stream]]":
    """Give packets from the last keyframe at or before a time on.

    An index finds that keyframe; without one it is found by reading on, nothing decoded.
    """
    held: deque[Packet[Stream]] = deque()
    size = 0
    shift = first_time(container)
    key: float | None = None
    flowing = False
    indexed = container.format.name not in NO_INDEX and _indexed(main, begin + float(shift))
    for packet in container.demux(*streams):
        if packet.size == 0:
            continue  # what demux gives at the end, to flush decoders
        if flowing:
            yield packet
            continue
        at = seconds_of(packet.pts if packet.pts is not None else packet.dts, packet.time_base)
        now = None if at is None else at - float(shift)
        if packet.stream_index == main.index and packet.is_keyframe:
            if key is None or (now is not None and now <= begin):
                held.clear()
                size = 0
                key = now if now is not None else begin
        if key is None:
            continue
        held.append(packet)
        size += packet.size
        near = indexed and begin - key <= CATCH_UP_SECONDS_MAX
        late = packet.stream_index == main.index and now is not None and now >= begin
        if near or late or size > HELD_BYTES_MAX:
            flowing = True
            yield from held
            held.clear()
    yield from held


def _indexed(main: VideoStream | AudioStream, until: float) -> bool:
    """Tell whether the index goes so far, so that seeking found the right keyframe."""
    entries, base = main.index_entries, main.time_base
    if not len(entries) or not base:
        return False
    return float(entries[-1].timestamp * base) >= until


def _picture_track(
    made: OutputContainer, stream: VideoStream, plain: bool, container: InputContainer
) -> Track:
    if copied_video(stream) is None or (plain and not is_plain(stream)):
        bytes_for_decoding()
        return NewPicture(made, stream, first_time(container))
    return Copied(made, stream, first_time(container))


def _sound_track(
    made: OutputContainer, stream: AudioStream, plain: bool, container: InputContainer
) -> Track:
    copied = copied_audio(stream)
    if copied is None or (plain and copied not in EVERYWHERE_AUDIO):
        return NewSound(made, stream, first_time(container))
    return Copied(made, stream, first_time(container))


@dataclass(slots=True)
class _Times:
    """Decoding times that grow from zero on, as MP4 wants them; pictures stay where they are."""

    last: int = -1

    def after(self, dts: int) -> int:
        self.last = max(dts, self.last + 1)
        return self.last


class Copied:
    """A stream that is passed on as it is."""

    def __init__(
        self, made: OutputContainer, stream: VideoStream | AudioStream, first: Fraction
    ) -> None:
        self._stream = made.add_stream_from_template(stream)
        self._base = stream.time_base or Fraction(1, 1000)
        self._shift = round(first / self._base)
        self._video = isinstance(stream, VideoStream)
        self._times = _Times()
        self._waiting: list[Packet[Stream]] = []
        self._key: int | None = None
        bare = stream.codec_context.name == "aac" and not stream.codec_context.extradata
        # AAC of broadcasts has a header on each packet, that of MP4 one for all
        self._headers = BitStreamFilterContext("aac_adtstoasc", stream) if bare else None

    def take(self, packet: "Packet[Stream]") -> "Iterator[Packet[Stream]]":
        """Pass a packet on; those without a decoding time wait for the first that has one."""
        for one in [packet] if self._headers is None else self._headers.filter(packet):
            yield from self._take(one)

    def end(self) -> "Iterator[Packet[Stream]]":
        """Pass on what still waits."""
        yield from self._passed()

    def _take(self, packet: "Packet[Stream]") -> "Iterator[Packet[Stream]]":
        if packet.pts is None and packet.dts is None and not self._waiting:
            return  # nothing says when it is shown
        if self._video and self._leads(packet):
            return
        self._waiting.append(packet)
        if packet.dts is not None or len(self._waiting) > 32:
            yield from self._passed()

    def _leads(self, packet: "Packet[Stream]") -> bool:
        """Tell whether a picture comes before the first keyframe and needs one that is not sent."""
        if self._key is None:
            self._key = packet.pts
            return False
        if packet.is_keyframe:
            self._key = NEVER  # pictures that lead the second keyframe have what they need
        if packet.pts is None:
            return False
        return packet.pts < self._key

    def _passed(self) -> "Iterator[Packet[Stream]]":
        known = next((n for n, packet in enumerate(self._waiting) if packet.dts is not None), None)
        for number, packet in enumerate(self._waiting):
            step = packet.duration or 1
            if packet.dts is None:
                anchor = None if known is None else self._waiting[known].dts
                shown = packet.pts or 0
                packet.dts = (
                    shown if anchor is None or known is None else (anchor - (known - number) * step)
                )
            pts = packet.pts if packet.pts is not None else packet.dts
            if not self._video and pts - self._shift + step <= 0:
                continue  # what a decoder needs to begin with, before the first sound
            dts = self._times.after(packet.dts - self._shift)
            packet.dts = dts
            packet.pts = max(pts - self._shift, dts)
            packet.stream = self._stream
            yield packet
        self._waiting.clear()
