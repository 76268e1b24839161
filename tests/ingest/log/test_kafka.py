"""The Kafka driver against a real broker: the common suite, what a topic must be, and what only a broker can do."""

import contextlib
import itertools
import os
import signal
import time
from collections.abc import Iterator

import msgspec
import pytest
from kafka import KafkaAdminClient

from ingest.log import Log, LogError, LogUnavailable, Replaced, make_log, open_log
from ingest.log.kafka.topic import KEPT
from ingest.log.writer import WAITING_MAX_BYTES
from schemas.records import MailReceived
from tests.ingest.log.contract import LogContract, numbers
from tests.ingest.log.facts import MAIL, STUB, WHEN, state
from tests.kafka_cluster import KafkaCluster

pytestmark = pytest.mark.xdist_group("kafka")
GOOD = {**KEPT, "max.message.bytes": "60000000"}
_numbers = itertools.count()


def fresh(kafka: KafkaCluster) -> str:
    return f"kafka://{kafka.bootstrap}/log-{next(_numbers)}"


@pytest.fixture
def log(kafka: KafkaCluster) -> Iterator[Log]:
    url = fresh(kafka)
    make_log(url)
    opened = open_log(url)
    yield opened
    opened.close()


class TestKafkaLog(LogContract):
    @pytest.fixture
    def url(self, kafka: KafkaCluster) -> str:
        made = fresh(kafka)
        make_log(made)
        return made


def test_a_topic_keeps_what_was_written(kafka: KafkaCluster) -> None:
    url = fresh(kafka)
    make_log(url)
    log = open_log(url)
    (id,) = log.append([MAIL])
    assert log.replace({id: STUB}) is Replaced.NEVER
    assert log.get([id])[0].fact == MAIL
    log.close()


def test_a_log_is_made_once(kafka: KafkaCluster) -> None:
    url = fresh(kafka)
    assert [make_log(url), make_log(url)] == [True, False]
    log = open_log(url)
    assert log.end() == 1
    log.close()


@pytest.mark.parametrize(
    ("changes", "partitions", "said"),
    [
        pytest.param({"retention.ms": "604800000"}, 1, "retention.ms=604800000, not -1", id="forgets after 7 days"),
        pytest.param({"retention.bytes": "1000000"}, 1, "retention.bytes=1000000, not -1", id="forgets when large"),
        pytest.param({"cleanup.policy": "compact"}, 1, "cleanup.policy=compact, not delete", id="is compacted"),
        pytest.param({"max.message.bytes": "1048588"}, 1, "max.message.bytes=1048588, not 53477376", id="small mails"),
        pytest.param({"message.timestamp.type": "LogAppendTime"}, 1, "not CreateTime", id="stamps by itself"),
        pytest.param({"compression.type": "zstd"}, 1, "compression.type=zstd, not producer", id="compresses again"),
        pytest.param({}, 2, "expected a topic with one partition, it has 2", id="two partitions"),
        pytest.param({}, 1, "the topic is empty; make a log of it with `patchlog log init`", id="empty"),
    ],
)
def test_a_topic_that_cannot_be_a_log_is_refused(
    kafka: KafkaCluster, changes: dict[str, str], partitions: int, said: str
) -> None:
    url = fresh(kafka)
    topic = {"num_partitions": partitions, "replication_factor": 1, "configs": {**GOOD, **changes}}
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap) as admin:
        admin.create_topics({url.rpartition("/")[2]: topic}, wait_for_metadata=True)
    with pytest.raises(LogError) as caught:
        open_log(url)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_brokers_that_take_no_request_of_the_largest_mails_size_are_refused(kafka: KafkaCluster) -> None:
    with pytest.raises(LogError, match=r"requests of 104857600 bytes, expected socket\.request\.max\.bytes=121052672"):
        make_log(fresh(kafka), 60_000_000)


def test_an_empty_topic_that_somebody_made_becomes_a_log(kafka: KafkaCluster) -> None:
    url = fresh(kafka)
    topic = {"num_partitions": 1, "replication_factor": 1, "configs": GOOD}
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap) as admin:
        admin.create_topics({url.rpartition("/")[2]: topic}, wait_for_metadata=True)
    assert make_log(url)
    open_log(url).close()


def test_a_topic_that_is_not_there_is_refused_and_not_made(kafka: KafkaCluster) -> None:
    url = fresh(kafka)
    for _ in range(2):
        with pytest.raises(LogError, match=r"there is no topic log-\d+; make it with `patchlog log init`"):
            open_log(url)


def test_a_broker_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(LogUnavailable, match=r"kafka://127\.0\.0\.1:1/log: no broker answers"):
        open_log("kafka://127.0.0.1:1/log")


def test_an_append_larger_than_the_topic_takes_is_refused_alone(kafka: KafkaCluster) -> None:
    url = fresh(kafka)
    make_log(url, 1_000_000)
    log = open_log(url, 1_000_000)
    mail = msgspec.structs.replace(MAIL, raw=os.urandom(9_000_000), parsed=None)
    futures = [log.submit([fact]) for fact in (state(1), mail, state(2))]
    assert "an append of 9000" in str(futures[1].exception(30))
    assert [futures[0].result(30), futures[2].result(30)] == [[2], [3]]
    log.close()


def test_a_paused_broker_fails_appends_soon_takes_no_memory_and_all_goes_on_after_it(
    kafka: KafkaCluster, log: Log
) -> None:
    log.append([state(1)])
    kafka.signal(signal.SIGSTOP)
    try:
        first = log.submit([state(2)])
        large = MailReceived(source="smtp", received_at=WHEN, raw=bytes(WAITING_MAX_BYTES // 10))
        futures = [log.submit([large]) for _ in range(50)]
        refused = [future for future in futures if future.done()]
        assert len(refused) > 30
        assert {type(future.exception(10)) for future in (first, *futures)} == {LogUnavailable}
        with pytest.raises(LogUnavailable):
            log.read(0)
    finally:
        kafka.signal(signal.SIGCONT)
    assert log.append([state(3)]) == [log.end()]
    assert numbers(log.read(0)) in ([1, 3], [1, 2, 3])


def test_an_end_of_the_librarys_thread_is_not_the_end_of_the_log(log: Log) -> None:
    log.append([state(1)])
    for wire in (log._wire, log._reader._wire):  # type: ignore[attr-defined]
        wire._net.stop()
        wire._net._exception = RuntimeError("as the library notes a mistake of its own")
    with contextlib.suppress(LogUnavailable):
        log.append([state(2)])
    assert log.append([state(3)]) == [log.end()]
    assert numbers(log.read(0)) in ([1, 3], [1, 2, 3])


def test_a_killed_broker_loses_nothing_and_all_goes_on_when_it_is_back(kafka: KafkaCluster, log: Log) -> None:
    log.append([state(1)])
    kafka.signal(signal.SIGKILL)
    future = log.submit([state(2)])
    assert isinstance(future.exception(10), LogUnavailable)
    kafka.start()
    assert log.append([state(3)]) == [3]
    assert numbers(log.read(0)) == [1, 3]


def test_who_is_alone_is_given_the_turn_every_time(log: Log) -> None:
    """One in thirty was not: it joined the group before it knew the topic's partition, and nobody had the turn."""
    for number in range(20):
        turn = log.turn(f"reader {number}")
        assert turn.wait(30)
        turn.close()


def test_how_far_the_one_at_work_is_can_be_seen_as_the_groups_offset(kafka: KafkaCluster, log: Log) -> None:
    (id,) = log.append([state(1)])
    turn = log.turn("work at something")
    assert turn.wait(60)
    turn.tell(id)
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap) as admin:
        for _ in range(600):
            offsets = admin.list_group_offsets([turn._group])[turn._group]  # type: ignore[attr-defined]
            if offsets:
                break
            time.sleep(0.1)
    assert [(partition.partition, found.offset) for partition, found in offsets.items()] == [(0, id)]
    turn.close()
