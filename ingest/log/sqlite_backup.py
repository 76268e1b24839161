"""The file of a SQLite log copied while others append: as it was at one moment, without keeping anybody waiting."""

import os
import sqlite3
from pathlib import Path

from ingest.log.contract import LogError
from ingest.log.sqlite_file import connect

PAGES_AT_ONCE = 256
"""8 MB, after which Ctrl-C is heard."""


def copy_file(source: Path, target: Path) -> None:
    """Copy the log's file to a new one, and see it to the disk.

    One read transaction is held all the time, so that the copy need not begin anew when somebody appends, as SQLite's
    would; in a write-ahead log a reader is in nobody's way. Raises LogError.
    """
    try:
        source_db, target_db = connect(str(source)), sqlite3.connect(target)
        try:
            source_db.execute("BEGIN")
            source_db.execute("SELECT max(id) FROM record").fetchone()
            source_db.backup(target_db, pages=PAGES_AT_ONCE)
        finally:
            target_db.close()
            source_db.close()
    except sqlite3.DatabaseError as error:
        raise LogError(f"{source}: cannot be copied: {error}") from None
    sync_file(target)


def sync_file(path: Path) -> None:
    """See a file's content to the disk."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
