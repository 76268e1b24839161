"""Writing many rows in one statement: they go over as one JSON text, which the server makes rows of.

What a mail changes takes 60 us of CPU so, and 155 us where every row is a statement (psycopg's executemany in a
pipeline). Inside `sending`, statements do not wait for the answers to those before.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Boolean, Column, Connection, Integer, LargeBinary, Table

from projector.readmodel.postgresql.connecting import CHANNEL

JSON_MAX_BYTES = 1 << 26
"""More than this goes in more than one statement, as far as it is more than one row; the server's limit is 1 GB."""

Rows = Sequence[Mapping[str, Any]]

_encode = msgspec.json.Encoder().encode


@contextmanager
def sending(connection: Connection) -> Iterator[None]:
    """Wait for the answers of all statements below at the end of the block."""
    with _driver(connection).pipeline():
        yield


def upsert(connection: Connection, table: Table, rows: Rows, adding: tuple[str, ...] = ()) -> None:
    """Write rows, each in place of the one with its primary key; to the columns of `adding` the value is added."""
    _send(connection, _upsert(table, adding), rows)


def update(connection: Connection, table: Table, rows: Rows) -> None:
    """Change the columns that the rows have, all the same, in the rows with their primary keys."""
    if rows:
        _send(connection, _update(table, tuple(rows[0])), rows)


def delete(connection: Connection, table: Table, rows: Rows) -> None:
    """Take away the rows that have the values of one of these, which have the same columns each."""
    if rows:
        _send(connection, _delete(table, tuple(rows[0])), rows)


def notify(connection: Connection) -> None:
    """Wake up whoever listens, once the transaction commits."""
    _driver(connection).execute(f"NOTIFY {CHANNEL}")


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _send(connection: Connection, statement: str, rows: Rows) -> None:
    encoded = _encode(rows)
    if len(encoded) > JSON_MAX_BYTES and len(rows) > 1:
        _send(connection, statement, rows[: len(rows) // 2])
        _send(connection, statement, rows[len(rows) // 2 :])
        return
    if b"\\u0000" in encoded:
        encoded = _encode([{name: _without_nul(value) for name, value in row.items()} for row in rows])
    _driver(connection).execute(statement, (encoded.decode(),))


def _without_nul(value: Any) -> Any:
    """PostgreSQL's text has no NUL: U+FFFD stands for it."""
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value


@cache
def _upsert(table: Table, adding: tuple[str, ...]) -> str:
    columns = [column.name for column in table.columns]
    keys = [column.name for column in table.primary_key.columns]
    changes = [
        f"{name} = " + (f"old.{name} + excluded.{name}" if name in adding else f"excluded.{name}")
        for name in columns
        if name not in keys
    ]
    return (
        f"INSERT INTO {table.name} AS old ({', '.join(columns)}) SELECT {_values(table, columns)}"
        f" FROM {_rows(table, columns)} ON CONFLICT ({', '.join(keys)}) DO "
        + (f"UPDATE SET {', '.join(changes)}" if changes else "NOTHING")
    )


@cache
def _update(table: Table, columns: tuple[str, ...]) -> str:
    keys = [column.name for column in table.primary_key.columns]
    changes = ", ".join(f"{name} = {_value(table.c[name])}" for name in columns if name not in keys)
    return f"UPDATE {table.name} AS old SET {changes} FROM {_rows(table, columns)} WHERE {_same(keys)}"


@cache
def _delete(table: Table, columns: tuple[str, ...]) -> str:
    return f"DELETE FROM {table.name} AS old USING {_rows(table, columns)} WHERE {_same(columns)}"


def _rows(table: Table, columns: Sequence[str]) -> str:
    types = ", ".join(f"{name} {_type(table.c[name])}" for name in columns)
    return f"json_to_recordset(%s::json) AS new ({types})"


def _values(table: Table, columns: Sequence[str]) -> str:
    return ", ".join(_value(table.c[name]) for name in columns)


def _value(column: Column[Any]) -> str:
    """Bytes are Base64 in JSON."""
    return f"decode(new.{column.name}, 'base64')" if isinstance(column.type, LargeBinary) else f"new.{column.name}"


def _same(columns: Sequence[str]) -> str:
    return " AND ".join(f"old.{name} = new.{name}" for name in columns)


def _type(column: Column[Any]) -> str:
    if isinstance(column.type, (BigInteger, Integer)):
        return "bigint"
    return "boolean" if isinstance(column.type, Boolean) else "text"
