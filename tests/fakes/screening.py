"""A screening room and a shelf of small pictures in memory."""

from collections.abc import AsyncGenerator

from kkiri.base.types import InfoHash, Seconds
from kkiri.event.listing import Sort
from kkiri.ports.arriving import ArrivingFile
from kkiri.ports.screening import Film, NotPlayableError, Remux


class FakeScreening:
    """Says of each file what the test put in; refuses files it was told nothing of."""

    def __init__(self) -> None:
        self.films: dict[str, Film] = {}
        self.texts: dict[str, bytes] = {}
        self.tongues: dict[str, tuple[str, ...]] = {}
        self.pictures: dict[str, bytes] = {}
        self.asked: list[tuple[str, object]] = []
        self.prepared = 0

    async def prepare(self) -> None:
        self.prepared += 1

    async def probe(self, file: ArrivingFile) -> Film:
        self.asked.append((file.name, "probe"))
        if file.name not in self.films:
            raise NotPlayableError
        return self.films[file.name]

    async def remux(self, file: ArrivingFile, wanted: Remux) -> AsyncGenerator[bytes]:
        self.asked.append((file.name, wanted))
        if file.name not in self.films:
            raise NotPlayableError
        at = 0
        while part := await file.read(at, 4):
            yield part
            at += len(part)

    async def captions(
        self, file: ArrivingFile, number: int, start: Seconds, end: Seconds
    ) -> AsyncGenerator[bytes]:
        self.asked.append((file.name, (number, start, end)))
        if file.name not in self.films or number >= len(self.films[file.name].captions):
            raise NotPlayableError
        yield b"WEBVTT\n\n"

    async def text(self, file: ArrivingFile, language: str) -> bytes:
        self.asked.append((file.name, language))
        if file.name not in self.texts:
            raise NotPlayableError
        return self.texts[file.name]

    async def languages(self, file: ArrivingFile) -> tuple[str, ...]:
        self.asked.append((file.name, "languages"))
        if file.name not in self.texts:
            raise NotPlayableError
        return self.tongues.get(file.name, ())

    async def still(self, file: ArrivingFile, sort: Sort, bytes_max: int = 40_000) -> bytes:
        self.asked.append((file.name, sort))
        if file.name not in self.pictures:
            raise NotPlayableError
        return self.pictures[file.name]


class FakeStills:
    """Pictures in a dict."""

    def __init__(self) -> None:
        self.kept: dict[tuple[InfoHash, int | None], bytes] = {}

    async def get(self, info_hash: InfoHash, index: int | None) -> bytes | None:
        return self.kept.get((info_hash, index))

    async def put(self, info_hash: InfoHash, index: int | None, picture: bytes) -> None:
        self.kept[info_hash, index] = picture
