"""What a film holds, and which MIME type its remuxed stream has."""

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from kkiri.adapters.media.screening.opening import name_of, opened, picture_of, sounds_of
from kkiri.adapters.media.screening.reading import PipeFile
from kkiri.adapters.media.tags import LENGTH_SECONDS_MAX, SIDE_MAX, TEXT_CHARS_MAX, language
from kkiri.event.fields import clean
from kkiri.play.codecs import (
    COPIED_AUDIO,
    COPIED_VIDEO,
    PLAIN_AUDIO,
    PLAIN_VIDEO,
    TEXT_CAPTIONS,
    audio_codec,
    plays_direct,
    stream_type,
    video_codec,
)
from kkiri.ports.screening import Caption, Chapter, Film, Picture, Sound

CAPTIONS_MAX = 64  # a film with all languages has about 40
CHAPTERS_MAX = 500  # audio books have 200


def probe(file: PipeFile) -> Film:
    """Say what the file holds. Raises: ValueError when it holds nothing that can be shown."""
    with opened(file) as container:
        video, sounds = picture_of(container), sounds_of(container)
        if video is None and not sounds:
            raise ValueError("nothing to show")
        copied = None if video is None else copied_video(video)
        shown = None if video is None else copied or PLAIN_VIDEO
        plain_video = None if video is None else (copied if is_plain(video) else PLAIN_VIDEO)
        told = tuple(_sound(number, one, shown) for number, one in enumerate(sounds))
        return Film(
            duration=_duration(container),
            direct=plays_direct(
                file.name,
                None if video is None else name_of(video),
                "" if video is None else video.codec_context.pix_fmt or "",
                [name_of(one) for one in sounds],
            ),
            type=told[0].type if told else stream_type(shown, None),
            plain_type=stream_type(plain_video, PLAIN_AUDIO if sounds else None),
            picture=None if video is None else _picture(video, copied is not None),
            sounds=told,
            captions=_captions(container),
            chapters=_chapters(container),
        )


def copied_video(stream: VideoStream) -> str | None:
    """Give the MIME codec of a picture that is passed on; None for one that is made anew."""
    context = stream.codec_context
    if name_of(stream) not in COPIED_VIDEO:
        return None
    size = (context.width, context.height)
    return video_codec(name_of(stream), context.extradata or b"", context.pix_fmt or "", size)


def copied_audio(stream: AudioStream) -> str | None:
    """Give the MIME codec of a sound that is passed on; None for one that is made anew."""
    if name_of(stream) not in COPIED_AUDIO:
        return None
    context = stream.codec_context
    return audio_codec(name_of(stream), context.extradata or b"")


def is_plain(stream: VideoStream) -> bool:
    """Tell whether every browser that knows H.264 plays this picture as it is."""
    pixels = stream.codec_context.pix_fmt
    return name_of(stream) == "h264" and pixels in {"yuv420p", "yuvj420p"}


def _duration(container: InputContainer) -> float:
    length = (container.duration or 0) / av.time_base
    return round(length, 3) if 0 < length <= LENGTH_SECONDS_MAX else 0.0


def _picture(stream: VideoStream, copied: bool) -> Picture:
    context = stream.codec_context
    return Picture(
        codec=name_of(stream),
        width=min(context.width, SIDE_MAX),
        height=min(context.height, SIDE_MAX),
        copied=copied,
    )


def _sound(number: int, stream: AudioStream, shown: str | None) -> Sound:
    copied = copied_audio(stream)
    return Sound(
        number=number,
        codec=name_of(stream),
        language=language(stream.language) or "",
        title=_title(stream),
        channels=stream.codec_context.channels,
        copied=copied is not None,
        type=stream_type(shown, copied or PLAIN_AUDIO),
    )


def _captions(container: InputContainer) -> tuple[Caption, ...]:
    return tuple(
        Caption(
            number=number,
            language=language(stream.language) or "",
            title=_title(stream),
            forced=bool(stream.disposition & Disposition.forced),
        )
        for number, stream in enumerate(container.streams.subtitles[:CAPTIONS_MAX])
        if stream.codec_context.name in TEXT_CAPTIONS
    )


def _title(stream: Stream) -> str:
    return clean(stream.metadata.get("title", ""), TEXT_CHARS_MAX)


def _chapters(container: InputContainer) -> tuple[Chapter, ...]:
    found = []
    for one in container.chapters()[:CHAPTERS_MAX]:
        base = one["time_base"]
        start = float(one["start"] * base) if base else -1.0
        if 0 <= start <= LENGTH_SECONDS_MAX:
            title = clean(one["metadata"].get("title", ""), TEXT_CHARS_MAX)
            found.append(Chapter(start=round(start, 3), title=title))
    return tuple(found)
