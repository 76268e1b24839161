"""Stopping a query that takes too long: from another thread, or where it goes beyond what was allowed."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg.errors import QueryCanceled
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from projector.readmodel.queries.ways import NeedsPatience

STEPS_MAX = 400_000
"""Steps of SQLite's machine that one statement of a short query may take: some 5 ms."""


def interrupt(connection: Connection) -> None:
    """Make the query that runs on this connection fail, as if the database were busy. Safe to call from any thread."""
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        driver.interrupt()
    else:
        driver.cancel()


@contextmanager
def in_short(connection: Connection) -> Iterator[None]:
    """Let no statement in here take long: it is stopped, and NeedsPatience is raised.

    That is for what nobody foresaw; what may take long says so before it is begun. SQLite counts steps; PostgreSQL goes
    by its clock, which was told with the connection (`Reader.connect`).
    """
    driver: Any = connection.connection.driver_connection
    is_file = connection.dialect.name == "sqlite"
    if is_file:
        driver.set_progress_handler(_stop, STEPS_MAX)
    try:
        yield
    except (sqlite3.OperationalError, OperationalError, QueryCanceled) as error:
        if _is_stopped(error.orig if isinstance(error, OperationalError) else error):
            raise NeedsPatience from None
        raise
    finally:
        if is_file:
            driver.set_progress_handler(None, 0)


def _is_stopped(error: BaseException | None) -> bool:
    is_interrupted = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT
    return is_interrupted or isinstance(error, QueryCanceled)


def _stop() -> bool:
    return True
