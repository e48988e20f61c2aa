"""Which tables are in the file of the memory, and what has to be done to one of an earlier run?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

_TABLES = """
CREATE TABLE IF NOT EXISTS units (
    company_id TEXT NOT NULL, entity TEXT NOT NULL, identity TEXT NOT NULL,
    hash TEXT NOT NULL, finished INTEGER NOT NULL, posted INTEGER NOT NULL DEFAULT 0,
    id TEXT, number TEXT, changed_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, posted_number TEXT, etag TEXT,
    came TEXT,
    PRIMARY KEY (company_id, entity, identity)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lines (
    company_id TEXT NOT NULL, entity TEXT NOT NULL, identity TEXT NOT NULL, line TEXT NOT NULL, id TEXT NOT NULL,
    PRIMARY KEY (company_id, entity, identity, line)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS requests (
    number INTEGER PRIMARY KEY,
    company_id TEXT NOT NULL, entity TEXT NOT NULL, identity TEXT NOT NULL,
    method TEXT NOT NULL, path TEXT NOT NULL, result TEXT, intended_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    undo TEXT, row_id TEXT, version TEXT, served_at TEXT
);
CREATE TABLE IF NOT EXISTS clock (last_began INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS uncertain (
    company_id TEXT NOT NULL, entity TEXT NOT NULL, identity TEXT NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (company_id, entity, identity)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS contents (
    company_id TEXT NOT NULL, id TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL,
    PRIMARY KEY (company_id, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS environment (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS requests_of_unit ON requests (company_id, entity, identity);
CREATE INDEX IF NOT EXISTS units_by_id ON units (company_id, entity, id);
CREATE INDEX IF NOT EXISTS units_by_number ON units (company_id, entity, number);
"""
# What a refused record left in doubt is of no use when it can no longer appear, by either clock.
_OUTDATED = (
    "DELETE FROM requests WHERE undo IS NULL AND version IS NULL AND intended_at < datetime(:now, '-1 day') "
    "AND (served_at IS NULL OR :served_at IS NULL OR served_at < datetime(:served_at, '-1 day'))"
)
# Files of older releases lack these columns.
_LATER = (
    ("requests", "undo"),
    ("requests", "row_id"),
    ("requests", "version"),
    ("requests", "served_at"),
    ("units", "posted_number"),
    ("units", "etag"),
    ("units", "came"),
)


def prepare(database: sqlite3.Connection, moments: Mapping[str, str | None]) -> None:
    """Make the tables and what a file of an older release lacks, and forget what is of no use any more.

    Args:
        database: The open file.
        moments: What time it is, in UTC as SQLite writes it: `now` by this machine's clock, `served_at` by the
            service's, None where it has not been told.
    """
    database.execute("PRAGMA synchronous = FULL")
    database.executescript(_TABLES)
    for table, column in _LATER:
        if not any(name == column for _, name, *_ in database.execute(f"PRAGMA table_info({table})")):
            database.execute(f"ALTER TABLE {table} ADD COLUMN {column} TEXT")
    database.execute(_OUTDATED, moments)
