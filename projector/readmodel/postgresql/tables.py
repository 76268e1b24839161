"""The tables as PostgreSQL has them: text in the order of its bytes, compressed by lz4, names found by trigrams."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import psycopg
import structlog
from psycopg import errors
from sqlalchemy import Dialect, Index, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.types import UserDefinedType

from projector.readmodel.tables import FOUND_BY_PARTS, metadata

HAS_LZ4 = "SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression'"
MAKE_TRIGRAMS = "CREATE EXTENSION pg_trgm SCHEMA public"
TRIGRAM_SCHEMA = "SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'pg_trgm'"

_FOUND_BY_PARTS = {table.name for table in FOUND_BY_PARTS}

logger = structlog.get_logger()


@dataclass(frozen=True)
class Abilities:
    """What a server can do. trigrams: the schema that has the extension pg_trgm, or "" where it cannot be had."""

    lz4: bool
    trigrams: str


def create_tables(connection: psycopg.Connection[Any]) -> None:
    """Make all tables and their indexes, empty, where names are looked up, in one trip to the server."""
    connection.execute(_statements(_abilities(connection)))


def _abilities(connection: psycopg.Connection[Any]) -> Abilities:
    lz4 = connection.execute(HAS_LZ4).fetchone() == (True,)
    if not lz4:
        logger.warning("database.without-lz4", what="large texts are written half as fast")
    return Abilities(lz4, _trigrams(connection))


def _trigrams(connection: psycopg.Connection[Any]) -> str:
    try:
        with connection.transaction():
            if (found := connection.execute(TRIGRAM_SCHEMA).fetchone()) is None:
                connection.execute(MAKE_TRIGRAMS)
                return "public"
        return str(found[0])
    except (errors.InsufficientPrivilege, errors.UndefinedFile, errors.FeatureNotSupported) as error:
        logger.warning(
            "database.without-trigrams",
            why=error.diag.message_primary,
            what="looking for a part of a name reads every name; CREATE EXTENSION pg_trgm mends it for the next replay",
        )
        return ""


@cache
def _statements(abilities: Abilities) -> str:
    made = MetaData()
    for table in metadata.sorted_tables:
        _stored(table.to_metadata(made), abilities)
    tables = made.sorted_tables
    dialect: Callable[[], Dialect] = postgresql.dialect
    clauses: list[CreateTable | CreateIndex] = [
        *(CreateTable(table) for table in tables),
        *(CreateIndex(index) for table in tables for index in sorted(table.indexes, key=lambda index: str(index.name))),
    ]
    return ";".join(str(clause.compile(dialect=dialect())) for clause in clauses)


def _stored(table: Table, abilities: Abilities) -> None:
    lz4 = " COMPRESSION lz4" if abilities.lz4 else ""
    for column in table.columns:
        if isinstance(column.type, Text):
            column.type = _Stored(f'TEXT{lz4} COLLATE "C"')
        elif isinstance(column.type, LargeBinary):
            column.type = _Stored(f"BYTEA{lz4}")
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        if "id" in table.primary_key.columns and "id" not in index.columns:
            columns = [column.name for column in index.columns]
            table.indexes.remove(index)
            Index(index.name, *(table.c[name] for name in columns), table.c.id)  # SQLite's indexes end so by themselves
    if table.name in _FOUND_BY_PARTS and abilities.trigrams:
        operators = {"name": f"{abilities.trigrams}.gin_trgm_ops"}
        Index(f"{table.name}_by_part", table.c.name, postgresql_using="gin", postgresql_ops=operators)


class _Stored(UserDefinedType[Any]):
    """A type as a column has it. The collation "C" orders text as SQLite does, whatever the database's own is."""

    cache_ok = True

    def __init__(self, words: str) -> None:
        self.words = words

    def get_col_spec(self, **_: Any) -> str:
        return self.words
