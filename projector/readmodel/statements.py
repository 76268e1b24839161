"""Reading and writing many rows at once, in the words of either database."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Column, Connection, Executable, Table, bindparam, delete, select, update
from sqlalchemy.dialects.sqlite import dialect, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

from projector.readmodel.postgresql import writing
from projector.readmodel.reading import AnySelect, fetch_all
from projector.readmodel.sqlite_parts import drop_names, keep_names

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
    names = [one.name for one in table.columns]
    statement = _select_in(table, column)
    return [
        dict(zip(names, row, strict=True))
        for chunk in chunks(values)
        for row in fetch_all(connection, statement, {"values": chunk})
    ]


def upsert(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], adding: tuple[str, ...] = ()
) -> None:
    """Write rows, each in place of the one with its primary key; to the columns of `adding` the value is added.

    Rows have every column. They go to the driver as they are: what SQLAlchemy does to the values of a row costs more
    than SQLite's writing.
    """
    if not rows:
        return
    if is_postgresql(connection):
        writing.upsert(connection, table, rows, adding)
        return
    keep_names(connection, table, rows)
    statement, places = _upsert(table, adding)
    connection.exec_driver_sql(statement, [tuple([row[name] for name in places]) for row in rows])


def update_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Change the columns that the rows have, all the same, in the rows with their primary keys."""
    if not rows:
        return
    if is_postgresql(connection):
        writing.update(connection, table, rows)
        return
    keep_names(connection, table, rows)
    keys = [column.name for column in table.primary_key.columns]
    values = [{f"b_{name}" if name in keys else name: value for name, value in row.items()} for row in rows]
    connection.execute(_update(table, tuple(rows[0])), values)


def delete_where(connection: Connection, table: Table, columns: Sequence[str], keys: Collection[Any]) -> None:
    """Take away the rows whose columns have the values of one of the keys."""
    if not keys:
        return
    if is_postgresql(connection):
        writing.delete(connection, table, [dict(zip(columns, _values(key, columns), strict=True)) for key in keys])
        return
    if list(columns) == ["id"]:
        drop_names(connection, table, keys)
    connection.execute(
        _delete(table, tuple(columns)),
        [dict(zip((f"b_{name}" for name in columns), _values(key, columns), strict=True)) for key in keys],
    )


def sending(connection: Connection) -> AbstractContextManager[None]:
    """Whatever is written in the block may be on its way until its end; nothing may be read in it."""
    return writing.sending(connection) if is_postgresql(connection) else nullcontext()


def notify(connection: Connection) -> None:
    """Tell whoever listens that rows change, once the transaction commits; SQLite has nobody to tell."""
    if is_postgresql(connection):
        writing.notify(connection)


def is_overtaken(error: DBAPIError) -> bool:
    """Whether another transaction has changed, since this one's snapshot, what this one wants to change."""
    return getattr(error.orig, "sqlstate", None) in ("40001", "40P01")


def is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def _values(key: Any, columns: Sequence[str]) -> Sequence[Any]:
    return key if len(columns) > 1 else (key,)


@cache
def _select_in(table: Table, column: Column[Any]) -> AnySelect:
    wanted: BindParameter[Any] = bindparam("values", expanding=True)
    return select(table).where(column.in_(wanted)).order_by(*table.primary_key.columns)


@cache
def _upsert(table: Table, adding: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The statement, and the columns whose values it takes, in their order."""
    statement = insert(table)
    keys = [column.name for column in table.primary_key.columns]
    changes = {
        column.name: column + statement.excluded[column.name]
        if column.name in adding
        else statement.excluded[column.name]
        for column in table.columns
        if column.name not in keys
    }
    if changes:
        statement = statement.on_conflict_do_update(index_elements=keys, set_=changes)
    else:
        statement = statement.on_conflict_do_nothing()
    compiled = statement.compile(dialect=dialect())
    assert isinstance(compiled, SQLCompiler)
    return str(compiled), tuple(compiled.positiontup or ())


@cache
def _update(table: Table, columns: tuple[str, ...]) -> Executable:
    keys = [column.name for column in table.primary_key.columns]
    others: dict[str, BindParameter[Any]] = {name: bindparam(name) for name in columns if name not in keys}
    return update(table).where(*(table.c[name] == bindparam(f"b_{name}") for name in keys)).values(others)


@cache
def _delete(table: Table, columns: tuple[str, ...]) -> Executable:
    return delete(table).where(*(table.c[name] == bindparam(f"b_{name}") for name in columns))
