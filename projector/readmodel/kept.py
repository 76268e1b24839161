"""Connections that stay open for many short looks, each in a transaction of its own.

To SQLAlchemy, each is in one transaction for ever: whoever looks begins and ends the database's by its driver. To take
one from SQLAlchemy's pool, begin and roll back for each look costs several times as much.
"""

from sqlalchemy import Connection, Engine


class Kept:
    """As many as looks were ever taken at the same time. Its engine must begin no transaction by itself."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._idle: list[Connection] = []
        self._is_closed = False

    def take(self) -> Connection:
        """One that nobody has. Raises what connecting raises."""
        try:
            return self._idle.pop()  # in one step: another thread may look too
        except IndexError:
            connection = self._engine.connect()
            connection.begin()
            return connection

    def give_back(self, connection: Connection) -> None:
        """Keep one, whose transaction has ended, for the next look."""
        if self._is_closed:
            connection.close()
        else:
            self._idle.append(connection)

    def close(self) -> None:
        """Close all; those that are taken, when they are given back."""
        self._is_closed = True
        for connection in self._idle:
            connection.close()
        self._idle.clear()
        self._engine.dispose()
