"""What browsers play, and how a stream's codec is written in a MIME type.

Source: RFC 6381; ISO 14496-15 annex E for HEVC; the VP9 and AV1 bindings to ISO BMFF.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

COPIED_VIDEO: Final = frozenset({"h264", "hevc", "vp9", "av1"})
COPIED_AUDIO: Final = frozenset({"aac", "opus", "flac"})  # Chromium takes no MP3 inside MP4
DECODED_VIDEO: Final = COPIED_VIDEO | frozenset(
    "mpeg4 msmpeg4v1 msmpeg4v2 msmpeg4v3 msmpeg4 mpeg1video mpeg2video wmv1 wmv2 wmv3 vc1 h263 "
    "flv flv1 vp6 vp6f vp6a vp8 theora rv10 rv20 rv30 rv40 mjpeg libdav1d".split()
)
DECODED_AUDIO: Final = COPIED_AUDIO | frozenset(
    "mp3 ac3 eac3 dca dts truehd mlp mp2 mp2float mp3float mp3adu vorbis alac wmav1 wmav2 wmapro "
    "wmalossless cook ape wavpack tta amrnb amrwb libopus aac_latm adpcm_ms adpcm_ima_wav "
    "pcm_s16le pcm_s16be pcm_s24le pcm_s24be pcm_s32le pcm_u8 pcm_f32le pcm_mulaw pcm_alaw "
    "pcm_bluray pcm_dvd speex ra_144 ra_288 sipr".split()
)
TEXT_CAPTIONS: Final = frozenset("subrip srt ass ssa mov_text webvtt text".split())
PLAIN_VIDEO: Final = "avc1.42C029"  # what the encoder is told: baseline tools, level 4.1
PLAIN_AUDIO: Final = "mp4a.40.2"
EVERYWHERE_AUDIO: Final = frozenset({"mp4a.40.2", "mp4a.40.5", "mp4a.40.29"})  # AAC-LC and HE-AAC
_H264_SPS = 7
_HEVC_SPS = 33
_DIRECT: Final = {
    "mp4": (frozenset({"h264", "hevc", "av1", "vp9"}), frozenset({"aac", "mp3", "opus", "flac"})),
    "webm": (frozenset({"vp8", "vp9", "av1"}), frozenset({"opus", "vorbis"})),
    "ogg": (frozenset[str](), frozenset({"opus", "vorbis", "flac"})),
    "mp3": (frozenset[str](), frozenset({"mp3"})),
    "flac": (frozenset[str](), frozenset({"flac"})),
    "wav": (frozenset[str](), frozenset({"pcm_s16le", "pcm_u8", "pcm_s24le", "pcm_f32le"})),
    "aac": (frozenset[str](), frozenset({"aac"})),
}
_SUFFIXES: Final = {
    "mp4": "mp4", "m4v": "mp4", "m4a": "mp4", "m4b": "mp4", "mov": "mp4", "webm": "webm",
    "ogg": "ogg", "oga": "ogg", "opus": "ogg", "mp3": "mp3", "flac": "flac", "wav": "wav",
    "aac": "aac",
}  # fmt: skip
# luma samples a picture may have at a level; Source: VP9 levels, webmproject
_VP9_LEVELS: Final = (
    (36_864, 10), (73_728, 11), (122_880, 20), (245_760, 21), (552_960, 30), (983_040, 31),
    (2_228_224, 40), (8_912_896, 50), (35_651_584, 60),
)  # fmt: skip


def video_codec(codec: str, extradata: bytes, pixels: str, size: tuple[int, int]) -> str | None:
    """Write a picture's codec as MIME types do; None where its header says too little."""
    match codec:
        case "h264":
            return _h264(extradata)
        case "hevc":
            return _hevc(extradata)
        case "vp9":
            depth = 12 if "12" in pixels else (10 if "10" in pixels else 8)
            profile = (0 if "420p" in pixels else 1) + (0 if depth == 8 else 2)
            luma = size[0] * size[1]
            level = next((level for most, level in _VP9_LEVELS if luma <= most), 62)
            return f"vp09.{profile:02d}.{level:02d}.{depth:02d}"
        case "av1" | "libdav1d":
            return _av1(extradata)
        case _:
            return None


def audio_codec(codec: str, extradata: bytes) -> str | None:
    """Write a sound's codec as MIME types do; None for what is never passed on."""
    match codec:
        case "aac":
            return f"mp4a.40.{_aac_object(extradata)}"
        case "opus" | "libopus":
            return "opus"
        case "flac":
            return "flac"
        case _:
            return None


def stream_type(video: str | None, audio: str | None) -> str:
    """Give the MIME type of an MP4 stream of such codecs."""
    kind = "video/mp4" if video else "audio/mp4"
    return f'{kind}; codecs="{",".join(part for part in (video, audio) if part)}"'


def plays_direct(name: str, video: str | None, pixels: str, audio: Sequence[str]) -> bool:
    """Tell whether browsers play such a file itself: its name's suffix, and all that is in it."""
    container = _SUFFIXES.get(name.rpartition(".")[2].lower())
    if container is None or (video is None and not audio):
        return False
    videos, audios = _DIRECT[container]
    if video == "h264" and pixels not in {"yuv420p", "yuvj420p"}:
        return False
    return (video is None or video in videos) and (not audio or audio[0] in audios)


def _h264(extradata: bytes) -> str | None:
    if len(extradata) >= 4 and extradata[0] == 1:
        return f"avc1.{extradata[1:4].hex().upper()}"
    sps = _unit(extradata, lambda first: first & 0x1F == _H264_SPS)
    return f"avc1.{sps[1:4].hex().upper()}" if len(sps) >= 4 else None


def _hevc(extradata: bytes) -> str | None:
    if len(extradata) >= 13 and extradata[0] == 1:
        return _hevc_profile(extradata[1:13])
    sps = _unit(extradata, lambda first: (first >> 1) & 0x3F == _HEVC_SPS)
    raw = sps[:40].replace(b"\0\0\3", b"\0\0")
    return _hevc_profile(raw[3:15]) if len(raw) >= 15 else None


def _hevc_profile(raw: bytes) -> str:
    space = ("", "A", "B", "C")[raw[0] >> 6]
    tier = "H" if raw[0] & 0x20 else "L"
    flags = int(f"{int.from_bytes(raw[1:5], 'big'):032b}"[::-1], 2)
    constraints = raw[5:11].rstrip(b"\0")
    tail = "".join(f".{one:X}" for one in constraints)
    return f"hvc1.{space}{raw[0] & 0x1F}.{flags:X}.{tier}{raw[11]}{tail}"


def _av1(extradata: bytes) -> str:
    if len(extradata) < 4 or extradata[0] != 0x81:
        return "av01.0.08M.08"
    profile, level = extradata[1] >> 5, extradata[1] & 0x1F
    tier = "H" if extradata[2] & 0x80 else "M"
    depth = 8 if not extradata[2] & 0x40 else (12 if extradata[2] & 0x20 else 10)
    return f"av01.{profile}.{level:02d}{tier}.{depth:02d}"


def _aac_object(extradata: bytes) -> int:
    if len(extradata) < 2:
        return 2
    kind = extradata[0] >> 3
    if kind == 31:
        kind = 32 + ((extradata[0] & 7) << 3 | extradata[1] >> 5)
    return kind or 2


def _unit(extradata: bytes, wanted: Callable[[int], bool]) -> bytes:
    """Give the first NAL unit of a kind of an Annex B stream."""
    for match in re.finditer(b"\0\0\1", extradata[:4096]):
        at = match.end()
        if at < len(extradata) and wanted(extradata[at]):
            return extradata[at : at + 64]
    return b""
