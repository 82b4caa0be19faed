"""Which files belong to a film, as torrents have them in the wild."""

import unicodedata

import pytest

from kkiri.play.beside import captions_beside, cover_beside, language_of

FILM = ("기생충.2019.1080p.mkv",)


def found(paths: list[tuple[str, ...]], index: int = 0) -> list[tuple[str, str]]:
    return [(one.name, one.language) for one in captions_beside(paths, index)]


@pytest.mark.parametrize(
    ("path", "language"),
    [
        (("기생충.2019.1080p.srt",), ""),
        (("기생충.2019.1080p.ko.srt",), "ko"),
        (("기생충.2019.1080p.KOR.smi",), "ko"),
        (("기생충.2019.1080p_한글자막.smi",), "ko"),
        (("기생충.2019.1080p.en.ass",), "en"),
        (("기생충.2019.1080p.English.ssa",), "en"),
        (("기생충.2019.1080p (영어).vtt",), "en"),
        (("Subs", "기생충.2019.1080p.kr.srt"), "ko"),
        (("자막", "Korean.srt"), "ko"),
        (("subs", "2_Korean.srt"), "ko"),
        (("Subs", "기생충.2019.1080p", "3_eng.srt"), "en"),
        (("딴 이름.smi",), ""),
        ((unicodedata.normalize("NFD", "기생충.2019.1080p.ko.srt"),), "ko"),
    ],
)
def test_belongs(path: tuple[str, ...], language: str) -> None:
    assert found([FILM, path]) == [(path[-1], language)]


@pytest.mark.parametrize(
    "path",
    [
        ("기생충.2019.1080p.txt",),
        ("기생충.2019.1080p.srt.exe",),
        ("Other film", "기생충.2019.1080p.srt"),
        ("Subs", "a", "b", "기생충.srt"),
    ],
)
def test_does_not_belong(path: tuple[str, ...]) -> None:
    assert found([FILM, path]) == []


def test_episodes_each_have_their_own() -> None:
    paths = [
        ("Show.S01E01.mkv",),
        ("Show.S01E02.mkv",),
        ("show s01e01 korean.srt",),
        ("Show.S01E02.smi",),
        ("Subs", "Show.S01E02.en.srt"),
        ("드라마 02회.ass",),
        ("cover.srt",),
    ]
    assert found(paths, 0) == [("show s01e01 korean.srt", "ko")]
    assert [name for name, _ in found(paths, 1)] == ["Show.S01E02.smi", "Show.S01E02.en.srt"]


def test_numbers_of_episodes_in_korean() -> None:
    paths = [
        ("도깨비 1화.mp4",),
        ("도깨비 2화.mp4",),
        ("도깨비.1화.자막.smi",),
        ("도깨비 E02.srt",),
    ]
    assert [name for name, _ in found(paths, 0)] == ["도깨비.1화.자막.smi"]
    assert [name for name, _ in found(paths, 1)] == ["도깨비 E02.srt"]


def test_forced_and_order() -> None:
    paths = [("a.mkv",), ("a.en.srt",), ("a.ko.forced.srt",), ("a.ko.srt",), ("a.srt",)]
    assert [(one.name, one.forced) for one in captions_beside(paths, 0)] == [
        ("a.srt", False),
        ("a.ko.forced.srt", True),
        ("a.ko.srt", False),
        ("a.en.srt", False),
    ]


def test_covers() -> None:
    paths = [
        ("CD1", "01.mp3"),
        ("CD1", "front.JPG"),
        ("cover.jpg",),
        ("CD2", "01.mp3"),
        ("CD2", "photo.jpg"),
        ("cover.exe",),
    ]
    assert cover_beside(paths, 0) == 1
    assert cover_beside(paths, 3) == 2
    assert cover_beside(paths, None) == 2
    assert cover_beside([("a.mp3",), ("scan.jpg",)], 0) is None


@pytest.mark.parametrize(
    ("words", "language"),
    [("ko", "ko"), ("[KOR] sub", "ko"), ("zh-TW", "zh"), ("한국어", "ko"), ("japan", ""), ("", "")],
)
def test_language(words: str, language: str) -> None:
    assert language_of(words) == language
