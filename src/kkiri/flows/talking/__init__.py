"""Private messages, rooms, notices and films watched together."""
