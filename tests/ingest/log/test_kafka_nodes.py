"""Three brokers, of which one after the other is killed while several append: nothing that was promised is lost."""

import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ingest.log import Log, LogUnavailable, make_log, open_log
from schemas.records import Record
from tests.ingest.log.contract import numbers
from tests.ingest.log.facts import state
from tests.kafka_cluster import KafkaCluster, skip_without_kafka

pytestmark = pytest.mark.xdist_group("kafka")
PATIENCE = 4
ANSWERS = 100
"""How many appends must come through after each death before the next one."""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[KafkaCluster]:
    skip_without_kafka()
    three = KafkaCluster(tmp_path, nodes=3)
    yield three
    three.stop()


class Author(threading.Thread):
    """Appends pairs of facts with a number of its own until it is told to stop, and notes what it was promised."""

    def __init__(self, log: Log, number: int) -> None:
        super().__init__()
        self._log = log
        self.number = number
        self.stopping = False
        self.promised: list[list[int]] = []
        self.more = threading.Event()

    def run(self) -> None:
        while not self.stopping:
            try:
                self.promised.append(self._log.append([state(self.number), state(self.number)]))
            except LogUnavailable:
                continue
            self.more.set()

    def wait_for(self, count: int) -> None:
        goal = len(self.promised) + count
        while len(self.promised) < goal:
            self.more.clear()
            assert self.more.wait(60)


def test_killed_brokers_lose_nothing_that_was_promised_and_no_append_is_half_there(cluster: KafkaCluster) -> None:
    url = f"kafka://{cluster.bootstrap}/patchlog.log"
    make_log(url)
    logs = [open_log(url) for _ in range(2)]
    authors = [Author(log, number) for log in logs for number in (id(log), id(log) + 1)]
    for author in authors:
        author.start()
    for node in (1, 2, 3):
        authors[0].wait_for(ANSWERS)
        cluster.signal(signal.SIGKILL, node)
        open_log_without_leader(url)
        for author in authors:
            author.wait_for(ANSWERS)
        cluster.start("--node", str(node))
    for author in authors:
        author.stopping = True
        author.join()
    records = {record.id: record for record in _all(logs[0])}
    assert list(records) == list(range(1, len(records) + 1))
    for author in authors:
        promised = [id for ids in author.promised for id in ids]
        assert numbers([records[id] for id in promised]) == [author.number] * len(promised)
    facts = numbers(list(records.values()))
    assert facts[::2] == facts[1::2]
    for log in logs:
        log.close()


def open_log_without_leader(url: str) -> None:
    """Who starts just then waits for the next leader; a machine that is busy may take longer than anybody waits."""
    for _ in range(PATIENCE - 1):
        with suppress(LogUnavailable):
            return open_log(url).close()
    open_log(url).close()


def _all(log: Log) -> Iterator[Record]:
    after = 0
    while records := log.read(after):
        yield from records
        after = records[-1].id
