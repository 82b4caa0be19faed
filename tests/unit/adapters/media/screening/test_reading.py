"""The file at the other end of a pipe reads as any file does, and asks for little."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkiri.adapters.media.screening import reading
from kkiri.adapters.media.screening.pipe import ASKED, FRAME_BYTES_MAX, HEAD, READ_BYTES_MAX, Frame
from kkiri.adapters.media.screening.reading import FIRST_BYTES, GoneError, Line, PipeFile

BODY = bytes(number * 7 % 251 for number in range(3_000_000))


class Peer(io.BytesIO):
    """The other end: takes frames, and answers questions about a film."""

    def __init__(self, body: bytes = BODY, most: int = READ_BYTES_MAX) -> None:
        super().__init__()
        self.asked: list[tuple[int, int]] = []
        self.data: list[bytes] = []
        self.answers = io.BytesIO()
        self._body = body
        self._most = most
        self._said = b""

    def write(self, part: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]
        self._said += bytes(part)
        while len(self._said) >= HEAD.size:
            kind, length = HEAD.unpack(self._said[: HEAD.size])
            if len(self._said) < HEAD.size + length:
                break
            self._take(Frame(kind), self._said[HEAD.size : HEAD.size + length])
            self._said = self._said[HEAD.size + length :]
        return len(part)

    def _take(self, kind: Frame, body: bytes) -> None:
        if kind is not Frame.READ:
            self.data.append(body)
            return
        offset, size = ASKED.unpack(body)
        self.asked.append((offset, size))
        found = self._body[offset : offset + min(size, self._most)]
        at = self.answers.tell()
        self.answers.seek(0, io.SEEK_END)
        self.answers.write(struct.pack("<I", len(found)) + found)
        self.answers.seek(at)


@pytest.fixture(autouse=True)
def _no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "cpu_seconds_more", lambda seconds: None)


def opened(peer: Peer, size: int = len(BODY)) -> PipeFile:
    return PipeFile(Line(peer.answers, peer), "film.mkv", size)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.integers(0, 90_000)),
        st.tuples(st.just("set"), st.integers(0, len(BODY) + 10)),
        st.tuples(st.just("current"), st.integers(-50_000, 50_000)),
        st.tuples(st.just("end"), st.integers(-50_000, 10)),
    ),
    max_size=30,
)


@given(STEPS, st.integers(1, 100_000))
def test_it_reads_as_a_file_does(steps: list[tuple[str, int]], most: int) -> None:
    peer = Peer(most=most)
    file, like = opened(peer), io.BytesIO(BODY)
    for what, number in steps:
        if what == "read":
            found = file.read(number)
            assert found == like.read(len(found))
            assert found or number == 0 or like.tell() >= len(BODY)
        else:
            whence = {"set": 0, "current": 1, "end": 2}[what]
            base = (0, like.tell(), len(BODY))[whence]
            if base + number < 0:
                with pytest.raises(ValueError, match="before"):
                    file.seek(number, whence)
            else:
                assert file.seek(number, whence) == like.seek(number, whence)
        assert file.tell() == like.tell()
    assert all(size <= READ_BYTES_MAX and at + size <= len(BODY) for at, size in peer.asked)


def test_reads_grow_in_order_and_are_small_after_a_jump() -> None:
    peer = Peer()
    file = opened(peer)
    while file.tell() < 1_000_000:
        file.read(10_000)
    sizes = [size for _, size in peer.asked]
    assert sizes[0] == FIRST_BYTES and sizes == sorted(sizes) and len(sizes) < 8
    file.seek(2_500_000)
    file.read(10)
    assert peer.asked[-1] == (2_500_000, FIRST_BYTES)
    before = len(peer.asked)
    file.seek(0)
    file.read(10)
    assert len(peer.asked) == before, "what was read is kept for a while"


def test_what_is_kept_is_bounded() -> None:
    peer = Peer()
    file = opened(peer)
    for number in range(200):
        file.seek(number * 10_000)
        file.read(1)
    assert len(file._runs) <= reading.KEPT_RUNS_MAX


def test_everything_and_nothing() -> None:
    assert opened(Peer()).readall() == BODY
    assert opened(Peer(b""), 0).read(5) == b""
    buffer = bytearray(5)
    assert opened(Peer()).readinto(buffer) == 5
    assert bytes(buffer) == BODY[:5]


def test_a_peer_that_is_gone_ends_it() -> None:
    peer = Peer()
    line = Line(io.BytesIO(b"\x05\0\0\0ab"), peer)
    with pytest.raises(GoneError):
        PipeFile(line, "a", 10).read(5)


def test_long_data_goes_in_frames() -> None:
    peer = Peer()
    Line(peer.answers, peer).give(bytes(2 * FRAME_BYTES_MAX + 1))
    assert [len(part) for part in peer.data] == [FRAME_BYTES_MAX, FRAME_BYTES_MAX, 1]
