"""Playing: what a browser can show, ranges, subtitles, playlists, watching together. Pure."""
