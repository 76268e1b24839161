"""Another log's records in a Kafka topic, with the ids they had: record n stands at the offset where its id belongs."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from ingest import clock
from ingest.log.codec import Codec
from ingest.log.contract import OWN_RECORDS, LogError, Replaced, Stored
from ingest.log.kafka.address import read_address
from ingest.log.kafka.fetching import fetch, latest
from ingest.log.kafka.producing import BatchProducer, batch_bytes
from ingest.log.kafka.topic import check_topic, make_topic
from ingest.log.kafka.wire import Wire
from schemas.fact import Fact

APPEND_SECONDS = 600.0
"""How long a batch is tried. It is the same batch all the time, which the broker writes once: giving up is worse."""


class KafkaCopy:
    """See `ingest.log.contract.Copy`. For one thread."""

    def __init__(self, url: str, mail_max_bytes: int) -> None:
        address = read_address(url)
        self._name = address.name
        self._codec = Codec()
        self._wire = Wire(address)
        try:
            make_topic(self._wire, mail_max_bytes)
            self._batch_max_bytes = check_topic(self._wire, address, mail_max_bytes)
            self._offset = latest(self._wire)
            self._end, self._finished, self._recorded_at = self._look()
        except BaseException:
            self._wire.close()
            raise
        self._producer = BatchProducer(self._wire)

    def end(self) -> int:
        return self._end

    def is_finished(self) -> bool:
        return self._finished

    def append(self, records: Sequence[Stored]) -> None:
        for part in self._cut([Stored(record.id, self._codec.copy(*record)) for record in records]):
            fronts = [self._codec.front(*record) for record in part]
            if self._end and part[0].id != self._end + 1:
                raise LogError(f"{self._name}: expected record {self._end + 1} next, came record {part[0].id}")
            self._produce(part, [front.recorded_at for front in fronts])
            self._finished = fronts[-1].ends_copy
            self._recorded_at = fronts[-1].recorded_at

    def finish(self, fact: Fact) -> int:
        recorded_at = max(self._recorded_at, clock.now())
        self._produce([Stored(self._end + 1, self._codec.seal(self._codec.pack(fact), recorded_at))], [recorded_at])
        self._finished = True
        return self._end

    def replace(self, records: Sequence[Stored]) -> Replaced:
        """A topic keeps what was written to it; the next copy of the log leaves it out."""
        return Replaced.NEVER

    def close(self) -> None:
        self._wire.close()

    def _produce(self, records: Sequence[Stored], times: Sequence[datetime]) -> None:
        stamps = [int(time.timestamp() * 1000) for time in times]
        offset = self._producer.produce([record.bytes for record in records], stamps, APPEND_SECONDS)
        if offset != self._offset:
            raise LogError(
                f"{self._name}: expected record {records[0].id} at offset {self._offset}, it came to {offset}: "
                "somebody else writes to this topic; delete it, and copy again"
            )
        self._offset += len(records)
        self._end = records[-1].id

    def _look(self) -> tuple[int, bool, datetime]:
        """The id of the last record, whether it ends the copy, and its time."""
        if self._offset == 0:
            return 0, False, datetime.min.replace(tzinfo=UTC)
        entry = fetch(self._wire, self._offset - 1, 1)[-1]
        front = self._codec.front(entry.offset + 1, entry.value)
        if front.id is None:
            raise LogError(f"{self._name}: {OWN_RECORDS}")
        return front.id, front.ends_copy, front.recorded_at

    def _cut(self, records: Sequence[Stored]) -> Iterator[list[Stored]]:
        """Cut records into batches, none larger than the topic takes."""
        part: list[Stored] = []
        size_bytes = 0
        for record in records:
            more = batch_bytes([record.bytes])
            if more > self._batch_max_bytes:
                raise LogError(f"{self._name}: record {record.id} has {len(record.bytes)} bytes, more than it takes")
            if part and size_bytes + more > self._batch_max_bytes:
                yield part
                part, size_bytes = [], 0
            part.append(record)
            size_bytes += more
        if part:
            yield part
