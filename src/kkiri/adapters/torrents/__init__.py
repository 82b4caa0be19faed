"""Bulk transfer by libtorrent: the only package that imports it."""

from kkiri.adapters.torrents.session import LibtorrentSession, open_session
from kkiri.adapters.torrents.settings import SessionSettings

__all__ = ["LibtorrentSession", "SessionSettings", "open_session"]
