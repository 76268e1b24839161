"""What was answered 250 is never lost, whatever is killed, and nothing is doubled."""

import json
import os
import random
import signal
import smtplib
import threading
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from ingest.log import open_log
from schemas.records import MailReceived, RevisionAnnounced
from tests.databases import log_of
from tests.e2e.running import Running, alive, eventually, patchlog, running

SESSIONS = 20
KILLS = {"sqlite": 20, "kafka": 8}
"""How often something is killed, by log: starting on Kafka takes longer."""
PATCHES = 2


class Sender(threading.Thread):
    """A mail server that delivers series after series, and keeps each mail until it is answered 250."""

    def __init__(self, number: int, address: tuple[str, int], stopping: threading.Event, acknowledged: "Tally") -> None:
        super().__init__(daemon=True)
        self.number, self._address, self._stopping, self._acknowledged = number, address, stopping, acknowledged

    def run(self) -> None:
        for name in count():
            for mail in series(f"s{self.number}-{name}"):
                while not self.deliver(mail):
                    self._stopping.wait(0.05)
            if self._stopping.is_set():
                return

    def deliver(self, mail: bytes) -> bool:
        try:
            with smtplib.SMTP(*self._address, timeout=30) as connection:
                connection.sendmail("list@example.org", ["demo@example.org"], mail)
        except (OSError, smtplib.SMTPException):
            return False
        self._acknowledged.add(mail)
        return True


class Tally:
    """The mails that were answered 250, in the order of the answers."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self._more = threading.Condition()

    def add(self, mail: bytes) -> None:
        with self._more:
            self.mails.append(mail)
            self._more.notify_all()

    def wait_for(self, more: int) -> None:
        with self._more:
            wanted = len(self.mails) + more
            assert self._more.wait_for(lambda: len(self.mails) >= wanted, timeout=60), (
                "no mail was answered for a minute"
            )


def series(id: str) -> Iterator[bytes]:
    """A cover letter and its patches, with CRLF as SMTP has it."""
    for number in range(PATCHES + 1):
        subject = f"Subject: [PATCH {number}/{PATCHES}] {id} part {number}\n"
        answers = f"In-Reply-To: <{id}-0@example.org>\n" if number else ""
        diff = f"diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+{id}.{number}\n.dot\n" if number else "Why.\n"
        text = (
            f"From: Ada <ada{id}@example.org>\n{subject}{answers}Message-ID: <{id}-{number}@example.org>\n"
            f"Date: Mon, 02 Mar 2026 09:00:0{number} +0000\nList-Id: <demo.example.org>\n\n{diff}"
        )
        yield text.replace("\n", "\r\n").encode()


def kill(up: Running, target: str) -> None:
    """Kill one part, or everything, without a warning."""
    if target != "all":
        pid = up.parts().get(target)
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
        return
    parts = up.parts().values()
    for pid in (up.process.pid, *parts):
        os.kill(pid, signal.SIGKILL)
    up.process.wait()
    eventually(lambda: not any(alive(pid) for pid in parts))


def test_killed_at_any_moment_nothing_is_lost_doubled_or_missing(whole_directory: Path) -> None:
    data = whole_directory
    add = (
        "project",
        "add",
        "demo",
        "--name",
        "Demo",
        "--listid",
        "demo.example.org",
        "--listemail",
        "demo@example.org",
    )
    assert patchlog(*add, data=data).returncode == 0
    chance = random.Random(2026)
    targets = ["ingest", "projector", "api", "all"] * (KILLS[log_of(data).partition(":")[0]] // 4)
    chance.shuffle(targets)
    acknowledged, stopping = Tally(), threading.Event()
    ports: tuple[str, ...] = ()
    senders: list[Sender] = []
    while targets:
        with running(data, *ports) as up:
            ports = ("--smtp", "{}:{}".format(*up.smtp), "--http", "{}:{}".format(*up.http))
            if not senders:
                senders = [Sender(number, up.smtp, stopping, acknowledged) for number in range(SESSIONS)]
                for sender in senders:
                    sender.start()
            target = ""
            while targets and target != "all":
                acknowledged.wait_for(chance.randrange(1, 60))
                target = targets.pop()
                kill(up, target)
    with running(data, *ports) as up:
        stopping.set()
        for sender in senders:
            sender.join()
        eventually(lambda: up.get_json("series/?state=incomplete")["count"] == 0 and _lag(data) == 0)
        eventually(lambda: _announced(up) >= up.get_json("series/")["count"] and _lag(data) == 0)
        events = _all_events(up)
    _compare(data, acknowledged.mails, events)


def _announced(up: Running) -> int:
    """How many are on the feed: what a projector caught up with it announces afterwards."""
    return int(up.get_json("projects/demo/events/")["count"])


def _lag(data: Path) -> int:
    done = patchlog("status", "--json", data=data)
    assert done.stdout, done.stderr
    return int(json.loads(done.stdout)["lag"])


def _all_events(up: Running) -> list[tuple[int, int]]:
    found = []
    page = "projects/demo/events/?perpage=100&page={}"
    for number in count(1):
        document = up.get_json(page.format(number))
        found += [(event["series"], event["parameters"]["revision"]) for event in document["results"]]
        if document["next"] is None:
            return found
    raise AssertionError("never")


def _compare(data: Path, acknowledged: list[bytes], events: list[tuple[int, int]]) -> None:
    log = open_log(log_of(data))
    records = []
    while more := log.read(records[-1].id if records else 0):
        records += more
    log.close()
    stored = Counter(record.fact.raw for record in records if isinstance(record.fact, MailReceived))
    assert all(mail in stored for mail in acknowledged), "a mail that was answered 250 is not in the log as it was sent"
    assert len(set(acknowledged)) == len(acknowledged)
    status = json.loads(patchlog("status", "--json", data=data).stdout)
    mails = len(stored)
    assert (status["mails"]["cover"], status["mails"]["patch"]) == (mails // 3, mails // 3 * PATCHES)
    assert status["duplicates"] == sum(stored.values()) - mails
    assert len(events) == len(set(events)) == mails // 3, "every series is announced exactly once"
    announced = {(f.series, f.revision) for record in records if isinstance(f := record.fact, RevisionAnnounced)}
    assert set(events) == announced
