"""What may be said to the routes of talk, one type a request."""

from typing import Annotated, Literal

from pydantic import Field

from kkiri.chat.room import TEXT_CHARS_MAX as SPOKEN_CHARS_MAX
from kkiri.chat.rumor import OTHERS_MAX, SUBJECT_CHARS_MAX, TEXT_CHARS_MAX
from kkiri.event.picture import DATA_URL_CHARS_MAX
from kkiri.flows.profile import REPORT_CHARS_MAX
from kkiri.web.asked import (
    ABOUT_CHARS_MAX,
    LINK_CHARS_MAX,
    NO_NUL,
    Amount,
    Asked,
    PathText,
    Text,
    Who,
)

MESSAGES_MAX = 200  # of one answer: four screens
Id = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Reason = Literal["malware", "spam", "illegal", "impersonation", "nudity", "profanity", "other"]


class AskedSay(Asked):
    """Say something in private."""

    to: Annotated[list[Who], Field(min_length=1, max_length=OTHERS_MAX)]
    """People (npub, key, petname, name), or one conversation by its id."""
    text: Annotated[str, Field(min_length=1, max_length=TEXT_CHARS_MAX, pattern=NO_NUL)]
    subject: Annotated[str, Field(max_length=SUBJECT_CHARS_MAX, pattern=NO_NUL)] = ""
    answers: Id | None = None


class AskedTalk(Asked):
    """Name a conversation."""

    talk: Who


class AskedMute(AskedTalk):
    """Let a conversation make no noise, or again."""

    on: bool = True


class AskedMessage(Asked):
    """Name a message."""

    id: Id


class AskedRoom(Asked):
    """Name a public room: its name, id or link."""

    room: Who


class AskedEnter(AskedRoom):
    """Enter a room; it is made when nobody has made one of that name."""

    about: Annotated[str, Field(max_length=500, pattern=NO_NUL)] = ""


class AskedSpeak(AskedRoom):
    """Say something in a room, to everybody."""

    text: Annotated[str, Field(min_length=1, max_length=SPOKEN_CHARS_MAX, pattern=NO_NUL)]
    answers: Id | None = None


class AskedMuteRoom(AskedRoom):
    """Let a room make no noise, or again."""

    on: bool = True


class AskedOwnProfile(Asked):
    """Say who one is, to everybody; what is left out stays as it is."""

    name: Text | None = None
    about: Annotated[str, Field(max_length=ABOUT_CHARS_MAX, pattern=NO_NUL)] | None = None
    picture: Annotated[str, Field(max_length=DATA_URL_CHARS_MAX, pattern=NO_NUL)] | None = None
    """A small JPEG as `data:image/jpeg;base64,…`; empty takes it away."""
    picture_path: PathText | None = None
    """A picture on this machine, absolute; it is made small."""


class AskedReport(Asked):
    """Report a listing or a person, to everybody."""

    what: Annotated[str, Field(min_length=1, max_length=LINK_CHARS_MAX, pattern=NO_NUL)]
    """A magnet link, or a person."""
    why: Reason
    text: Annotated[str, Field(max_length=REPORT_CHARS_MAX, pattern=NO_NUL)] = ""
    who: Text = ""
    """Only what this person publishes of it."""


class AskedNotices(Asked):
    """Note that notices were read."""

    until: Amount
    """The number of the newest that was."""


class MessagesParams(Asked):
    """Which messages of a conversation."""

    model_config = {**Asked.model_config, "strict": False}

    before: Id | None = None
    """Those before this message; else the newest."""
    limit: Annotated[int, Field(ge=1, le=MESSAGES_MAX)] = 50
