"""Reading and writing many rows at once, in the words of either database."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Column, Connection, Executable, Insert, Table, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.sql.compiler import SQLCompiler

_DIALECTS = {"postgresql": postgresql.dialect, "sqlite": sqlite.dialect}

CHUNK = 500
"""Values in one IN (...): below what every database takes."""


def chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    """Cut values into lists that fit one statement."""
    listed = list(values)
    for start in range(0, len(listed), CHUNK):
        yield listed[start : start + CHUNK]


def select_in(
    connection: Connection, table: Table, column: Column[Any], values: Collection[Any]
) -> list[dict[str, Any]]:
    """The rows whose column has one of the values, in the order of the primary key."""
    rows: list[dict[str, Any]] = []
    for chunk in chunks(values):
        rows += (dict(row) for row in connection.execute(_select_in(table, column), {"values": chunk}).mappings())
    return rows


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows, each in place of the one with its primary key. Rows have every column.

    They go to the driver as they are: what SQLAlchemy does to the values of a row costs more than SQLite's writing.
    """
    if rows:
        statement, places = _upsert(table, connection.dialect.name)
        values = [tuple([row[name] for name in places]) for row in rows] if places else [dict(row) for row in rows]
        connection.exec_driver_sql(statement, values)


def delete_where(connection: Connection, table: Table, columns: Sequence[str], keys: Collection[Any]) -> None:
    """Take away the rows whose columns have the values of one of the keys."""
    if keys:
        connection.execute(
            _delete(table, tuple(columns)),
            [dict(zip((f"b_{name}" for name in columns), _values(key, columns), strict=True)) for key in keys],
        )


def _values(key: Any, columns: Sequence[str]) -> Sequence[Any]:
    return key if len(columns) > 1 else (key,)


@cache
def _select_in(table: Table, column: Column[Any]) -> Executable:
    wanted: BindParameter[Any] = bindparam("values", expanding=True)
    return select(table).where(column.in_(wanted)).order_by(*table.primary_key.columns)


@cache
def _upsert(table: Table, dialect: str) -> tuple[str, tuple[str, ...]]:
    """The statement, and the columns whose values it takes, in their order; none where it takes them by name."""
    compiled = _upsert_clause(table, dialect).compile(dialect=_DIALECTS[dialect]())
    assert isinstance(compiled, SQLCompiler)
    return str(compiled), tuple(compiled.positiontup or ())


def _upsert_clause(table: Table, dialect: str) -> Insert:
    insert = postgresql_insert if dialect == "postgresql" else sqlite_insert
    statement = insert(table)
    keys = [column.name for column in table.primary_key.columns]
    others = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in keys}
    if not others:
        return statement.on_conflict_do_nothing()
    return statement.on_conflict_do_update(index_elements=keys, set_=others)


@cache
def _delete(table: Table, columns: tuple[str, ...]) -> Executable:
    return delete(table).where(*(table.c[name] == bindparam(f"b_{name}") for name in columns))
