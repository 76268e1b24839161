"""Moving a log between SQLite and Kafka, in both directions, while others go on appending."""

import itertools
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.log import Log, LogClosedError, LogError, make_log, open_copy, open_log
from ingest.log.codec import Codec
from ingest.log.copying import compare_logs, copy_log
from ingest.log.verifying import verify_log
from schemas.records import LogClosed, Record
from tests.ingest.log.contract import numbers
from tests.ingest.log.facts import EVERY_FACT, WHEN, state
from tests.kafka_cluster import KafkaCluster

pytestmark = pytest.mark.xdist_group("kafka")
Place = Callable[[str], str]
_numbers = itertools.count()


@pytest.fixture
def place(kafka: KafkaCluster, tmp_path: Path) -> Place:
    """A URL for a log of a kind, where none is yet."""

    def new(kind: str) -> str:
        number = next(_numbers)
        urls = {"sqlite": f"sqlite:///{tmp_path}/{number}.db", "kafka": f"kafka://{kafka.bootstrap}/copy-{number}"}
        return urls[kind]

    return new


def ignore(done: int, end: int) -> None:
    """Nobody looks at the progress."""


def everything(log: Log) -> list[Record]:
    """All records; one read may give fewer than it could, at the end of a file of Kafka's for one."""
    records: list[Record] = []
    while more := log.read(records[-1].id if records else 0):
        records += more
    return records


def filled(url: str, count: int) -> list[int]:
    make_log(url)
    log = open_log(url)
    ids = log.append([*EVERY_FACT, *map(state, range(count))])
    log.close()
    return ids


WAYS = [("sqlite", "kafka"), ("kafka", "sqlite"), ("kafka", "kafka")]


@pytest.mark.parametrize(("here", "there"), WAYS)
def test_a_log_moves_with_every_id_while_mail_keeps_coming(place: Place, here: str, there: str) -> None:
    source_url, target_url = place(here), place(there)
    filled(source_url, 5000)
    source, copy = open_log(source_url), open_copy(target_url)
    promised: dict[int, int] = {}
    moved = threading.Event()

    def write() -> None:
        for number in itertools.count(10_000):
            try:
                (id,) = source.append([state(number)])
            except LogClosedError:
                return
            promised[id] = number
            if len(promised) == 50:
                moved.set()

    author = threading.Thread(target=write)
    author.start()
    assert moved.wait(30)
    end = copy_log(source, copy, target_url, ignore)
    author.join(30)
    copy.close()
    target = open_log(target_url)
    assert (target.end(), source.end()) == (end, end)
    assert numbers(target.get(list(promised))) == list(promised.values())
    assert everything(source) == everything(target)
    closing = source.get([end])[0].fact
    assert closing == LogClosed(moved_to=target_url)
    assert target.append([state(1), state(2)]) == [end + 1, end + 2]
    compared = compare_logs(source, target, ignore)
    assert (compared.equal, compared.more_left, compared.more_right) == (end, 0, 2)
    verified = verify_log(source, [], pytest.fail, ignore)
    assert (verified.records, verified.last, verified.running) == (end, end, compared.running)
    source.close()
    target.close()


@pytest.mark.parametrize(("here", "there"), WAYS)
def test_a_killed_copy_goes_on_where_it_stopped_and_nobody_appends_before_it_is_done(
    place: Place, here: str, there: str
) -> None:
    source_url, target_url = place(here), place(there)
    filled(source_url, 20_000)
    program = f"""
from ingest.log import open_copy, open_log
from ingest.log.copying import copy_log
copy_log(open_log({source_url!r}), open_copy({target_url!r}), "", lambda done, end: print(done, flush=True))
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert int(process.stdout.readline()) > 0
    process.kill()
    process.wait()
    process.stdout.close()
    unfinished = open_log(target_url)
    with pytest.raises(LogError, match="not finished"):
        unfinished.append([state(1)])
    unfinished.close()
    source = open_log(source_url)
    for _ in range(2):  # and a copy that is done is done
        copy = open_copy(target_url)
        assert copy_log(source, copy, target_url, ignore) == source.end()
        copy.close()
    target = open_log(target_url)
    assert everything(source) == everything(target)
    assert target.append([state(1)]) == [source.end() + 1]
    source.close()
    target.close()


def test_a_log_that_moved_before_moves_on_whole_wherever_it_was_closed(place: Place) -> None:
    urls = [place("sqlite") for _ in range(3)]
    filled(urls[0], 998 - len(EVERY_FACT))
    for here, there in itertools.pairwise(urls):
        source, copy = open_log(here), open_copy(there)
        end = copy_log(source, copy, there, ignore)
        copy.close()
        moved = open_log(there)
        assert everything(moved) == everything(source)
        assert moved.end() == end == (1000 if there == urls[1] else 1001)
        source.close()
        moved.close()


@pytest.mark.parametrize("kind", ["sqlite", "kafka"])
def test_a_log_with_records_of_its_own_is_no_target(place: Place, kind: str) -> None:
    url = place(kind)
    make_log(url)
    with pytest.raises(LogError, match="records of its own"):
        open_copy(url)
    assert open_log(url).append([state(1)]) == [2]


def test_a_record_that_changed_on_the_way_is_found_and_named(place: Place) -> None:
    source_url, target_url = place("sqlite"), place("sqlite")
    filled(source_url, 50)
    source, copy = open_log(source_url), open_copy(target_url)
    copy_log(source, copy, target_url, ignore)
    codec = Codec()
    with sqlite3.connect(target_url.removeprefix("sqlite:///")) as other:
        other.execute("UPDATE record SET body = ? WHERE id = 33", (codec.seal(codec.pack(state(0)), WHEN, 33),))
    other.close()
    target = open_log(target_url)
    with pytest.raises(LogError, match="record 33: the two logs differ"):
        compare_logs(source, target, ignore)
    source.close()
    target.close()


def test_a_broker_that_is_away_for_a_while_does_not_stop_a_copy(place: Place, kafka: KafkaCluster) -> None:
    source_url, target_url = place("sqlite"), place("kafka")
    filled(source_url, 3000)
    source, copy = open_log(source_url), open_copy(target_url)
    kafka.signal(signal.SIGSTOP)
    threading.Timer(6.0, kafka.signal, [signal.SIGCONT]).start()
    assert copy_log(source, copy, target_url, ignore) == source.end()
    copy.close()
    target = open_log(target_url)
    assert compare_logs(source, target, ignore).equal == source.end()
    source.close()
    target.close()
