"""Stopping a query that takes too long, from another thread."""

from typing import Any

from sqlalchemy import Connection


def interrupt(connection: Connection) -> None:
    """Make the query that runs on this connection fail, as if the database were busy. Safe to call from any thread."""
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        driver.interrupt()
    else:
        driver.cancel()
