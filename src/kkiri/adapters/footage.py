"""Makes small real films and songs on the spot, for the demo and the tests; reads nothing.

The same seed gives the same pictures and notes, so two people can have the same film.
"""

import math
import random
from array import array
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path

import av

RATE = 44_100
FRAMES_A_SECOND = 24
_SAMPLES = 1024  # a frame of sound: what AAC takes at once
_SCALE = (0, 2, 4, 7, 9)  # pentatonic: any order of these sounds like a tune
_GRAIN_ROWS = 220  # the rest of the 360 shows colours
_NOISE_BYTES = 1 << 20  # enough that a frame's grain does not repeat visibly


def make_song(path: Path, seconds: int, tags: Mapping[str, str], seed: int) -> None:
    """Write a tune as the path's suffix says (.mp3, .m4a, .flac), with tags such as `title`."""
    codec = {".mp3": "libmp3lame", ".m4a": "aac", ".flac": "flac"}[path.suffix]
    layout = "s16" if codec == "flac" else ("fltp" if codec == "aac" else "s16p")
    with av.open(str(path), "w") as container:
        container.metadata.update(tags)
        stream = container.add_stream(codec, rate=RATE, layout="mono", format=layout)
        if not isinstance(stream, av.AudioStream):
            raise TypeError(codec)
        for frame in _tune(seconds, seed):
            for part in _resampled(frame, layout):
                container.mux(stream.encode(part))
        container.mux(stream.encode(None))


def make_film(
    path: Path, seconds: int, tags: Mapping[str, str], seed: int, *, bits_a_second: int
) -> None:
    """Write an MP4 with picture (640×360, moving colours and film grain) and sound."""
    with av.open(str(path), "w") as container:
        container.metadata.update(tags)
        picture = container.add_stream("libx264", rate=FRAMES_A_SECOND)
        picture.width, picture.height, picture.pix_fmt = 640, 360, "yuv420p"
        picture.bit_rate = bits_a_second
        picture.options = {"preset": "ultrafast", "tune": "zerolatency"}
        sound = container.add_stream("aac", rate=RATE, layout="mono")
        for frame in _pictures(seconds * FRAMES_A_SECOND, seed):
            container.mux(picture.encode(frame))
        container.mux(picture.encode(None))
        for tone in _tune(seconds, seed):
            for part in _resampled(tone, "fltp"):
                container.mux(sound.encode(part))
        container.mux(sound.encode(None))


def _tune(seconds: int, seed: int) -> Iterator[av.AudioFrame]:
    chance = random.Random(seed)
    samples = array("h")
    while len(samples) < seconds * RATE:
        tone = 220 * 2 ** ((chance.choice(_SCALE) + 12 * chance.randrange(2)) / 12)
        period = round(RATE / tone)
        wave = array("h", (round(9000 * math.sin(math.tau * n / period)) for n in range(period)))
        samples.extend(wave * (RATE // 4 * chance.choice((1, 1, 2)) // period))
    raw = samples[: seconds * RATE].tobytes()
    for at in range(0, len(raw), 2 * _SAMPLES):
        part = raw[at : at + 2 * _SAMPLES]
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(part) // 2)
        frame.planes[0].update(part)
        frame.sample_rate = RATE
        frame.pts = at // 2
        frame.time_base = Fraction(1, RATE)
        yield frame


def _resampled(frame: av.AudioFrame, layout: str) -> list[av.AudioFrame]:
    if layout == "s16":
        return [frame]
    return av.AudioResampler(format=layout, layout="mono", rate=RATE).resample(frame)


def _pictures(frames: int, seed: int) -> Iterator[av.VideoFrame]:
    chance = random.Random(seed)
    grain = bytes(value >> 1 for value in chance.randbytes(_NOISE_BYTES))
    ramp = bytes(abs(255 - n % 510) for n in range(640 * 3))
    for number in range(frames):
        frame = av.VideoFrame(640, 360, "yuv420p")
        shift = 4 * number % 510
        line = ramp[shift : shift + frame.planes[0].line_size]
        light = bytearray(line * 360)
        at = chance.randrange(_NOISE_BYTES - 640 * _GRAIN_ROWS)
        light[: len(line) * _GRAIN_ROWS] = grain[at : at + len(line) * _GRAIN_ROWS]
        frame.planes[0].update(bytes(light))
        for plane, pace in ((frame.planes[1], 2), (frame.planes[2], 3)):
            colour = 128 + round(80 * math.sin(pace * number / FRAMES_A_SECOND + seed))
            plane.update(bytes([colour]) * plane.buffer_size)
        frame.pts = number
        frame.time_base = Fraction(1, FRAMES_A_SECOND)
        yield frame
