"""The topic of a log: how it must be, so that it forgets nothing and takes every mail; made so, or refused."""

from collections.abc import Mapping
from typing import Any

from kafka.errors import ClusterAuthorizationFailedError, TopicAlreadyExistsError
from kafka.protocol.admin import CreateTopicsRequest, DescribeConfigsRequest

from ingest.log.contract import LogError
from ingest.log.kafka.address import KafkaAddress
from ingest.log.kafka.fetching import SECONDS
from ingest.log.kafka.wire import Refused, Wire

TOPIC, BROKER = 2, 4
LEADER_SECONDS = 30.0
"""Longer than brokers take to find that one of them is dead (broker.session.timeout.ms, 9 s), and to choose another."""
FOREVER = 2**63 - 1
COPIES_MAX = 3
LARGEST_MIN_BYTES = 8 * 1024 * 1024
REQUEST_OVERHEAD_BYTES = 4096
KEPT: Mapping[str, str] = {
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "cleanup.policy": "delete",
    "message.timestamp.type": "CreateTime",
    "message.timestamp.before.max.ms": str(FOREVER),
    "message.timestamp.after.max.ms": str(FOREVER),
    "compression.type": "producer",
}
"""What every topic of a log must have. The timestamps are let alone so that the closing record can have its own."""


def largest_record_bytes(mail_max_bytes: int) -> int:
    """What the largest mail may take with all that was read from it, packed; and no less than a batch of small ones."""
    return max(2 * mail_max_bytes + 1024 * 1024, LARGEST_MIN_BYTES)


def make_topic(wire: Wire, mail_max_bytes: int) -> bool:
    """Make the topic unless it is there: one partition, on three brokers where there are as many. True: it was made.

    Raises LogError.
    """
    copies = min(COPIES_MAX, len(wire.cluster.brokers()))
    configuration = {
        **KEPT,
        "max.message.bytes": str(largest_record_bytes(mail_max_bytes)),
        "min.insync.replicas": "2" if copies == COPIES_MAX else "1",
        "unclean.leader.election.enable": "false",
    }
    topics = CreateTopicsRequest.CreatableTopic

    def request() -> Any:
        configs = [topics.CreatableTopicConfig(name=name, value=value) for name, value in configuration.items()]
        topic = topics(
            name=wire.partition.topic, num_partitions=1, replication_factor=copies, assignments=[], configs=configs
        )
        return CreateTopicsRequest(topics=[topic], timeout_ms=int(SECONDS * 1000), validate_only=False)

    if wire.cluster.partitions_for_topic(wire.partition.topic):
        return False
    try:
        wire.to_node(request, lambda response: response.topics[0], SECONDS)
    except Refused as error:
        if error.kind is not TopicAlreadyExistsError:
            raise
        return False
    finally:
        wire.find_topic(SECONDS)
    return True


def check_topic(wire: Wire, address: KafkaAddress, mail_max_bytes: int) -> int:
    """Give the bytes that the topic takes in one batch. Raises LogError in one sentence when it is not as it must."""
    partitions = wire.cluster.partitions_for_topic(address.topic)
    if not partitions:
        raise LogError(f"{address.name}: there is no topic {address.topic}; make it with `patchlog log init`")
    if len(partitions) != 1:
        raise LogError(f"{address.name}: expected a topic with one partition, it has {len(partitions)}")
    wire.find_topic(SECONDS)
    found = _describe(wire, address.topic)
    wrong = [f"{name}={found.get(name)}, not {value}" for name, value in KEPT.items() if found.get(name) != value]
    largest = largest_record_bytes(mail_max_bytes)
    limit = int(found["max.message.bytes"])
    if limit < largest:
        wrong.append(f"max.message.bytes={limit}, not {largest} or more")
    if wrong:
        raise LogError(f"{address.name}: this topic cannot be a log: {'; '.join(wrong)}")
    _check_broker(wire, address, largest)
    return limit


def _check_broker(wire: Wire, address: KafkaAddress, largest: int) -> None:
    """Look at the broker that leads: when it has just died, at the one that leads next."""
    try:
        answer = wire.to_leader(
            lambda: _about(BROKER, str(wire.cluster.leader_for_partition(wire.partition))),
            lambda response: response.results[0],
            LEADER_SECONDS,
        )
    except Refused as error:
        if error.kind is ClusterAuthorizationFailedError:  # then a mail too large for it will tell
            return
        raise
    limit = int(next(config.value for config in answer.configs if config.name == "socket.request.max.bytes"))
    if limit < largest + REQUEST_OVERHEAD_BYTES:
        raise LogError(
            f"{address.name}: broker {answer.resource_name} takes requests of {limit} bytes, "
            f"expected socket.request.max.bytes={largest + REQUEST_OVERHEAD_BYTES} or more"
        )


def _describe(wire: Wire, name: str) -> Mapping[str, str]:
    answer = wire.to_node(lambda: _about(TOPIC, name), lambda response: response.results[0], SECONDS)
    return {config.name: config.value for config in answer.configs}


def _about(kind: int, name: str) -> DescribeConfigsRequest:
    resource = DescribeConfigsRequest.DescribeConfigsResource(
        resource_type=kind, resource_name=name, configuration_keys=None
    )
    return DescribeConfigsRequest(resources=[resource], include_synonyms=False)
