"""Stopping a query that takes too long: from another thread, or where it goes beyond what was allowed."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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
    """Let no statement in here take long on SQLite: it is stopped, and NeedsPatience is raised.

    That is for what nobody foresaw; what may take long says so before it is begun. PostgreSQL works elsewhere.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.set_progress_handler(_stop, STEPS_MAX)
    try:
        yield
    except (sqlite3.OperationalError, OperationalError) as error:
        original = error.orig if isinstance(error, OperationalError) else error
        if getattr(original, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
            raise NeedsPatience from None
        raise
    finally:
        driver.set_progress_handler(None, 0)


def _stop() -> bool:
    return True
