"""Who is to blame: `LocalError` is ours to fix, `RemoteError` is the other side's.

Each class has a number that no other class has (tests/tidy keeps it so) and, as its docstring,
the sentence a person reads: English, then Korean after ` | `.
"""

import inspect
from typing import ClassVar


class KkiriError(Exception):
    """Something went wrong. | 문제가 생겼습니다."""

    number: ClassVar[int] = 0

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail

    def sentence(self, language: str = "en") -> str:
        """Give the sentence for a person, with the detail behind a colon when there is one."""
        english, _, korean = inspect.cleandoc(type(self).__doc__ or "").partition(" | ")
        words = korean if language == "ko" and korean else english
        return f"{words.rstrip('.')}: {self.detail}" if self.detail else words

    def __str__(self) -> str:
        return self.sentence()


class LocalError(KkiriError):
    """kkiri made a mistake. | kkiri가 실수했습니다."""

    number = 1


class RemoteError(KkiriError):
    """The other side broke the rules. | 상대가 규칙을 어겼습니다."""

    number = 2


class RefusedError(KkiriError):
    """That cannot be done. | 할 수 없는 일입니다."""

    number = 3


class BadRecordError(RemoteError):
    """A record was not valid. | 올바르지 않은 기록입니다."""

    number = 10


class BadMessageError(RemoteError):
    """A message could not be read. | 읽을 수 없는 메시지입니다."""

    number = 11


class BadLinkError(RefusedError):
    """That is not a link kkiri knows. | 끼리가 아는 링크가 아닙니다."""

    number = 12


class BadMetainfoError(RemoteError):
    """A torrent's description was not valid. | 토렌트 정보가 올바르지 않습니다."""

    number = 13


class BadNameError(RemoteError):
    """A file name was not usable. | 쓸 수 없는 파일 이름입니다."""

    number = 14


class LinkLostError(RemoteError):
    """The connection to a hub was lost. | 허브와의 연결이 끊겼습니다."""

    number = 20


class HubRefusedError(RemoteError):
    """A hub refused. | 허브가 거절했습니다."""

    number = 21


class HubUnprovedError(RemoteError):
    """A hub could not prove its key. | 허브가 자기 키를 증명하지 못했습니다."""

    number = 22


class NotFoundError(RefusedError):
    """Nothing by that name was found. | 그런 것을 찾지 못했습니다."""

    number = 30


class NotReachableError(RefusedError):
    """Nobody who has it can be reached right now. | 지금은 가진 사람에게 닿을 수 없습니다."""

    number = 31


class DiskFullError(RefusedError):
    """The disk is full; kkiri goes on by itself when there is room. | 디스크가 가득 찼습니다. 자리가 나면 저절로 이어집니다."""  # noqa: E501

    number = 32


class UnsafeFolderError(RefusedError):
    """That folder is not shared. | 그 폴더는 공유하지 않습니다."""

    number = 33


class FileChangedError(RefusedError):
    """That file has changed since it was hashed. | 그 파일은 해시한 뒤에 바뀌었습니다."""

    number = 100


class PeerNotRunningError(RefusedError):
    """No kkiri is running for this home folder. | 이 홈 폴더에서 도는 끼리가 없습니다."""

    number = 34


class BadKeyError(RefusedError):
    """That key could not be read. | 읽을 수 없는 키입니다."""

    number = 35


class BadConfigError(RefusedError):
    """The settings could not be read. | 설정을 읽을 수 없습니다."""

    number = 36


class DidNotStartError(RefusedError):
    """kkiri did not start. | 끼리가 시작하지 못했습니다."""

    number = 37


class AlreadyUpError(RefusedError):
    """kkiri is already running for this home folder. | 이 홈 폴더에서 끼리가 이미 돌고 있습니다."""

    number = 38


class BadSealError(RemoteError):
    """A sealed message could not be opened. | 봉한 메시지를 열 수 없습니다."""

    number = 120
