"""Real films made on the spot by ffmpeg, one of each kind that people have."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from kkiri.base.errors import NotFoundError
from kkiri.base.types import Bytes

SECONDS = 12
KEY_SECONDS = 4  # between two keyframes
_PICTURE: Final = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d={s}")
_LARGE: Final = ("-f", "lavfi", "-i", "testsrc2=s=3840x2160:r=25:d=6")
_TONE: Final = ("-f", "lavfi", "-i", "sine=440:r=48000:d={s}")
_HIGH: Final = ("-f", "lavfi", "-i", "sine=880:r=48000:d={s}")
_H264: Final = (
    "-c:v",
    "libx264",
    "-preset",
    "ultrafast",
    "-bf",
    "2",
    "-g",
    "100",
    "-pix_fmt",
    "yuv420p",
)
_GOP: Final = ("-g", "100")
SUBRIP: Final = """1
00:00:01,000 --> 00:00:03,000
<i>Hello</i> & <b>you</b>

2
00:00:08,000 --> 00:00:10,000
late
"""
KOREAN: Final = """1
00:00:01,000 --> 00:00:03,000
안녕하세요

2
00:00:08,000 --> 00:00:10,000
늦은 자막
"""
SAMI: Final = (
    "<SAMI><BODY>\n<SYNC Start=1000><P Class=KRCC>안녕<br>하세요\n<P Class=ENCC>Hello\n"
    "<SYNC Start=3000><P Class=KRCC>&nbsp;<P Class=ENCC>&nbsp;\n</BODY></SAMI>\n"
)
_MADE: Final[dict[str, tuple[str, ...]]] = {
    "plain.mp4": (*_PICTURE, *_TONE, *_H264, "-c:a", "aac", "-movflags", "+faststart"),
    "late.mp4": (*_PICTURE, *_TONE, *_H264, "-c:a", "aac"),
    "open.webm": (*_PICTURE, *_TONE, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used",
                  "8", *_GOP, "-b:v", "300k", "-c:a", "libopus"),
    "dubbed.mkv": (*_PICTURE, *_TONE, *_HIGH, "-i", "en.srt", "-i", "ko.srt", "-map", "0", "-map",
                   "1", "-map", "2", "-map", "3", "-map", "4", *_H264, "-c:a:0", "ac3", "-c:a:1",
                   "aac", "-c:s:0", "srt", "-c:s:1", "ass", "-metadata:s:a:0", "language=kor",
                   "-metadata:s:a:1", "language=eng", "-metadata:s:a:1", "title=Director",
                   "-metadata:s:s:0", "language=eng", "-metadata:s:s:1", "language=kor",
                   "-disposition:s:0", "forced"),
    "old.avi": (*_PICTURE, *_TONE, "-c:v", "mpeg4", *_GOP, "-c:a", "libmp3lame"),
    "packed.avi": (*_PICTURE, *_TONE, *_H264, "-c:a", "ac3"),
    "broadcast.ts": (*_PICTURE, *_TONE, *_H264, "-c:a", "aac"),
    "windows.wmv": (*_PICTURE, *_TONE, "-c:v", "wmv2", *_GOP, "-c:a", "wmav2"),
    "flash.flv": (*_PICTURE, *_TONE, *_H264, "-c:a", "aac"),
    "disc.mpg": (*_PICTURE, *_TONE, "-c:v", "mpeg2video", *_GOP, "-c:a", "mp2"),
    "woven.ts": (*_PICTURE, *_TONE, "-c:v", "mpeg2video", *_GOP, "-flags", "+ildct+ilme", "-c:a",
                 "ac3"),
    "deep.mkv": (*_PICTURE, *_TONE, "-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
                 "log-level=none:keyint=100", "-pix_fmt", "yuv420p10le", "-c:a", "flac"),
    "titled.mp4": (*_PICTURE, *_TONE, "-i", "ko.srt", *_H264, "-c:a", "aac", "-c:s", "mov_text",
                   "-metadata:s:s:0", "language=kor"),
    "large.mp4": (*_LARGE, *_TONE, *_H264, "-c:a", "aac", "-b:v", "12M"),
    "song.flac": (*_TONE, "-c:a", "flac"),
    "song.mp3": (*_TONE, "-f", "lavfi", "-i", "color=red:s=600x500:d=0.04", "-map", "0",
                 "-map", "1", "-c:a", "libmp3lame", "-c:v", "mjpeg", "-frames:v", "1",
                 "-disposition:v", "attached_pic"),
    "dark.mp4": ("-f", "lavfi", "-i", "color=black:s=320x180:r=25:d=6", "-f", "lavfi", "-i",
                 "testsrc2=s=320x180:r=25:d=6", "-filter_complex", "[0:v][1:v]concat=n=2:v=1",
                 *_H264),
    "photo.png": ("-f", "lavfi", "-i", "testsrc2=s=900x1600:d=0.04:r=25", "-frames:v", "1"),
}  # fmt: skip
NAMES: Final = tuple(_MADE)
SHOWN: Final = tuple(name for name in NAMES if name not in {"photo.png", "dark.mp4"})


def make(folder: Path, *names: str, seconds: int = SECONDS) -> list[Path]:
    """Make films; one that is there already stays."""
    (folder / "en.srt").write_text(SUBRIP, "utf-8")
    (folder / "ko.srt").write_text(KOREAN, "utf-8")
    for name in names:
        if not (folder / name).exists():
            _ffmpeg(folder, name, [part.format(s=seconds) for part in _MADE[name]])
    for name in ("en.srt", "ko.srt"):
        (folder / name).unlink()
    return [folder / name for name in names]


def _ffmpeg(folder: Path, name: str, words: Sequence[str]) -> None:
    argv = ["ffmpeg", "-v", "error", "-y", *words, name]
    subprocess.run(argv, cwd=folder, check=True, timeout=300)


class DiskFilm:
    """A file on disk as one that arrives; counts what is read of it."""

    def __init__(self, path: Path, *, most: int = 2**30) -> None:
        self.name = path.name
        self.size = Bytes(path.stat().st_size)
        self.body = path.read_bytes()
        self.reads: list[tuple[int, int]] = []
        self.closed = False
        self.gone = False
        self._most = most

    async def read(self, offset: int, size: int) -> bytes:
        """Give bytes, at most so many at once as the test allows."""
        if self.gone:
            raise NotFoundError(self.name)
        body = self.body[offset : offset + min(size, self._most)]
        self.reads.append((offset, len(body)))
        return body

    def close(self) -> None:
        """Note that it was closed."""
        self.closed = True

    @property
    def total(self) -> int:
        """Give how much was read."""
        return sum(size for _, size in self.reads)
