"""What a database has to do to keep read models: the contract that SQLite's files and PostgreSQL fulfil."""

from contextlib import AbstractContextManager
from typing import Protocol

import msgspec
from sqlalchemy import Connection, Engine


class NoReadModel(Exception):
    """No generation of this program's schema version is live: a projector or a replay has to make one first."""


NOTHING_YET = "no read model yet: start a projector, or run `patchlog replay`"
GONE = "generation {} of the read model is gone"
OTHER_VERSION = "no read model of schema version {}: run `patchlog replay`"


POSITION = "SELECT value FROM meta WHERE name = 'position'"
"""The id of the last record that a generation has folded."""


class Basis(msgspec.Struct, frozen=True, eq=False):
    """All that makes what the queries give: a generation, for which its engine stands, and how much it has folded."""

    generation: Engine
    position: int

    def is_same(self, other: "Basis") -> bool:
        """Whether every query gives what it gave. An engine that was opened anew counts as another generation."""
        return self.generation is other.generation and self.position == other.position


class Lock(Protocol):
    """A lock that is held, by this process, until it is given back or the process ends."""

    def release(self) -> None: ...


class Live(Protocol):
    """Connections to the generation that is live when they are asked for, or to the one that was named."""

    def connect(self, statement_ms_max: int = 0) -> AbstractContextManager[Connection]:
        """A connection in one read transaction. Raises NoReadModel when no generation is live, or that one is gone.

        A server stops each statement that takes longer than so many milliseconds, unless that is 0. A file's reader
        works in its own thread, and stops itself (`queries.in_short`).
        """
        ...

    def basis(self) -> Basis:
        """What such a connection would read, at less cost. Raises as `connect` does."""
        ...

    def close(self) -> None: ...


class Changes(Protocol):
    """Tells when rows have changed, to one waiter. It may tell so without a reason, and never misses a change."""

    def wait(self, timeout_seconds: float) -> bool:
        """Wait for a change since the last call, or since this was made; False when none came in time."""
        ...

    def fileno(self) -> int | None:
        """What is readable once something may have changed, to be watched by an event loop; None: ask by the clock."""
        ...

    def take(self) -> bool:
        """Whether something changed since the last call; never waits."""
        ...

    def close(self) -> None: ...


class Database(Protocol):
    """Generations by number, and a pointer that names the live one of each schema version."""

    name: str
    identity: str
    """The same for all processes that use this database, and for no others."""
    """The URL without its password, for people to read."""

    def pointer(self) -> dict[int, int]:
        """The live generation of each schema version. Raises ValueError where something else is in its place."""
        ...

    def point(self, schema_version: int, generation: int) -> None:
        """Move the pointer of one schema version, at once for every reader."""
        ...

    def numbers(self) -> list[int]:
        """The numbers of all generations that are there, lowest first."""
        ...

    def create(self, first_meta: dict[str, int]) -> int:
        """Make the next generation, with empty tables and these rows in `meta`, and give its number."""
        ...

    def engine(self, generation: int, *, read_only: bool) -> Engine:
        """Open a generation. Each transaction sees one snapshot."""
        ...

    def drop(self, generation: int) -> None:
        """Delete a generation that nobody needs any more."""
        ...

    def clean(self, generation: int) -> bool:
        """Leave nothing of deleted rows in files or free space; False where readers keep some of it for now."""
        ...

    def live(self, schema_version: int) -> Live:
        """Open what is live, for many short looks."""
        ...

    def fixed(self, generation: int) -> Live:
        """Open one generation, live or not, for many short looks."""
        ...

    def changes(self, schema_version: int) -> Changes:
        """Begin to watch for changes of whatever is live."""
        ...

    def try_lock(self, name: str) -> Lock | None:
        """Take the lock of this name; None when another process has it."""
        ...
