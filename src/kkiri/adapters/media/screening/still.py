"""A small picture of a file, always encoded anew: nothing of a stranger's bytes is passed on."""

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from typing import Final

import av
from av.codec.context import CodecContext
from av.container import InputContainer
from av.stream import Disposition
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from kkiri.adapters.media.limits import bytes_for_decoding
from kkiri.adapters.media.screening.anew import SIDE_PIXELS_MAX
from kkiri.adapters.media.screening.opening import name_of, opened, picture_of
from kkiri.adapters.media.screening.pipe import STILL_BYTES_MAX, STILL_SIDE_MAX
from kkiri.adapters.media.screening.reading import PipeFile
from kkiri.adapters.media.screening.remux import first_time
from kkiri.event.listing import Sort

PICTURE_BYTES_MAX = 64 * 1024 * 1024  # of a picture file: a photograph of 100 megapixels
PICTURE_PIXELS_MAX = 120_000_000  # ... decoded, 360 MB
PACKETS_MAX = 400  # read for one frame: ten seconds of film and its sound
PLACES: Final = (0.1, 0.2, 0.35, 0.5, 0.75)  # of the film, the first that is not black
DARK = 28  # of 255, on average: less is a black screen
FLAT = 6  # of 255, from the average: less is one colour
_COVERS: Final = frozenset({"mjpeg", "png", "bmp", "gif", "webp", "tiff"})
_PICTURES: Final = _COVERS | {"av1", "libdav1d", "hevc", "psd", "targa"}
_QUALITIES: Final = (4, 7, 12, 20, 31)
_SIDES: Final = (STILL_SIDE_MAX, STILL_SIDE_MAX // 2, STILL_SIDE_MAX // 4)


def still(file: PipeFile, sort: Sort, bytes_max: int = STILL_BYTES_MAX) -> bytes:
    """Give a JPEG. Raises: ValueError when there is no picture in it."""
    if sort is Sort.PICTURE and file.size > PICTURE_BYTES_MAX:
        raise ValueError("too large")
    bytes_for_decoding()
    with opened(file) as container:
        frame = _frame(container, sort)
        if frame is None:
            raise ValueError("no picture")
        return jpeg(frame, bytes_max)


def jpeg(frame: VideoFrame, bytes_max: int = STILL_BYTES_MAX) -> bytes:
    """Make a frame small and encode it. Raises: ValueError when it does not get small enough."""
    for side in _SIDES:
        scale = min(Fraction(1), Fraction(side, max(frame.width, frame.height)))
        width = max(2, int(frame.width * scale) // 2 * 2)
        height = max(2, int(frame.height * scale) // 2 * 2)
        small = frame.reformat(width, height, format="yuvj420p", interpolation="AREA")
        small.pts = 0
        for quality in _QUALITIES:
            body = _encoded(small, quality)
            if len(body) <= bytes_max:
                return body
    raise ValueError("does not get small")


def _encoded(frame: VideoFrame, quality: int) -> bytes:
    encoder = CodecContext.create("mjpeg", "w")
    if not isinstance(encoder, VideoCodecContext):
        raise ValueError("no encoder")
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    encoder.options = {"qmin": str(quality), "qmax": str(quality)}
    return b"".join(bytes(one) for one in [*encoder.encode(frame), *encoder.encode(None)])


def _frame(container: InputContainer, sort: Sort) -> VideoFrame | None:
    cover = next((one for one in container.streams.video if _is_cover(one)), None)
    if cover is not None:
        with suppress(av.FFmpegError):
            return _first(container, cover)
    match sort:
        case Sort.PICTURE:
            stream = next(iter(container.streams.video), None)
            if stream is None or stream.codec_context.name not in _PICTURES:
                return None
            return _first(container, stream)
        case Sort.FILM:
            video = picture_of(container)
            return None if video is None else _of_film(container, video)
        case Sort.MUSIC | Sort.TEXT | Sort.PROGRAM | Sort.OTHER:
            return None


def _is_cover(stream: VideoStream) -> bool:
    shown_alone = stream.disposition & Disposition.attached_pic
    return bool(shown_alone) and stream.codec_context.name in _COVERS


def _first(container: InputContainer, stream: VideoStream) -> VideoFrame | None:
    _bounded(stream)
    for number, packet in enumerate(container.demux(stream)):
        for frame in stream.codec_context.decode(packet if packet.size else None):
            return frame
        if number > PACKETS_MAX:
            break
    return None


def _of_film(container: InputContainer, stream: VideoStream) -> VideoFrame | None:
    """Give a keyframe that shows something; the lightest one when all are dark."""
    _bounded(stream)
    best: tuple[float, VideoFrame] | None = None
    for place in PLACES:
        for frame in _near(container, stream, place):
            light, spread = _light(frame)
            if light >= DARK and spread >= FLAT:
                return frame
            if best is None or light + spread > best[0]:
                best = (light + spread, frame)
            break
    return None if best is None else best[1]


def _near(container: InputContainer, stream: VideoStream, place: float) -> Iterator[VideoFrame]:
    base = stream.time_base
    length = Fraction(container.duration or 0, av.time_base)
    if base and length > 0:
        at = first_time(container) + length * Fraction(place)
        try:
            container.seek(int(at / base), backward=True, stream=stream)
        except av.FFmpegError:  # it has no index: from its beginning, then
            container.seek(0, unsupported_byte_offset=True)
    stream.codec_context.flush_buffers()
    for number, packet in enumerate(container.demux(stream)):
        if packet.is_keyframe or number > PACKETS_MAX:
            context = stream.codec_context
            with suppress(av.error.InvalidDataError, EOFError):
                # a decoder holds a picture back for those that follow, unless told that none do
                yield from [*context.decode(packet if packet.size else None), *context.decode(None)]
                return
        if number > 2 * PACKETS_MAX:
            return


def _bounded(stream: VideoStream) -> None:
    context = stream.codec_context
    film = name_of(stream) not in _PICTURES
    pixels = context.width * context.height
    most = SIDE_PIXELS_MAX * SIDE_PIXELS_MAX if film else PICTURE_PIXELS_MAX
    if pixels <= 0 or pixels > most:
        raise ValueError("too large a picture")
    context.thread_count = 1  # one frame; more threads would each hold their own


def _light(frame: VideoFrame) -> tuple[float, float]:
    """Give how light a frame is, and how far its parts are from that."""
    small = frame.reformat(16, 16, format="gray")
    plane = small.planes[0]
    raw = bytes(plane)
    points = [raw[row * plane.line_size + column] for row in range(16) for column in range(16)]
    middle = sum(points) / len(points)
    return middle, sum(abs(point - middle) for point in points) / len(points)
