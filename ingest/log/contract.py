"""The contract that every log driver keeps."""

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Protocol

from schemas.records import Fact, Record


class LogError(Exception):
    """Something is wrong with the log; the message says what was expected, what came and where."""


class LogUnavailable(LogError):
    """The log is away, full or slow: the append is perhaps not written, and can be tried again."""


class LogClosedError(LogError):
    """The log moved elsewhere (`LogClosed` is its last record) and takes no more appends."""


class Log(Protocol):
    """One totally ordered sequence of records. Safe to use from many threads; one log may be open in many processes."""

    def append(self, facts: Sequence[Fact], *, timeout_seconds: float = 30.0) -> list[int]:
        """Append facts in their order, all or none, and return their ids once they are durable.

        Raises LogUnavailable when that could not be had in time (it may still turn up later), LogClosedError for a log
        that moved.
        """
        ...

    def submit(self, facts: Sequence[Fact]) -> Future[list[int]]:
        """Like `append`, without waiting: the future has the ids, or raises as `append` does. Safe to call on an event
        loop: never blocks, and refuses with LogUnavailable at once when too many bytes already wait.
        """
        ...

    def read(self, after_id: int, limit: int = 1000) -> list[Record]:
        """Give up to `limit` records with ids above `after_id`, in order; an empty list at the end."""
        ...

    def get(self, ids: Sequence[int]) -> list[Record]:
        """Give the records with these ids, in the order of their ids; an id that is not there is left out."""
        ...

    def wait(self, after_id: int, timeout_seconds: float) -> bool:
        """Wait until a record with an id above `after_id` is there; False when the time ran out."""
        ...

    def end(self) -> int:
        """The id of the last record; 0 for a log that holds nothing."""
        ...

    def close(self) -> None:
        """Let everything that was accepted become durable, then close."""
        ...


def open_log(url: str) -> Log:
    """Open the log at `url` (`sqlite:///PATH`); a log that is not there yet is made. Raises LogError."""
    if url.startswith("sqlite:///"):
        from ingest.log.sqlite import SqliteLog

        return SqliteLog(url.removeprefix("sqlite:///"))
    raise LogError(f"log URL: expected sqlite:///PATH, came {url!r}")
