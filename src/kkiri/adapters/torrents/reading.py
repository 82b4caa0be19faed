"""The pieces of one torrent as its readers need them: the next ones first, data as it comes.

The engine takes pieces by how much they are wanted, those begun before others, and any of those
wanted as much. So what lies ahead of a reader is wanted more, and while a reader waits each piece
more than the next, and nothing else at all. A deadline has only what a reader jumped to: the first
one makes the engine cancel what it has asked for.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha1
from itertools import islice

import libtorrent as lt

from kkiri.adapters.torrents.alerts import (
    Checked,
    Finished,
    PieceCame,
    PieceRead,
    Status,
    Told,
    begun_pieces,
    pieces,
)
from kkiri.adapters.torrents.download import Download
from kkiri.base.errors import RefusedError
from kkiri.base.types import InfoHash, Seconds
from kkiri.play.window import rate, window
from kkiri.swarm.metainfo import MetaInfo

KEPT_BYTES_MAX = 64 * 1024 * 1024  # of pieces kept for readers of all torrents: one of the largest
COMING_BYTES_MAX = 64 * 1024 * 1024  # of pieces on their way from the engine
NEWS_SECONDS_MAX = 0.5  # what the engine does not tell is looked at so often
CALM_SECONDS = 2.0  # nobody has waited for so long: everything else may come again
FAILURES_MAX = 10  # each half a second after the other; a disk that is full is waited for
LATE_SECONDS = 1.0  # a piece that comes next by itself gets a deadline when it is awaited so long
LEFT_SECONDS = 1.0  # of what arrives: with less to come the engine must not believe it is finished
LEFT_PIECES_MIN = 6
LEFT_BYTES_MIN = 2 * 1024 * 1024  # some ms of the fastest links, until their rate is known
ASIDE_PIECES_MAX = 50_000  # in a torrent of more pieces the rest goes on beside a reader
NEAR_PIECES, SOON_PIECES = 3, 8  # of those missing ahead: these come before the others
LAST_AFTER_PIECES = 4  # then the file's last one: many films have there what a seek must know
# how much the engine wants a piece; a deadline makes it FIRST, one taken away LOW
NOT_NOW, LOW, USUAL, SOON, NEAR, FIRST = 0, 1, 4, 5, 6, 7


@dataclass(slots=True, kw_only=True, eq=False)
class Span:
    """One reader's place in a torrent, in bytes of the whole torrent."""

    start: int
    """Of the file."""
    end: int
    seconds: Seconds | None
    """How long it plays, when known."""
    at: int = 0
    """What it reads next."""
    piece: int = -1
    """In which that is."""
    waits_since: float = 0.0
    """When it came to that piece."""
    read_bytes: int = 0
    sound: bytes = b""
    """The piece it has checked last."""
    failures: int = 0
    """In a row, of the disk."""
    begun: float = 0.0

    def move(self, offset: int, piece: int, now: float) -> bool:
        """Note where it reads; say whether that is in another piece than before."""
        self.begun = self.begun or now
        self.at = self.start + offset
        moves = piece != self.piece
        if moves:
            self.piece, self.waits_since = piece, now
        return moves

    def ahead(self, piece_bytes: int, now: float) -> range:
        """Give the pieces it needs next, here or not."""
        spent = Seconds(now - self.begun if self.begun else 0.0)
        speed = rate(self.end - self.start, self.seconds, self.read_bytes, spent)
        return window(self.at, self.end, piece_bytes, speed)

    def last(self, piece_bytes: int) -> int:
        """Give the piece in which the file ends."""
        return max(self.start, self.end - 1) // piece_bytes


class KeptPieces:
    """Pieces that readers asked for, within one limit for all torrents; the oldest go first."""

    def __init__(self) -> None:
        self._pieces: OrderedDict[tuple[InfoHash, int], bytes] = OrderedDict()
        self._bytes = 0
        self._coming: dict[tuple[InfoHash, int], int] = {}
        self._broken: set[tuple[InfoHash, int]] = set()

    def get(self, info_hash: InfoHash, piece: int) -> bytes | None:
        """Give one that is kept."""
        found = self._pieces.get((info_hash, piece))
        if found is not None:
            self._pieces.move_to_end((info_hash, piece))
        return found

    def broke(self, info_hash: InfoHash, piece: int) -> bool:
        """Say once whether the engine could not read a piece from disk."""
        is_broken = (info_hash, piece) in self._broken
        self._broken.discard((info_hash, piece))
        return is_broken

    def may_come(self, info_hash: InfoHash, piece: int, size: int) -> bool:
        """Say whether the engine is to be asked for a piece now, and note that it was."""
        key = (info_hash, piece)
        room = sum(self._coming.values()) + size <= COMING_BYTES_MAX
        if key in self._coming or not (room or not self._coming):
            return False
        self._coming[key] = size
        return True

    def came(self, one: PieceRead, *, unasked: bool = False) -> None:
        """Keep one that the engine has read; without data it is not kept any more."""
        key = (one.info_hash, one.piece)
        if self._coming.pop(key, None) is None and not unasked:
            return
        self._bytes -= len(self._pieces.pop(key, b""))
        if one.data is None:
            self._broken.add(key)
            return
        self._bytes += len(one.data)
        self._pieces[key] = one.data
        while self._bytes > KEPT_BYTES_MAX and len(self._pieces) > 1:
            self._bytes -= len(self._pieces.popitem(last=False)[1])

    def forget_asked(self, info_hash: InfoHash) -> None:
        """Note that a torrent was taken out: what was asked of it may stay without an answer."""
        for key in [key for key in self._coming if key[0] == info_hash]:
            del self._coming[key]

    def drop(self, info_hash: InfoHash) -> None:
        """Forget a torrent's pieces."""
        self.forget_asked(info_hash)
        for key in [key for key in self._pieces if key[0] == info_hash]:
            self._bytes -= len(self._pieces.pop(key))
        self._broken = {key for key in self._broken if key[0] != info_hash}


class PiecesRead:
    """One torrent that somebody reads while it arrives."""

    def __init__(self, info: MetaInfo, kept: KeptPieces) -> None:
        self._info = info
        self._kept = kept
        self._piece_bytes = info.piece_bytes
        self._count = len(info.pieces) // 20
        self._here = bytearray(self._count)
        self._missing: set[int] = set()
        """Wanted and not here."""
        self._awaited: set[int] = set()
        """With a deadline."""
        self._ahead: dict[int, int] = {}
        """How much the missing pieces ahead of readers are wanted."""
        self._aside: set[int] = set()
        """Missing pieces that are not wanted now."""
        self._begun: set[int] = set()
        """Pieces that were here in part when a reader jumped."""
        self._hurried = False
        """A reader waited of late."""
        self._waited_at = 0.0
        self._down_rate = 0
        self._download: Download | None = None
        self._handle: lt.torrent_handle | None = None
        self._news = asyncio.Event()
        self.spans: set[Span] = set()
        self.read_at = time.monotonic()
        """When a reader was there last."""

    async def read(self, download: Download, span: Span, offset: int, size: int) -> bytes | None:
        """Give bytes of one piece once it is here; None when something has changed meanwhile."""
        handle = download.handle
        if handle is None:
            return None
        if handle is not self._handle:
            await self._take(download, handle)
            if handle is not download.handle:
                return None
        piece, skip = divmod(span.start + offset, self._piece_bytes)
        now = time.monotonic()
        last = span.last(self._piece_bytes)
        jumps = (piece not in self._ahead or piece == last) and not self._here[piece]
        self.spans.add(span)
        if span.move(offset, piece, now):
            self._aim(now)
        info_hash = self._info.info_hash
        data = self._kept.get(info_hash, piece)
        if data is not None and await self._is_sound(span, piece, data):
            found = data[skip : skip + size]
            span.read_bytes += len(found)
            return found
        if self._kept.broke(info_hash, piece):
            self._failed(download, span, piece)
        elif self._here[piece]:
            if self._kept.may_come(info_hash, piece, self._piece_bytes):
                self._say(lambda handle: handle.read_piece(piece))
        else:
            self._waited_at = now
            if jumps or now - span.waits_since > LATE_SECONDS:
                await self._hurry(piece, now)
            elif not self._hurried:
                self._hurried = True
                self._aim(now)
        await self._wait()
        return None

    async def _is_sound(self, span: Span, piece: int, data: bytes) -> bool:
        """Check what came from the disk once for each reader: a full disk may have kept holes."""
        if data is span.sound:
            return True
        digest = await asyncio.to_thread(_sha1, data)
        if digest == self._info.pieces[20 * piece : 20 * piece + 20]:
            span.sound, span.failures = data, 0
            return True
        self._kept.came(PieceRead(self._info.info_hash, piece, None), unasked=True)
        return False

    def _failed(self, download: Download, span: Span, piece: int) -> None:
        """Look anew at what is here; give up when a disk that is not full gives nothing again."""
        span.failures += 0 if download.no_room else 1
        if span.failures > FAILURES_MAX:
            raise RefusedError(f"{self._info.info_hash}, {piece}")
        self._handle = None

    def leave(self, span: Span) -> None:
        """Ask for nothing more on behalf of a reader."""
        self.spans.discard(span)
        unneeded = self._awaited - {one.piece for one in self.spans}
        self._awaited -= unneeded
        for piece in unneeded:
            self._say(partial(_no_deadline, piece=piece))
            self._ahead[piece] = LOW  # so the engine leaves it; said anew where it is wanted
        if self.spans:  # else the next reader most likely goes on there: a seek, a second look
            self._aim(time.monotonic())

    def hear(self, one: Told) -> None:
        """Take in what the engine told of this torrent."""
        match one:
            case PieceCame(piece=piece) if piece < self._count:
                self._here[piece] = 1
                self._ahead.pop(piece, None)
                for some in (self._missing, self._aside, self._awaited):
                    some.discard(piece)
                if self._hurried:
                    self._aim(time.monotonic())
            case Status():
                self._down_rate = one.down_rate
                if self._hurried and time.monotonic() - self._waited_at > CALM_SECONDS:
                    self._calm()
                return
            case Finished():
                self._calm()  # it is not: this is the engine's view of what is wanted
            case Checked():
                self._handle = None  # what is here is known anew
            case _:
                pass
        self.tell()

    def tell(self) -> None:
        """Let readers look again."""
        self._news.set()
        self._news = asyncio.Event()

    def close(self) -> None:
        """Let the engine fetch the rest as it does for others."""
        self._kept.drop(self._info.info_hash)
        usual = dict.fromkeys((*self._aside, *self._ahead), USUAL)
        if self._download is not None:
            first = self._download.pieces_of(self._download.first) & self._missing
            usual |= dict.fromkeys(first, FIRST)
        self._say(lt.torrent_handle.clear_piece_deadlines)
        self._say(lambda handle: handle.prioritize_pieces(list(usual.items())))
        self._handle = None

    def _say(self, say: Callable[[lt.torrent_handle], None]) -> None:
        if self._handle is not None:
            with suppress(RuntimeError):  # the torrent was taken out meanwhile
                say(self._handle)

    def _calm(self) -> None:
        """Let everything come again; what lies ahead of readers still first."""
        self._hurried = False
        self._begun = set()
        self._aim(time.monotonic())

    async def _wait(self) -> None:
        news = self._news
        with suppress(TimeoutError):
            async with asyncio.timeout(NEWS_SECONDS_MAX):
                await news.wait()

    async def _take(self, download: Download, handle: lt.torrent_handle) -> None:
        """Learn what is here, at first and after the download was added anew."""
        self._download, self._handle = download, handle
        self._kept.forget_asked(self._info.info_hash)
        self._here = bytearray(self._count)
        self._missing = download.pieces_of(download.wanted)
        self._awaited, self._aside, self._ahead = set(), set(), {}
        if download.first:  # as much as with a deadline, which only a reader is to have now
            first = dict.fromkeys(download.pieces_of(download.first), USUAL)
            self._say(lambda handle: handle.prioritize_pieces(list(first.items())))
        flags = await asyncio.to_thread(pieces, handle)
        if handle is not self._handle:
            return
        here = {piece for piece, flag in enumerate(flags[: self._count]) if flag}
        for piece in here:
            self._here[piece] = 1
        self._missing -= here
        self.tell()

    def _aim(self, now: float) -> None:
        """Want what lies ahead of the readers more than the rest; all at once while one waits."""
        lines = [self._next(span, now) for span in self.spans]
        ahead = {piece for line in lines for piece in line} - self._awaited
        others: set[int] = set()
        if self._hurried and self.spans:
            others = self._missing - ahead - self._awaited
        aside = others
        if len(aside) > ASIDE_PIECES_MAX or not self._leaves_enough(aside):
            aside = aside & self._begun
        if not self._leaves_enough(aside):
            aside = set()
        alone = self._hurried and aside == others
        levels: dict[int, int] = {}
        for line in lines:
            for number, piece in enumerate(line):
                if piece in ahead:
                    levels[piece] = max(_level(number, alone=alone), levels.get(piece, 0))
        changed = dict.fromkeys(self._aside - aside, USUAL)
        changed |= dict.fromkeys(self._ahead.keys() - ahead - self._awaited, USUAL)
        changed |= dict.fromkeys(aside - self._aside, NOT_NOW)
        changed |= {one: level for one, level in levels.items() if self._ahead.get(one) != level}
        self._ahead, self._aside = levels, aside
        if changed:
            self._say(lambda handle: handle.prioritize_pieces(list(changed.items())))

    def _next(self, span: Span, now: float) -> list[int]:
        """Give the missing pieces that a reader needs next, in order."""
        missing = (one for one in span.ahead(self._piece_bytes, now) if not self._here[one])
        found = list(islice(missing, self._left_min() + NEAR_PIECES if self._hurried else None))
        last = span.last(self._piece_bytes)
        if not self._here[last] and last not in found[:LAST_AFTER_PIECES]:
            found.insert(LAST_AFTER_PIECES, last)
        return found

    async def _hurry(self, piece: int, now: float) -> None:
        """Put a reader's next piece before everything, and all but what readers need aside."""
        handle = self._handle
        if handle is None or piece in self._awaited:
            return
        self._hurried = True
        self._awaited = {one.piece for one in self.spans if not self._here[one.piece]} | {piece}
        self._say(lt.torrent_handle.clear_piece_deadlines)
        self._aim(now)
        for one in self._awaited:
            self._say(partial(_deadline, piece=one))
        self._begun = await asyncio.to_thread(begun_pieces, handle)
        if handle is self._handle and self._begun:
            self._aim(now)

    def _left_min(self) -> int:
        """Give how many pieces must be wanted, that the engine does not believe to be finished."""
        quick = max(self._down_rate * LEFT_SECONDS, LEFT_BYTES_MIN)
        return LEFT_PIECES_MIN + round(quick / self._piece_bytes)

    def _leaves_enough(self, aside: set[int]) -> bool:
        return len(self._missing) - len(aside) >= self._left_min()


def _level(number: int, *, alone: bool) -> int:
    """Give how much the next pieces are wanted; `alone`: nothing else is."""
    if alone:
        return max(FIRST - number, LOW)
    return NEAR if number < NEAR_PIECES else SOON if number < SOON_PIECES else USUAL


def _sha1(data: bytes) -> bytes:
    return sha1(data, usedforsecurity=False).digest()


def _deadline(handle: lt.torrent_handle, piece: int) -> None:
    handle.set_piece_deadline(piece, 0)


def _no_deadline(handle: lt.torrent_handle, piece: int) -> None:
    handle.reset_piece_deadline(piece)
