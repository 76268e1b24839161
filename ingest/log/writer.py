"""One thread that commits everything that waits: many appends, one fsync."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import pairwise

from ingest.log.codec import Codec, Packed
from ingest.log.contract import LogClosedError, LogError, LogUnavailable
from schemas.fact import Fact
from schemas.records import LogClosed, MailReceived

COMMIT_MAX_BYTES = 4 * 1024 * 1024
COMMIT_MAX_RECORDS = 500
"""Together at most some 50 ms of work, so that whoever comes next does not wait long. One batch is never cut."""
WAITING_MAX_BYTES = 56 * 1024 * 1024
"""Beyond this, appends are refused at once; room for two of the largest mails beside the one that is written."""
GATHER_SECONDS, GATHER_MAX_SECONDS = 0.0004, 0.003
"""See `gather_seconds`."""
FACT_BYTES = 1000
"""What a fact without a mail is taken to weigh; most are smaller."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Facts of one append, and the future that gets their ids."""

    facts: Sequence[Fact]
    size_bytes: int
    ids: Future[list[int]] = field(default_factory=Future)


class GroupWriter:
    """Hands waiting batches to `commit` on a thread of its own, in the order they came.

    `commit` must answer every batch's future. What it raises is our bug: the batches not yet answered get it, and the
    thread goes on.
    """

    def __init__(self, commit: Callable[[Sequence[Batch]], None], name: str) -> None:
        self._commit = commit
        self._name = name
        self._waiting: deque[Batch] = deque()
        self._waiting_bytes = 0
        self._closed = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def submit(self, facts: Sequence[Fact]) -> Future[list[int]]:
        """Queue one batch; never blocks on I/O. The future cannot be cancelled: what was accepted is written."""
        batch = Batch(facts, sum(map(weight, facts)))
        batch.ids.set_running_or_notify_cancel()
        if not facts:
            batch.ids.set_result([])
            return batch.ids
        with self._changed:
            refusal = self._refusal(batch)
            if refusal is None:
                self._start()
                self._waiting.append(batch)
                self._waiting_bytes += batch.size_bytes
                self._changed.notify()
        if refusal is not None:
            batch.ids.set_exception(refusal)
        return batch.ids

    def close(self) -> None:
        """Refuse what comes from now on, and return when everything accepted before was answered."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def give_up(self, error: LogError) -> None:
        """Answer everything that waits with an error: it has waited as long as those before it, which failed."""
        with self._changed:
            waiting, self._waiting = self._waiting, deque()
            self._waiting_bytes = 0
        for batch in waiting:
            batch.ids.set_exception(error)

    def _refusal(self, batch: Batch) -> LogError | None:
        if self._closed:
            return LogError(f"{self._name}: expected an open log, this one was closed by its owner")
        if self._waiting and self._waiting_bytes + batch.size_bytes > WAITING_MAX_BYTES:
            return LogUnavailable(f"{self._name}: {self._waiting_bytes} bytes already wait to be written")
        return None

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=f"log writer {self._name}", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while batches := self._take():
            try:
                self._commit(batches)
            except BaseException as error:  # every promise is answered, and a bug must not end the thread
                for batch in batches:
                    if not batch.ids.done():
                        batch.ids.set_exception(error)
            if seconds := gather_seconds(len(batches)):
                time.sleep(seconds)

    def _take(self) -> list[Batch]:
        """Wait for batches and take as many as one commit may hold, at least one; none when the writer is closed."""
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            taken: list[Batch] = []
            records = size_bytes = 0
            while self._waiting:
                batch = self._waiting[0]
                records += len(batch.facts)
                size_bytes += batch.size_bytes
                if taken and (records > COMMIT_MAX_RECORDS or size_bytes > COMMIT_MAX_BYTES):
                    break
                taken.append(self._waiting.popleft())
                self._waiting_bytes -= batch.size_bytes
            return taken


def pack(batches: Sequence[Batch], codec: Codec, name: str) -> list[tuple[Batch, list[Packed]]]:
    """Pack the facts of each batch. What cannot be written is its sender's affair, not that of others in the commit."""
    ready: list[tuple[Batch, list[Packed]]] = []
    for batch in batches:
        try:
            if any(isinstance(fact, LogClosed) for fact, _ in pairwise(batch.facts)):
                raise LogClosedError(f"{name}: expected LogClosed as the last fact of a log")
            ready.append((batch, [codec.pack(fact) for fact in batch.facts]))
        except Exception as error:
            batch.ids.set_exception(error)
    return ready


def gather_seconds(appends: int) -> float:
    """How long the next commit waits for company after one of so many appends: the more came, the longer, to a bound.

    So busy sessions share more of their syncs, and their thread and the writer's take turns less often, which costs
    both: whoever gives up the interpreter's lock has to wait for it again. An append that comes alone never waits.
    """
    return min(appends * GATHER_SECONDS, GATHER_MAX_SECONDS) if appends > 1 else 0.0


def weight(fact: Fact) -> int:
    """Roughly the bytes that a fact keeps in memory until it is written: a mail that was parsed counts twice."""
    if not isinstance(fact, MailReceived):
        return FACT_BYTES
    return FACT_BYTES + len(fact.raw) * (1 if fact.parsed is None else 2)
