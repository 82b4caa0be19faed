"""Routes for the settings page: where other programs come in, and their password."""

from dataclasses import dataclass

from fastapi import APIRouter

from kkiri.app.peer import Peer
from kkiri.web.asked import AskedNothing
from kkiri.web.other_programs.doors import DAV, RSS, TORZNAB

USER = "kkiri"  # any name is taken; programs want one to be typed


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherProgramsAnswer:
    """Where other programs come in; all with the same app password."""

    user: str
    """Any name is taken."""
    password: str
    torznab: str
    """The indexer's address for Prowlarr, Sonarr and Radarr; the password is the API key."""
    rss: str
    """The feed of one's own library; docs/other-programs.md has the others."""
    subsonic: str
    """The server's address for music players."""
    webdav: str
    """The address for file managers and film players."""


def other_programs(peer: Peer) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/api", tags=["other programs"])

    @routes.get("/other-programs")
    async def shown() -> OtherProgramsAnswer:
        """Say where other programs come in, and with which password."""
        return _answer(peer)

    @routes.post("/other-programs/renew")
    async def renew(asked: AskedNothing) -> OtherProgramsAnswer:
        """Make a new password; programs with the old one are refused from now on."""
        peer.password.renew()
        return _answer(peer)

    return routes


def _answer(peer: Peer) -> OtherProgramsAnswer:
    password = peer.password.text
    return OtherProgramsAnswer(
        user=USER,
        password=password,
        torznab=f"{peer.page}{TORZNAB}",
        rss=f"{peer.page}{RSS}/library?apikey={password}",
        subsonic=peer.page,
        webdav=f"{peer.page}{DAV}/",
    )
