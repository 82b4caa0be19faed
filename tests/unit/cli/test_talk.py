"""The verbs of talk, in front of a peer that answers from a table."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest

from kkiri.app.home import Home
from tests.unit.cli import test_program as program

NPUB = "npub1" + "q" * 58
MESSAGE = {
    "id": "1" * 64,
    "talk": NPUB,
    "room": "",
    "author": NPUB,
    "author_name": "앤\x1b[31m",
    "mine": False,
    "at": 1_700_000_000,
    "text": "안녕\n둘째 줄",
    "answers": None,
    "hubs": 0,
    "waiting": 0,
}
OWN = MESSAGE | {"id": "2" * 64, "mine": True, "text": "응", "waiting": 1, "at": 4_000_000_000}
LOST = OWN | {"id": "4" * 64, "text": "못 간 말", "at": 1_700_000_000}
TALK = {
    "id": NPUB,
    "people": [{"npub": NPUB, "name": "앤", "on": True, "looks_like": ""}],
    "subject": "우리",
    "request": True,
    "muted": False,
    "blocked": False,
    "unread": 2,
    "last": MESSAGE,
}
ROOM = {
    "id": "3" * 64,
    "link": "nostr:nevent1x",
    "name": "바다",
    "about": "파도",
    "members": [{"npub": NPUB, "name": "앤", "on": True, "looks_like": ""}],
    "messages": [MESSAGE | {"talk": "", "room": "3" * 64}],
    "left_out": 0,
}
NOTICE = {
    "number": 7,
    "kind": "published",
    "who": NPUB,
    "name": "앤",
    "at": 1,
    "title": "노래",
    "things": 2,
    "link": "",
    "read": False,
}
FIND = {"kept": 1, "words": "바다", "found": {"title": "겨울 바다"}}
ANSWERS: dict[str, Any] = {
    "GET /api/talks": [TALK],
    f"GET /api/talks/{NPUB}": {"talk": TALK, "messages": [MESSAGE, OWN, LOST], "more": False},
    "POST /api/talks/say": OWN,
    "GET /api/messages": [MESSAGE],
    "POST /api/rooms/enter": {"id": "3" * 64, "name": "바다"},
    f"GET /api/rooms/{'3' * 64}": ROOM,
    "GET /api/notices": [NOTICE | {"kind": "follows", "number": 9}, NOTICE],
    "GET /api/notices/finds": [FIND],
    "GET /api/profile": {"npub": NPUB, "name": "나", "about": "소개", "picture": False},
}
STREAMS: dict[str, list[Any]] = {
    "/api/messages/follow": [
        {"message": MESSAGE | {"id": "8" * 64, "text": "새 말"}, "muted": False},
        {"message": MESSAGE | {"id": "8" * 64, "text": "새 말"}, "muted": False},
        {"message": MESSAGE | {"id": "9" * 64, "talk": "other", "text": "남의 말"}, "muted": False},
    ],
    "/api/notices/follow": [{"notice": NOTICE | {"title": "더"}}, FIND],
}


class _Peer(program._Peer):
    def _answer(self, body: Any) -> None:
        path = unquote(self.path.partition("?")[0])
        self.asked.append((self.command, unquote(self.path), None, body))
        lines = STREAMS.get(path) or [ANSWERS.get(f"{self.command} {path}", {"done": True})]
        raw = "".join(json.dumps(line) + "\n" for line in lines).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(raw)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(raw)


@pytest.fixture
def home(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.setattr(program, "_Peer", _Peer)
    yield from program.home.__wrapped__(tmp_path)  # type: ignore[attr-defined]


run = program.run


def said(path: str) -> list[Any]:
    """Give the bodies that were posted to a path."""
    return [body for verb, asked, _, body in _Peer.asked if (verb, asked) == ("POST", path)]


def test_words_are_said_to_a_person_or_to_the_conversation_of_a_subject(run: program._Run) -> None:
    code, out, _ = run("say", NPUB, "안녕", "앤")
    assert (code, out) == (0, "Said.\n")
    code, out, _ = run("say", "우리", "모두", "--json")
    assert (code, json.loads(out)) == (0, OWN)
    assert said("/api/talks/say") == [
        {"to": [NPUB], "text": "안녕 앤"},
        {"to": [NPUB], "text": "모두"},
    ]


def test_a_conversation_is_shown_and_then_read(run: program._Run) -> None:
    code, out, _ = run("talks", NPUB)
    lines = out.splitlines()
    assert code == 0 and len(lines) == 4
    assert lines[0].endswith(" 앤\ufffd[31m: 안녕") and lines[1] == "    둘째 줄"
    assert lines[2].endswith(" me: 응 (on its way)")
    assert lines[3].endswith(" me: 못 간 말 (not delivered)")
    assert said("/api/talks/read") == [{"talk": NPUB}]
    code, out, _ = run("talks", NPUB, "--json")
    assert [json.loads(line) for line in out.splitlines()] == [MESSAGE, OWN, LOST]


def test_the_list_marks_requests_and_what_is_new(run: program._Run) -> None:
    _, out, _ = run("talks")
    assert "우리 (앤)" in out and "2" in out and "request: 안녕 둘째 줄" in out
    _, out, _ = run("talks", lang="ko")
    assert "말 걺: 안녕" in out
    _, out, _ = run("talks", "--json")
    assert json.loads(out) == TALK
    _, out, _ = run("talks", "--find", "안녕", "--json")
    assert json.loads(out) == MESSAGE
    assert ("GET", "/api/messages?words=안녕") in [asked[:2] for asked in _Peer.asked]


def test_new_messages_are_followed_each_once(run: program._Run) -> None:
    _, out, _ = run("talks", NPUB, "--follow")
    assert [line.rpartition(": ")[2] for line in out.splitlines()[4:]] == ["새 말", "    둘째 줄"][
        :1
    ]
    _, out, _ = run("talks", "--follow", "--json")
    assert [json.loads(line)["text"] for line in out.splitlines()] == ["새 말", "남의 말"]


def test_a_room_is_entered_spoken_in_and_left(run: program._Run) -> None:
    code, out, _ = run("room", "바다", "여러분", "안녕")
    assert code == 0
    assert out.splitlines()[:4] == ["# 바다", "파도", "nostr:nevent1x", "1 people, 1 on"]
    assert said("/api/rooms/enter") == [{"room": "바다"}]
    assert said("/api/rooms/say") == [{"room": "3" * 64, "text": "여러분 안녕"}]
    assert said("/api/rooms/read") == [{"room": "3" * 64}]
    _, out, _ = run("room", "바다", "--json")
    assert json.loads(out) == ROOM
    run("room", "바다", "--leave")
    assert said("/api/rooms/leave") == [{"room": "바다"}]


def test_news_are_notices_and_finds(run: program._Run) -> None:
    _, out, _ = run("news", "--follow")
    assert out.splitlines() == [
        "앤 published 2 things: 노래 …",
        "앤 follows you.",
        "New for “바다”: 겨울 바다",
        "앤 published 2 things: 더 …",
        "New for “바다”: 겨울 바다",
    ]
    assert said("/api/notices/read") == [{"until": 9}]
    _, out, _ = run("news", "--json")
    assert [next(iter(json.loads(line))) for line in out.splitlines()] == [
        "notice",
        "notice",
        "kept",
    ]


def test_a_profile_changes_only_what_is_named(run: program._Run, tmp_path: Any) -> None:
    run("profile", "--name", "나")
    run("profile", "--picture", str(tmp_path / "나.jpg"))
    run("profile", "--picture", "-", "--about", "")
    _, out, _ = run("profile")
    assert out.splitlines() == ["나", NPUB, "소개"]
    assert said("/api/profile") == [
        {"name": "나"},
        {"picture_path": str(tmp_path / "나.jpg")},
        {"about": "", "picture": ""},
    ]


def test_a_report_names_its_reason(run: program._Run) -> None:
    run("report", "magnet:?xt=urn:btih:" + "a" * 40, "--why", "spam", "--text", "광고")
    assert said("/api/report") == [
        {"what": "magnet:?xt=urn:btih:" + "a" * 40, "why": "spam", "text": "광고", "who": ""}
    ]
