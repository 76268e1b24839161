"""The log's drivers through their contract: appends and reads a second, and what a record costs our process.

Kafka runs on the same machine (deploy/kafka/local-broker) and takes its share of it. One node promises what one machine
can; three nodes promise what two of three machines have.
"""

import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bench.figures import Figure, over_rounds
from bench.mailing import patches
from ingest.log import Log, make_log, open_log
from ingest.receipt import receive
from schemas.records import MailReceived

BROKER = Path(__file__).resolve().parents[1] / "deploy" / "kafka" / "local-broker"
MAILS, QUICK_MAILS = 4000, 400
ROUNDS, QUICK_ROUNDS = 5, 2
SESSIONS = 50
TOGETHER = 100


def measure(quick: bool) -> Iterator[Figure]:
    """SQLite, and Kafka with one node and with three where Java and Maven are there."""
    facts = [_fact(mail.raw) for mail in patches(QUICK_MAILS if quick else MAILS)]
    rounds = QUICK_ROUNDS if quick else ROUNDS
    with tempfile.TemporaryDirectory() as folder:
        yield from _figures("sqlite", lambda number: f"sqlite:///{folder}/{number}.db", facts, rounds)
    if shutil.which("java") is None or shutil.which("mvn") is None:
        return
    for nodes in (1, 3):
        with _brokers(nodes) as bootstrap:
            base = f"kafka://{bootstrap}/bench-"
            yield from _figures(f"kafka on {nodes}", partial("{}{}".format, base), facts, rounds)


def _figures(name: str, url: Callable[[int], str], facts: list[MailReceived], rounds: int) -> Iterator[Figure]:
    alone, together, read = [], [], []
    for number in range(rounds):
        make_log(url(number))
        log = open_log(url(number))
        alone.append(_timed(partial(_append_alone, log, facts), len(facts)))
        together.append(_timed(partial(_append_together, log, facts), len(facts)))
        read.append(_timed(partial(_read, log), 2 * len(facts)))
        log.close()
    for what, measured in (
        (f"one by one, {SESSIONS} sessions", alone),
        (f"{TOGETHER} at a time, 1 session", together),
        ("read and unpacked", read),
    ):
        yield over_rounds(f"{name}, {what}: rate", [rate for rate, _ in measured], "records/s")
        yield over_rounds(f"{name}, {what}: CPU of our process", [cpu for _, cpu in measured], "us/record")


def _append_alone(log: Log, facts: list[MailReceived]) -> None:
    with ThreadPoolExecutor(SESSIONS) as pool:
        list(pool.map(lambda fact: log.append([fact]), facts))


def _append_together(log: Log, facts: list[MailReceived]) -> None:
    for start in range(0, len(facts), TOGETHER):
        log.append(facts[start : start + TOGETHER])


def _read(log: Log) -> None:
    position = 0
    while records := log.read(position):
        position = records[-1].id


def _timed(work: Callable[[], None], records: int) -> tuple[float, float]:
    begun, before = time.perf_counter(), _cpu_seconds()
    work()
    return records / (time.perf_counter() - begun), 1e6 * (_cpu_seconds() - before) / records


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _fact(raw: bytes) -> MailReceived:
    return receive(raw, source="smtp", received_at=datetime.now(UTC), envelope_sender="", recipients=[])


@contextmanager
def _brokers(nodes: int) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        command: list[str | Path] = [BROKER, "start", "--nodes", str(nodes), "--data", folder]
        started = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        try:
            yield started.stdout.split()[-1]
        finally:
            subprocess.run([BROKER, "stop", "--data", folder], check=True)
