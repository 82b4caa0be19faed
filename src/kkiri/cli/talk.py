"""Verbs of talk: say, talks, room, news, report."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from kkiri.app import client
from kkiri.app.client import PeerApi
from kkiri.cli.persons import Json, Who
from kkiri.cli.running import home_of
from kkiri.cli.show import (
    JsonObject,
    number_of,
    objects_of,
    print_json,
    print_line,
    print_table,
    text_of,
)
from kkiri.cli.words import say as words

KEYS = ("npub1", "nprofile1", "nostr:")  # these name a person and nothing else
LATE_SECONDS = 30 * 86_400  # the peer no longer tries: nobody asks hubs back for longer
Follow = Annotated[
    bool, typer.Option("--follow", help=words("Go on and show new ones.", "새것을 계속 보기."))
]
Text = Annotated[list[str], typer.Argument(metavar="TEXT…", help=words("What to say.", "할 말."))]


def say(context: typer.Context, who: Who, text: Text, as_json: Json = False) -> None:
    """Say something in private; it is delivered when their hubs can be reached."""
    api = client.connect(home_of(context))
    said = api.one("POST", "/api/talks/say", {"to": [_talk_of(api, who)], "text": " ".join(text)})
    if as_json:
        print_json(said)
    else:
        print_line(words("Said.", "말했습니다."))


def talks(
    context: typer.Context,
    who: Annotated[
        str | None,
        typer.Argument(metavar="[NPUB|NAME|TALK]", help=words("With whom.", "누구와.")),
    ] = None,
    find: Annotated[
        str | None, typer.Option("--find", help=words("Find in messages.", "메시지에서 찾기."))
    ] = None,
    follow: Follow = False,
    as_json: Json = False,
) -> None:
    """List the conversations, or show one."""
    api = client.connect(home_of(context))
    if find is not None:
        _show(api.many(f"/api/messages?words={quote(find, safe='')}"), as_json)
        return
    if who is None:
        rows = api.many("/api/talks")
        if as_json and not follow:
            for row in rows:
                print_json(row)
        elif not as_json:
            _list(rows)
        if follow:
            _follow(api, lambda message: bool(message.get("talk")), as_json)
        return
    known = _talk_of(api, who)
    said = api.one("GET", f"/api/talks/{quote(known, safe='')}")
    messages = objects_of(said, "messages")
    _show(messages, as_json)
    talk = said.get("talk")
    if not isinstance(talk, dict):
        return
    if messages:
        api.one("POST", "/api/talks/read", {"talk": talk["id"]})
    if follow:
        _follow(api, lambda message: message.get("talk") == talk["id"], as_json)


def room(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(metavar="NAME|LINK", help=words("The room.", "방 이름이나 링크.")),
    ],
    text: Annotated[
        list[str] | None, typer.Argument(metavar="[TEXT…]", help=words("What to say.", "할 말."))
    ] = None,
    follow: Follow = False,
    leave: Annotated[
        bool, typer.Option("--leave", help=words("Leave the room.", "방에서 나오기."))
    ] = False,
    as_json: Json = False,
) -> None:
    """Enter a public room, and say something there."""
    api = client.connect(home_of(context))
    if leave:
        api.one("POST", "/api/rooms/leave", {"room": name})
        print_line(words("You left the room.", "방에서 나왔습니다."))
        return
    entered = api.one("POST", "/api/rooms/enter", {"room": name})
    number = text_of(entered, "id")
    if text:
        api.one("POST", "/api/rooms/say", {"room": number, "text": " ".join(text)})
    view = api.one("GET", f"/api/rooms/{number}")
    if as_json:
        print_json(view)
    else:
        _head(view)
        _show(objects_of(view, "messages"), as_json=False)
    api.one("POST", "/api/rooms/read", {"room": number})
    if follow:
        _follow(api, lambda message: message.get("room") == number, as_json)


def news(context: typer.Context, follow: Follow = False, as_json: Json = False) -> None:
    """Show what people one follows published, who follows, and new finds of kept searches."""
    api = client.connect(home_of(context))
    notices = api.many("/api/notices")
    for one in reversed(notices):
        _show_notice(one, as_json)
    for one in api.many("/api/notices/finds"):
        _show_find(one, as_json)
    if notices:
        newest = max(number_of(one, "number") for one in notices)
        api.one("POST", "/api/notices/read", {"until": newest})
    if follow:
        for one in api.stream("GET", "/api/notices/follow"):
            (_show_find if "found" in one else _show_notice)(one, as_json)


def report(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Argument(metavar="LINK|NPUB|NAME", help=words("A link or a person.", "링크나 사람.")),
    ],
    why: Annotated[
        str,
        typer.Option(metavar="malware|spam|illegal|impersonation|nudity|profanity|other"),
    ] = "other",
    text: Annotated[str, typer.Option(help=words("In your words.", "하고 싶은 말."))] = "",
    who: Annotated[
        str, typer.Option(metavar="PERSON", help=words("Only theirs.", "그 사람 것만."))
    ] = "",
) -> None:
    """Warn everybody of a listing or a person."""
    asked = {"what": what, "why": why, "text": text, "who": who}
    client.connect(home_of(context)).one("POST", "/api/report", asked)
    print_line(words("Reported.", "신고했습니다."))


def profile(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Option(help=words("How others see you.", "남에게 보일 이름."))
    ] = None,
    about: Annotated[
        str | None, typer.Option(help=words("A line about you.", "한 줄 소개."))
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help=words("A picture; `-` takes it away.", "그림 파일. `-`면 지움.")
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say who you are, to everybody; without options show it."""
    api = client.connect(home_of(context))
    asked: JsonObject = {}
    if name is not None:
        asked["name"] = name
    if about is not None:
        asked["about"] = about
    if picture is not None and str(picture) == "-":
        asked["picture"] = ""
    elif picture is not None:
        asked["picture_path"] = str(picture.expanduser().absolute())
    if asked:
        api.one("POST", "/api/profile", asked)
        if not as_json:
            print_line(words("Published.", "알렸습니다."))
            return
    said = api.one("GET", "/api/profile")
    if as_json:
        print_json(said)
        return
    for field in ("name", "npub", "about"):
        if line := text_of(said, field):
            print_line(line)


def _talk_of(api: PeerApi, who: str) -> str:
    """Give the conversation that a subject names, else the words as they are."""
    if who.startswith(KEYS):
        return who
    for one in api.many("/api/talks"):
        if text_of(one, "subject") == who:
            return text_of(one, "id")
    return who


def _list(rows: list[JsonObject]) -> None:
    if not rows:
        print_line(words("Nothing was said yet.", "아직 나눈 말이 없습니다."))
        return
    headings = [(words("with", "상대"), False), (words("new", "새것"), True), ("", False)]
    print_table(headings, [_row(one) for one in rows])


def _row(one: JsonObject) -> tuple[str, str, str]:
    names = ", ".join(text_of(person, "name") for person in objects_of(one, "people"))
    subject = text_of(one, "subject")
    last = one.get("last")
    line = text_of(last, "text").replace("\n", " ")[:60] if isinstance(last, dict) else ""
    mark = words("request: ", "말 걺: ") if one.get("request") else ""
    return (f"{subject} ({names})" if subject else names, _new(one), mark + line)


def _new(one: JsonObject) -> str:
    count = number_of(one, "unread")
    return str(count) if count else ""


def _head(view: JsonObject) -> None:
    members = objects_of(view, "members")
    on = sum(bool(person.get("on")) for person in members)
    print_line(f"# {text_of(view, 'name')}")
    if about := text_of(view, "about"):
        print_line(about)
    print_line(text_of(view, "link"))
    print_line(words(f"{len(members)} people, {on} on", f"{len(members)}명, 접속 {on}명"))


def _show(messages: list[JsonObject], as_json: bool) -> None:
    for one in messages:
        if as_json:
            print_json(one)
        else:
            _show_message(one)


def _show_message(one: JsonObject) -> None:
    who = words("me", "나") if one.get("mine") else text_of(one, "author_name")
    at = datetime.fromtimestamp(number_of(one, "at")).strftime("%m-%d %H:%M")  # noqa: DTZ006
    state = ""
    if one.get("mine") and one.get("talk") and number_of(one, "waiting"):
        late = datetime.now(UTC).timestamp() - number_of(one, "at") > LATE_SECONDS
        state = words(" (not delivered)", " (닿지 못함)") if late else ""
        state = state or words(" (on its way)", " (가는 중)")
    for place, line in enumerate(text_of(one, "text").splitlines() or [""]):
        print_line(f"{at} {who}: {line}{state}" if place == 0 else f"    {line}")


def _follow(api: PeerApi, wanted: Callable[[JsonObject], bool], as_json: bool) -> None:
    shown: set[str] = set()
    for told in api.stream("GET", "/api/messages/follow"):
        message = told.get("message")
        if not isinstance(message, dict) or not wanted(message):
            continue
        if text_of(message, "id") in shown:
            continue  # that it got further is no new message
        shown.add(text_of(message, "id"))
        _show([message], as_json)


def _show_notice(one: JsonObject, as_json: bool) -> None:
    if as_json:
        print_json({"notice": one} if "notice" not in one else one)
        return
    inner = one.get("notice", one)
    if not isinstance(inner, dict):
        return
    name, title, count = text_of(inner, "name"), text_of(inner, "title"), number_of(inner, "things")
    if text_of(inner, "kind") == "follows":
        print_line(words(f"{name} follows you.", f"{name} 님이 당신을 따라갑니다."))
    elif count > 1:
        print_line(
            words(
                f"{name} published {count} things: {title} …",
                f"{name} 님이 {count}가지를 올렸습니다: {title} …",
            )
        )
    else:
        print_line(words(f"{name} published {title}", f"{name} 님이 올렸습니다: {title}"))


def _show_find(one: JsonObject, as_json: bool) -> None:
    if as_json:
        print_json(one)
        return
    found = one.get("found")
    title = text_of(found, "title") if isinstance(found, dict) else ""
    line = text_of(one, "words")
    print_line(words(f"New for “{line}”: {title}", f"‘{line}’에 새것: {title}"))
