"""peer.db: what this peer remembers; a call that returned is on the disk."""
