"""Reads record batches, and asks for offsets."""

from typing import Any, NamedTuple

from kafka.errors import OffsetOutOfRangeError
from kafka.protocol.consumer import FetchRequest, ListOffsetsRequest
from kafka.record.memory_records import MemoryRecords

from ingest.log.contract import LogError
from ingest.log.kafka.wire import Refused, Wire

CLOSING_MS = 253_402_300_799_000
"""The timestamp of a LogClosed, the end of the year 9999: so the topic's time index knows where it is. All other
records have the time at which they were recorded."""
SECONDS = 5.0
FETCH_SECONDS = 15.0
"""Long enough for the largest mail on a slow line."""
LATEST, EARLIEST, NEWEST = -1, -2, -3


class Entry(NamedTuple):
    """One record of the topic."""

    offset: int
    timestamp_ms: int
    value: bytes


def fetch(
    wire: Wire, offset: int, max_bytes: int, wait_seconds: float = 0.0, seconds: float = FETCH_SECONDS
) -> list[Entry]:
    """Give what stands at an offset and behind it: at least one batch however large, else up to max_bytes.

    Waits for something to come up to wait_seconds; an empty list when nothing is there. Raises LogUnavailable, and
    LogError where records are gone or broken.
    """

    def request() -> Any:
        topic = FetchRequest.FetchTopic
        part = topic.FetchPartition(
            partition=0,
            current_leader_epoch=-1,
            fetch_offset=offset,
            last_fetched_epoch=-1,
            log_start_offset=-1,
            partition_max_bytes=max_bytes,
        )
        return FetchRequest(
            max_wait_ms=int(wait_seconds * 1000),
            min_bytes=1,
            max_bytes=max_bytes,
            isolation_level=0,
            session_id=0,
            session_epoch=-1,
            topics=[topic(topic=wire.partition.topic, partitions=[part])],
            forgotten_topics_data=[],
            rack_id="",
            min_version=7,
            max_version=12,
        )

    try:
        answer = wire.to_leader(request, lambda response: response.responses[0].partitions[0], wait_seconds + seconds)
    except Refused as error:
        if error.kind is OffsetOutOfRangeError:
            return _out_of_range(wire, offset)
        raise
    return _entries(answer.records, offset) if answer.records else []


def latest(wire: Wire, seconds: float = SECONDS) -> int:
    """The offset that the next record will have; what is below it is durable. Raises LogUnavailable."""
    offset: int = _list_offsets(wire, LATEST, seconds).offset
    return offset


class Newest(NamedTuple):
    """What the time index knows: the highest timestamp (0 when it cannot say), and where a LogClosed stands."""

    timestamp_ms: int
    closed_at: int | None


def newest(wire: Wire, seconds: float = SECONDS) -> Newest:
    """Ask the time index, which costs the same however long the topic is. Raises LogUnavailable.

    It does not say which timestamp is the highest while its record is not durable yet; where the closing record
    stands, it says all the same, once that is durable.
    """
    found = _list_offsets(wire, NEWEST, seconds)
    if found.offset >= 0 and found.timestamp < CLOSING_MS:
        return Newest(found.timestamp, None)
    closed = _list_offsets(wire, CLOSING_MS, seconds)  # the first one counts, if there are several
    return Newest(0, closed.offset if closed.offset >= 0 else None)


def _list_offsets(wire: Wire, timestamp_ms: int, seconds: float) -> Any:
    def request() -> Any:
        topic = ListOffsetsRequest.ListOffsetsTopic
        part = topic.ListOffsetsPartition(partition_index=0, current_leader_epoch=-1, timestamp=timestamp_ms)
        return ListOffsetsRequest(
            replica_id=-1,
            isolation_level=0,
            topics=[topic(name=wire.partition.topic, partitions=[part])],
            timeout_ms=int(seconds * 1000),
            min_version=4,
            max_version=7,
        )

    return wire.to_leader(request, lambda response: response.topics[0].partitions[0], seconds)


def _out_of_range(wire: Wire, offset: int) -> list[Entry]:
    """Behind the end there is nothing; before the beginning there was something once."""
    if offset < (start := _list_offsets(wire, EARLIEST, SECONDS).offset):
        raise LogError(f"{wire.partition.topic}: expected every record from offset 0 on, the first is {start}")
    return []


def _entries(stored: bytes, offset: int) -> list[Entry]:
    """The whole batches of an answer, from an offset on: the first batch may begin before, the last may be cut."""
    found: list[Entry] = []
    records = MemoryRecords(stored)
    while (batch := records.next_batch()) is not None:
        if not batch.validate_crc():
            raise LogError(f"offset {batch.base_offset}: expected a record batch, its checksum is wrong")
        if not batch.is_control_batch:
            found += [Entry(one.offset, one.timestamp, one.value or b"") for one in batch if one.offset >= offset]
    return found
