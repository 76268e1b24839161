"""Read models in files: a generation of `sqlite:///DIR/readmodel.db` is a file `readmodel.db.N`.

The small file `readmodel.db` is the pointer: JSON that names the live generation of each schema version. It is replaced
by a rename, so a reader sees the old one or the new one.
"""

import fcntl
import json
import os
import socket
import sqlite3
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import Connection, Engine, create_engine, event

from projector.readmodel.database import OTHER_VERSION, NoReadModel
from projector.readmodel.sqlite_parts import clean_parts, create_parts
from projector.readmodel.sqlite_reading import PATIENCE_SECONDS, FixedFile, LiveFile, open_for_reading, stamp_of
from projector.readmodel.tables import meta, metadata

CLEAN_SECONDS = 10.0
"""How long readers are waited for, who still need pages of the write-ahead log."""
POLL_SECONDS = 0.01
"""Between two looks at whether a file changed."""


class SqliteFiles:
    """All generations beside one pointer file."""

    def __init__(self, url: str) -> None:
        self.name = url
        self.path = Path(url.removeprefix("sqlite:///"))
        self.identity = f"{socket.gethostname()}:{self.path.absolute()}"  # a file is one machine's

    def pointer(self) -> dict[int, int]:
        try:
            pointer: dict[str, int] = json.loads(self.path.read_text())
            return {int(version): generation for version, generation in pointer.items()}
        except FileNotFoundError:
            return {}
        except (ValueError, AttributeError):
            raise ValueError(f"{self.path}: expected the pointer to a generation (JSON), came something else") from None

    def point(self, schema_version: int, generation: int) -> None:
        pointer = {**self.pointer(), schema_version: generation}
        fresh = self.path.with_name(self.path.name + ".new")
        with fresh.open("w") as file:
            json.dump(pointer, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)

    def numbers(self) -> list[int]:
        prefix = self.path.name + "."
        names = (path.name.removeprefix(prefix) for path in self.path.parent.glob(f"{prefix}*"))
        return sorted(int(name) for name in names if name.isdecimal())

    def create(self, first_meta: dict[str, int]) -> int:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        generation = max([0, *self.numbers(), *self.pointer().values()]) + 1
        engine = self.engine(generation, read_only=False)
        with engine.begin() as connection:
            metadata.create_all(connection)
            create_parts(connection)
            connection.execute(meta.insert(), [{"name": name, "value": value} for name, value in first_meta.items()])
        engine.dispose()
        return generation

    def engine(self, generation: int, *, read_only: bool) -> Engine:
        """A writer's transactions begin IMMEDIATE; a reader's see one snapshot each."""
        return open_for_reading(self.file(generation)) if read_only else _open_for_writing(self.file(generation))

    def drop(self, generation: int) -> None:
        """Readers that have it open keep what they have."""
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.file(generation)}{suffix}").unlink(missing_ok=True)

    def clean(self, generation: int) -> bool:
        """Parts of names are written anew, free pages were overwritten as they came to be, and the write-ahead log is
        cut to nothing."""
        connection = sqlite3.connect(self.file(generation), timeout=CLEAN_SECONDS)
        try:
            clean_parts(connection)
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            connection.close()
        return not busy

    def live(self, schema_version: int) -> LiveFile:
        return LiveFile(self.path, lambda: self._find_live(schema_version))

    def _find_live(self, schema_version: int) -> Path:
        generation = self.pointer().get(schema_version)
        if generation is None or not self.file(generation).exists():
            raise NoReadModel(OTHER_VERSION.format(schema_version))
        return self.file(generation)

    def fixed(self, generation: int) -> FixedFile:
        return FixedFile(self.file(generation), generation)

    def changes(self, schema_version: int) -> "FileChanges":
        return FileChanges(self, schema_version)

    def try_lock(self, name: str) -> "FileLock | None":
        """By flock on a file of that name beside the pointer."""
        path = Path(f"{self.path}.{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return None
        return FileLock(file)

    def file(self, generation: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{generation}")


class FileLock:
    """An open file that is locked."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def release(self) -> None:
        self._file.close()


class FileChanges:
    """Asks the live file again and again whether somebody wrote to it: SQLite tells nobody."""

    def __init__(self, files: SqliteFiles, schema_version: int) -> None:
        self._files, self._schema_version = files, schema_version
        self._connection: sqlite3.Connection | None = None
        self._stamp: tuple[int, int] | None = None
        self._version = 0
        self.take()

    def wait(self, timeout_seconds: float) -> bool:
        deadline = time.monotonic() + timeout_seconds
        while not self.take():
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def fileno(self) -> None:
        return None

    def take(self) -> bool:
        stamp = stamp_of(self._files.path)
        moved = stamp != self._stamp
        if moved:
            self.close()
            self._stamp = stamp
            generation = self._files.pointer().get(self._schema_version)
            if generation is not None:
                with suppress(sqlite3.OperationalError):  # it is gone: then the pointer moves again
                    url = f"{self._files.file(generation).absolute().as_uri()}?mode=rw"
                    self._connection = sqlite3.connect(url, uri=True, check_same_thread=False)
        seen, self._version = self._version, self._data_version()
        return moved or seen != self._version

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _data_version(self) -> int:
        """A number that moves whenever another connection has committed."""
        if self._connection is None:
            return 0
        version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        return version


def _open_for_writing(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": PATIENCE_SECONDS})
    event.listen(engine, "connect", _prepare_writer)
    event.listen(engine, "begin", _begin_writing)
    return engine


def _prepare_writer(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA page_size=8192")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")  # the log is the truth: what a power cut takes is folded again
    connection.execute("PRAGMA cache_size=-65536")
    connection.execute("PRAGMA secure_delete=ON")  # what was redacted is in no free page; costs nothing we can measure


def _begin_writing(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
