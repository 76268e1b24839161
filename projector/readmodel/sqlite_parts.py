"""Finding names by a part of them in SQLite: beside each table an FTS5 index of the three-letter parts of its names.

It knows which rows have a part, not where in the name (`detail=none`), and does not keep the names, so it is small.
`projector.readmodel.statements` keeps it; triggers would have FTS5 write its memory to the tables after every row.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import Connection, Table
from sqlalchemy.exc import OperationalError

from projector.readmodel.tables import FOUND_BY_PARTS

PARTS = {table.name: f"{table.name}_by_part" for table in FOUND_BY_PARTS}
"""The index of each table."""
MAKE = "CREATE VIRTUAL TABLE {} USING fts5(name, content='', columnsize=0, detail=none, tokenize='trigram')"
ADD = "INSERT INTO {} (rowid, name) VALUES (?, ?)"
REMOVE = "INSERT INTO {0} ({0}, rowid, name) VALUES ('delete', ?, ?)"
FILL = "INSERT INTO {} (rowid, name) SELECT id, name FROM {}"
IDS_AT_ONCE = 500

logger = structlog.get_logger()


def create_parts(connection: Connection) -> None:
    """Make the indexes of tables that are still empty; without SQLite's FTS5 and its trigrams there are none."""
    for parts in PARTS.values():
        try:
            connection.exec_driver_sql(MAKE.format(parts))
        except OperationalError as error:
            what = "looking for a part of a name reads every name"
            logger.warning("database.without-trigrams", why=str(error.orig), what=what)
            return


def fill_parts(connection: Connection) -> None:
    """Take the names that were written past `projector.readmodel.statements` into indexes that are still empty."""
    for table, parts in PARTS.items():
        if knows_parts(connection, parts):
            connection.exec_driver_sql(FILL.format(parts, table))


def knows_parts(connection: Connection, parts: str) -> bool:
    """Whether this is SQLite and has an index of this name."""
    if connection.dialect.name != "sqlite":
        return False
    return connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = ?", (parts,)).first() is not None


def keep_names(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Before rows are written to a table, make their names be found instead of those that they had."""
    parts = PARTS.get(table.name)
    if parts is None or not rows or "name" not in rows[0] or not knows_parts(connection, parts):
        return
    before = _names(connection, table, (row["id"] for row in rows))
    changed = {row["id"]: row["name"] for row in rows if before.get(row["id"]) != row["name"]}
    _remove(connection, parts, [(id, before[id]) for id in changed if id in before])
    if changed:
        connection.exec_driver_sql(ADD.format(parts), list(changed.items()))


def drop_names(connection: Connection, table: Table, ids: Iterable[int]) -> None:
    """Before rows are taken from a table, let their names be found no more."""
    parts = PARTS.get(table.name)
    if parts is not None and knows_parts(connection, parts):
        _remove(connection, parts, list(_names(connection, table, ids).items()))


def clean_parts(connection: sqlite3.Connection) -> None:
    """Leave no part of a name that was taken away: the rest is written anew."""
    made = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for parts in PARTS.values():
        if parts in made:
            connection.execute(f"INSERT INTO {parts} ({parts}) VALUES ('optimize')")
    connection.commit()


def _remove(connection: Connection, parts: str, names: list[tuple[int, str]]) -> None:
    if names:
        connection.exec_driver_sql(REMOVE.format(parts), names)


def _names(connection: Connection, table: Table, ids: Iterable[int]) -> dict[int, str]:
    """The names that rows have now, by id."""
    found: dict[int, str] = {}
    listed = list(ids)
    for start in range(0, len(listed), IDS_AT_ONCE):
        some = tuple(listed[start : start + IDS_AT_ONCE])
        marks = ", ".join("?" * len(some))
        rows = connection.exec_driver_sql(f"SELECT id, name FROM {table.name} WHERE id IN ({marks})", some)
        found.update((id, name) for id, name in rows)
    return found
