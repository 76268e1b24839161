"""The broker stops answering under load: SMTP says 451 in time, nothing piles up, and all goes on by itself."""

import itertools
import os
import re
import signal
import smtplib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.log import Log, make_log, open_log
from ingest.message import parse
from schemas.records import MailReceived
from tests.kafka_cluster import KafkaCluster

pytestmark = pytest.mark.xdist_group("kafka")
SESSIONS = 20
PAUSE_SECONDS = 60
MAIL_BYTES = 500_000
MEMORY_MAX_MIB = 400
"""What may wait (56 MB, and packed and sent once more), and the program itself."""
ANSWER_SECONDS = 60
"""So long a client waits for an answer: some times what it is promised."""
_numbers = itertools.count()


class Client(threading.Thread):
    """Sends one mail after the other, and notes each reply with how long it took."""

    def __init__(self, port: int, number: int) -> None:
        super().__init__()
        self._port = port
        self._number = number
        self.stopping = False
        self.replies: list[int] = []
        self.recorded: list[str] = []

    def run(self) -> None:
        with smtplib.SMTP("127.0.0.1", self._port, timeout=ANSWER_SECONDS) as smtp:
            smtp.ehlo()
            for number in itertools.count():
                if self.stopping:
                    return
                name = f"{self._number}-{number}@example.org"
                smtp.mail("ada@example.org")
                smtp.rcpt("list@example.org")
                code, _ = smtp.data(f"Message-ID: <{name}>\r\n\r\n".encode() + b"x" * 70 * (MAIL_BYTES // 70))
                self.replies.append(code)
                if code == 250:
                    self.recorded.append(name)


@pytest.fixture
def log(kafka: KafkaCluster) -> Iterator[Log]:
    url = f"kafka://{kafka.bootstrap}/pause-{next(_numbers)}"
    make_log(url)
    opened = open_log(url)
    yield opened
    opened.close()


@pytest.fixture
def ingest(log: Log, tmp_path: Path) -> Iterator[tuple[int, int]]:
    """A receiver's process: its id, and its port."""
    environment = {**os.environ, "PATCHLOG_LOG": log._name, "PATCHLOG_SMTP": "127.0.0.1:0"}  # type: ignore[attr-defined]
    journal = tmp_path / "journal"
    with journal.open("wb") as file:
        command = [sys.executable, "-m", "patchlog", "ingest", "--data", str(tmp_path)]
        process = subprocess.Popen(command, stdout=file, stderr=file, env=environment)
    while (found := re.search(r"receiving.*port=(\d+)", journal.read_text())) is None:
        assert process.poll() is None, journal.read_text()
        time.sleep(0.05)
    yield process.pid, int(found[1])
    process.terminate()
    process.wait()


def wait_for_more(clients: list[Client], code: int) -> None:
    """Wait until every client was answered so once more."""
    seen = [len(client.replies) for client in clients]
    deadline = time.monotonic() + 60
    for client, count in zip(clients, seen, strict=True):
        while code not in client.replies[count:]:
            assert time.monotonic() < deadline, client.replies[-1]
            time.sleep(0.05)


def memory_mib(pid: int) -> float:
    """The most that the process ever had."""
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def test_a_paused_broker_gets_451_in_time_and_bounded_memory_and_all_goes_on(
    kafka: KafkaCluster, log: Log, ingest: tuple[int, int]
) -> None:
    pid, port = ingest
    clients = [Client(port, number) for number in range(SESSIONS)]
    for client in clients:
        client.start()
    wait_for_more(clients, 250)
    kafka.signal(signal.SIGSTOP)
    try:
        until = time.monotonic() + PAUSE_SECONDS
        while time.monotonic() < until:
            wait_for_more(clients, 451)
    finally:
        kafka.signal(signal.SIGCONT)
    wait_for_more(clients, 250)
    for client in clients:
        client.stopping = True
        client.join(60)
    replies = [reply for client in clients for reply in client.replies]
    assert set(replies) == {250, 451}, "expected every session to be answered, and none to give up"
    assert memory_mib(pid) < MEMORY_MAX_MIB
    recorded = {name for client in clients for name in client.recorded}
    assert recorded <= message_ids(log)


def message_ids(log: Log) -> set[str]:
    names: set[str] = set()
    position = 0
    while records := log.read(position):
        position = records[-1].id
        mails = [record.fact for record in records if isinstance(record.fact, MailReceived)]
        names |= {parse(mail.raw[:1000], mail.received_at).message_id for mail in mails}  # large, so not read yet
    return names
