"""Statements that are asked all the time: prepared once on each connection, and asked past psycopg's cursor.

A cursor reads the statement for names of parameters, finds out their types and looks after what it prepared, each time
anew; that takes longer than to ask. Values are made and read by psycopg, as the connection says.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

PATTERN = " ~ "
"""Before a regular expression. How rare its matches are decides how they are best found, so what looks for one is
planned anew for each: a plan for any would read a list in its order, past all that do not match."""
PREPARED_MAX = 200
"""Statements that one connection keeps ready; the server keeps a plan of each."""


class Asker:
    """Asks on one connection, which takes no part in a pipeline. Begins a transaction where psycopg would."""

    def __init__(self, driver: psycopg.Connection[Any]) -> None:
        self._driver, self._wire, self._values = driver, driver.pgconn, Transformer(driver)
        self._names: dict[str, bytes] = {}
        """Of what is prepared; that which was not asked for longest is first."""
        self._prepared = 0

    def ask(self, text: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """The rows of a statement whose parameters are called $1, $2, ... Raises what psycopg raises."""
        if self._wire.transaction_status == TransactionStatus.IDLE and not self._driver.autocommit:
            self._checked(self._wire.exec_(b"BEGIN"))
        dumped: Any = self._values.dump_sequence(values, [PyFormat.TEXT] * len(values))
        if PATTERN in text:
            result = self._wire.exec_params(text.encode(), dumped)
        else:
            result = self._wire.exec_prepared(self._name_of(text), dumped)
        self._checked(result)
        self._values.set_pgresult(result)
        return self._values.load_rows(0, result.ntuples, tuple)

    def _name_of(self, text: str) -> bytes:
        name = self._names.pop(text, None) or self._prepare(text)
        self._names[text] = name
        return name

    def _prepare(self, text: str) -> bytes:
        while len(self._names) >= PREPARED_MAX:
            oldest = next(iter(self._names))
            self._checked(self._wire.exec_(b"DEALLOCATE " + self._names.pop(oldest)))
        self._prepared += 1
        name = f"patchlog_{self._prepared}".encode()
        self._checked(self._wire.prepare(name, text.encode()))
        return name

    def _checked(self, result: PGresult) -> PGresult:
        if result.status in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
            return result
        if self._wire.status != ConnStatus.OK:
            raise psycopg.OperationalError(result.error_message.decode(errors="replace").strip())
        raise error_from_result(result)
