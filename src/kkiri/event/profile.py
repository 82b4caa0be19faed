"""What a person says of themselves: profile (0), follows (3), hubs they use (10002, 10050).

Source: NIP-01, NIP-02, NIP-17, NIP-24, NIP-65.
"""

from dataclasses import dataclass

import msgspec

from kkiri.base.errors import BadRecordError
from kkiri.base.hexes import is_hex32
from kkiri.base.limits import FILTER_VALUES_MAX
from kkiri.base.types import HubUrl, PubKey
from kkiri.event import fields, kinds, picture
from kkiri.event.record import Event, Tag

NAME_CHARS_MAX = 80  # one line beside a listing
ABOUT_CHARS_MAX = 2_000  # a screen
PROFILE_BYTES_MAX = 64 * 1024  # a profile is a few hundred bytes; gated before it is parsed
HUBS_MAX = 50  # NIP-65 asks for two to four of each


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A person's own words; any field may be empty."""

    name: str = ""
    about: str = ""
    picture: str = ""
    """A URL as the person wrote it, or the picture itself (event.picture); never fetched."""
    address: str = ""
    """The NIP-05 name, not checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """One line of a follow list."""

    pubkey: PubKey
    hub: str = ""
    petname: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedHub:
    """One hub a person reads from, writes to, or both."""

    url: HubUrl
    read: bool = True
    write: bool = True


class _ProfileBody(msgspec.Struct):
    name: object = None
    display_name: object = None
    about: object = None
    picture: object = None
    nip05: object = None


def profile_content(profile: Profile) -> str:
    """Give the content of a profile record; its tags are empty."""
    named = {
        "name": profile.name[:NAME_CHARS_MAX],
        "about": profile.about[:ABOUT_CHARS_MAX],
        "picture": profile.picture,
        "nip05": profile.address,
    }
    return msgspec.json.encode({name: text for name, text in named.items() if text}).decode()


def read_profile(event: Event) -> Profile:
    """Read a profile; fields that are no text are left empty.

    Raises: BadRecordError.
    """
    _check(event, kinds.PROFILE)
    if len(event.content) > PROFILE_BYTES_MAX:
        raise BadRecordError("profile")
    try:
        body = msgspec.json.decode(event.content, type=_ProfileBody)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadRecordError("profile") from error
    return Profile(
        name=_line(body.name, NAME_CHARS_MAX) or _line(body.display_name, NAME_CHARS_MAX),
        about=_text(body.about, ABOUT_CHARS_MAX),
        picture=_picture(body.picture),
        address=_line(body.nip05, fields.HOST_CHARS_MAX),
    )


def follow_tags(follows: tuple[Followed, ...]) -> tuple[Tag, ...]:
    """Give the tags of a follow list; the content is empty."""
    return tuple(("p", one.pubkey, one.hub, one.petname) for one in follows)


def changed_follows(
    before: tuple[Tag, ...], on: tuple[PubKey, ...], off: tuple[PubKey, ...]
) -> tuple[Tag, ...]:
    """Add people to a follow list and take some out; all else that stands in it stays."""
    kept = [tag for tag in before if not (len(tag) > 1 and tag[0] == "p" and tag[1] in off)]
    there = {tag[1] for tag in kept if len(tag) > 1 and tag[0] == "p"}
    new = [key for key in dict.fromkeys(on) if key not in there]
    return (*kept, *follow_tags(tuple(Followed(pubkey=key) for key in new)))


def read_follows(event: Event) -> tuple[Followed, ...]:
    """Read a follow list, each key once, at most FILTER_VALUES_MAX.

    Raises: BadRecordError.
    """
    _check(event, kinds.FOLLOWS)
    found: dict[str, Followed] = {}
    for tag in event.tags:
        if len(found) == FILTER_VALUES_MAX:
            break
        if len(tag) > 1 and tag[0] == "p" and is_hex32(tag[1]):
            hub, petname = (*tag[2:4], "", "")[:2]
            found.setdefault(
                tag[1],
                Followed(
                    pubkey=PubKey(tag[1]),
                    hub=_line(hub, fields.URL_CHARS_MAX),
                    petname=_line(petname, NAME_CHARS_MAX),
                ),
            )
    return tuple(found.values())


def hub_list_tags(hubs: tuple[UsedHub, ...]) -> tuple[Tag, ...]:
    """Give the tags of a relay list; the content is empty."""
    return tuple(_hub_tag(hub) for hub in hubs[:HUBS_MAX] if hub.read or hub.write)


def read_hub_list(event: Event) -> tuple[UsedHub, ...]:
    """Read a relay list; bad addresses are left out.

    Raises: BadRecordError.
    """
    _check(event, kinds.RELAY_LIST)
    found: dict[HubUrl, UsedHub] = {}
    for tag in event.tags[:FILTER_VALUES_MAX]:
        if len(tag) < 2 or tag[0] != "r" or len(found) == HUBS_MAX:
            continue
        try:
            url = fields.hub_url(tag[1])
        except BadRecordError:
            continue
        way = tag[2] if len(tag) > 2 else ""
        found.setdefault(url, UsedHub(url=url, read=way != "write", write=way != "read"))
    return tuple(found.values())


def inbox_list_tags(hubs: tuple[HubUrl, ...]) -> tuple[Tag, ...]:
    """Give the tags of the list of hubs that keep this person's messages; the content is empty."""
    return tuple(("relay", url) for url in hubs)


def read_inbox_list(event: Event) -> tuple[HubUrl, ...]:
    """Read the hubs that keep a person's messages; bad addresses are left out.

    Raises: BadRecordError.
    """
    _check(event, kinds.DM_RELAY_LIST)
    found: dict[HubUrl, None] = {}
    for value in event.values("relay")[:FILTER_VALUES_MAX]:
        try:
            found[fields.hub_url(value)] = None
        except BadRecordError:
            continue
    return tuple(found)[:HUBS_MAX]


def _hub_tag(hub: UsedHub) -> Tag:
    if hub.read and hub.write:
        return ("r", hub.url)
    return ("r", hub.url, "read" if hub.read else "write")


def _check(event: Event, kind: int) -> None:
    if event.kind != kind:
        raise BadRecordError(f"kind {event.kind}")


def _line(value: object, chars_max: int) -> str:
    return fields.clean(value, chars_max) if isinstance(value, str) else ""


def _picture(value: object) -> str:
    if isinstance(value, str) and value.startswith(picture.HEAD):
        return value if len(value) <= picture.DATA_URL_CHARS_MAX else ""
    return _line(value, fields.URL_CHARS_MAX)


def _text(value: object, chars_max: int) -> str:
    if not isinstance(value, str):
        return ""
    lines = value[: chars_max * 4].splitlines()
    return "\n".join(fields.clean(line, chars_max) for line in lines)[:chars_max].strip()
