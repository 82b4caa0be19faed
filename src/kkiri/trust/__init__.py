"""Whom one follows, names and blocks; pure."""
