"""What the local API says of a film: what it holds, how a browser can show it, its subtitles."""

from dataclasses import dataclass

from kkiri.event.nip19 import npub
from kkiri.flows.playing.captions import CaptionFound
from kkiri.flows.playing.screening import Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundAnswer:
    """One sound track."""

    number: int
    codec: str
    language: str
    """As in BCP 47; empty when nothing says it."""
    title: str
    channels: int
    type: str
    """MIME type with codecs of the stream that has this sound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubtitlesAnswer:
    """Subtitles that a person may choose."""

    number: int
    language: str
    title: str
    forced: bool
    """Only what is said in another language than the film's."""
    beside: bool
    """A file beside the film: all of it comes at once. Else it is asked for piece by piece."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterAnswer:
    """A named part of a film."""

    start: float
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmAnswer:
    """What a film or song holds."""

    duration: float
    """Seconds; 0 where it is not known."""
    direct: bool
    """A browser plays the file itself when it knows the codecs."""
    type: str
    """MIME type with codecs of `mp4`, for `MediaSource.isTypeSupported`."""
    plain_type: str
    """The same with `plain=true`: H.264 and AAC, whatever the film holds."""
    video: str | None
    """The picture's codec; None for a song."""
    width: int
    height: int
    audio: list[SoundAnswer]
    subtitles: list[SubtitlesAnswer]
    chapters: list[ChapterAnswer]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionAnswer:
    """A subtitle file that somebody shares by itself."""

    link: str
    """Play it, then ask for it as text."""
    info_hash: str
    name: str
    language: str
    """As in BCP 47; empty when nothing says it."""
    forced: bool
    own: bool
    """One of those who share the film shares it too."""
    author: str
    author_name: str


def caption_answer(one: CaptionFound) -> CaptionAnswer:
    """Tell of subtitles that were found."""
    return CaptionAnswer(
        link=one.found.link,
        info_hash=one.found.info_hash,
        name=one.beside.name,
        language=one.beside.language,
        forced=one.beside.forced,
        own=one.own,
        author=npub(one.found.author),
        author_name=one.found.author_name,
    )


def film_answer(shown: Shown) -> FilmAnswer:
    """Tell of a film."""
    film = shown.film
    return FilmAnswer(
        duration=film.duration,
        direct=film.direct,
        type=film.type,
        plain_type=film.plain_type,
        video=None if film.picture is None else film.picture.codec,
        width=0 if film.picture is None else film.picture.width,
        height=0 if film.picture is None else film.picture.height,
        audio=[
            SoundAnswer(
                number=one.number,
                codec=one.codec,
                language=one.language,
                title=one.title,
                channels=one.channels,
                type=one.type,
            )
            for one in film.sounds
        ],
        subtitles=[
            SubtitlesAnswer(
                number=one.number,
                language=one.language,
                title=one.title,
                forced=one.forced,
                beside=one.beside,
            )
            for one in shown.captions
        ],
        chapters=[ChapterAnswer(start=one.start, title=one.title) for one in film.chapters],
    )
