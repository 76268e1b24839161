"""Reading and writing many rows at once, in the words of either database."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Column, Connection, Executable, Table, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

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
        found = connection.execute(select(table).where(column.in_(chunk)).order_by(*table.primary_key.columns))
        rows += (dict(row) for row in found.mappings())
    return rows


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows, each in place of the one with its primary key. Rows have every column."""
    if rows:
        connection.execute(_upsert(table, connection.dialect.name), rows)


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
def _upsert(table: Table, dialect: str) -> Executable:
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
