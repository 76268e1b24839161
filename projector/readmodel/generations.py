"""Generations: read models behind a pointer, so that one can be filled while another is read.

How a database keeps them is its driver's work: files for SQLite, schemas for PostgreSQL. Whoever moves the pointer
retires the old generation first, in a transaction of that generation, so that its projector's next compare-and-set
fails.
"""

import sqlite3
from contextlib import AbstractContextManager

import msgspec
import psycopg
from sqlalchemy import Connection, Engine, inspect, make_url, select, update
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from projector.readmodel.database import Basis, Changes, Database, Lock, NoReadModel
from projector.readmodel.postgresql import PostgresDatabase
from projector.readmodel.sqlite_files import SqliteFiles
from projector.readmodel.tables import SCHEMA_VERSION, meta
from schemas.mail import PARSER_VERSION

__all__ = [
    "About",
    "Basis",
    "Changes",
    "Lock",
    "NoReadModel",
    "ReadModels",
    "Reader",
    "is_unavailable",
    "why_unavailable",
]

SUCCESSOR, PASSING, MOMENT = 0, 1, 2
"""What a generation is for: to be live one day; to be looked at once, and dropped; to show a moment of the past."""
GONE = ("3F000", "42P01")
"""What PostgreSQL says of a schema or table that was dropped between two looks: a later try finds the next one."""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a generation says of itself.

    retired: the generation for whose sake it was retired; 0: it was not, so it is live or was never. A parser_version
    of 0 is of a time before it was noted. until_us: of a moment, microseconds since 1970.
    """

    number: int
    schema_version: int
    parser_version: int
    position: int
    retired: int
    purpose: int
    until_us: int

    @property
    def is_ours(self) -> bool:
        """Whether this program would have filled it in the same way."""
        return (self.schema_version, self.parser_version) == (SCHEMA_VERSION, PARSER_VERSION)


class ReadModels:
    """All generations behind one database URL. Raises ValueError for a URL of another kind."""

    def __init__(self, database_url: str) -> None:
        self._database = _open(database_url)
        self.name = self._database.name
        """The URL without its password, for people to read."""

    def check(self) -> None:
        """Raise NoReadModel where there are read models, but none of this program's schema version."""
        pointer = self._database.pointer()
        if pointer and SCHEMA_VERSION not in pointer:
            versions = ", ".join(map(str, sorted(pointer)))
            raise NoReadModel(
                f"{self.name}: expected a read model of schema version {SCHEMA_VERSION}, found {versions}:"
                " run `patchlog replay` once"
            )

    @property
    def identity(self) -> str:
        """The same for all processes that write these read models, and for no others."""
        return self._database.identity

    def live(self) -> int | None:
        """The number of the live generation of this program's schema version; None when there is none."""
        generation = self._database.pointer().get(SCHEMA_VERSION)
        return generation if generation in self.numbers() else None

    def pointed(self) -> dict[int, int]:
        """The live generation of every schema version, also of those that other versions of this program read."""
        return self._database.pointer()

    def numbers(self) -> list[int]:
        """The numbers of all generations that are there, lowest first."""
        return self._database.numbers()

    def create(self, purpose: int = SUCCESSOR) -> int:
        """Make the next generation, empty and not live, and give its number."""
        made_by = {"schema_version": SCHEMA_VERSION, "parser_version": PARSER_VERSION}
        return self._database.create({**made_by, "position": 0, "retired": 0, "purpose": purpose, "until_us": 0})

    def about(self, generation: int) -> About | None:
        """What a generation says of itself; None where whoever made it was killed before it had tables."""
        engine = self.engine(generation, read_only=True)
        try:
            if not inspect(engine).has_table(meta.name):
                return None
            with engine.connect() as connection:
                values = {row.name: int(row.value) for row in connection.execute(select(meta))}
        finally:
            engine.dispose()
        unsaid = {"parser_version": 0, "purpose": SUCCESSOR, "until_us": 0}
        return msgspec.convert({**unsaid, **values, "number": generation}, About)

    def check_shown(self, generation: int) -> None:
        """Raise NoReadModel where there is no such generation to be shown to readers of this program's version."""
        about = self.about(generation) if generation in self.numbers() else None
        if about is None or about.purpose == PASSING:
            raise NoReadModel(f"{self.name}: no generation {generation}: `patchlog replay --list` names all")
        if about.schema_version != SCHEMA_VERSION:
            raise NoReadModel(
                f"generation {generation}: expected schema version {SCHEMA_VERSION}, came {about.schema_version}"
            )

    def keep(self, generation: int, until_us: int) -> None:
        """Keep a generation that is filled, as the state of a moment, until somebody drops it."""
        engine = self.engine(generation)
        with engine.begin() as connection:
            for name, value in (("purpose", MOMENT), ("until_us", until_us)):
                connection.execute(update(meta).where(meta.c.name == name).values(value=value))
        engine.dispose()

    def engine(self, generation: int, *, read_only: bool = False) -> Engine:
        """Open a generation. Each transaction sees one snapshot."""
        return self._database.engine(generation, read_only=read_only)

    def retire(self, generation: int, successor: int) -> int:
        """Stop all writing to a generation for good, and give the position where it stopped."""
        engine = self.engine(generation)
        with engine.begin() as connection:
            connection.execute(update(meta).where(meta.c.name == "retired").values(value=successor))
        with engine.begin() as connection:  # only now: a projector may have been in the middle of its last batch
            position = int(connection.execute(select(meta.c.value).where(meta.c.name == "position")).scalar_one())
        engine.dispose()
        return position

    def successor(self, generation: int) -> tuple[int, int]:
        """The generation for whose sake this one was retired (0: it was not), and the position where this one is."""
        about = self.about(generation)
        assert about is not None, f"generation {generation}: expected its tables, found none"
        return about.retired, about.position

    def point_to(self, generation: int) -> None:
        """Make a generation the live one, at once for every reader."""
        self._database.point(SCHEMA_VERSION, generation)

    def drop(self, generation: int) -> None:
        """Delete a generation that nobody needs any more."""
        self._database.drop(generation)

    def clean(self, generation: int) -> bool:
        """Leave nothing of deleted rows in files or free space; False where readers keep some of it for now."""
        return self._database.clean(generation)

    def try_lock(self, name: str) -> Lock | None:
        """Take a lock that one process has at a time, until it gives it back or ends; None when another has it."""
        return self._database.try_lock(name)


class Reader:
    """Reads the live generation. Looks at the pointer for each request and reopens when it moved.

    Or reads the one generation that it is given, live or not. Raises ValueError for a URL of another kind.
    """

    def __init__(self, database_url: str, generation: int | None = None) -> None:
        self._database = _open(database_url)
        if generation is None:
            self._live = self._database.live(SCHEMA_VERSION)
        else:
            self._live = self._database.fixed(generation)

    def connect(self, statement_ms_max: int = 0) -> AbstractContextManager[Connection]:
        """A connection in one read transaction. Raises NoReadModel when none is live, or the given one gone.

        statement_ms_max: how long PostgreSQL may work at one statement; 0: as long as for every reader.
        """
        return self._live.connect(statement_ms_max)

    def basis(self) -> Basis:
        """What an answer made now would be made of, in one short look. Raises as `connect` does."""
        return self._live.basis()

    def changes(self) -> Changes:
        """Begin to watch for changes of what is live, to wait for them."""
        return self._database.changes(SCHEMA_VERSION)

    def close(self) -> None:
        self._live.close()


def is_unavailable(error: Exception) -> bool:
    """Whether an error of the database says that it is away or busy, so that a later try may succeed."""
    original = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(original, psycopg.Error) and original.sqlstate in GONE:
        return True
    return isinstance(error, (OperationalError, psycopg.OperationalError, sqlite3.OperationalError))


def why_unavailable(error: Exception) -> str:
    """Say in one line what the database says of itself."""
    original = error.orig if isinstance(error, DBAPIError) else error
    return (str(original).strip().splitlines() or [type(original).__name__])[0]


def _open(url: str) -> Database:
    if url.startswith("sqlite:///"):
        return SqliteFiles(url)
    expected = "database URL: expected sqlite:///PATH or postgresql+psycopg://USER@HOST/DATABASE, came"
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        scheme, mark, rest = url.partition("://")
        raise ValueError(f"{expected} {scheme + mark + rest.rpartition('@')[2]!r}") from None
    if parsed.drivername not in ("postgresql", "postgresql+psycopg") or not parsed.database:
        raise ValueError(f"{expected} {parsed.render_as_string(hide_password=True)!r}")
    return PostgresDatabase(parsed.set(drivername="postgresql+psycopg"))
