"""Reading what is live: one trip to the server begins a transaction and looks at the pointer, in the same snapshot."""

from contextlib import AbstractContextManager
from functools import cache
from typing import Any, NoReturn

import psycopg
from psycopg import errors
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from projector.readmodel.database import GONE, NOTHING_YET, OTHER_VERSION, POSITION, Basis, NoReadModel
from projector.readmodel.kept import Kept
from projector.readmodel.postgresql.connecting import Server

_FROM_POINTER = "FROM public.patchlog_pointer"
POINTER = f"SELECT schema_version, generation {_FROM_POINTER}"
LIMIT = ", set_config('statement_timeout', '{}', true)"
"""Milliseconds for each further statement of a transaction, said in the one that begins it, which may take its time."""
BASIS = f"SELECT schema_version, generation, ({POSITION}) FROM public.patchlog_pointer".encode()
"""One statement by itself sees one snapshot, and takes one trip."""


class LiveSchema:
    """Keeps connections to the live schema, and leaves them when the pointer moves."""

    def __init__(self, server: Server, schema_version: int) -> None:
        self._server, self._schema_version = server, schema_version
        self._generation: int | None = None
        self._kept: Kept | None = None

    def connect(self, statement_ms_max: int = 0) -> "_Look":
        return _Look(*self._begun(_begin_with(statement_ms_max)))

    def basis(self) -> Basis:
        if self._kept is not None and (basis := self._glance(self._kept)) is not None:
            return basis
        with self.connect() as connection:  # which also tells what is wrong, if anything is
            return _read_basis(connection)

    def close(self) -> None:
        if self._kept is not None:
            self._kept.close()
        self._kept, self._generation = None, None

    def _glance(self, kept: Kept) -> Basis | None:
        """The basis, where it is of the generation that is open; None for whatever else there is."""
        connection = kept.take()
        result = _driver_of(connection).pgconn.exec_(BASIS)
        if result.status != ExecStatus.TUPLES_OK:
            _discard(connection)
            return None
        kept.give_back(connection)
        for row in range(result.ntuples):
            schema_version, generation, position = (int(result.get_value(row, place) or 0) for place in range(3))
            if schema_version == self._schema_version and generation == self._generation:
                return Basis(connection.engine, position)
        return None

    def _begun(self, begin: bytes) -> tuple[Kept, Connection]:
        """A connection in a transaction. One that the server closed meanwhile shows here: then all are made anew."""
        if self._kept is not None:
            try:
                return self._begin(self._kept, begin)
            except (psycopg.OperationalError, OperationalError):
                self.close()
        with self._server.connect() as connection:
            try:
                generation = self._chosen(connection.execute(POINTER).fetchall())
            except errors.UndefinedTable:
                raise NoReadModel(NOTHING_YET) from None
        return self._begin(self._open(generation), begin)

    def _begin(self, kept: Kept, begin: bytes) -> tuple[Kept, Connection]:
        connection = kept.take()
        try:
            generation = self._chosen(_pointer(connection, begin))
        except BaseException:
            _discard(connection)
            raise
        if generation == self._generation:
            return kept, connection
        _discard(connection)
        return self._begin(self._open(generation), begin)

    def _open(self, generation: int) -> Kept:
        self.close()
        self._kept, self._generation = Kept(self._server.reading(generation, begins_itself=True)), generation
        return self._kept

    def _chosen(self, pointer: list[tuple[int, int]]) -> int:
        """The live generation. Raises NoReadModel."""
        if not pointer:
            raise NoReadModel(NOTHING_YET)
        for schema_version, generation in pointer:
            if schema_version == self._schema_version:
                return generation
        raise NoReadModel(OTHER_VERSION.format(self._schema_version))


class FixedSchema:
    """Keeps connections to the schema of one generation."""

    def __init__(self, server: Server, generation: int) -> None:
        self._generation = generation
        self._kept = Kept(server.reading(generation, begins_itself=True))

    def connect(self, statement_ms_max: int = 0) -> "_Look":
        connection = self._kept.take()
        try:
            driver = _driver_of(connection)
            driver.execute("BEGIN")
            look = f"SELECT to_regnamespace('patchlog_{self._generation}'){_limit(statement_ms_max)}"
            (found,) = driver.execute(look).fetchall()
        except BaseException:
            _discard(connection)
            raise
        begun = _Look(self._kept, connection)
        if found[0] is None:
            begun.__exit__()
            raise NoReadModel(GONE.format(self._generation))
        return begun

    def basis(self) -> Basis:
        with self.connect() as connection:
            return _read_basis(connection)

    def close(self) -> None:
        self._kept.close()


class _Look(AbstractContextManager[Connection]):
    """A transaction that has begun, to be left by its end."""

    __slots__ = ("_connection", "_kept")

    def __init__(self, kept: Kept, connection: Connection) -> None:
        self._kept, self._connection = kept, connection

    def __enter__(self) -> Connection:
        return self._connection

    def __exit__(self, *_: object) -> None:
        if self._connection.invalidated:
            self._connection.close()
            return
        wire = _driver_of(self._connection).pgconn
        wire.exec_(b"ROLLBACK")
        if wire.status == ConnStatus.OK and wire.transaction_status == TransactionStatus.IDLE:
            self._kept.give_back(self._connection)
        else:
            _discard(self._connection)


def _read_basis(connection: Connection) -> Basis:
    ((position,),) = _driver_of(connection).execute(POSITION).fetchall()
    return Basis(connection.engine, position)


@cache
def _begin_with(statement_ms_max: int) -> bytes:
    return f"BEGIN; SELECT schema_version, generation{_limit(statement_ms_max)} {_FROM_POINTER}".encode()


def _limit(statement_ms_max: int) -> str:
    return LIMIT.format(statement_ms_max) if statement_ms_max else ""


def _pointer(connection: Connection, begin: bytes) -> list[tuple[int, int]]:
    """Begin a transaction and read the pointer in it, on the wire itself: psycopg's way takes longer."""
    driver = _driver_of(connection)
    result = driver.pgconn.exec_(begin)
    if result.status != ExecStatus.TUPLES_OK:
        _raise_why(driver)
    rows = range(result.ntuples)
    return [(int(result.get_value(row, 0) or 0), int(result.get_value(row, 1) or 0)) for row in rows]


def _raise_why(driver: psycopg.Connection[Any]) -> NoReturn:
    """Ask again, so that psycopg says what is wrong."""
    driver.pgconn.exec_(b"ROLLBACK")
    try:
        driver.execute(POINTER)
    except errors.UndefinedTable:
        raise NoReadModel(NOTHING_YET) from None
    raise psycopg.OperationalError("the server did not begin a transaction")


def _driver_of(connection: Connection) -> psycopg.Connection[Any]:
    driver: Any = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


def _discard(connection: Connection) -> None:
    """Close a connection whose state nobody knows."""
    connection.invalidate()
    connection.close()
