"""The log in one SQLite file: WAL, synchronous=FULL, one row a record, the row's key its id.

Many processes may append: each has one writer thread, which packs what waits, then takes the file's write lock, gives
out ids, stamps the time and commits. Packing is done before the lock, so the lock is held for the writing alone.
(Packing on the threads that submit, tried instead, made no difference to the receiver.)

An `append` is one transaction whatever its size. Whoever imports therefore appends in batches of at most
`COMMIT_MAX_RECORDS` records and `COMMIT_MAX_BYTES` bytes of mail, each its own `append`: SMTP gets its turn in between.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TypeVar

from ingest import clock
from ingest.log.bell import Bell, ring
from ingest.log.codec import Codec, Packed
from ingest.log.contract import (
    MOVED,
    READ_MAX_BYTES,
    UNFINISHED,
    LogClosedError,
    LogError,
    LogUnavailable,
    Replaced,
    Stored,
)
from ingest.log.file_turn import FileTurn
from ingest.log.sqlite_file import begin, connect, insert, last_id, make
from ingest.log.sqlite_replacing import replace
from ingest.log.writer import Batch, GroupWriter, pack
from schemas.fact import Fact
from schemas.records import LogClosed, LogOpened, Record

LOCK_SECONDS = 8.0
"""How long a commit tries for the write lock: less than the 10 s in which an SMTP client gets its answer."""

_T = TypeVar("_T")


class _Tail(NamedTuple):
    """The last record: its id and time, and whether it is a LogClosed."""

    id: int
    recorded_at: datetime
    closed: bool


class SqliteLog:
    """See `ingest.log.contract.Log`. Opening makes the file, its folder and the LogOpened record if they are not there.

    Raises LogError when the file is something else, LogUnavailable when it cannot be opened. Open it after a fork.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._codec = Codec()
        make(path, lambda: self._codec.seal(self._codec.pack(LogOpened()), clock.now()))
        self._reader = connect(path)
        self._reader.execute("PRAGMA query_only=ON")
        self._read_lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._tail: _Tail | None = None
        self._bells: list[Bell] = []
        """Of those who waited before; each has heard all the time."""
        self._writer = GroupWriter(self._commit, path)

    def append(self, facts: Sequence[Fact], *, timeout_seconds: float = 30.0) -> list[int]:
        try:
            return self.submit(facts).result(timeout_seconds)
        except TimeoutError:
            raise LogUnavailable(f"{self._path}: not durable within {timeout_seconds} s") from None

    def submit(self, facts: Sequence[Fact]) -> Future[list[int]]:
        return self._writer.submit(facts)

    def read(self, after_id: int, limit: int = 1000) -> list[Record]:
        stored = self._read(lambda db: _up_to(db, after_id, limit, self._codec.size_bytes))
        return [self._codec.unpack(id, body) for id, body in stored]

    def read_stored(self, after_id: int, limit: int = 1000) -> list[Stored]:
        return self._read(lambda db: _up_to(db, after_id, limit, len))

    def get(self, ids: Sequence[int]) -> list[Record]:
        rows = self._read(lambda db: _with_ids(db, ids))
        return [self._codec.unpack(id, body) for id, body in rows]

    def wait(self, after_id: int, timeout_seconds: float) -> bool:
        deadline = time.monotonic() + timeout_seconds
        bell = self._bell()
        try:
            while self.end() <= after_id:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                bell.wait(left)
            return True
        finally:
            self._bells.append(bell)

    def end(self) -> int:
        return self._read(last_id)

    def size_bytes(self) -> int:
        """The file, and what has been written ahead of it."""
        files = (Path(f"{self._path}{suffix}") for suffix in ("", "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def replace(self, facts: Mapping[int, Fact]) -> Replaced:
        codec = Codec()
        try:
            rows = self._read(lambda db: _with_ids(db, list(facts)))
            return replace(self._path, [(id, codec.replace(id, body, facts[id])) for id, body in rows])
        except sqlite3.Error as error:
            raise LogUnavailable(f"{self._path}: {error}") from error

    def turn(self, name: str) -> FileTurn:
        return FileTurn(self._path, name)

    def outlet(self) -> None:
        """A file has no place where others could listen: they follow the feed of the API."""

    def published(self) -> None:
        """See `outlet`."""

    def close(self) -> None:
        self._writer.close()
        self._disconnect()
        with self._read_lock:
            self._reader.close()
        for bell in self._bells:
            bell.close()

    def _bell(self) -> Bell:
        try:
            return self._bells.pop()  # in one step: other threads may wait too
        except IndexError:
            return Bell(self._path)

    def _read(self, query: Callable[[sqlite3.Connection], _T]) -> _T:
        try:
            with self._read_lock:
                return query(self._reader)
        except sqlite3.Error as error:
            raise LogUnavailable(f"{self._path}: {error}") from error

    def _commit(self, batches: Sequence[Batch]) -> None:
        """Write batches in one transaction and answer each: its ids, or why not. Runs on the writer thread."""
        ready = pack(batches, self._codec, self._path)
        try:
            with self._transaction() as db:
                given, tail = self._write(db, ready)
        except sqlite3.Error as error:
            self._disconnect()
            for batch, _ in ready:
                batch.ids.set_exception(LogUnavailable(f"{self._path}: {error}"))
            return
        self._tail = tail
        ring(self._path)
        for (batch, _), ids in zip(ready, given, strict=True):
            if ids is None:
                batch.ids.set_exception(LogClosedError(f"{self._path}: {MOVED}"))
            else:
                batch.ids.set_result(ids)

    def _write(
        self, db: sqlite3.Connection, ready: Sequence[tuple[Batch, Sequence[Packed]]]
    ) -> tuple[list[list[int] | None], _Tail]:
        """Insert batches in order. Gives the ids of each (None: refused, the log is closed) and the new last record."""
        id, recorded_at, closed = self._read_tail(db)
        recorded_at = max(recorded_at, clock.now())
        rows: list[tuple[int, bytes]] = []
        given: list[list[int] | None] = []
        for batch, packed in ready:
            if closed:
                given.append(None)
                continue
            ids = list(range(id + 1, id + 1 + len(packed)))
            rows += zip(ids, (self._codec.seal(one, recorded_at) for one in packed), strict=True)
            given.append(ids)
            id = ids[-1]
            closed = isinstance(batch.facts[-1], LogClosed)
        insert(db, rows)
        return given, _Tail(id, recorded_at, closed)

    def _read_tail(self, db: sqlite3.Connection) -> _Tail:
        id = last_id(db)
        if self._tail is None or self._tail.id != id:
            stored = db.execute("SELECT body FROM record WHERE id = ?", (id,)).fetchone()
            if stored is None or (front := self._codec.front(id, *stored)).is_inside_copy:
                raise LogError(f"{self._path}: {UNFINISHED}")
            self._tail = _Tail(id, front.recorded_at, front.closes)
        return self._tail

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the write lock; commit at the end, roll back on any error."""
        if self._connection is None:
            self._connection = connect(self._path)
        db = self._connection
        begin(db, LOCK_SECONDS)
        try:
            yield db
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    def _disconnect(self) -> None:
        """Drop the writer's connection: after an I/O error the next commit trusts no state but the file's."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _with_ids(db: sqlite3.Connection, ids: Sequence[int]) -> list[tuple[int, bytes]]:
    wanted = ",".join(map(str, ids))
    query = "SELECT id, body FROM record WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"
    return db.execute(query, (f"[{wanted}]",)).fetchall()


def _up_to(db: sqlite3.Connection, after_id: int, limit: int, weigh: Callable[[bytes], int]) -> list[Stored]:
    rows: list[Stored] = []
    size_bytes = 0
    cursor = db.execute("SELECT id, body FROM record WHERE id > ? ORDER BY id LIMIT ?", (after_id, limit))
    for row in cursor:
        size_bytes += weigh(row[1])
        if rows and size_bytes > READ_MAX_BYTES:
            break
        rows.append(Stored(*row))
    cursor.close()
    return rows
