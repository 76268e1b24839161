"""Writes records of the SQLite log over, so that the old bytes are nowhere in its files."""

import sqlite3
from collections.abc import Iterable

from ingest.log.contract import Replaced
from ingest.log.sqlite_file import OPEN_SECONDS, begin, connect, patiently

Row = tuple[int, bytes]
"""A record's id, and its new bytes."""


def replace(path: str, rows: Iterable[Row]) -> Replaced:
    """Put records in the place of those with their ids, in one transaction; then empty the write-ahead log.

    What is deleted is overwritten with zeros (`PRAGMA secure_delete`), and the write-ahead log, which has the pages as
    they were, is cut to nothing once no reader needs it any more. Where one needs it for longer than OPEN_SECONDS the
    traces stay until the next call, which may be without rows. Raises sqlite3.Error.
    """
    db = connect(path)
    try:
        db.execute("PRAGMA secure_delete=ON")
        begin(db, OPEN_SECONDS)
        db.executemany("UPDATE record SET body = ? WHERE id = ?", [(body, id) for id, body in rows])
        db.execute("COMMIT")
        return Replaced.DONE if _truncate(db) else Replaced.TRACES
    finally:
        db.close()


def _truncate(db: sqlite3.Connection) -> bool:
    def attempt() -> None:
        busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise _Busy

    try:
        patiently(attempt, OPEN_SECONDS)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


class _Busy(sqlite3.OperationalError):
    """A reader still needs the write-ahead log."""

    sqlite_errorcode = sqlite3.SQLITE_BUSY
