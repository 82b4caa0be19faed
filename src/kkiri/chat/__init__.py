"""Private messages and rooms; pure. Filled by a later order."""
