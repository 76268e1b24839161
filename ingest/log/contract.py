"""The contract that every log driver keeps."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from enum import Enum
from pathlib import Path
from typing import NamedTuple, Protocol

from ingest.memory import keep_mappings_apart
from schemas.fact import Fact
from schemas.records import Record

MAIL_MAX_BYTES = 26_214_400
READ_MAX_BYTES = 16 * 1024 * 1024
"""What one `read` gives at most, unpacked, unless one record alone is larger: records that take little room packed may
take a thousand times as much unpacked, and large mails must not add up."""
MOVED = "this log moved elsewhere, and takes no more"
EXPECTED = "expected sqlite:///PATH or kafka://HOST:PORT,.../TOPIC"
UNFINISHED = "the copy into this log is not finished; run `patchlog log copy` again"
OWN_RECORDS = "expected a log that is not there yet, or an unfinished copy; this one has records of its own"


class LogError(Exception):
    """Something is wrong with the log; the message says what was expected, what came and where."""


class LogUnavailable(LogError):
    """The log is away, full or slow: the append is perhaps not written, and can be tried again."""


class LogClosedError(LogError):
    """The log moved elsewhere (`LogClosed` is its last record) and takes no more appends."""


class Replaced(Enum):
    """What became of records that were to be replaced.

    TRACES: they are, and old bytes are still beside the file; NEVER: this kind of log cannot do it, and nothing is.
    """

    DONE = "done"
    TRACES = "traces"
    NEVER = "never"


class Stored(NamedTuple):
    """A record as it is stored; see `ingest.log.codec`."""

    id: int
    bytes: bytes


class Turn(Protocol):
    """A place in a queue, of which the first is at work and the others stand by. Safe to use from many threads.

    It says who should be at work. It cannot keep a process from working that was paused and taken for dead: what that
    one writes has to be harmless by itself.
    """

    def wait(self, timeout_seconds: float) -> bool:
        """Wait until it is our turn; False when the time ran out. Raises LogUnavailable."""
        ...

    def is_ours(self) -> bool:
        """Whether it is our turn, as far as we know."""
        ...

    def tell(self, record_id: int) -> None:
        """Say how far we are, for people who look. Nothing is ever read from it."""
        ...

    def close(self) -> None:
        """Leave the queue: the next one takes over at once."""
        ...


class Message(NamedTuple):
    """Something to publish: messages with one key stay in order."""

    key: str
    body: bytes


class Outlet(Protocol):
    """Where events are published for other systems, at least once and in order. For one thread at a time."""

    def last(self) -> list[bytes]:
        """The last message of each part of the outlet, to see how far was published. Raises LogUnavailable."""
        ...

    def publish(self, messages: Sequence[Message]) -> None:
        """Publish messages; returns when all are durable. Raises LogUnavailable, and some may be there all the same."""
        ...

    def close(self) -> None: ...


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
        """Give up to `limit` records with ids above `after_id`, in order. Fewer are not the end: an empty list is.

        Unless one alone is larger, all of them together take at most READ_MAX_BYTES unpacked.
        """
        ...

    def read_stored(self, after_id: int, limit: int = 1000) -> list[Stored]:
        """Like `read`, and nothing is unpacked: records of types that are not known are given too. What is bounded is
        the bytes that are given.
        """
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

    def replace(self, facts: Mapping[int, Fact]) -> Replaced:
        """Put stubs in the place of records, by id; their ids and times stay. All or none, durable when it returns.

        Without facts, traces of earlier ones are looked after. Raises LogUnavailable.
        """
        ...

    def size_bytes(self) -> int | None:
        """The room that the log takes; None where that is not for us to ask."""
        ...

    def turn(self, name: str) -> Turn:
        """Queue for the turn of that name, which one of all processes that have this log open holds at a time."""
        ...

    def outlet(self) -> Outlet | None:
        """Open where events are published, beside the log; None where this kind of log has no such place.

        Raises LogUnavailable.
        """
        ...

    def published(self) -> list[bytes] | None:
        """What `Outlet.last` gives, for those who only look: nothing is made. None where there is no such place.

        Raises LogUnavailable.
        """
        ...

    def close(self) -> None:
        """Let everything that was accepted become durable, then close."""
        ...


class Copy(Protocol):
    """A log that takes another log's records with their ids. Nobody else may append to it until it is finished."""

    def end(self) -> int:
        """The id of the last record that was copied; 0 for none."""
        ...

    def is_finished(self) -> bool:
        """Whether the last record that was copied is the other log's LogClosed: appends go on behind it."""
        ...

    def append(self, records: Sequence[Stored]) -> None:
        """Add the records that come next; returns when they are durable. Raises LogUnavailable, LogError."""
        ...

    def replace(self, records: Sequence[Stored]) -> Replaced:
        """Put records in the place of those that were copied with their ids. As `Log.replace`."""
        ...

    def finish(self, fact: Fact) -> int:
        """Add a record of this log's own, whose id is given: from now on it takes appends. Raises as `append`."""
        ...

    def close(self) -> None: ...


def open_log(url: str, mail_max_bytes: int = MAIL_MAX_BYTES) -> Log:
    """Open the log at `url` (`sqlite:///PATH` or `kafka://HOST:PORT,.../TOPIC`), for mails up to so many bytes.

    A SQLite log that is not there yet is made. Raises LogError.
    """
    keep_mappings_apart()
    if url.startswith("sqlite:///"):
        from ingest.log.sqlite import SqliteLog

        return SqliteLog(url.removeprefix("sqlite:///"))
    if url.startswith("kafka://"):
        from ingest.log.kafka.driver import KafkaLog

        return KafkaLog(url, mail_max_bytes)
    raise LogError(f"log URL: {EXPECTED}, came {url!r}")


def log_folder(url: str) -> Path | None:
    """The folder that a log grows in; None where that is on no disk of this machine's."""
    return Path(url.removeprefix("sqlite:///")).parent if url.startswith("sqlite:///") else None


def make_log(url: str, mail_max_bytes: int = MAIL_MAX_BYTES) -> bool:
    """Make the log at `url` unless it is there. True: it was not. Raises LogError."""
    if url.startswith("kafka://"):
        from ingest.log.kafka.driver import make

        return make(url, mail_max_bytes)
    log = open_log(url)
    try:
        return log.end() == 1
    finally:
        log.close()


def open_copy(url: str, mail_max_bytes: int = MAIL_MAX_BYTES) -> Copy:
    """Open the log at `url` to copy another into it; it is made if it is not there.

    Raises LogError, for a log that has records of its own too.
    """
    keep_mappings_apart()
    if url.startswith("kafka://"):
        from ingest.log.kafka.copy import KafkaCopy

        return KafkaCopy(url, mail_max_bytes)
    if url.startswith("sqlite:///"):
        from ingest.log.sqlite_copy import SqliteCopy

        return SqliteCopy(url.removeprefix("sqlite:///"))
    raise LogError(f"log URL: {EXPECTED}, came {url!r}")
