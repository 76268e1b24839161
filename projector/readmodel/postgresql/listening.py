"""Hearing of changes: the projector's transactions notify a channel, and a connection of its own listens to it."""

import time
from contextlib import suppress
from typing import Any

import psycopg

from projector.readmodel.postgresql.connecting import CHANNEL, Server

RETRY_SECONDS = 1.0


class Listening:
    """One connection that listens. Where it is lost another is made; that counts as a change, as some may be missed."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._connection: psycopg.Connection[Any] | None = None
        self._next_try = 0.0
        self._connect()

    def wait(self, timeout_seconds: float) -> bool:
        deadline = time.monotonic() + timeout_seconds
        while not self.take():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            if self._connection is None:
                time.sleep(min(left, RETRY_SECONDS))
            elif self._heard(left):
                self.take()
                return True
        return True

    def fileno(self) -> int | None:
        """Another one after a connection was lost, and none while there is none: to be asked after each `take`."""
        return self._connection.fileno() if self._connection is not None else None

    def take(self) -> bool:
        if self._connection is None:
            return self._connect()
        return self._heard(0)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _connect(self) -> bool:
        if time.monotonic() < self._next_try:
            return False
        self._next_try = time.monotonic() + RETRY_SECONDS
        with suppress(psycopg.OperationalError):
            self._connection = self._server.connect(f"LISTEN {CHANNEL}")
        return self._connection is not None

    def _heard(self, seconds: float) -> bool:
        assert self._connection is not None
        try:
            return bool(list(self._connection.notifies(timeout=seconds, stop_after=1)))
        except psycopg.OperationalError:
            self.close()
            return False
