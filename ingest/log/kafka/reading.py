"""Reads the topic for one process: in order, by place, and waiting at the end."""

import threading
import time
from collections.abc import Callable, Sequence

from ingest.log.contract import READ_MAX_BYTES
from ingest.log.kafka.address import KafkaAddress
from ingest.log.kafka.fetching import CLOSING_MS, Entry, fetch, latest, newest
from ingest.log.kafka.wire import Wire

FETCH_MAX_BYTES = 8 * 1024 * 1024
"""What is asked of the broker at most (unless one batch alone is larger)."""
RECORD_BYTES = 4096
"""What a record may be expected to take; a guess too low costs one more request."""
WAIT_SECONDS = 1.0
"""How long one request waits for news at the broker."""
PAUSE_SECONDS = 0.05


class Reader:
    """Knows where the log ends: nothing behind a LogClosed is given. Safe to use from many threads."""

    def __init__(self, wire: Wire, address: KafkaAddress) -> None:
        self.closed_at = newest(wire).closed_at
        self._wire = wire
        self._address = address
        self._waiting: Wire | None = None
        self._lock = threading.Lock()
        self._ahead: list[Entry] = []
        self._seen_end = 0

    def read(self, offset: int, limit: int, weigh: Callable[[bytes], int] = len) -> list[Entry]:
        """Give what stands at an offset and behind it: `limit` entries, or as many as weigh READ_MAX_BYTES together.

        What was fetched beyond that is kept for the next call.
        """
        with self._lock:
            entries, self._ahead = self._ahead, []
        if not entries or entries[0].offset != offset:
            entries = self._open_part(fetch(self._wire, offset, min(limit * RECORD_BYTES, FETCH_MAX_BYTES)))
        count = size_bytes = 0
        for entry in entries[:limit]:
            size_bytes += weigh(entry.value)
            if count and size_bytes > READ_MAX_BYTES:
                break
            count += 1
        self._keep(entries[count:])
        return entries[:count]

    def get(self, offsets: Sequence[int]) -> list[Entry]:
        """Give what stands at these offsets, which ascend. One that is not there is left out."""
        found: list[Entry] = []
        done = 0
        while done < len(offsets):
            run = 1
            while done + run < len(offsets) and offsets[done + run] == offsets[done] + run:
                run += 1
            entries = self._open_part(fetch(self._wire, offsets[done], min(run * RECORD_BYTES, FETCH_MAX_BYTES)))
            if not entries:
                break
            there = {entry.offset: entry for entry in entries}
            while done < len(offsets) and offsets[done] <= entries[-1].offset:
                if (entry := there.get(offsets[done])) is not None:
                    found.append(entry)
                done += 1
        return found

    def wait(self, offset: int, timeout_seconds: float) -> bool:
        """Wait until something stands at an offset or behind it; False when the time ran out."""
        deadline = time.monotonic() + timeout_seconds
        while True:
            left = deadline - time.monotonic()
            if self.closed_at is not None and offset > self.closed_at:
                time.sleep(max(0.0, left))
                return False
            if self._has(offset):
                return True
            entries = self._open_part(
                fetch(self._waiting_wire(), offset, FETCH_MAX_BYTES, min(max(left, 0.0), WAIT_SECONDS))
            )
            if entries:
                self._keep(entries)
                return True
            if left <= 0:
                return False
            time.sleep(min(left, PAUSE_SECONDS) if self.end() < offset else 0)

    def end(self) -> int:
        """The offset that the next record will have; for a log that is closed, the one behind its LogClosed."""
        end = latest(self._wire)
        if self.closed_at is None and end != self._seen_end:
            self.closed_at = newest(self._wire).closed_at
            self._seen_end = end
        return end if self.closed_at is None else self.closed_at + 1

    def close(self) -> None:
        if self._waiting is not None:
            self._waiting.close()
        self._wire.close()

    def _has(self, offset: int) -> bool:
        with self._lock:
            return bool(self._ahead) and self._ahead[0].offset == offset

    def _keep(self, entries: list[Entry]) -> None:
        with self._lock:
            self._ahead = entries

    def _open_part(self, entries: list[Entry]) -> list[Entry]:
        """Up to the closing record: what comes behind it was refused, though it stands there."""
        for entry in entries if self.closed_at is None else ():
            if entry.timestamp_ms == CLOSING_MS:
                self.closed_at = entry.offset
        if self.closed_at is not None:
            return [entry for entry in entries if entry.offset <= self.closed_at]
        return entries

    def _waiting_wire(self) -> Wire:
        """A connection for requests that wait, so that they do not hold up others."""
        with self._lock:
            if self._waiting is None:
                self._waiting = Wire(self._address)
            return self._waiting
