"""Two hundred connections that mean no good, and somebody who only wants to deliver a mail."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.e2e.running import PATIENCE_SECONDS, Running, eventually, patchlog, running
from tests.ingest.smtp.dialogue import Client

EACH = 100
"""Connections that stall, and that send mails as large as they may be."""
STALLING = ("127.0.1.1",)
SENDING = ("127.0.2.1", "127.0.2.2", "127.0.2.3", "127.0.2.4")
HONEST_MAILS = 10
ANSWERS = 20
"""So many large mails are waited for."""
MIB = 1024 * 1024
LARGE = (b"x" * 78 + b"\r\n") * (25 * MIB // 80)
STALLED_BYTES = 5 * MIB
MEMORY_MAX_BYTES = (60 + 75 + 128 + 56 + 125) * MIB
"""What docs/delivery.md says: the receiver, 200 sessions of 384 KB, smtp_memory_bytes, what waits for the log, and five
times the largest mail while that is put together and packed."""


class Pressure:
    """Connections that stall or send large mails, until it is over."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._over = threading.Event()
        self.answers: list[str] = []
        self.stalled = threading.Semaphore(0)

    @contextmanager
    def running(self) -> Iterator["Pressure"]:
        with ExitStack() as stack:
            threads = [
                threading.Thread(target=task, args=(stack, hosts[number % len(hosts)]), daemon=True)
                for hosts, task in ((STALLING, self._stall), (SENDING, self._send))
                for number in range(EACH)
            ]
            for thread in threads:
                thread.start()
            yield self
            self._over.set()
        for thread in threads:
            thread.join(PATIENCE_SECONDS)

    def _stall(self, stack: ExitStack, host: str) -> None:
        """Send the beginning of a mail, and hold on to the connection."""
        client = Client(self._port, host)
        stack.callback(client.close)
        client.greet().announce()
        client.socket.sendall(LARGE[:STALLED_BYTES])
        self.stalled.release()

    def _send(self, stack: ExitStack, host: str) -> None:
        """Send large mails one after the other, and note what was said to them."""
        client = Client(self._port, host)
        stack.callback(client.socket.shutdown, socket.SHUT_RDWR)
        try:
            client.greet()
            while not self._over.is_set():
                client.announce()
                client.socket.sendall(LARGE)
                if answer := client.say(b".\r\n")[:3]:
                    self.answers.append(answer)
        except (OSError, AssertionError):
            if not self._over.is_set():
                raise


def memory_max_bytes(pid: int) -> int:
    """The most that a process had in memory at a time."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"{pid} has no VmHWM")


def delivered(up: Running) -> int:
    client = Client(up.smtp[1]).greet()
    try:
        answers = [client.send(b"Subject: %d\r\n\r\nhonest\r\n" % number)[:3] for number in range(HONEST_MAILS)]
    finally:
        client.close()
    return answers.count("250")


def test_memory_is_bounded_and_honest_clients_are_served(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/patchlog.toml").write_text(f"smtp_client_sessions_max = {EACH}\n")
    with running(tmp_path / "data") as up:
        ingest = up.parts()["ingest"]
        with Pressure(up.smtp[1]).running() as pressure:
            for _ in range(EACH):
                assert pressure.stalled.acquire(timeout=PATIENCE_SECONDS)
            assert delivered(up) == HONEST_MAILS
            eventually(lambda: len(pressure.answers) >= ANSWERS and "250" in pressure.answers)
            assert delivered(up) == HONEST_MAILS
        assert set(pressure.answers) <= {"250", "451"}
        most = memory_max_bytes(ingest)
        taken, deferred = pressure.answers.count("250"), pressure.answers.count("451")
        record_property("met", f"{most // MIB} MiB at most; of the large mails, {taken} taken, {deferred} deferred")
        assert most < MEMORY_MAX_BYTES
        assert delivered(up) == HONEST_MAILS
        assert up.parts()["ingest"] == ingest
    assert patchlog("log", "verify", data=up.data).returncode == 0
