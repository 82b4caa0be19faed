"""Show a film or song in a form the browser plays, with its subtitles and its small picture.

All of it reads files that may still be arriving; a small picture is made only of what is here, so
that looking at a list fetches nothing.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field

from kkiri.base.errors import NotFoundError, NotReachableError, RefusedError
from kkiri.base.types import InfoHash, Seconds
from kkiri.event.listing import Sort
from kkiri.event.sort import sort_of_name
from kkiri.flows.playing.captions import CaptionFound, captions_elsewhere
from kkiri.flows.world import World
from kkiri.play.beside import Beside, captions_beside, cover_beside, language_of
from kkiri.ports.arriving import ArrivingFile
from kkiri.ports.screening import Film, NotPlayableError, Remux
from kkiri.swarm.metainfo import MetaInfo, read

LOOK_SECONDS_MAX = 90.0  # for the head of a film to arrive, its end too where the index is there
BESIDE_FROM = 1_000  # numbers of subtitle files begin here; a film has fewer tracks
TONGUES = ("", "ko", "en", "ja", "zh")  # of one SAMI file that holds several
TONGUE_PLACES = 8  # numbers for each file, so that one names the language too
TONGUE_SECONDS_MAX = 5.0  # a small file that does not come so soon is offered without its languages
FILMS_KNOWN_MAX = 200  # what was seen of films, kept so that seeks know their length; 2 kB each
WITHOUT_KNOWN_MAX = 5_000  # files without a picture, kept so that they are not tried each time
STILLS_TRIED_MAX = 3  # files of a torrent that are tried for its picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A subtitle track that a person may choose."""

    number: int
    language: str
    """As in BCP 47, empty when nothing says it."""
    title: str
    forced: bool
    beside: bool
    """A file beside the film; else a track inside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What there is to choose from."""

    film: Film
    captions: tuple[Offered, ...]


@dataclass(slots=True)
class Screens:
    """The films that were looked at, so that they are not looked at again for each seek."""

    world: World
    _known: "OrderedDict[tuple[InfoHash, int], Film]" = field(default_factory=OrderedDict)
    _spoken: OrderedDict[tuple[InfoHash, int], list[int]] = field(default_factory=OrderedDict)
    """The languages of SAMI files, as places in TONGUES."""
    _without: "OrderedDict[tuple[InfoHash, int | None], None]" = field(default_factory=OrderedDict)
    """Those of which no picture can be made."""

    async def look(self, info_hash: InfoHash, index: int) -> Shown:
        """Say what a file holds and which subtitles there are.

        Raises: NotFoundError, NotPlayableError, NotReachableError, ScreensBusyError. Cancel-safe.
        """
        film = await self._film(info_hash, index)
        info = await self._info(info_hash)
        inside = [
            Offered(
                number=one.number,
                language=one.language,
                title=one.title,
                forced=one.forced,
                beside=False,
            )
            for one in film.captions
        ]
        beside = [
            Offered(
                number=BESIDE_FROM + one.index * TONGUE_PLACES + place,
                language=one.language or TONGUES[place],
                title=one.name,
                forced=one.forced,
                beside=True,
            )
            for one in captions_beside(_paths(info), index)
            for place in await self._tongues(info_hash, one)
        ]
        return Shown(film=film, captions=(*beside, *inside))

    async def elsewhere(self, info_hash: InfoHash, index: int) -> list[CaptionFound]:
        """Find subtitles of a film that are shared by themselves. Raises: NotFoundError."""
        paths = _paths(await self._info(info_hash))
        if not 0 <= index < len(paths):
            raise NotFoundError(info_hash)
        return await captions_elsewhere(self.world, paths[index][-1], info_hash)

    async def show(self, info_hash: InfoHash, index: int, wanted: Remux) -> AsyncGenerator[bytes]:
        """Give the film as fragmented MP4; the same refusals as `look`. Cancel-safe."""
        known = self._known.get((info_hash, index))
        length = Seconds(known.duration) if known is not None and known.duration else None
        file = await self._opened(info_hash, index, length)
        try:
            async with aclosing(self.world.screening.remux(file, wanted)) as parts:
                async for part in parts:
                    yield part
        finally:
            file.close()

    async def captions(
        self, info_hash: InfoHash, index: int, number: int, span: tuple[Seconds, Seconds]
    ) -> AsyncGenerator[bytes]:
        """Give one of the offered subtitles as WebVTT, of a track only the cues of a span.

        The same refusals as `look`. Cancel-safe.
        """
        if number >= BESIDE_FROM:
            chosen, place = divmod(number - BESIDE_FROM, TONGUE_PLACES)
            yield await self._beside(info_hash, index, chosen, place)
            return
        file = await self._opened(info_hash, index)
        try:
            found = self.world.screening.captions(file, number, *span)
            async with aclosing(found) as parts:
                async for part in parts:
                    yield part
        finally:
            file.close()

    async def text(self, info_hash: InfoHash, index: int) -> bytes:
        """Give a subtitle file by itself as WebVTT; the same refusals as `look`. Cancel-safe."""
        file = await self._opened(info_hash, index)
        try:
            return await self.world.screening.text(
                file, language_of(file.name.rpartition(".")[0]) or "ko"
            )
        finally:
            file.close()

    async def still(self, info_hash: InfoHash, index: int | None) -> bytes:
        """Give a small picture of a file, or of a torrent. Raises: NotFoundError. Cancel-safe."""
        if self.world.torrents.progress_of(info_hash) is None:
            raise NotFoundError(info_hash)
        kept = await self.world.stills.get(info_hash, index)
        if kept is not None:
            return kept
        if (info_hash, index) in self._without:
            raise NotFoundError(info_hash)
        made = await self._made(await self._info(info_hash), index)
        await self.world.stills.put(info_hash, index, made)
        return made

    async def _film(self, info_hash: InfoHash, index: int) -> Film:
        key = (info_hash, index)
        if key not in self._known:
            file = await self._opened(info_hash, index)
            try:
                async with asyncio.timeout(LOOK_SECONDS_MAX):
                    film = await self.world.screening.probe(file)
            except TimeoutError:
                raise NotReachableError from None
            finally:
                file.close()
            self._known[key] = film
            if len(self._known) > FILMS_KNOWN_MAX:
                self._known.popitem(last=False)
        return self._known[key]

    async def _opened(
        self, info_hash: InfoHash, index: int, length: Seconds | None = None
    ) -> ArrivingFile:
        try:
            async with asyncio.timeout(LOOK_SECONDS_MAX):
                return await self.world.torrents.open(info_hash, index, length)
        except TimeoutError:
            raise NotReachableError from None

    async def _info(self, info_hash: InfoHash) -> MetaInfo:
        raw = self.world.torrents.metainfo(info_hash)
        if raw is None:
            raise NotFoundError(info_hash)
        return await asyncio.to_thread(read, raw)

    async def _tongues(self, info_hash: InfoHash, file: Beside) -> list[int]:
        """Give the places in TONGUES of the languages that a subtitle file holds."""
        if file.language or not file.name.lower().endswith(".smi"):
            return [0]
        key = (info_hash, file.index)
        if key not in self._spoken:
            try:
                async with asyncio.timeout(TONGUE_SECONDS_MAX):
                    opened = await self.world.torrents.open(info_hash, file.index)
                    try:
                        found = await self.world.screening.languages(opened)
                    finally:
                        opened.close()
            except (RefusedError, TimeoutError):
                return [0]
            self._spoken[key] = [TONGUES.index(one) for one in found if one in TONGUES] or [0]
            if len(self._spoken) > FILMS_KNOWN_MAX:
                self._spoken.popitem(last=False)
        return self._spoken[key]

    async def _beside(self, info_hash: InfoHash, index: int, number: int, place: int) -> bytes:
        info = await self._info(info_hash)
        if not 0 <= index < len(info.files) or place >= len(TONGUES):
            raise NotFoundError(info_hash)
        for one in captions_beside(_paths(info), index):
            if one.index == number:
                language = one.language or TONGUES[place] or "ko"
                file = await self._opened(info_hash, number)
                try:
                    return await self.world.screening.text(file, language)
                finally:
                    file.close()
        raise NotFoundError(info_hash)

    async def _made(self, info: MetaInfo, index: int | None) -> bytes:
        """Make a picture of the first file that has one. Raises: NotFoundError."""
        paths = _paths(info)
        if index is not None and not 0 <= index < len(paths):
            raise NotFoundError(info.info_hash)
        missing = False
        for number in _candidates(info, index)[:STILLS_TRIED_MAX]:
            if not self._is_here(info, number):
                missing = True
                continue
            file = await self._opened(info.info_hash, number)
            try:
                return await self.world.screening.still(file, sort_of_name(file.name))
            except NotPlayableError:
                continue
            finally:
                file.close()
        if not missing:
            self._without[info.info_hash, index] = None
            if len(self._without) > WITHOUT_KNOWN_MAX:
                self._without.popitem(last=False)
        raise NotFoundError(info.info_hash)

    def _is_here(self, info: MetaInfo, index: int) -> bool:
        """Tell whether the whole file is on disk, so that reading it fetches nothing."""
        progress = self.world.torrents.progress_of(info.info_hash)
        if progress is None:
            return False
        if self.world.library.listing(info.info_hash) is not None:
            return True
        start = sum(file.size for file in info.files[:index])
        first = start // info.piece_bytes
        last = (start + max(info.files[index].size, 1) - 1) // info.piece_bytes
        bits = progress.pieces
        if bits:
            return all(
                number // 8 < len(bits) and bits[number // 8] & (0x80 >> number % 8)
                for number in range(first, last + 1)
            )
        return any(
            one.info_hash == info.info_hash and one.finished_at is not None and one.only is None
            for one in self.world.transfers.transfers()
        )


def _paths(info: MetaInfo) -> list[tuple[str, ...]]:
    return [file.parts or (info.name,) for file in info.files]


def _candidates(info: MetaInfo, index: int | None) -> list[int]:
    """Give the files of which a picture is made, best first."""
    paths = _paths(info)
    beside = cover_beside(paths, index)
    covers = [] if beside is None else [beside]
    if index is not None:
        match sort_of_name(paths[index][-1]):
            case Sort.FILM | Sort.PICTURE:
                return [index]
            case Sort.MUSIC:
                return [index, *covers]
            case Sort.TEXT | Sort.PROGRAM | Sort.OTHER:
                return []
    found = list(covers)
    for sort in (Sort.FILM, Sort.MUSIC, Sort.PICTURE):
        its = [n for n, path in enumerate(paths) if sort_of_name(path[-1]) is sort]
        if its:
            # the largest film or picture, the first song
            found.append(
                its[0] if sort is Sort.MUSIC else max(its, key=lambda n: info.files[n].size)
            )
    return found
