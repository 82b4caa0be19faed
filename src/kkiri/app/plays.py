"""What the local API answers about playing: the files of a torrent and where each is read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayFileAnswer:
    """One file that can be read while it arrives."""

    index: int
    """Its number in the torrent."""
    path: str
    size: int
    sort: str
    """`music`, `film`, `text`, `picture`, `program`, `other`."""
    type: str
    """Media type."""
    url: str
    """For the page."""
    open: str
    """For VLC, mpv and others: opens this one file and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayAnswer:
    """The files of a torrent, in the order in which they are played."""

    info_hash: str
    name: str
    files: list[PlayFileAnswer]
    m3u: str
    """A playlist of the films and songs, for other players."""
