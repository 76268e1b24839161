"""Another log's records in one SQLite file, with the ids they had."""

import sqlite3
from collections.abc import Sequence

from ingest import clock
from ingest.log.codec import Codec
from ingest.log.contract import OWN_RECORDS, LogError, LogUnavailable, Replaced, Stored
from ingest.log.sqlite_file import OPEN_SECONDS, begin, connect, last_id, make
from ingest.log.sqlite_replacing import replace
from schemas.fact import Fact


class SqliteCopy:
    """See `ingest.log.contract.Copy`. For one thread."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._codec = Codec()
        make(path, None)
        self._db = connect(path)
        self._finished = self._look()

    def end(self) -> int:
        return last_id(self._db)

    def is_finished(self) -> bool:
        return self._finished

    def append(self, records: Sequence[Stored]) -> None:
        expected = range(self.end() + 1, self.end() + 1 + len(records)) if self.end() else None
        if expected is not None and [record.id for record in records] != list(expected):
            raise LogError(f"{self._path}: expected record {expected[0]} and those behind it")
        copied = [(record.id, self._codec.copy(*record)) for record in records]
        self._insert(copied)
        self._finished = self._codec.front(*copied[-1]).ends_copy

    def finish(self, fact: Fact) -> int:
        id, body = self._db.execute("SELECT id, body FROM record ORDER BY id DESC LIMIT 1").fetchone()
        recorded_at = max(self._codec.front(id, body).recorded_at, clock.now())
        self._insert([(id + 1, self._codec.seal(self._codec.pack(fact), recorded_at))])
        self._finished = True
        return int(id) + 1

    def replace(self, records: Sequence[Stored]) -> Replaced:
        try:
            return replace(self._path, records)
        except sqlite3.Error as error:
            raise LogUnavailable(f"{self._path}: {error}") from error

    def close(self) -> None:
        self._db.close()

    def _insert(self, rows: Sequence[tuple[int, bytes]]) -> None:
        try:
            begin(self._db, OPEN_SECONDS)
            self._db.executemany("INSERT INTO record (id, body) VALUES (?, ?)", rows)
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise LogUnavailable(f"{self._path}: {error}") from error

    def _look(self) -> bool:
        last = self._db.execute("SELECT id, body FROM record ORDER BY id DESC LIMIT 1").fetchone()
        if last is None:
            return False
        front = self._codec.front(*last)
        if front.id is None:
            self._db.close()
            raise LogError(f"{self._path}: {OWN_RECORDS}")
        return front.ends_copy
