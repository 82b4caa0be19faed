"""Routes of the settings: what they are, and one changed."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from kkiri.app.home import Home
from kkiri.app.peer import Peer
from kkiri.app.settings import SettingAnswer, Settings
from kkiri.web.asked import NO_NUL, PATH_CHARS_MAX, Asked


class AskedSetting(Asked):
    """Change a setting."""

    name: Annotated[str, Field(min_length=1, max_length=64, pattern=NO_NUL)]
    value: Annotated[str, Field(max_length=PATH_CHARS_MAX, pattern=NO_NUL)]
    """As one writes it in config.toml, without quotes; empty for the default."""


def settings(peer: Peer) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/api/settings", tags=["settings"])
    world, home = peer.world, Home(peer.config.home)
    held = Settings(peer.config, home, world.library, world.torrents.swarms)

    @routes.get("")
    async def all_settings() -> list[SettingAnswer]:
        """Show every setting: its value, where it comes from, what it means."""
        return await held.rows()

    @routes.post("")
    async def change(asked: AskedSetting) -> SettingAnswer:
        """Change one, in config.toml; `live` ones hold at once, others from the next start."""
        return await held.change(asked.name, asked.value)

    return routes
