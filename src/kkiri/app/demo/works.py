"""What the demo's people have made: a film, songs, an album, texts in Korean and English."""

import shutil
from pathlib import Path

from kkiri.adapters.footage import make_film, make_song

FILM = "달빛 여행 Moonlight Journey.mp4"
NEW_SONG = "달빛 아래서 - 도윤.mp3"
ALBUM = "봄의 노래"
WALK = "A Walk by the River.txt"
_FILM_SECONDS = 20  # with the rate below 100 MB: enough that two people both give some of it
_FILM_BITS_A_SECOND = 40_000_000
_TRACKS = ("첫눈", "꽃샘추위", "바다로 가는 길", "옛날 이야기")

_WALK_TEXT = """A Walk by the River

Every evening the old engineer walked along the river and counted the bridges. None of them
belonged to anybody in particular, and yet all of them stood. "You see," she told the child beside
her, "people on both banks wanted to meet. That is all a bridge is."
"""
_BOOKLET = """봄의 노래

겨울이 길던 해에 부엌에서 녹음한 네 곡입니다. 마음에 들면 누구에게든 건네주세요.
"""
_ESSAY = """# 끼리 나누던 시절

밤새 한 곡을 받아 놓고 아침에 친구에게 들려주던 때가 있었다. 누가 올렸는지도 모르는 노래였지만,
받는 동안에는 나도 다른 누군가에게 조각을 건네고 있었다.

나눈다는 것은 줄어드는 일이 아니었다.
"""
_STORY = """소나기가 지나간 골목

비가 그치자 골목 아이들이 하나둘 나왔다. 처마 끝에서 떨어지는 물방울 소리를 세다가, 누군가 휘파람을
불었다. 처음 듣는 노래인데도 모두 다음 소절을 알고 있었다.
"""
_LETTER = """# Letters on Open Networks

A network is open when a stranger can join it with nothing but a wire and good manners.
"""


def make_for_first(folder: Path) -> None:
    """Make a film and two songs."""
    make_film(
        folder / FILM,
        _FILM_SECONDS,
        {"title": "달빛 여행", "artist": "하늘"},
        7,
        bits_a_second=_FILM_BITS_A_SECOND,
    )
    make_song(folder / "옛날 이야기 - 하늘.mp3", 20, _tags("옛날 이야기", "하늘"), 11)
    make_song(folder / "소리바다 - 하늘.m4a", 20, _tags("소리바다", "하늘"), 12)


def make_for_second(folder: Path, first: Path) -> None:
    """Take the first one's film along, and make an album."""
    if (first / FILM).exists():
        shutil.copyfile(first / FILM, folder / FILM)
    album = folder / ALBUM
    album.mkdir()
    for number, title in enumerate(_TRACKS, 1):
        tags = _tags(title, "미나") | {"album": ALBUM, "track": str(number)}
        make_song(album / f"{number:02} {title}.flac", 8, tags, 20 + number)
    (album / "노랫말.txt").write_text(_BOOKLET, encoding="utf-8")


def make_for_third(folder: Path) -> None:
    """Write two Korean texts."""
    (folder / "끼리 나누던 시절.md").write_text(_ESSAY, encoding="utf-8")
    (folder / "소나기가 지나간 골목.txt").write_text(_STORY, encoding="utf-8")


def make_for_fourth(folder: Path) -> None:
    """Write two English texts and make a song."""
    (folder / WALK).write_text(_WALK_TEXT, encoding="utf-8")
    (folder / "Letters on Open Networks.md").write_text(_LETTER, encoding="utf-8")
    make_song(folder / "Night Train - Ada.mp3", 15, _tags("Night Train", "Ada"), 31)


def make_new_song(path: Path) -> None:
    """Make the song that appears while somebody waits for it."""
    make_song(path, 12, _tags("달빛 아래서", "도윤"), 41)


def _tags(title: str, artist: str) -> dict[str, str]:
    return {"title": title, "artist": artist}
