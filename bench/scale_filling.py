"""Writes rows straight into a read model, as fast as the database takes them, and makes that read model the live one.

Indexes that may be missed meanwhile are made at the end, in the words in which the database had them. PostgreSQL's
statistics are taken and its tables vacuumed, as autovacuum does in the course of days; SQLite has what the projector
leaves behind.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from bench.scale_rows import COLUMNS, Chunk, Landmarks, Rows
from projector.readmodel.generations import ReadModels
from projector.readmodel.sqlite_parts import FILL, PARTS

CACHE_KIB = 3_000_000
MEMORY = "SET maintenance_work_mem = '1GB'; SET synchronous_commit = off"
PLACE = "INSERT INTO meta VALUES ('position', {}) ON CONFLICT (name) DO UPDATE SET value = excluded.value"


def fill(url: str, series: int) -> Landmarks:
    """Make a live read model of so many series in an empty database, and say where what is in it."""
    models = ReadModels(url)
    generation = models.create()
    rows = Rows(series)
    if url.startswith("sqlite:///"):
        _fill_file(f"{url.removeprefix('sqlite:///')}.{generation}", rows.chunks())
    else:
        _fill_schema(url, generation, rows.chunks())
    models.point_to(generation)
    return rows.landmarks


def stored_bytes(url: str) -> int:
    """What the read models behind a URL take on disk."""
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        return sum(file.stat().st_size for file in path.parent.glob(f"{path.name}.*"))
    with psycopg.connect(plain(url)) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        assert row is not None
        return int(row[0])


def plain(url: str) -> str:
    """The URL as PostgreSQL's own programs take it."""
    return url.replace("postgresql+psycopg", "postgresql", 1)


# --- SQLite ---


def _fill_file(path: str, chunks: Iterator[Chunk]) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "secure_delete=OFF", f"cache_size=-{CACHE_KIB}"):
        connection.execute(f"PRAGMA {pragma}")
    with _without_indexes(connection):
        for chunk in chunks:
            connection.execute("BEGIN")
            for name, rows in chunk.items():
                marks = ", ".join("?" * len(COLUMNS[name]))
                how = "REPLACE" if name == "meta" else "INSERT"
                connection.executemany(f"{how} INTO {name} VALUES ({marks})", rows)
            connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()


@contextmanager
def _without_indexes(connection: sqlite3.Connection) -> Iterator[None]:
    made = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall()
    for name, _ in made:
        connection.execute(f"DROP INDEX {name}")
    yield
    for table, parts in PARTS.items():
        connection.execute(FILL.format(parts, table))
    for _, statement in made:
        connection.execute(statement)


# --- PostgreSQL ---


def _fill_schema(url: str, generation: int, chunks: Iterator[Chunk]) -> None:
    schema = f"patchlog_{generation}"
    with psycopg.connect(plain(url), autocommit=True) as connection:
        connection.execute(f"SET search_path TO {schema}; {MEMORY}")
        with _without_schema_indexes(connection, schema):
            for chunk in chunks:
                with connection.transaction():
                    for name, rows in chunk.items():
                        _copy(connection, name, rows)
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")


def _copy(connection: "psycopg.Connection[tuple[object, ...]]", name: str, rows: list[tuple[object, ...]]) -> None:
    if name == "meta":
        for row in rows:
            connection.execute(PLACE.format(row[1]))
        return
    with connection.cursor().copy(f"COPY {name} ({', '.join(COLUMNS[name])}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


@contextmanager
def _without_schema_indexes(connection: "psycopg.Connection[tuple[object, ...]]", schema: str) -> Iterator[None]:
    """Constraints stay: their indexes are what the rows are told apart by."""
    made = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = %s"
        " AND indexname NOT IN (SELECT conname FROM pg_constraint)",
        (schema,),
    ).fetchall()
    for name, _ in made:
        connection.execute(f"DROP INDEX {schema}.{name}".encode())
    yield
    for _, statement in made:
        connection.execute(str(statement).encode())
