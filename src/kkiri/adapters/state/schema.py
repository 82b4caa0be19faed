"""The tables of peer.db and their version; paths are bytes, as the system knows them."""

from typing import Final

_FIRST: Final = """
CREATE TABLE roots (path BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE listings (
  id INTEGER PRIMARY KEY,
  info_hash BLOB NOT NULL,
  root BLOB NOT NULL,
  folder BLOB NOT NULL,
  title TEXT NOT NULL,
  size INTEGER NOT NULL,
  records BLOB NOT NULL,
  metainfo BLOB NOT NULL,
  UNIQUE (info_hash, root)
);
CREATE INDEX listings_by_root ON listings (root);
CREATE TABLE files (
  listing INTEGER NOT NULL REFERENCES listings ON DELETE CASCADE,
  place INTEGER NOT NULL,
  path BLOB NOT NULL,
  size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  merkle BLOB,
  PRIMARY KEY (listing, place)
) WITHOUT ROWID;
CREATE TABLE journal (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id BLOB NOT NULL UNIQUE,
  address TEXT,
  created_at INTEGER NOT NULL,
  body BLOB
);
CREATE INDEX journal_by_address ON journal (address) WHERE address IS NOT NULL;
CREATE TABLE cursors (hub TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE transfers (
  info_hash BLOB PRIMARY KEY,
  name TEXT NOT NULL,
  folder BLOB NOT NULL,
  addresses TEXT NOT NULL,
  added_at INTEGER NOT NULL,
  finished_at INTEGER,
  path BLOB,
  paused INTEGER NOT NULL,
  only_paths TEXT
) WITHOUT ROWID;
CREATE TABLE hubs (
  url TEXT PRIMARY KEY,
  key TEXT,
  named INTEGER NOT NULL,
  first_seen INTEGER NOT NULL,
  last_good INTEGER,
  failures INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE notes (
  pubkey TEXT PRIMARY KEY,
  petname TEXT NOT NULL,
  followed INTEGER NOT NULL,
  blocked INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE kept (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  words TEXT NOT NULL,
  created_at INTEGER NOT NULL
);
"""

_BANS_AND_TOLD: Final = """
ALTER TABLE hubs ADD COLUMN ban TEXT NOT NULL DEFAULT '';
ALTER TABLE hubs ADD COLUMN banned_until INTEGER;
ALTER TABLE kept ADD COLUMN told_until INTEGER NOT NULL DEFAULT 0;
CREATE TABLE told (
  kept INTEGER NOT NULL REFERENCES kept ON DELETE CASCADE,
  info_hash BLOB NOT NULL,
  told_at INTEGER NOT NULL,
  PRIMARY KEY (kept, info_hash)
) WITHOUT ROWID;
CREATE INDEX told_by_time ON told (kept, told_at);
"""

_TALKS: Final = """
CREATE TABLE talks (
  id TEXT PRIMARY KEY,
  people BLOB NOT NULL,
  subject TEXT NOT NULL,
  subject_at INTEGER NOT NULL,
  accepted INTEGER NOT NULL,
  muted INTEGER NOT NULL,
  read_seq INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE messages (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id BLOB NOT NULL UNIQUE,
  talk TEXT NOT NULL REFERENCES talks ON DELETE CASCADE,
  author BLOB NOT NULL,
  at INTEGER NOT NULL,
  text TEXT NOT NULL,
  answers BLOB,
  own INTEGER NOT NULL,
  hubs INTEGER NOT NULL,
  waiting INTEGER NOT NULL
);
CREATE INDEX messages_by_talk ON messages (talk, at, seq);
CREATE TABLE outgoing (
  wrap BLOB PRIMARY KEY,
  message BLOB NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  receiver BLOB NOT NULL,
  own INTEGER NOT NULL,
  body BLOB,
  made_at INTEGER NOT NULL,
  taken TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX outgoing_by_message ON outgoing (message);
CREATE INDEX outgoing_open ON outgoing (made_at) WHERE body IS NOT NULL;
CREATE TABLE wraps (id BLOB PRIMARY KEY, seen_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX wraps_by_time ON wraps (seen_at);
CREATE TABLE marks (name TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE rooms (
  id BLOB PRIMARY KEY,
  name TEXT NOT NULL,
  muted INTEGER NOT NULL,
  entered_at INTEGER NOT NULL,
  read_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE notices (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,
  sort TEXT NOT NULL,
  who BLOB NOT NULL,
  at INTEGER NOT NULL,
  title TEXT NOT NULL,
  things TEXT NOT NULL,
  read INTEGER NOT NULL
);
"""

STEPS: Final = (_FIRST, _BANS_AND_TOLD, _TALKS)
"""What makes each version of the one before; a new file takes all of them."""
SCHEMA_VERSION: Final = 3
