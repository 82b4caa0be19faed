"""The pieces of one torrent as its readers need them: deadlines ahead of each, data as it comes.

The engine is told a small window that jumps with the readers; the other pieces come in order. On a
jump the old window is dropped first, as only then the engine cancels what it has asked for.
"""

import asyncio
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass

import libtorrent as lt

from kkiri.adapters.torrents.alerts import Checked, PieceCame, PieceRead, Told, pieces
from kkiri.base.errors import RefusedError
from kkiri.base.types import InfoHash, Seconds
from kkiri.play.window import rate, window
from kkiri.swarm.metainfo import MetaInfo

KEPT_BYTES_MAX = 64 * 1024 * 1024  # of pieces kept for readers of all torrents: one of the largest
COMING_BYTES_MAX = 64 * 1024 * 1024  # of pieces on their way from the engine
NEWS_SECONDS_MAX = 0.5  # what the engine does not tell is looked at so often
SOON_SECONDS = 0.25  # a deadline that is as near is not set again
BEHIND_SECONDS = 1.0  # readers that asked earlier come after the newest, each by so much


@dataclass(slots=True, kw_only=True, eq=False)
class Span:
    """One reader's place in a torrent, in bytes of the whole torrent."""

    start: int
    """Of the file."""
    end: int
    seconds: Seconds | None
    """How long it plays, when known."""
    at: int = -1
    """What it reads next; -1 before it begins."""
    read_bytes: int = 0
    begun: float = 0.0

    def rate(self, now: float) -> int:
        """Give how fast it is played."""
        spent = Seconds(now - self.begun if self.begun else 0.0)
        return rate(self.end - self.start, self.seconds, self.read_bytes, spent)


class KeptPieces:
    """Pieces that readers asked for, within one limit for all torrents; the oldest go first."""

    def __init__(self) -> None:
        self._pieces: OrderedDict[tuple[InfoHash, int], bytes] = OrderedDict()
        self._bytes = 0
        self._coming: dict[tuple[InfoHash, int], int] = {}
        self._broken: set[tuple[InfoHash, int]] = set()

    def get(self, info_hash: InfoHash, piece: int) -> bytes | None:
        """Give one. Raises: RefusedError when the engine cannot read it from disk."""
        found = self._pieces.get((info_hash, piece))
        if found is not None:
            self._pieces.move_to_end((info_hash, piece))
        elif (info_hash, piece) in self._broken:
            self._broken.discard((info_hash, piece))
            raise RefusedError(f"{info_hash}, {piece}")
        return found

    def may_come(self, info_hash: InfoHash, piece: int, size: int) -> bool:
        """Say whether the engine is to be asked for a piece now, and note that it was."""
        key = (info_hash, piece)
        room = sum(self._coming.values()) + size <= COMING_BYTES_MAX
        if key in self._coming or not (room or not self._coming):
            return False
        self._coming[key] = size
        return True

    def came(self, one: PieceRead) -> None:
        """Keep one that the engine has read."""
        key = (one.info_hash, one.piece)
        if self._coming.pop(key, None) is None:
            return
        if one.data is None:
            self._broken.add(key)
            return
        self._bytes += len(one.data) - len(self._pieces.pop(key, b""))
        self._pieces[key] = one.data
        while self._bytes > KEPT_BYTES_MAX and len(self._pieces) > 1:
            self._bytes -= len(self._pieces.popitem(last=False)[1])

    def drop(self, info_hash: InfoHash) -> None:
        """Forget a torrent's pieces."""
        for key in [key for key in self._pieces if key[0] == info_hash]:
            self._bytes -= len(self._pieces.pop(key))
        for key in [key for key in self._coming if key[0] == info_hash]:
            del self._coming[key]
        self._broken = {key for key in self._broken if key[0] != info_hash}


class PiecesRead:
    """One torrent that somebody reads while it arrives."""

    def __init__(self, info: MetaInfo, kept: KeptPieces) -> None:
        self._info = info
        self._kept = kept
        self._count = len(info.pieces) // 20
        self._here = bytearray(self._count)
        self._handle: lt.torrent_handle | None = None
        self._due: dict[int, float] = {}
        self._news = asyncio.Event()
        self.spans: dict[Span, None] = {}
        """Of the readers, the one that moved last at the end."""

    async def read(
        self, handle: lt.torrent_handle, span: Span, offset: int, size: int
    ) -> bytes | None:
        """Give bytes of one piece once it is here; None when something has changed meanwhile."""
        if handle is not self._handle:
            await self._take(handle)
        at = span.start + offset
        piece, skip = divmod(at, self._info.piece_bytes)
        now = time.monotonic()
        self._move(span, at, now)
        info_hash = self._info.info_hash
        data = self._kept.get(info_hash, piece)
        if data is not None:
            found = data[skip : skip + min(size, span.end - at)]
            span.read_bytes += len(found)
            return found
        if self._here[piece]:
            if self._kept.may_come(info_hash, piece, self._info.piece_bytes):
                handle.read_piece(piece)
        else:
            self._hurry(piece, now)
        await self._wait()
        return None

    def leave(self, span: Span) -> None:
        """Ask for nothing more on behalf of a reader."""
        if self.spans.pop(span, False) is None:
            self._aim(time.monotonic())

    def hear(self, one: Told) -> None:
        """Take in what the engine told of this torrent."""
        if isinstance(one, PieceCame) and one.piece < self._count:
            self._here[one.piece] = 1
            self._due.pop(one.piece, None)
        elif isinstance(one, Checked):
            self._handle = None  # what is here is known anew
        self.tell()

    def tell(self) -> None:
        """Let readers look again."""
        self._news.set()
        self._news = asyncio.Event()

    def close(self) -> None:
        """Let the engine fetch the rest as it does for others."""
        self._kept.drop(self._info.info_hash)
        if self._handle is not None and self._handle.is_valid():
            self._handle.clear_piece_deadlines()
            self._handle.unset_flags(lt.torrent_flags.sequential_download)
        self._handle = None

    async def _wait(self) -> None:
        news = self._news
        with suppress(TimeoutError):
            async with asyncio.timeout(NEWS_SECONDS_MAX):
                await news.wait()

    async def _take(self, handle: lt.torrent_handle) -> None:
        """Learn what is here, at first and after the download was added anew."""
        self._handle = handle
        self._due.clear()
        self._here = bytearray(self._count)
        handle.set_flags(lt.torrent_flags.sequential_download)
        flags = await asyncio.to_thread(pieces, handle)
        if handle is not self._handle:
            return
        for piece, flag in enumerate(flags[: self._count]):
            if flag:
                self._here[piece] = 1
        self.tell()

    def _move(self, span: Span, at: int, now: float) -> None:
        """Note where a reader is; the window moves with it from piece to piece."""
        piece_bytes = self._info.piece_bytes
        moved = span not in self.spans or at // piece_bytes != span.at // piece_bytes
        if not span.begun:
            span.begun = now
        span.at = at
        if moved:
            self.spans.pop(span, None)
            self.spans[span] = None
            self._aim(now)

    def _aim(self, now: float) -> None:
        """Tell the engine what is needed when."""
        if self._handle is None:
            return
        wanted: dict[int, float] = {}
        for behind, span in enumerate(reversed(self.spans)):
            ahead = window(span.at, span.end, self._info.piece_bytes, span.rate(now))
            for piece, milliseconds in ahead.items():
                due = now + milliseconds / 1000 + behind * BEHIND_SECONDS
                if not self._here[piece]:
                    wanted[piece] = min(due, wanted.get(piece, due))
        if self._due and not (wanted.keys() & self._due.keys()):
            self._handle.clear_piece_deadlines()
            self._due.clear()
        for piece in self._due.keys() - wanted.keys():
            self._handle.reset_piece_deadline(piece)
            del self._due[piece]
        for piece, due in wanted.items():
            if self._due.get(piece, due + 1) > due + SOON_SECONDS:
                self._set(piece, due, now)

    def _hurry(self, piece: int, now: float) -> None:
        """Ask first for what a reader waits for."""
        if piece not in self._due:
            self._aim(now)
        if self._due.get(piece, now) > now + SOON_SECONDS:
            self._set(piece, now, now)

    def _set(self, piece: int, due: float, now: float) -> None:
        self._due[piece] = due
        if self._handle is not None:
            self._handle.set_piece_deadline(piece, max(0, round((due - now) * 1000)))
