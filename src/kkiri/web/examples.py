"""Examples for the OpenAPI document: one value for each name of a field, put together by schema.

A test asks the live API with them: none is refused as not understood, and what comes back has the
documented shape.
"""

import re
from collections.abc import Mapping

INFO_HASH = "8f0c3a5e1b7d49f2a6c8e0b1d3f5a7c9e1b3d5f7"
KEY = "3bf0c63fcb93463407af97a5e5ee64fa883d107ef9e558472c4eb9aaaefa459d"
NPUB = "npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6"
LINK = f"magnet:?xt=urn:btih:{INFO_HASH}&dn=%EB%B0%94%EB%8B%A4&xl=4096000&x.pe=192.0.2.7:6881"
EVENT_ID = "5c83da77af1dec6d7289834998ad7aafbd9e2191396d75ec3cc27f5a77226f36"
MOMENT = 1_795_658_000

Json = Mapping[str, "Json"] | list["Json"] | str | int | float | bool | None

TEXTS: Mapping[str, str] = {
    "about": "I sing.",
    "address": "192.0.2.7:7447",
    "album": "바다",
    "amount": "10000",
    "answers": EVENT_ID,
    "artist": "해녀",
    "author": NPUB,
    "author_name": "지은",
    "by": KEY,
    "codec": "mp3",
    "currency": "KRW",
    "default": "0",
    "description": "Recorded by the sea. | 바닷가에서 녹음",
    "doing": "pause",
    "en": "Nothing by that name was found.",
    "f": "json",
    "film": "연 이야기.mkv",
    "folder": "/home/jieun/kkiri/incoming",
    "hash": INFO_HASH,
    "home": "/home/jieun/.kkiri",
    "hub": "ws://127.0.0.1:7447",
    "id": EVENT_ID,
    "info_hash": INFO_HASH,
    "key": KEY,
    "kind": "music",
    "ko": "그런 것을 찾지 못했습니다.",
    "lang": "ko",
    "language": "ko",
    "link": LINK,
    "method": "ping",
    "name": "바다.mp3",
    "network": "public",
    "npub": NPUB,
    "origin": "named",
    "page": "http://127.0.0.1:8765",
    "password": "Zk3Vw0m1oQm0y0l6y5J8sCk9wq1dQy8zYJw0c5r7N2A",
    "path": "/home/jieun/music/바다.mp3",
    "petname": "지은",
    "pieces": "AAEC",
    "place": "서귀포",
    "pointer": EVENT_ID,
    "pubkey": KEY,
    "q": "바다",
    "query": "바다",
    "room": "바다 이야기",
    "rss": "http://127.0.0.1:8765/rss/library?apikey=Zk3V",
    "source": "default",
    "spread": "AQ==",
    "state": "seeding",
    "step": "hash",
    "subject": "",
    "subsonic": "http://127.0.0.1:8765",
    "t": "search",
    "talk": EVENT_ID,
    "text": "안녕하세요",
    "title": "바다",
    "to": NPUB,
    "torrents": "192.0.2.7:6881",
    "torznab": "http://127.0.0.1:8765/torznab",
    "type": "video/mp4",
    "u": "kkiri",
    "url": "ws://192.0.2.7:7447",
    "user": "kkiri",
    "value": "0",
    "version": "0.1.0",
    "webdav": "http://127.0.0.1:8765/dav/",
    "what": LINK,
    "who": NPUB,
    "why": "spam",
    "words": "바다",
}
"""By the name of a field or parameter; others get a plain word."""
FIELDS: Mapping[str, str] = {
    "AskedSetting.name": "upload_rate",
    "AskedSetting.value": "500k",
    "AskedShare.path": "/home/jieun/music",
    "AskedPath.path": "/home/jieun/music",
    "AskedPetname.name": "지은",
    "AskedName.name": "지은",
    "AskedOwnProfile.name": "지은",
    "AskedGet.to": "/home/jieun/films",
    "AskedTake.to": "/home/jieun/films",
    "FileAnswer.path": "01 파도.mp3",
    "PersonAnswer.name": "지은",
    "ProfileAnswer.name": "지은",
    "SettingAnswer.name": "upload_rate",
    "HubAnswer.state": "open",
}
"""By schema and field, where the name alone does not say enough."""
PATHS: Mapping[str, str] = {
    "/api/talks/{name}": NPUB,
    "/api/rooms/{name}": "바다 이야기",
    "/api/together/{name}": INFO_HASH[:32],
    "/dav/{path}": "library",
}
"""Where a name in a path stands for something else; by how the path begins."""
NUMBERS: Mapping[str, int] = {
    "at": MOMENT,
    "created_at": MOMENT,
    "added_at": MOMENT,
    "finished_at": MOMENT,
    "ends_at": MOMENT,
    "until": MOMENT,
    "bitrate": 320_000,
    "bytes": 4_096_000,
    "size": 4_096_000,
    "done": 4_096_000,
    "duration": 215,
    "down_rate": 500_000,
    "up_rate": 500_000,
    "width": 1920,
    "height": 1080,
    "limit": 50,
    "index": 0,
    "file": 0,
    "number": 1,
    "pid": 4242,
    "latency_ms": 12,
    "speed": 1000,
}
TRUE = frozenset({"ready", "finished", "own", "on", "done", "direct", "there", "wanted", "live"})
WORD = "바다"
FITTING = (EVENT_ID, INFO_HASH, INFO_HASH[:32], NPUB)
"""Tried in turn where a field has a pattern that its usual value does not fit."""


def example(schema: object, schemas: Mapping[str, object], name: str = "", owner: str = "") -> Json:
    """Make an example of a schema."""
    if not isinstance(schema, Mapping):
        return None
    pointer = schema.get("$ref")
    if isinstance(pointer, str):
        wanted = pointer.rpartition("/")[2]
        return example(schemas.get(wanted), schemas, name, wanted)
    for ways in ("anyOf", "oneOf", "allOf"):
        options = schema.get(ways)
        if isinstance(options, list):
            real = [one for one in options if one != {"type": "null"}]
            return example(real[0], schemas, name, owner)
    choices = schema.get("enum")
    if isinstance(choices, list):
        return str(choices[0])
    if "const" in schema:
        return str(schema["const"])
    return _of_type(schema, schemas, name, owner)


def _of_type(
    schema: Mapping[str, object], schemas: Mapping[str, object], name: str, owner: str
) -> Json:
    match schema.get("type"):
        case "object":
            return _whole(schema, schemas, owner)
        case "array":
            one = example(schema.get("items"), schemas, name.removesuffix("s"), owner)
            return [one]
        case "integer":
            return _number(schema, name)
        case "number":
            return float(_number(schema, name))
        case "boolean":
            return name in TRUE
        case "string":
            return _text(schema, name, owner)
        case _:
            return None


def _whole(schema: Mapping[str, object], schemas: Mapping[str, object], owner: str) -> Json:
    below = schema.get("properties")
    if not isinstance(below, Mapping):
        return {}
    return {str(key): example(part, schemas, str(key), owner) for key, part in below.items()}


def _number(schema: Mapping[str, object], name: str) -> int:
    number = NUMBERS.get(name, 1)
    low, high = schema.get("minimum"), schema.get("maximum")
    if isinstance(low, int | float):
        number = max(number, int(low))
    return min(number, int(high)) if isinstance(high, int | float) else number


def _text(schema: Mapping[str, object], name: str, owner: str) -> str:
    text = FIELDS.get(f"{owner}.{name}", TEXTS.get(name, WORD))
    pattern, longest = schema.get("pattern"), schema.get("maxLength")
    if isinstance(pattern, str) and not re.search(pattern, text):
        text = next((one for one in FITTING if re.search(pattern, one)), text)
    return text[:longest] if isinstance(longest, int) else text
