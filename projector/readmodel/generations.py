"""Generations: read models behind a pointer, so that one can be filled while another is read.

A generation of `sqlite:///DIR/readmodel.db` is a file `readmodel.db.N`; the small file `readmodel.db` is the pointer:
JSON that names the live generation of each `SCHEMA_VERSION`. It is replaced by a rename, so a reader sees the old one
or the new one. Whoever moves it first retires the old generation in a transaction of that generation, so that its
projector's next compare-and-set fails.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, select, update
from sqlalchemy.exc import OperationalError

from projector.readmodel.tables import SCHEMA_VERSION, meta, metadata

FIRST_META = {"schema_version": SCHEMA_VERSION, "position": 0, "retired": 0}


class NoReadModel(Exception):
    """No generation of this program's schema version is live: a projector or a replay has to make one first."""


class ReadModels:
    """All generations behind one database URL. Raises ValueError for a URL of another kind."""

    def __init__(self, database_url: str) -> None:
        if not database_url.startswith("sqlite:///"):
            raise ValueError(f"database URL: expected sqlite:///PATH, came {database_url!r}")
        self.pointer = Path(database_url.removeprefix("sqlite:///"))

    def live(self) -> int | None:
        """The number of the live generation of this program's schema version; None when there is none."""
        generation = self._read_pointer().get(str(SCHEMA_VERSION))
        return generation if generation is not None and self.path(generation).exists() else None

    def path(self, generation: int) -> Path:
        return self.pointer.with_name(f"{self.pointer.name}.{generation}")

    def numbers(self) -> list[int]:
        """The numbers of all generations that are there, lowest first."""
        names = (
            path.name.removeprefix(self.pointer.name + ".")
            for path in self.pointer.parent.glob(f"{self.pointer.name}.*")
        )
        return sorted(int(name) for name in names if name.isdecimal())

    def create(self) -> int:
        """Make the next generation, empty and not live, and give its number."""
        self.pointer.parent.mkdir(parents=True, exist_ok=True)
        generation = max([0, *self.numbers(), *self._read_pointer().values()]) + 1
        engine = self.engine(generation)
        with engine.begin() as connection:
            metadata.create_all(connection)
            connection.execute(meta.insert(), [{"name": name, "value": value} for name, value in FIRST_META.items()])
        engine.dispose()
        return generation

    def engine(self, generation: int, *, read_only: bool = False) -> Engine:
        """Open a generation. A writer's transactions begin IMMEDIATE; a reader's see one snapshot each."""
        engine = create_engine(f"sqlite:///{self.path(generation)}", connect_args={"timeout": 30})
        event.listen(engine, "connect", _prepare_reader if read_only else _prepare_writer)
        event.listen(engine, "begin", _begin_reading if read_only else _begin_writing)
        return engine

    def retire(self, generation: int, successor: int) -> int:
        """Stop all writing to a generation for good, and give the position where it stopped."""
        engine = self.engine(generation)
        with engine.begin() as connection:
            connection.execute(update(meta).where(meta.c.name == "retired").values(value=successor))
            position = int(connection.execute(select(meta.c.value).where(meta.c.name == "position")).scalar_one())
        engine.dispose()
        return position

    def successor(self, generation: int) -> tuple[int, int]:
        """The generation for whose sake this one was retired (0: it was not), and the position where this one is."""
        engine = self.engine(generation, read_only=True)
        with engine.connect() as connection:
            values = {row.name: int(row.value) for row in connection.execute(select(meta))}
        engine.dispose()
        return values["retired"], values["position"]

    def point_to(self, generation: int) -> None:
        """Make a generation the live one, at once for every reader."""
        pointer = {**self._read_pointer(), str(SCHEMA_VERSION): generation}
        fresh = self.pointer.with_name(self.pointer.name + ".new")
        with fresh.open("w") as file:
            json.dump(pointer, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.pointer)

    def drop(self, generation: int) -> None:
        """Delete a generation that nobody needs any more. Readers that have it open keep what they have."""
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.path(generation)}{suffix}").unlink(missing_ok=True)

    def _read_pointer(self) -> dict[str, int]:
        try:
            pointer: dict[str, int] = json.loads(self.pointer.read_text())
        except FileNotFoundError:
            return {}
        except ValueError:
            raise ValueError(
                f"{self.pointer}: expected the pointer to a generation (JSON), came something else"
            ) from None
        return pointer


class Reader:
    """Reads the live generation. Looks at the pointer for each request (a stat) and reopens when it moved."""

    def __init__(self, database_url: str) -> None:
        self._models = ReadModels(database_url)
        self._stamp: tuple[int, int] | None = None
        self._engine: Engine | None = None

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A connection in one read transaction. Raises NoReadModel when no generation is live."""
        with self._live_engine().connect() as connection:
            yield connection

    def close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
        self._engine, self._stamp = None, None

    def _live_engine(self) -> Engine:
        try:
            status = self._models.pointer.stat()
        except FileNotFoundError:
            raise NoReadModel("no read model yet: start a projector, or run `patchlog replay`") from None
        stamp = (status.st_ino, status.st_mtime_ns)
        if self._engine is None or stamp != self._stamp:
            generation = self._models.live()
            if generation is None:
                raise NoReadModel(f"no read model of schema version {SCHEMA_VERSION}: run `patchlog replay`")
            self.close()
            self._engine, self._stamp = self._models.engine(generation, read_only=True), stamp
        return self._engine


def is_unavailable(error: Exception) -> bool:
    """Whether an error of the database says that it is away or busy, so that a later try may succeed."""
    return isinstance(error, OperationalError)


def _prepare_writer(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA page_size=8192")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")  # the log is the truth: what a power cut takes is folded again
    connection.execute("PRAGMA cache_size=-65536")


def _prepare_reader(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA query_only=ON")
    connection.execute("PRAGMA cache_size=-16384")
    connection.execute("PRAGMA mmap_size=268435456")


def _begin_writing(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_reading(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
