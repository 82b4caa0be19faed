"""Films and songs: played as they arrive, in a form that a browser or a music player takes."""
