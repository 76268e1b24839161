"""Reading what is live: one trip to the server begins a transaction and looks at the pointer, in the same snapshot."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from projector.readmodel.database import GONE, NOTHING_YET, OTHER_VERSION, NoReadModel
from projector.readmodel.postgresql.connecting import Server

POINTER = "SELECT schema_version, generation FROM public.patchlog_pointer"


class LiveSchema:
    """Keeps connections to the live schema, and leaves them when the pointer moves."""

    def __init__(self, server: Server, schema_version: int) -> None:
        self._server, self._schema_version = server, schema_version
        self._generation: int | None = None
        self._engine: Engine | None = None

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        connection = self._connect()
        try:
            yield connection
        finally:
            connection.close()

    def close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
        self._engine, self._generation = None, None

    def _connect(self) -> Connection:
        """A connection in a transaction. One that the server closed meanwhile shows here: then all are made anew."""
        if self._engine is not None:
            try:
                return self._begun(self._engine)
            except (psycopg.OperationalError, OperationalError):
                self.close()
        with self._server.connect() as connection:
            generation = self._find(connection.execute, POINTER)
        return self._begun(self._open(generation))

    def _begun(self, engine: Engine) -> Connection:
        connection = engine.connect()
        driver: Any = connection.connection.driver_connection
        try:
            generation = self._find(driver.execute, f"BEGIN; {POINTER}")
        except psycopg.OperationalError:
            connection.invalidate()
            raise
        except BaseException:
            connection.close()
            raise
        if generation == self._generation:
            return connection
        connection.close()
        return self._begun(self._open(generation))

    def _open(self, generation: int) -> Engine:
        self.close()
        self._engine, self._generation = self._server.reading(generation, begins_itself=True), generation
        return self._engine

    def _find(self, execute: Callable[..., psycopg.Cursor[Any]], statement: str) -> int:
        """The live generation, by what the last part of a statement gives."""
        try:
            cursor = execute(statement, prepare=False)
        except errors.UndefinedTable:
            raise NoReadModel(NOTHING_YET) from None
        while cursor.nextset():
            pass
        pointer: dict[int, int] = dict(cursor.fetchall())
        if not pointer:
            raise NoReadModel(NOTHING_YET)
        if self._schema_version not in pointer:
            raise NoReadModel(OTHER_VERSION.format(self._schema_version))
        return pointer[self._schema_version]


class FixedSchema:
    """Keeps connections to the schema of one generation."""

    def __init__(self, server: Server, generation: int) -> None:
        self._generation = generation
        self._engine = server.reading(generation)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            found = connection.exec_driver_sql(f"SELECT to_regnamespace('patchlog_{self._generation}')")
            if found.scalar() is None:
                raise NoReadModel(GONE.format(self._generation))
            yield connection

    def close(self) -> None:
        self._engine.dispose()
