"""Generations as schemas, the pointer, and locks.

What the projector writes is not forced to the disk at each commit (synchronous_commit off). The log is the truth: a
crash of the server takes the last transactions whole, rows and position together, and they are folded again.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg import errors
from sqlalchemy import URL, Engine

from projector.readmodel.postgresql.connecting import CHANNEL, FOR_LOCKS, Server
from projector.readmodel.postgresql.listening import Listening
from projector.readmodel.postgresql.live import FixedSchema, LiveSchema
from projector.readmodel.postgresql.tables import create_tables
from projector.readmodel.tables import WITH_WORDS, meta

SERVER_MIN = 130000
MAKE_POINTER = "CREATE TABLE public.patchlog_pointer (schema_version int PRIMARY KEY, generation bigint NOT NULL)"
POINT = (
    "INSERT INTO public.patchlog_pointer VALUES (%s, %s)"
    " ON CONFLICT (schema_version) DO UPDATE SET generation = excluded.generation"
)
NUMBERS = "SELECT substr(nspname, 10)::bigint FROM pg_namespace WHERE nspname ~ '^patchlog_[0-9]{1,18}$' ORDER BY 1"


class PostgresDatabase:
    """All generations in one database."""

    def __init__(self, url: URL) -> None:
        self._server = Server(url)
        self.name = self.identity = self._server.name
        self._trying: psycopg.Connection[Any] | None = None

    def pointer(self) -> dict[int, int]:
        with self._connected() as connection:
            return _pointer(connection)

    def point(self, schema_version: int, generation: int) -> None:
        with self._connected() as connection:
            connection.execute(POINT, (schema_version, generation))
            connection.execute(f"NOTIFY {CHANNEL}")

    def numbers(self) -> list[int]:
        with self._connected() as connection:
            return _numbers(connection)

    def create(self, first_meta: dict[str, int]) -> int:
        """Raises ValueError where the database is none for us, or its user may not make schemas in it."""
        with self._connected() as connection:
            self._check(connection)
            try:
                with connection.transaction():
                    generation = _make_schema(connection)
                    rows = list(first_meta.items())
                    connection.cursor().executemany(f"INSERT INTO {meta.name} (name, value) VALUES (%s, %s)", rows)
            except errors.InsufficientPrivilege as error:
                why = error.diag.message_primary
                raise ValueError(f"{self.name}: {why}; expected a user who owns the database") from None
        return generation

    def engine(self, generation: int, *, read_only: bool) -> Engine:
        return self._server.reading(generation) if read_only else self._server.writing(generation)

    def drop(self, generation: int) -> None:
        """Waits for readers that are in the middle of a request."""
        with self._connected() as connection:
            connection.execute(f"DROP SCHEMA IF EXISTS patchlog_{generation} CASCADE")

    def clean(self, generation: int) -> bool:
        """Write the tables anew that have words of mails; readers and the projector wait for it."""
        with self._connected() as connection:
            for table in WITH_WORDS:
                connection.execute(f"VACUUM (FULL) patchlog_{generation}.{table.name}")
        return True

    def live(self, schema_version: int) -> LiveSchema:
        return LiveSchema(self._server, schema_version)

    def fixed(self, generation: int) -> FixedSchema:
        return FixedSchema(self._server, generation)

    def changes(self, schema_version: int) -> Listening:
        """Also those of generations of other versions."""
        return Listening(self._server)

    def try_lock(self, name: str) -> "AdvisoryLock | None":
        """By an advisory lock of a session of its own; who tries again tries in the same one."""
        connection, self._trying = self._trying or self._server.connect(FOR_LOCKS), None
        taken = connection.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", (f"patchlog {name}",))
        if taken.fetchone() == (True,):
            return AdvisoryLock(connection)
        self._trying = connection
        return None

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[Any]]:
        with self._server.connect() as connection:
            yield connection

    def _check(self, connection: psycopg.Connection[Any]) -> None:
        version, encoding = connection.info.server_version, connection.info.parameter_status("server_encoding")
        if version < SERVER_MIN:
            raise ValueError(f"{self.name}: expected PostgreSQL 13 or newer, came {version // 10000}")
        if encoding != "UTF8":
            raise ValueError(f"{self.name}: expected a database with the encoding UTF8, came {encoding}")


class AdvisoryLock:
    """A session that holds a lock. It ends with its connection, and so does the lock."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def release(self) -> None:
        """Said to the server, which notices a closed connection only a while after we have gone on."""
        with suppress(psycopg.OperationalError):  # then it is lost, and the lock with it
            self._connection.execute("SELECT pg_advisory_unlock_all()")
        self._connection.close()


def _make_schema(connection: psycopg.Connection[Any]) -> int:
    """Make the next schema with its tables, and leave it as where names are looked up."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('patchlog create', 0))")
    if not _has_pointer(connection):
        connection.execute(MAKE_POINTER)
    generation = max([0, *_numbers(connection), *_pointer(connection).values()]) + 1
    connection.execute(f"CREATE SCHEMA patchlog_{generation}")
    connection.execute(f"SET LOCAL search_path TO patchlog_{generation}")
    create_tables(connection)
    return generation


def _has_pointer(connection: psycopg.Connection[Any]) -> bool:
    return connection.execute("SELECT to_regclass('public.patchlog_pointer')").fetchone() != (None,)


def _numbers(connection: psycopg.Connection[Any]) -> list[int]:
    return [number for (number,) in connection.execute(NUMBERS)]


def _pointer(connection: psycopg.Connection[Any]) -> dict[int, int]:
    if not _has_pointer(connection):
        return {}
    return dict(connection.execute("SELECT schema_version, generation FROM public.patchlog_pointer").fetchall())
