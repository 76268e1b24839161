"""Writes one record batch at a time: the broker writes it whole or not at all, and once however often it is sent.

acks=all, an idempotent producer (KIP-98) with one batch in flight, no transactions: their markers would take offsets,
and an offset is an id. No compression of the batch, because the bodies in it are compressed already.
"""

import time
from collections.abc import Sequence
from typing import Any

from kafka.protocol.producer import InitProducerIdRequest, ProduceRequest
from kafka.record.default_records import DefaultRecordBatchBuilder

from ingest.log.contract import LogError
from ingest.log.kafka.wire import Wire

SEQUENCE_MAX = 2**30
ATTEMPT_SECONDS = 4.0
ATTEMPT_BYTES_PER_SECOND = 8_000_000
"""How long a leader may take before the next one is asked, in case there is one; the batch is written once all the
same."""
BATCH_OVERHEAD_BYTES = 61
RECORD_OVERHEAD_BYTES = 21


class BatchProducer:
    """For one thread at a time. After any error it introduces itself anew: what was not answered may turn up later."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._identity: tuple[int, int] | None = None
        self._sequence = 0

    def produce(self, values: Sequence[bytes], timestamps_ms: Sequence[int], seconds: float) -> int:
        """Write one batch, and give the offset of its first record. Raises LogUnavailable, Refused."""
        deadline = time.monotonic() + seconds
        try:
            producer, epoch = self._introduced(seconds)
            batch = _build(values, timestamps_ms, producer, epoch, self._sequence)
            offset = self._send(batch, deadline - time.monotonic())
        except LogError:
            self._identity = None
            raise
        self._sequence += len(values)
        return offset

    def _introduced(self, seconds: float) -> tuple[int, int]:
        if self._identity is None or self._sequence > SEQUENCE_MAX:
            answer = self._wire.to_node(
                lambda: InitProducerIdRequest(
                    transactional_id=None, transaction_timeout_ms=60_000, producer_id=-1, producer_epoch=-1
                ),
                lambda response: response,
                seconds,
            )
            self._identity, self._sequence = (answer.producer_id, answer.producer_epoch), 0
        return self._identity

    def _send(self, batch: bytearray, seconds: float) -> int:
        topic = ProduceRequest.TopicProduceData
        parts = [topic.PartitionProduceData(index=0, records=batch)]

        def request() -> Any:
            return ProduceRequest(
                transactional_id=None,
                acks=-1,
                timeout_ms=max(1, int(seconds * 1000)),
                topic_data=[topic(name=self._wire.partition.topic, partition_data=parts)],
                min_version=7,
                max_version=12,
            )

        answer = self._wire.to_leader(
            request,
            lambda response: response.responses[0].partition_responses[0],
            seconds,
            attempt_seconds=ATTEMPT_SECONDS + len(batch) / ATTEMPT_BYTES_PER_SECOND,
        )
        offset: int = answer.base_offset
        return offset


def batch_bytes(values: Sequence[bytes]) -> int:
    """No less than what a batch of these values takes, which is what a topic's max.message.bytes is about."""
    return BATCH_OVERHEAD_BYTES + sum(RECORD_OVERHEAD_BYTES + len(value) for value in values)


def _build(
    values: Sequence[bytes], timestamps_ms: Sequence[int], producer: int, epoch: int, sequence: int
) -> bytearray:
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=0,
        is_transactional=False,
        producer_id=producer,
        producer_epoch=epoch,
        base_sequence=sequence,
        batch_size=batch_bytes(values),
    )
    for number, (value, timestamp) in enumerate(zip(values, timestamps_ms, strict=True)):
        written = builder.append(number, timestamp, None, value, [])
        assert written is not None, "a batch is made large enough for its records"
    batch: bytearray = builder.build()
    return batch
