"""The hubs of a peer: found, proved, joined, dialled and kept."""
