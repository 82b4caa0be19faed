"""What media files say of themselves, read in a confined process of its own."""

from kkiri.adapters.media.outside import MediaWorker

__all__ = ["MediaWorker"]
