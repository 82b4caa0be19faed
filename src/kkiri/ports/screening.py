"""Showing films: what a file holds, in a form the browser plays, its subtitles and its picture."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from kkiri.base.errors import RefusedError
from kkiri.base.types import InfoHash, Seconds
from kkiri.event.listing import Sort
from kkiri.ports.arriving import ArrivingFile


class NotPlayableError(RefusedError):
    """This file cannot be shown here. | 여기서 볼 수 없는 파일입니다."""

    number = 110


class ScreensBusyError(RefusedError):
    """Too many films are being shown at once. | 한꺼번에 너무 많은 영상을 보고 있습니다."""

    number = 111


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The moving picture of a film."""

    codec: str
    width: int
    height: int
    copied: bool
    """Passed on as it is; False when it is made anew as H.264."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """One sound track."""

    number: int
    """Counted from 0 among the sound tracks."""
    codec: str
    language: str
    title: str
    channels: int
    copied: bool
    """Passed on as it is; False when it is made anew as AAC."""
    type: str
    """MIME type with codecs of the stream that has this sound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """One subtitle track inside the film."""

    number: int
    """Counted from 0 among the subtitle tracks, those of pictures too."""
    language: str
    title: str
    forced: bool
    """For what is said in another language than the film's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A named part of a film."""

    start: float
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """What a film or song holds, and how a browser can show it."""

    duration: float
    """Seconds; 0 where it is not known."""
    direct: bool
    """A browser plays the file itself, when it knows the codecs."""
    type: str
    """MIME type with codecs of the stream with the first sound: `MediaSource.isTypeSupported`."""
    plain_type: str
    """The same with everything made anew that some browser may not know."""
    picture: Picture | None
    sounds: tuple[Sound, ...]
    captions: tuple[Caption, ...]
    chapters: tuple[Chapter, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remux:
    """How a film is wanted."""

    start: Seconds = Seconds(0.0)
    """From the keyframe at or before it."""
    sound: int = 0
    plain: bool = False
    """H.264 and AAC whatever the film holds."""


class Screening(Protocol):
    """Reads films in a worker without network and files, and shows what it makes of them.

    Everything raises: NotPlayableError for a file that cannot be read, ScreensBusyError when too
    many are shown at once, NotReachableError when bytes of the file do not come, and what the
    file raises. Cancel-safe; the worker ends with the asker.
    """

    async def prepare(self) -> None:
        """Be ready for a film that is soon to be shown. Cancel-safe."""
        ...

    async def probe(self, file: ArrivingFile) -> Film:
        """Say what the file holds."""
        ...

    def remux(self, file: ArrivingFile, wanted: Remux) -> AsyncGenerator[bytes]:
        """Give fragmented MP4 with the film's own times."""
        ...

    def captions(
        self, file: ArrivingFile, number: int, start: Seconds, end: Seconds
    ) -> AsyncGenerator[bytes]:
        """Give a subtitle track's cues between two times as WebVTT, as they are found."""
        ...

    async def text(self, file: ArrivingFile, language: str) -> bytes:
        """Give a subtitle file as WebVTT, in one language where it holds several."""
        ...

    async def languages(self, file: ArrivingFile) -> tuple[str, ...]:
        """Give the languages that a SAMI file holds, as in BCP 47; none when it does not say."""
        ...

    async def still(self, file: ArrivingFile, sort: Sort, bytes_max: int = ...) -> bytes:
        """Give a small JPEG: a song's cover, a frame of a film, a picture made small.

        It has at most `bytes_max`, 40 kB when nothing is said.
        """
        ...


class Stills(Protocol):
    """Small pictures that were made before, on disk; the oldest go when there are too many."""

    async def get(self, info_hash: InfoHash, index: int | None) -> bytes | None:
        """Give the picture of a file, or of the torrent; None when none was kept."""
        ...

    async def put(self, info_hash: InfoHash, index: int | None, picture: bytes) -> None:
        """Keep one; a full disk keeps nothing."""
        ...
