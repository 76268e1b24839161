"""One byte of the log rots. It is found and named, the projector stops there, and everything else goes on."""

import threading
from pathlib import Path

from ingest.log.codec import CHANGED
from tests.e2e.running import Running, eventually, patchlog, running
from tests.e2e.test_kill import Sender, Tally, series
from tests.e2e.test_restore import ADD
from tests.ingest.log.damage import flip_byte

SERIES = 10


def send(up: Running, *names: str) -> None:
    sender = Sender(0, up.smtp, threading.Event(), Tally())
    for name in names:
        for mail in series(name):
            assert sender.deliver(mail), "answered 250"


def test_a_byte_in_the_middle_of_the_log(tmp_path: Path) -> None:
    data, record = tmp_path / "data", 20
    assert patchlog(*ADD, data=data).returncode == 0
    with running(data) as up:
        send(up, *(f"s{number}" for number in range(SERIES)))
        eventually(lambda: up.get_json("projects/demo/events/")["count"] == SERIES)
    flip_byte(data / "log.db", record)
    damaged = f"record {record}: {CHANGED}"

    verified = patchlog("log", "verify", data=data)
    assert (verified.returncode, verified.stdout) == (1, f"{damaged}\n")
    with running(data) as up:
        replayed = patchlog("replay", data=data)
        assert (replayed.returncode, replayed.stderr.splitlines()[-1]) == (1, f"Error: {damaged}")
        assert up.get_json("series/")["count"] == SERIES, "what was there is served"
        send(up, "later")
        eventually(lambda: up.get_json("series/")["count"] == SERIES + 1)

    for file in data.glob("readmodel.db*"):
        file.unlink()
    with running(data) as up:
        eventually(lambda: damaged in up.stderr.read_text())
        assert "projector.stopped" in up.stderr.read_text()
        before = eventually(lambda: up.get_json("series/")["count"])
        assert 0 < before < SERIES, "it serves what stands before the record"
        assert up.greeting().startswith(b"220 ")
        send(up, "last")
        assert up.process.poll() is None
