"""Torrents as data: magnets, metainfo, layout of shared folders; pure."""
