"""Many short looks into a read model in a file."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

from projector.readmodel.database import GONE, NOTHING_YET, POSITION, Basis, NoReadModel
from projector.readmodel.kept import Kept

PATIENCE_SECONDS = 30
"""How long a lock is waited for."""


class LiveFile:
    """The file that a pointer names: a look at the pointer is a stat."""

    def __init__(self, pointer: Path, find: Callable[[], Path]) -> None:
        """find: reads the pointer. Raises NoReadModel."""
        self._pointer, self._find = str(pointer), find
        self._stamp: tuple[int, int] | None = None
        self._kept: Kept | None = None

    def connect(self, statement_ms_max: int = 0) -> "_Look":
        return _Look(self._current())

    def basis(self) -> Basis:
        return _read_basis(self._current())

    def close(self) -> None:
        if self._kept is not None:
            self._kept.close()
        self._kept, self._stamp = None, None

    def _current(self) -> Kept:
        stamp = stamp_of(self._pointer)
        if stamp is None:
            raise NoReadModel(NOTHING_YET)
        if self._kept is None or stamp != self._stamp:
            path = self._find()
            self.close()
            self._kept, self._stamp = Kept(open_for_reading(path, begins_itself=True)), stamp
        return self._kept


class FixedFile:
    """The file of one generation. It is never made: to connect to one that is gone would leave an empty file."""

    def __init__(self, path: Path, generation: int) -> None:
        self._path, self._generation = path, generation
        self._kept = Kept(open_for_reading(path, begins_itself=True))

    def connect(self, statement_ms_max: int = 0) -> "_Look":
        self._check()
        return _Look(self._kept)

    def basis(self) -> Basis:
        self._check()
        return _read_basis(self._kept)

    def close(self) -> None:
        self._kept.close()

    def _check(self) -> None:
        if not self._path.exists():
            raise NoReadModel(GONE.format(self._generation))


class _Look(AbstractContextManager[Connection]):
    """One transaction, which sees one snapshot."""

    __slots__ = ("_connection", "_driver", "_kept")

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def __enter__(self) -> Connection:
        self._connection = self._kept.take()
        driver: Any = self._connection.connection.driver_connection
        self._driver: sqlite3.Connection = driver
        try:
            self._driver.execute("BEGIN")
        except BaseException:
            self._connection.close()
            raise
        return self._connection

    def __exit__(self, *_: object) -> None:
        if self._driver.in_transaction:  # what is interrupted may have ended it
            self._driver.execute("ROLLBACK")
        self._kept.give_back(self._connection)


def _read_basis(kept: Kept) -> Basis:
    """One statement by itself sees one snapshot, and needs no transaction around it."""
    connection = kept.take()
    driver: Any = connection.connection.driver_connection
    try:
        ((position,),) = driver.execute(POSITION).fetchall()
    except BaseException:
        connection.close()
        raise
    kept.give_back(connection)
    return Basis(connection.engine, position)


def open_for_reading(path: Path, *, begins_itself: bool = False) -> Engine:
    """A file's engine; each transaction sees one snapshot. begins_itself: whoever connects says when one begins."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": PATIENCE_SECONDS})
    event.listen(engine, "connect", _prepare)
    if not begins_itself:
        event.listen(engine, "begin", _begin)
    return engine


def stamp_of(path: Path | str) -> tuple[int, int] | None:
    """What changes when a file is put in the place of another; None where there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116  # a Path would cost more than the look
    except FileNotFoundError:
        return None
    return (status.st_ino, status.st_mtime_ns)


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA query_only=ON")
    connection.execute("PRAGMA cache_size=-16384")
    connection.execute("PRAGMA mmap_size=268435456")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
