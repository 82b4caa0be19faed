"""The page and the local API."""
