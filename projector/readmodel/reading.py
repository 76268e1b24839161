"""Short reads that are made all the time: compiled once, and given to the driver as they are.

Between a statement and its rows SQLAlchemy does far more work than SQLite does for a row found by its id. What is
read here was built with it, gives the same values, and goes past the rest. Rows are tuples, to be read by place.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Connection, Dialect, Select
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.sql.compiler import SQLCompiler

from projector.readmodel.postgresql.asking import Asker

Row: TypeAlias = tuple[Any, ...]
AnySelect: TypeAlias = Select[*tuple[Any, ...]]
Parameters: TypeAlias = Mapping[str, Any]

COMPILED_MAX = 1024
ASKER = "patchlog.asker"
"""Where a connection to PostgreSQL keeps what asks on it."""


class _Compiled(NamedTuple):
    """A statement in a database's words, its parameters by their places, the values of its own, and what makes
    Python's values of some columns'.
    """

    statement: SQLCompiler
    text: str
    places: Sequence[str]
    values: dict[str, Any]
    makers: tuple[Callable[[Any], Any] | None, ...]


def fetch_all(connection: Connection, statement: AnySelect, parameters: Parameters) -> list[Row]:
    """The rows of a statement. Of its parameters some may be lists, where it says that they expand."""
    compiled = _compiled(statement, connection.dialect)
    text, places, values = compiled.text, compiled.places, {**compiled.values, **parameters}
    lengths = tuple((name, len(value)) for name, value in parameters.items() if isinstance(value, (list, tuple)))
    if lengths:
        text, places, members = _expanded(statement, connection.dialect, lengths)
        for name, names in members.items():
            values.update(zip(names, parameters[name], strict=True))
    rows = ask(connection, text, [values[name] for name in places])
    return rows if not compiled.makers else [_made(row, compiled.makers) for row in rows]


def fetch_first(connection: Connection, statement: AnySelect, parameters: Parameters) -> Row | None:
    """The first row of a statement that gives few; None where it gives none."""
    rows = fetch_all(connection, statement, parameters)
    return rows[0] if rows else None


def fetch_value(connection: Connection, statement: AnySelect, parameters: Parameters) -> Any:
    """The one value of a statement that gives one row at most; None where it gives none."""
    rows = fetch_all(connection, statement, parameters)
    return rows[0][0] if rows else None


def ask(connection: Connection, text: str, values: Sequence[Any]) -> list[Row]:
    """Give a statement to the driver, in the connection's transaction, which begins where there is none.

    Raises what the driver raises.
    """
    if not connection.in_transaction():
        connection.begin()
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "postgresql":
        kept = connection.info
        rows: list[Row] = (kept.get(ASKER) or kept.setdefault(ASKER, Asker(driver))).ask(text, values)
        return rows
    rows = driver.execute(text, values).fetchall()
    return rows


@lru_cache(maxsize=COMPILED_MAX)
def _compiled(statement: AnySelect, dialect: Dialect) -> _Compiled:
    if dialect.name == "sqlite":
        dialect = sqlite.dialect(paramstyle="qmark")
    else:
        dialect = psycopg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
    compiled = statement.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)
    makers = tuple(
        column.type.dialect_impl(dialect).result_processor(dialect, None) for column in statement.selected_columns
    )
    values = {name: bound.value for name, bound in compiled.binds.items() if not bound.required}
    return _Compiled(compiled, str(compiled), compiled.positiontup or (), values, makers if any(makers) else ())


@lru_cache(maxsize=COMPILED_MAX)
def _expanded(
    statement: AnySelect, dialect: Dialect, lengths: tuple[tuple[str, int], ...]
) -> tuple[str, Sequence[str], Mapping[str, Sequence[str]]]:
    """A statement for lists of these lengths: its words, its parameters, and of each list the names of its members.

    SQLAlchemy takes longer for these words than the database for its answer.
    """
    compiled = _compiled(statement, dialect).statement
    lists = {name: [None] * length for name, length in lengths}
    expanded = compiled.construct_expanded_state({**dict.fromkeys(compiled.binds), **lists})
    return expanded.statement, expanded.positiontup or (), expanded.parameter_expansion


def _made(row: Row, makers: Sequence[Callable[[Any], Any] | None]) -> Row:
    return tuple(value if maker is None else maker(value) for value, maker in zip(row, makers, strict=True))
