"""Projectors on a Kafka log: one is at work, the other stands by and takes over by itself."""

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.log import Log, LogUnavailable, make_log, open_log
from schemas.records import RevisionAnnounced
from tests.kafka_cluster import KafkaCluster
from tests.projector.fold.mailing import series
from tests.projector.fold.world import PROJECT

pytestmark = pytest.mark.xdist_group("kafka")
PATIENCE_SECONDS = 60
_numbers = itertools.count()


class Projector:
    """A process of `patchlog projector`, and the names of the events that it wrote to its journal."""

    def __init__(self, folder: Path, url: str) -> None:
        self._journal = folder / f"journal-{next(_numbers)}"
        environment = {**os.environ, "PATCHLOG_LOG": url, "PATCHLOG_LOG_FORMAT": "json"}
        with self._journal.open("wb") as journal:
            command = [sys.executable, "-m", "patchlog", "projector", "--data", str(folder)]
            self.process = subprocess.Popen(command, stdout=journal, stderr=journal, env=environment)

    def said(self, event: str) -> bool:
        return event in self._journal.read_text()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()


@pytest.fixture
def log(kafka: KafkaCluster) -> Iterator[Log]:
    url = f"kafka://{kafka.bootstrap}/live-{next(_numbers)}"
    make_log(url)
    opened = open_log(url)
    opened.append([PROJECT])
    yield opened
    opened.close()


@pytest.fixture
def projectors(log: Log, tmp_path: Path) -> Iterator[list[Projector]]:
    """The first is at work, the second stands by."""
    url = log._name  # type: ignore[attr-defined]
    started = [Projector(tmp_path, url)]
    until(lambda: started[0].said("projector.follows"))
    started.append(Projector(tmp_path, url))
    until(lambda: started[1].said("projector.stands-by"))
    yield started
    for projector in started:
        projector.stop()


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def announced(log: Log) -> int:
    """How many revisions are announced. One that is announced twice counts once: the second has no effect."""
    return len({record.fact.cause for record in log.read(0, 10_000) if isinstance(record.fact, RevisionAnnounced)})


def test_the_one_that_stands_by_takes_over_from_a_killed_one(log: Log, projectors: list[Projector]) -> None:
    log.append(series("a", 2))
    until(lambda: announced(log) == 1)
    assert not projectors[1].said("projector.follows")
    projectors[0].process.kill()
    log.append(series("b", 2, name="net: another", patch_names=["net: x", "net: y"]))
    until(lambda: announced(log) == 2)
    assert projectors[1].said("projector.follows")


def test_one_that_was_paused_and_taken_for_dead_does_no_harm(log: Log, projectors: list[Projector]) -> None:
    projectors[0].process.send_signal(signal.SIGSTOP)
    log.append(series("a", 2))
    until(lambda: announced(log) == 1)
    projectors[0].process.send_signal(signal.SIGCONT)
    log.append(series("b", 2, name="net: another", patch_names=["net: x", "net: y"]))
    until(lambda: announced(log) == 2)
    assert [projector.process.poll() for projector in projectors] == [None, None]
    projectors[1].process.kill()
    log.append(series("c", 2, name="net: a third", patch_names=["net: v", "net: w"]))
    until(lambda: announced(log) == 3)


def test_paused_brokers_stop_nobody_for_good(log: Log, projectors: list[Projector], kafka: KafkaCluster) -> None:
    kafka.signal(signal.SIGSTOP)
    try:
        with pytest.raises(LogUnavailable):
            log.append(series("a", 2))
        until(lambda: projectors[0].said("log.unavailable"))
    finally:
        kafka.signal(signal.SIGCONT)
    log.append(series("b", 2, name="net: another", patch_names=["net: x", "net: y"]))
    until(lambda: announced(log) >= 1)
    assert [projector.process.poll() for projector in projectors] == [None, None]
