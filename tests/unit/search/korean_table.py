"""Names as people give them and queries as people type them, and a crowd of other names.

Each pair says which name the query means. The names are of songs, films, dramas, novels and games
and of files as they lie on disks; the crowd is made of common words with a seed, joined and split
at random, so that many of its names nearly answer.
"""

import unicodedata
from random import Random

PAIRS: tuple[tuple[str, str], ...] = (
    # spacing
    ("할머니가 들려주신 옛날 이야기", "옛날이야기"),
    ("옛날이야기 전집", "옛날 이야기 전집"),
    ("김광석 - 서른 즈음에", "서른즈음에"),
    ("아이유 - 밤편지", "밤 편지"),
    ("올드보이 Oldboy", "올드 보이"),
    ("살인의 추억", "살인의추억"),
    ("8월의 크리스마스", "8월의크리스마스"),
    ("오징어 게임 시즌2 S02E01", "오징어게임"),
    ("조세희 - 난장이가 쏘아올린 작은 공", "난장이가 쏘아 올린"),
    ("조세희 - 난장이가 쏘아올린 작은 공", "쏘아올린작은공"),
    ("한강 - 채식주의자", "채식 주의자"),
    ("스타크래프트 브루드워 맵 모음", "스타 크래프트"),
    ("스타크래프트 브루드워 맵 모음", "브루드 워"),
    ("바람의나라 효과음", "바람의 나라"),
    ("이문세 - 광화문 연가", "광화문연가"),
    ("들국화 - 그것만이 내 세상", "그것만이내세상"),
    ("양희은 아침 이슬", "아침이슬"),
    ("검정치마 Antifreeze", "검정 치마"),
    ("장기하와 얼굴들 - 싸구려 커피", "싸구려커피"),
    ("윤동주 - 하늘과 바람과 별과 시", "하늘과바람과별과시"),
    ("해리 포터와 마법사의 돌", "해리포터"),
    ("반지의제왕 확장판 자막", "반지의 제왕 자막"),
    ("쇼미더머니 11 음원", "쇼미 더 머니"),
    ("독도는 우리땅", "독도는 우리 땅"),
    ("강남스타일 PSY", "강남 스타일"),
    ("자우림 - 스물다섯, 스물하나", "스물다섯스물하나"),
    ("센과 치히로의 행방불명", "센과치히로"),
    ("박완서 - 그 많던 싱아는 누가 다 먹었을까", "그많던싱아"),
    ("무한도전 2013년 특집", "무한 도전 2013"),
    # a syllable alone
    ("방탄소년단 (BTS) - 봄날", "봄 날 bts"),
    ("학교종이 땡땡땡", "학교 종이 땡"),
    ("윤종신 - 좋니", "윤종신 좋 니"),
    # two syllables, and parts of words
    ("소리바다 인기가요 모음", "소리바다"),
    ("소리바다 인기가요 모음", "리바다"),
    ("기생충 (Parasite, 2019)", "기생"),
    ("킹덤: 아신전", "아신"),
    ("나의 아저씨 E16 END", "아저씨 16"),
    ("박완서 - 그 많던 싱아는 누가 다 먹었을까", "싱아"),
    ("센과 치히로의 행방불명", "치히로"),
    ("신해철 - 그대에게 (Live 1988)", "해철 그대"),
    ("빅뱅 – 거짓말", "거짓말"),
    ("이적 - 다행이다", "다행"),
    # initial consonants
    ("소리바다 인기가요 모음", "ㅅㄹㅂㄷ"),
    ("김광석 - 서른 즈음에", "ㅅㄹㅈㅇㅇ"),
    ("메이플스토리 로그인 음악", "ㅁㅇㅍㅅㅌㄹ"),
    ("응답하라 1988", "ㅇㄷㅎㄹ 1988"),
    ("검정치마 Antifreeze", "ㄱㅈㅊㅁ"),
    ("반지의제왕 확장판 자막", "ㅂㅈㅇㅈㅇ"),
    ("박하사탕 리마스터링", "ㅂㅎㅅㅌ"),
    ("밥상 차리는 남자", "ㅄㅊㄹㄴ"),
    ("소리바다 인기가요 모음", "소리ㅂㄷ"),
    # letters, digits and Hangul run together
    ("런닝맨E512.720p", "런닝맨 512"),
    ("런닝맨E512.720p", "런닝맨E512"),
    ("런닝맨 E510 720p", "런닝맨e510"),
    ("방탄소년단 (BTS) - 봄날", "bts봄날"),
    ("도깨비 OST - 첫눈처럼 너에게 가겠다", "도깨비ost"),
    ("이상한 변호사 우영우 1화", "우영우01화"),
    ("오징어 게임 시즌2 S02E01", "오징어게임 s2e1"),
    ("응답하라 1988", "응답하라1988"),
    ("1박2일 시즌 4", "1박 2일 시즌4"),
    ("쇼미더머니 11 음원", "쇼미더머니11"),
    ("강남스타일 PSY", "psy강남스타일"),
    ("K팝 데몬 헌터스", "케데헌 OR k팝"),
    ("나의 아저씨 E16 END", "나의아저씨e16"),
    # scripts, forms, signs
    ("화양연화 花樣年華", "花樣"),
    ("화양연화 花樣年華", "화양연화"),
    ("ＳＢＳ 인기가요", "sbs 인기가요"),
    ("Beyoncé - 헤일로 Halo", "beyonce 헤일로"),
    (unicodedata.normalize("NFD", "너의 이름은"), "너의이름은"),
    ("러브레터 Love Letter", unicodedata.normalize("NFD", "러브레터")),
    (unicodedata.normalize("NFD", "건축학개론"), "ㄱㅊㅎㄱㄹ"),
    ("ㅋㅋㅋ 유머 모음집", "ㅋㅋㅋ"),
    ("혁오 - TOMBOY", "혁오 tom*"),
    ("이루마 - River Flows in You", '"river flows" 이루마'),
    # one key wrong
    ("소리바다 인기가요 모음", "소라바다"),
    ("메이플스토리 로그인 음악", "메이플스토라"),
    ("검정치마 Antifreeze", "antifreze"),
    ("기생충 (Parasite, 2019)", "parasyte"),
    ("살인의 추억", "살인의 추옥"),
)

_WORDS = (
    "사랑 이별 바다 하늘 바람 소리 노래 이야기 아침 저녁 밤 낮 봄 여름 가을 겨울 눈 비 "
    "꽃 나무 길 집 학교 친구 엄마 아빠 할머니 아이 소년 소녀 왕 나라 전쟁 평화 시간 기억 "
    "추억 꿈 별 달 해 강 산 섬 도시 서울 부산 제주 여행 기차 버스 자전거 커피 술 밥 빵 "
    "고양이 강아지 새 물고기 나비 진실 비밀 편지 사진 영화 드라마 음악 인기 가요 모음 전집 "
    "특집 자막 원작 완결 외전 라이브 콘서트 앨범 시즌 마지막 처음 오늘 내일 어제 우리 나의 "
    "너의 그대 그녀 남자 여자 사람 세상 마음 눈물 웃음 얼굴 손 발 이름 종이 연필 책 게임 "
    "마법 검 용 마을 숲 바위 돌 불 물 흙 빛 그림자 천사 악마 귀신 좀비 형사 의사 변호사 "
    "선생님 학생 군인 요리사 가수 "
    "기생 살인 크리스마스 오징어 광화문 연가 이슬 치마 검정 포터 "
    "반지 제왕 독도 스타일 강남 스물 다섯 종신 해철 아저씨 "
    "무한 도전 그것 내 채식 주의 난장이 작은 공 옛날 서른 땅 "
    "메이 스토리 응답 화양 연화 데몬 박하 사탕 밥상 러브 레터"
).split()
_LATIN = (
    "love night day live best remix the of and dance summer blue star moon 720p ost e s".split()
)


def names() -> list[str]:
    """Give the different names of the table."""
    return list(dict.fromkeys(name for name, _ in PAIRS))


def crowd(count: int, seed: int) -> list[str]:
    """Give other names, none of them in the table."""
    chance = Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        parts = [chance.choice(_WORDS)]
        for _ in range(chance.randrange(1, 5)):
            joint = "" if chance.random() < 0.35 else " "
            pool = _LATIN if chance.random() < 0.12 else _WORDS
            parts.append(joint + chance.choice(pool))
        if chance.random() < 0.25:
            parts.append(chance.choice([" ", "", "E"]) + str(chance.randrange(1, 2030)))
        found["".join(parts)] = None
    return [name for name in found if name not in set(names())]
