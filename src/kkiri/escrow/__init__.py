"""Locks and refunds; pure. Filled by a later order."""
