"""Subtitles as WebVTT: a track inside a film, read as far as asked, or a file beside it."""

from collections.abc import Iterator
from typing import Final

from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard, Stream
from av.subtitles.stream import SubtitleStream

from kkiri.adapters.media.screening.opening import opened, picture_of, sounds_of
from kkiri.adapters.media.screening.pipe import TEXT_BYTES_MAX, Captioning
from kkiri.adapters.media.screening.reading import Line, PipeFile
from kkiri.adapters.media.screening.remux import first_time, seconds_of
from kkiri.play import sami
from kkiri.play.caption import ass_dialogue, read_captions, srt_text
from kkiri.play.charset import decoded
from kkiri.play.codecs import TEXT_CAPTIONS
from kkiri.play.cue import CUES_MAX, Cue, Place, head, vtt, written

BEFORE_SECONDS = 8.0  # a cue that is still shown at a time began at most so much earlier
AFTER_SECONDS = 2.0  # tracks of a film are written so close together
SHOWN_SECONDS = 4.0  # of a cue whose packet says no length
_STYLES_AT: Final = 2  # mov_text: two bytes of length, then the text, then its styles


def text(file: PipeFile, language: str) -> bytes:
    """Give a subtitle file as WebVTT. Raises: ValueError when it is too long or has no cue."""
    if file.size > TEXT_BYTES_MAX:
        raise ValueError("too long")
    suffix = file.name.rpartition(".")[2].lower()
    cues = read_captions(suffix, decoded(file.readall(), language), language)
    if not cues:
        raise ValueError("no cue")
    return vtt(cues).encode()


def languages(file: PipeFile) -> list[str]:
    """Give the languages of a SAMI file, each once. Raises: ValueError when it is too long."""
    if file.size > TEXT_BYTES_MAX:
        raise ValueError("too long")
    found = sami.languages(decoded(file.readall())).values()
    return [one for one in dict.fromkeys(found) if one]


def captions(file: PipeFile, line: Line, wanted: Captioning) -> None:
    """Send the cues of a track. Raises: ValueError when there is no such track of text."""
    with opened(file) as container:
        tracks = list(container.streams.subtitles)
        if wanted.number >= len(tracks):
            raise ValueError("no such track")
        track = tracks[wanted.number]
        if track.codec_context.name not in TEXT_CAPTIONS:
            raise ValueError("not text")
        line.give(head().encode())
        for number, cue in enumerate(_cues(container, track, wanted)):
            if number >= CUES_MAX:
                return
            line.give(written(cue).encode())


def _cues(container: InputContainer, track: SubtitleStream, wanted: Captioning) -> Iterator[Cue]:
    # the times of another stream say how far reading has come: cues may be minutes apart
    pace = picture_of(container) or next(iter(sounds_of(container)), None)
    streams = [track] if pace is None else [track, pace]
    kept = {one.index for one in streams}
    for stream in container.streams:
        if stream.index not in kept:
            stream.discard = Discard.all
    first = first_time(container)
    if wanted.start > BEFORE_SECONDS and pace is not None and pace.time_base:
        at = first + int(wanted.start - BEFORE_SECONDS)
        container.seek(int(at / pace.time_base), backward=True, stream=pace)
    for packet in container.demux(*streams):
        now = seconds_of(packet.pts if packet.pts is not None else packet.dts, packet.time_base)
        if now is None or packet.size == 0:
            continue
        now -= float(first)
        if packet.stream_index != track.index:
            if now > wanted.end + AFTER_SECONDS:
                return
            continue
        length = seconds_of(packet.duration, packet.time_base) or SHOWN_SECONDS
        cue = _cue(track.codec_context.name, packet, max(now, 0.0), max(now, 0.0) + length)
        if cue is not None and cue.end > wanted.start and cue.start < wanted.end:
            yield cue


def _cue(codec: str, packet: "Packet[Stream]", start: float, end: float) -> Cue | None:
    raw = bytes(packet)
    if codec in {"ass", "ssa"}:
        found = ass_dialogue(raw.decode("utf-8", "replace"))
        return found and Cue(start=start, end=end, text=found.text, place=found.place)
    if codec == "mov_text":
        raw = raw[_STYLES_AT : _STYLES_AT + int.from_bytes(raw[:_STYLES_AT], "big")]
    words = srt_text(raw.decode("utf-8", "replace"))
    return Cue(start=start, end=end, text=words, place=Place.BOTTOM)
