"""The topic of the events that other systems read: written in order, read back only to see how far it was written."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError
from kafka.structs import TopicPartition

from ingest.log.contract import LogUnavailable, Message
from ingest.log.kafka.address import KafkaAddress

TOPIC_END = "events"
"""The topic is called as the log's, with this in the place of what stands behind the last full stop."""
PUBLISH_SECONDS = 20.0
OPEN_SECONDS = 10.0
COPIES_MAX = 3
HEADERS = [("content-type", b"application/cloudevents+json; charset=UTF-8")]
"""Of a CloudEvents message in structured mode (CloudEvents Kafka binding 1.0, section 3.3)."""
CONFIGURATION: dict[str, Any] = {"client_id": "patchlog", "bootstrap_timeout_ms": int(OPEN_SECONDS * 1000)}


class KafkaOutlet:
    """See `ingest.log.contract.Outlet`. The topic is made if it is not there: one partition, kept for ever.

    One that somebody made otherwise is taken as it is: what is published of one project is in one partition, in order.
    """

    def __init__(self, address: KafkaAddress) -> None:
        self.name = _name(address)
        self._address = address
        self._options = _options(address)
        try:
            self._make()
            self._producer = KafkaProducer(
                **self._options,
                acks="all",
                enable_idempotence=True,
                compression_type="gzip",
                linger_ms=5,
                batch_size=256 * 1024,
                max_block_ms=int(PUBLISH_SECONDS * 1000),
                request_timeout_ms=5_000,
                delivery_timeout_ms=int(PUBLISH_SECONDS * 1000),
            )
        except KafkaError as error:
            raise self._unavailable(error) from None

    def last(self) -> list[bytes]:
        return last_published(self._address)

    def publish(self, messages: Sequence[Message]) -> None:
        try:
            sent = [self._producer.send(self.name, one.body, one.key.encode(), HEADERS) for one in messages]
            self._producer.flush(PUBLISH_SECONDS)
            for future in sent:
                future.get(PUBLISH_SECONDS)
        except KafkaError as error:
            raise self._unavailable(error) from None

    def close(self) -> None:
        with suppress(KafkaError):
            self._producer.close(1.0)

    def _make(self) -> None:
        admin = KafkaAdminClient(**self._options)
        try:
            if self.name in admin.list_topics():
                return
            copies = min(COPIES_MAX, len(admin.describe_cluster()["brokers"]))
            configs = {"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete"}
            with suppress(TopicAlreadyExistsError):
                admin.create_topics([NewTopic(self.name, 1, copies, topic_configs=configs)], wait_for_metadata=True)
        finally:
            admin.close()

    def _unavailable(self, error: KafkaError) -> LogUnavailable:
        return _unavailable(self.name, error)


def last_published(address: KafkaAddress) -> list[bytes]:
    """The last message of each partition of the topic; none where the topic is not there. Raises LogUnavailable."""
    name = _name(address)
    try:
        consumer = KafkaConsumer(**_options(address), enable_auto_commit=False, group_id=None)
        try:
            parts = [TopicPartition(name, number) for number in sorted(consumer.partitions_for_topic(name) or ())]
            return [body for part in parts if (body := _last_of(consumer, part)) is not None]
        finally:
            with suppress(KafkaError):
                consumer.close()
    except KafkaError as error:
        raise _unavailable(name, error) from None


def _name(address: KafkaAddress) -> str:
    return f"{address.topic.rpartition('.')[0] or address.topic}.{TOPIC_END}"


def _options(address: KafkaAddress) -> dict[str, Any]:
    return {**CONFIGURATION, **address.options, "bootstrap_servers": list(address.servers)}


def _unavailable(name: str, error: KafkaError) -> LogUnavailable:
    return LogUnavailable(f"topic {name}: {' '.join(map(str, error.args)) or type(error).__name__}")


def _last_of(consumer: KafkaConsumer, partition: TopicPartition) -> bytes | None:
    """The last message of a partition. Raises KafkaError where it does not come in time."""
    consumer.assign([partition])
    end = consumer.end_offsets([partition])[partition]
    if end == consumer.beginning_offsets([partition])[partition]:
        return None
    consumer.seek(partition, end - 1)
    found = consumer.poll(timeout_ms=int(OPEN_SECONDS * 1000)).get(partition)
    if not found:
        raise KafkaError(f"partition {partition.partition}: its last message did not come")
    body: bytes = found[-1].value
    return body
