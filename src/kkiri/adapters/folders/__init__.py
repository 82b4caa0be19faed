"""Shared folders on the disk: walked, hashed and watched; links and dotfiles do not exist."""

from kkiri.adapters.folders.disk import DiskFolders

__all__ = ["DiskFolders"]
