"""OpenSubsonic: music players hear one's own music and what is on the network.

Nothing is changed by any of it. `scrobble` and `startScan` are acknowledged without effect, as
players send them unasked; what would keep something for the person (stars, playlists, bookmarks) is
refused with 50, so that nobody believes it was kept. Playing a song that is not here fetches it.
Source: OpenSubsonic API (opensubsonic/open-subsonic-api 4c1819fb).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from fastapi.responses import Response

from kkiri.app.peer import Peer
from kkiri.base.errors import KkiriError, NotFoundError
from kkiri.flows.playing.music import Music
from kkiri.web.file_answer import FileAnswer, file_type
from kkiri.web.guard import Knock
from kkiri.web.other_programs.doors import SUBSONIC, fields_of
from kkiri.web.other_programs.subsonic_answer import (
    GENERIC,
    NOT_AUTHORIZED,
    NOT_FOUND,
    Fault,
    Tree,
    done,
    failed,
)
from kkiri.web.other_programs.subsonic_asked import Fields, RefusedFault
from kkiri.web.other_programs.subsonic_music import FOLDER_ID, METHODS

NAME_CHARS_MAX = 60  # the longest method has 29
_NOTHING: Mapping[str, Tree] = {
    "ping": {},
    "getLicense": {"license": {"valid": True}},
    "scrobble": {},
    "getNowPlaying": {"nowPlaying": {"entry": []}},
    "getStarred": {"starred": {}},
    "getStarred2": {"starred2": {}},
    "getBookmarks": {"bookmarks": {}},
    "getPlayQueue": {
        "playQueue": {"username": "kkiri", "changed": "1970-01-01T00:00:00Z", "changedBy": "kkiri"}
    },
    "getShares": {"shares": {}},
    "getPodcasts": {"podcasts": {}},
    "getNewestPodcasts": {"newestPodcasts": {}},
    "getInternetRadioStations": {"internetRadioStations": {}},
    "getVideos": {"videos": {}},
    "getLyrics": {"lyrics": {"value": ""}},
    "getLyricsBySongId": {"lyricsList": {}},
    "getSimilarSongs": {"similarSongs": {}},
    "getSimilarSongs2": {"similarSongs2": {}},
    "getTopSongs": {"topSongs": {}},
    "getArtistInfo": {"artistInfo": {}},
    "getArtistInfo2": {"artistInfo2": {}},
    "getAlbumInfo": {"albumInfo": {}},
    "getAlbumInfo2": {"albumInfo": {}},
    "getOpenSubsonicExtensions": {
        "openSubsonicExtensions": [
            {"name": "formPost", "versions": [1]},
            {"name": "apiKeyAuthentication", "versions": [1]},
        ]
    },
}
_KEEPS = frozenset(
    "star unstar setRating createPlaylist updatePlaylist deletePlaylist createBookmark"
    " deleteBookmark savePlayQueue createShare updateShare deleteShare createPodcastChannel"
    " deletePodcastChannel deletePodcastEpisode downloadPodcastEpisode refreshPodcasts"
    " createInternetRadioStation updateInternetRadioStation deleteInternetRadioStation"
    " addChatMessage createUser updateUser deleteUser changePassword jukeboxControl".split()
)

Binary = Callable[[Peer, Music, Fields, Request], Awaitable[Response]]


def subsonic(peer: Peer) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix=SUBSONIC, tags=["subsonic"])
    music = Music(peer.world)

    @routes.get("/{method}", response_class=Response)
    @routes.head("/{method}", response_class=Response, include_in_schema=False)
    async def subsonic_api(
        request: Request,
        method: Annotated[str, InPath(max_length=NAME_CHARS_MAX)],
        u: Annotated[str, Query()] = "",
        id: Annotated[str, Query()] = "",
        query: Annotated[str, Query()] = "",
        f: Annotated[str, Query()] = "xml",
    ) -> Response:
        """Answer a method of OpenSubsonic, with or without `.view`, as XML or (`f=json`) JSON."""
        knock = Knock(method="GET", path="", query=request.url.query)
        asked = Fields(fields_of(knock))
        name = method.removesuffix(".view")
        try:
            if asked.text("f", "xml") not in {"xml", "json"}:
                raise RefusedFault(Fault(GENERIC, "Ask for f=xml or f=json; jsonp would run here"))
            if name in BINARY:
                return await BINARY[name](peer, music, asked, request)
            tree = await _told(peer, music, name, asked)
        except RefusedFault as refused:
            status = 404 if refused.fault == _UNKNOWN else 200
            return _said(failed(refused.fault, asked.text("f")), status)
        except NotFoundError as error:
            return _said(failed(Fault(NOT_FOUND, error.sentence("en")), asked.text("f")))
        except KkiriError as error:
            return _said(failed(Fault(GENERIC, error.sentence("en")), asked.text("f")))
        # a list of thousands takes longer than the loop may be held
        return _said(await asyncio.to_thread(done, tree, asked.text("f")))

    return routes


_UNKNOWN = Fault(GENERIC, "No such method")


def _said(written: tuple[str, bytes], status: int = 200) -> Response:
    kind, body = written
    return Response(body, status, headers={"content-type": kind})


async def _told(peer: Peer, music: Music, name: str, asked: Fields) -> Tree:
    if name in METHODS:
        return await METHODS[name](peer, music, asked)
    if name in _NOTHING:
        return _NOTHING[name]
    if name in _KEEPS:
        raise RefusedFault(Fault(NOT_AUTHORIZED, "kkiri keeps nothing that players say"))
    if name in {"getScanStatus", "startScan"}:
        count = len((await music.own()).songs)
        return {"scanStatus": {"scanning": False, "count": count}}
    if name == "tokenInfo":
        return {"tokenInfo": {"username": "kkiri"}}
    if name == "getUser":
        return {"user": _user(asked.need("username"))}
    if name == "getUsers":
        return {"users": {"user": [_user(asked.text("u", "kkiri"))]}}
    raise RefusedFault(_UNKNOWN)


def _user(name: str) -> Tree:
    may = {"downloadRole", "streamRole"}
    roles = (
        "adminRole settingsRole downloadRole uploadRole playlistRole coverArtRole commentRole"
        " podcastRole streamRole jukeboxRole shareRole videoConversionRole"
    )
    told: Tree = {"username": name, "scrobblingEnabled": False, "folder": [FOLDER_ID]}
    return told | {role: role in may for role in roles.split()}


async def _stream(peer: Peer, music: Music, asked: Fields, request: Request) -> Response:
    """Give a song's bytes as they are; nothing is turned into another format."""
    file = await music.open(asked.need("id"))
    return FileAnswer(file, file_type(file.name)[0], request.headers.get("range"), peer.stopping)


async def _download(peer: Peer, music: Music, asked: Fields, request: Request) -> Response:
    """Give a song's file to be kept."""
    answer = await _stream(peer, music, asked, request)
    answer.headers["content-disposition"] = "attachment"
    return answer


async def _cover(peer: Peer, music: Music, asked: Fields, request: Request) -> Response:
    """Give the picture of a song, album or artist."""
    picture = await music.cover(asked.need("id"))
    return Response(picture, headers={"content-type": "image/jpeg"})


async def _avatar(peer: Peer, music: Music, asked: Fields, request: Request) -> Response:
    """Give no picture of the person."""
    raise NotFoundError(asked.need("username")[:80])


BINARY: Mapping[str, Binary] = {
    "stream": _stream,
    "download": _download,
    "getCoverArt": _cover,
    "getAvatar": _avatar,
}
