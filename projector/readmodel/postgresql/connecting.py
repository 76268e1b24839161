"""Connections to a server: what is set on each, for readers, writers and locks."""

from typing import Any

import psycopg
from psycopg.types.string import StrDumper
from sqlalchemy import URL, Engine, create_engine, event

READ_SECONDS_MAX = 15
"""What a query of a reader may take before the server stops it; the API stops its own sooner."""

CONNECT = {
    "application_name": "patchlog",
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,  # a server that vanished without a word is noticed in half a minute
}
"""What counts where the URL says nothing else."""

CHANNEL = "patchlog_changes"
"""Where sessions hear of changes, each in its own database."""
FOR_READERS = (
    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;"
    f"SET statement_timeout = '{READ_SECONDS_MAX}s';"
    "SET jit = off"  # to compile a plan takes longer than any of our queries
)
FOR_WRITERS = (
    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ;"
    "SET synchronous_commit = off;"
    "SET jit = off"
)
FOR_LOCKS = "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3"
"""A machine that vanished holds no lock for longer than half a minute."""


class Server:
    """Where a database is, and how to connect to it."""

    def __init__(self, url: URL) -> None:
        self.name = url.render_as_string(hide_password=True)
        self._url = url
        self._missing = {name: value for name, value in CONNECT.items() if name not in url.query}

    def connect(self, settings: str = "") -> psycopg.Connection[Any]:
        """A connection of its own, outside of any generation, in autocommit mode."""
        _, keywords = self._url.get_dialect()().create_connect_args(self._url)
        arguments: dict[str, Any] = {**self._missing, **keywords, "autocommit": True}
        connection: psycopg.Connection[Any] = psycopg.connect(**arguments)
        if settings:
            connection.execute(settings)
        return connection

    def writing(self, generation: int) -> Engine:
        """Connections for whoever writes to a generation. Each transaction sees one snapshot."""
        return self._engine(generation, FOR_WRITERS, autocommit=False)

    def reading(self, generation: int, *, begins_itself: bool = False) -> Engine:
        """Connections that cannot write; whoever begins a transaction itself says so."""
        return self._engine(generation, FOR_READERS, autocommit=begins_itself)

    def _engine(self, generation: int, settings: str, *, autocommit: bool) -> Engine:
        def prepare(connection: psycopg.Connection[Any], _record: object) -> None:
            connection.adapters.register_dumper(str, TextDumper)
            connection.execute(f"SET search_path TO patchlog_{generation}; {settings}")
            if not autocommit:
                connection.commit()

        arguments = {**self._missing, "autocommit": autocommit}
        engine = create_engine(self._url, connect_args=arguments, use_native_hstore=False)
        event.listen(engine, "connect", prepare)
        return engine


class TextDumper(StrDumper):
    """PostgreSQL's text has no NUL: where it is looked for, or would be written, stands U+FFFD."""

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", "\ufffd") if "\0" in obj else obj)
