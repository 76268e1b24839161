"""The file of the SQLite log: made once, whoever comes first, and opened the same way ever after."""

import sqlite3
import time
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import TypeVar

from ingest.log.contract import LogError, LogUnavailable

APPLICATION_ID = 0x50544C47
"""`PRAGMA application_id` of our files: PTLG."""
PAGE_BYTES = 32768
"""Measured with single rows of 5 KB: 4 % smaller than 4096 and a fifth less CPU in batches of 20."""
CHECKPOINT_PAGES = 256
"""8 MB of write-ahead log: what one commit may have to copy into the file."""
ROWS_MAX = 100
"""Rows of one INSERT: as many statements are kept prepared (`sqlite3` keeps 128)."""
OPEN_SECONDS = 10.0
RETRY_SECONDS = 0.001

_T = TypeVar("_T")


def make(path: str, first: Callable[[], bytes] | None) -> None:
    """Make the log's file with its first record (none, for a copy) unless it is there; many processes may try at once.

    Raises LogError when the file is something else, LogUnavailable when it cannot be opened.
    """
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        db = connect(path)
        try:
            _make_tables(db, path, first)
        finally:
            db.close()
    except OSError as error:
        raise LogUnavailable(f"{path}: {error.strerror}") from None
    except sqlite3.Error as error:
        kind = LogError if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB else LogUnavailable
        raise kind(f"{path}: {error}") from None


def connect(path: str) -> sqlite3.Connection:
    """Open the file for use by any one thread at a time. It begins no transaction by itself; waits 5 s for a lock."""
    db = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA synchronous=FULL")
    db.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
    return db


def begin(db: sqlite3.Connection, patience_seconds: float) -> None:
    """Take the write lock. Raises sqlite3.OperationalError when others hold it all the time.

    SQLite's own waiting sleeps up to 100 ms between looks; here a look comes every millisecond, so that a mail does not
    lose every race against an import.
    """
    db.execute("PRAGMA busy_timeout=0")
    patiently(lambda: db.execute("BEGIN IMMEDIATE"), patience_seconds)


def patiently(attempt: Callable[[], _T], patience_seconds: float) -> _T:
    """Try until the file is not locked. Raises what the last attempt raised."""
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            return attempt()
        except sqlite3.OperationalError as error:
            primary = error.sqlite_errorcode & 0xFF
            if primary not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) or time.monotonic() > deadline:
                raise
        time.sleep(RETRY_SECONDS)


def last_id(db: sqlite3.Connection) -> int:
    """The id of the last record; 0 for none."""
    found: int | None = db.execute("SELECT max(id) FROM record").fetchone()[0]
    return found or 0


def insert(db: sqlite3.Connection, rows: Sequence[tuple[int, bytes]]) -> None:
    """Write records by as few statements as can be.

    Each statement lets go of the interpreter's lock, and a busy receiver does not give it back at once.
    """
    for start in range(0, len(rows), ROWS_MAX):
        some = rows[start : start + ROWS_MAX]
        places = ", ".join(["(?, ?)"] * len(some))
        db.execute(f"INSERT INTO record (id, body) VALUES {places}", list(chain.from_iterable(some)))


def _make_tables(db: sqlite3.Connection, path: str, first: Callable[[], bytes] | None) -> None:
    if _pragma(db, "application_id") == APPLICATION_ID:
        return
    db.execute(f"PRAGMA page_size={PAGE_BYTES}")
    mode = patiently(lambda: db.execute("PRAGMA journal_mode=WAL").fetchone()[0], OPEN_SECONDS)
    if mode != "wal":
        raise LogError(f"{path}: expected a file system where SQLite can keep a write-ahead log, got mode {mode!r}")
    begin(db, OPEN_SECONDS)
    if _pragma(db, "application_id") != APPLICATION_ID:
        if db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise LogError(f"{path}: expected a Patchlog log, found another database")
        db.execute("CREATE TABLE record (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT")
        if first is not None:
            db.execute("INSERT INTO record (id, body) VALUES (1, ?)", (first(),))
        db.execute(f"PRAGMA application_id={APPLICATION_ID}")
    db.execute("COMMIT")


def _pragma(db: sqlite3.Connection, name: str) -> int:
    value: int = db.execute(f"PRAGMA {name}").fetchone()[0]
    return value
