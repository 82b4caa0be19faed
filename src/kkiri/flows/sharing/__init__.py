"""From what a person shares to listings and seeds, and the folders that are followed."""
