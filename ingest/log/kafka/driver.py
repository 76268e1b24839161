"""The log in one partition of a Kafka topic: the record at offset n has the id base + n + 1.

Many processes append. Each has one writer thread, which packs what waits and sends it as one record batch, so that the
facts of an append are written whole or not at all and one round trip serves many. The broker orders the batches.

A log is closed by a record, and another process may append behind it before it has seen it. So whoever finds that
others wrote since its last batch asks the topic's time index for a LogClosed (one small request, whatever the length of
the log), before it promises anything; and nobody reads what stands behind one. The same answer says how late others
were, and time goes on from there: within one process recorded_at never falls, between processes it falls by what they
did not know of each other yet, and by no more than their clocks differ.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ingest import clock
from ingest.log.codec import Codec, Packed
from ingest.log.contract import MOVED, UNFINISHED, LogClosedError, LogError, LogUnavailable, Replaced, Stored
from ingest.log.kafka.address import KafkaAddress, read_address
from ingest.log.kafka.fetching import CLOSING_MS, Entry, fetch, latest, newest
from ingest.log.kafka.outlet import KafkaOutlet, last_published
from ingest.log.kafka.producing import BatchProducer, batch_bytes
from ingest.log.kafka.reading import Reader
from ingest.log.kafka.topic import check_topic, make_topic
from ingest.log.kafka.turn import GroupTurn
from ingest.log.kafka.wire import Wire
from ingest.log.writer import Batch, GroupWriter, pack
from schemas.fact import Fact
from schemas.records import LogClosed, LogOpened, Record

COMMIT_SECONDS = 7.0
"""How long a commit is tried: less than the 10 s in which an SMTP client gets its answer."""
CHECK_SECONDS = 1.0
"""How long to ask, at least, whether the log was closed before what was just written."""

FRONT_BYTES = 128
"""No less than a record takes beside its body: type name, version, time, id and digest."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Ready = tuple[Batch, list[Packed]]


@dataclass
class _Tail:
    """What the writer knows of the end: the offset behind its own last batch, and the lowest time to stamp.

    It may be long past. Then the next batch comes to another offset, and that is when the writer looks again.
    """

    offset: int
    recorded_at: datetime


class KafkaLog:
    """See `ingest.log.contract.Log`. Open it after a fork.

    Raises LogError when the topic is not there or not as a log's must be, LogUnavailable when no broker answers.
    """

    def __init__(self, url: str, mail_max_bytes: int) -> None:
        self._address = read_address(url)
        self._name = self._address.name
        self._codec = Codec()
        wire = Wire(self._address)
        try:
            self._batch_max_bytes = check_topic(wire, self._address, mail_max_bytes)
            self._base = _read_base(wire, self._address, self._codec)
            self._reader = Reader(wire, self._address)
        except BaseException:
            wire.close()
            raise
        self._wire: Wire | None = None
        self._producer: BatchProducer | None = None
        self._tail: _Tail | None = None
        self._writer = GroupWriter(self._commit, self._name)

    def append(self, facts: Sequence[Fact], *, timeout_seconds: float = 30.0) -> list[int]:
        try:
            return self.submit(facts).result(timeout_seconds)
        except TimeoutError:
            raise LogUnavailable(f"{self._name}: not durable within {timeout_seconds} s") from None

    def submit(self, facts: Sequence[Fact]) -> Future[list[int]]:
        return self._writer.submit(facts)

    def read(self, after_id: int, limit: int = 1000) -> list[Record]:
        entries = self._reader.read(self._offset(after_id) + 1, limit, self._codec.size_bytes)
        return list(map(self._unpack, entries))

    def read_stored(self, after_id: int, limit: int = 1000) -> list[Stored]:
        entries = self._reader.read(self._offset(after_id) + 1, limit)
        return [Stored(self._id(entry.offset), entry.value) for entry in entries]

    def get(self, ids: Sequence[int]) -> list[Record]:
        offsets = sorted({self._offset(id) for id in ids if id > self._base})
        return list(map(self._unpack, self._reader.get(offsets)))

    def wait(self, after_id: int, timeout_seconds: float) -> bool:
        return self._reader.wait(self._offset(after_id) + 1, timeout_seconds)

    def end(self) -> int:
        return self._id(self._reader.end() - 1)

    def size_bytes(self) -> None:
        """The brokers know, and tell those who administrate them."""

    def replace(self, facts: Mapping[int, Fact]) -> Replaced:
        """A topic keeps what was written to it; a copy of the log leaves out what was redacted."""
        return Replaced.NEVER

    def turn(self, name: str) -> GroupTurn:
        return GroupTurn(self._address, name, self._base)

    def outlet(self) -> KafkaOutlet:
        return KafkaOutlet(self._address)

    def published(self) -> list[bytes]:
        return last_published(self._address)

    def close(self) -> None:
        self._writer.close()
        self._reader.close()
        if self._wire is not None:
            self._wire.close()

    def _id(self, offset: int) -> int:
        return self._base + offset + 1

    def _offset(self, id: int) -> int:
        return max(id - self._base - 1, -1)

    def _unpack(self, entry: Entry) -> Record:
        """A record's place gives its id: a copied record carries the same one, or it came twice and late."""
        return self._codec.unpack(self._id(entry.offset), entry.value)

    def _commit(self, batches: Sequence[Batch]) -> None:
        """Write batches in order and answer each: its ids, or why not. Runs on the writer thread."""
        away: LogUnavailable | None = None
        for ready in self._cut(pack(batches, self._codec, self._name)):
            try:
                if away is not None:
                    raise away
                first = self._write(ready)
            except LogError as error:
                if isinstance(error, LogUnavailable):
                    away = error
                for batch, _ in ready:
                    batch.ids.set_exception(error)
                continue
            for batch, packed in ready:
                batch.ids.set_result(list(range(first, first + len(packed))))
                first += len(packed)
        if away is not None:
            self._writer.give_up(away)

    def _cut(self, ready: Sequence[Ready]) -> Iterator[list[Ready]]:
        """Cut a commit into record batches: none larger than the topic takes, a LogClosed the last of its own."""
        part: list[Ready] = []
        size_bytes = 0
        for batch, packed in ready:
            more = batch_bytes([one.body for one in packed]) + FRONT_BYTES * len(packed)
            if more > self._batch_max_bytes:
                batch.ids.set_exception(
                    LogError(f"{self._name}: an append of {more} bytes, max.message.bytes={self._batch_max_bytes}")
                )
                continue
            if part and (size_bytes + more > self._batch_max_bytes or isinstance(part[-1][0].facts[-1], LogClosed)):
                yield part
                part, size_bytes = [], 0
            part.append((batch, packed))
            size_bytes += more
        if part:
            yield part

    def _write(self, ready: Sequence[Ready]) -> int:
        """Write one record batch; gives the id of its first record. Raises LogClosedError, LogUnavailable."""
        deadline = time.monotonic() + COMMIT_SECONDS
        if self._producer is None:
            self._wire = Wire(self._address, COMMIT_SECONDS)
            self._producer = BatchProducer(self._wire)
        if self._tail is None:
            self._tail = self._look(deadline)
        if self._reader.closed_at is not None:
            raise LogClosedError(f"{self._name}: {MOVED}")
        recorded_at = max(self._tail.recorded_at, clock.now())
        values = [self._codec.seal(one, recorded_at) for _, packed in ready for one in packed]
        stamps = [int(recorded_at.timestamp() * 1000)] * len(values)
        closes = isinstance(ready[-1][0].facts[-1], LogClosed)
        if closes:
            stamps[-1] = CLOSING_MS
        first = self._producer.produce(values, stamps, deadline - time.monotonic())
        if first != self._tail.offset:
            recorded_at = max(recorded_at, self._heed_others(first, deadline))
        if closes:
            self._reader.closed_at = first + len(values) - 1
        self._tail = _Tail(first + len(values), recorded_at)
        return self._id(first)

    def _look(self, deadline: float) -> _Tail:
        """Look at the end, which nobody may have closed, and which no copy may still be growing."""
        assert self._wire is not None
        offset = latest(self._wire, deadline - time.monotonic())
        self._reader.closed_at = newest(self._wire, deadline - time.monotonic()).closed_at
        entry = fetch(self._wire, offset - 1, 1, seconds=deadline - time.monotonic())[-1]
        front = self._codec.front(self._id(entry.offset), entry.value)
        if front.is_inside_copy:
            raise LogError(f"{self._name}: {UNFINISHED}")
        return _Tail(offset, front.recorded_at)

    def _heed_others(self, first: int, deadline: float) -> datetime:
        """Others wrote before `first`: give the time they were at. Raises LogClosedError if they closed the log."""
        assert self._wire is not None
        found = newest(self._wire, max(deadline - time.monotonic(), CHECK_SECONDS))
        if found.closed_at is not None:
            self._reader.closed_at = found.closed_at
            if found.closed_at < first:
                raise LogClosedError(f"{self._name}: {MOVED}")
            return _EPOCH
        return _EPOCH + timedelta(milliseconds=found.timestamp_ms + 1)


def make(url: str, mail_max_bytes: int) -> bool:
    """Make the topic and the record that opens the log, unless they are there. True: they were not. Raises LogError."""
    address = read_address(url)
    wire = Wire(address)
    try:
        make_topic(wire, mail_max_bytes)
        check_topic(wire, address, mail_max_bytes)
        if latest(wire) > 0:
            return False
        codec, now = Codec(), clock.now()
        opened = codec.seal(codec.pack(LogOpened()), now)
        BatchProducer(wire).produce([opened], [int(now.timestamp() * 1000)], COMMIT_SECONDS)
        return True
    finally:
        wire.close()


def _read_base(wire: Wire, address: KafkaAddress, codec: Codec) -> int:
    entries = fetch(wire, 0, 1)
    if not entries:
        raise LogError(f"{address.name}: the topic is empty; make a log of it with `patchlog log init`")
    opened = codec.unpack(1, entries[0].value).fact
    if not isinstance(opened, LogOpened):
        raise LogError(f"{address.name}: expected a log, whose first record is {LogOpened.type_name}")
    return opened.base
