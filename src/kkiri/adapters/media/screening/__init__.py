"""Showing films that may still be arriving: a confined process for each, read through a pipe."""

from kkiri.adapters.media.screening.outside import ScreeningRoom

__all__ = ["ScreeningRoom"]
