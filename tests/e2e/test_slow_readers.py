"""Clients that do not read what they asked for, or do it a byte at a time, and somebody who only wants to read."""

import socket
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.e2e.accounts import add_user
from tests.e2e.running import PATIENCE_SECONDS, Running, eventually, patchlog, running
from tests.e2e.test_crowd import MIB, memory_max_bytes
from tests.ingest.smtp.dialogue import Client

SETTINGS = """\
api_workers = 1
http_client_connections_max = 40
http_request_seconds = 2.0
http_answer_seconds = 2.0
http_memory_bytes = 67108864
"""
HELD_BYTES = 64 * MIB
DIFF_LINES = 150_000
LINE = b"+" + b"x" * 78 + b"\n"
EACH = 30
PATIENT, UNREADING, READING, ASKING, SENDING = (f"127.0.{number}.1" for number in range(1, 6))
HONEST_TIMES = 5
NAME, PASSWORD = "maintainer", "secret"
POST = (
    "POST /api/1.0/projects/large/commits/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    f"Authorization: Basic {b64encode(f'{NAME}:{PASSWORD}'.encode()).decode()}\r\nContent-Length: 10000\r\n\r\n"
).encode()
MEMORY_MAX_BYTES = 80 * MIB + HELD_BYTES + 5 * 4 * DIFF_LINES * len(LINE) + 6 * EACH * 128 * 1024
"""What docs/configure.md says: the worker, http_memory_bytes, five answers that are just being made or let go, each
with four times its size, and 128 KB a connection. All that is asked for would be 720 MB."""


def large_patch() -> bytes:
    head = b"From: Ann <ann@example.org>\r\nMessage-ID: <large@example.org>\r\nList-Id: <large.example.org>\r\n"
    subject = (
        b"Date: Mon, 2 Mar 2026 11:59:00 +0000\r\nSubject: [PATCH] large: add a file\r\n\r\nIt is large.\r\n---\r\n"
    )
    diff = b"diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/x\n@@ -0,0 +1,%d @@\n" % DIFF_LINES
    return head + subject + (diff + LINE * DIFF_LINES + b"-- \n2.39\n").replace(b"\n", b"\r\n")


class Strangers:
    """Connections that do one byte of what they do at a time."""

    def __init__(self, port: int, path: str) -> None:
        self._port = port
        self._request = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        self._over = threading.Event()
        self._connections: list[tuple[socket.socket, Iterator[int], bool]] = []

    def connect(self, host: str, first: bytes = b"", trickle: bytes = b"", reads: bool = False) -> None:
        """Connect from an address and send something; then send a byte of `trickle` at a time, or read a byte."""
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.bind((host, 0))
        connection.connect(("127.0.0.1", self._port))
        connection.sendall(first)
        connection.setblocking(False)
        self._connections.append((connection, iter(trickle), reads))

    def come(self) -> None:
        """Five kinds, each from an address of its own."""
        for _ in range(EACH):
            self.connect(PATIENT)
            self.connect(UNREADING, self._request)
            self.connect(READING, self._request, reads=True)
            self.connect(ASKING, trickle=self._request[:-1])
            self.connect(SENDING, POST, trickle=b" " * 9999)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        thread = threading.Thread(target=self._work, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join(PATIENCE_SECONDS)
            for connection, _, _ in self._connections:
                connection.close()

    def _work(self) -> None:
        while not self._over.wait(0.05):
            for connection, trickle, reads in self._connections:
                with suppress(OSError):  # there is nothing to read, or it was hung up on
                    if (byte := next(trickle, None)) is not None:
                        connection.send(bytes([byte]))
                    if reads:
                        connection.recv(1)


def worker_of(up: Running) -> int:
    """The one process that serves the API."""
    api = up.parts()["api"]
    (worker,) = Path(f"/proc/{api}/task/{api}/children").read_text().split()
    return int(worker)


def sockets(worker: int) -> list[Path]:
    """What it listens at, and the connections that it has not hung up on."""
    return [file for file in Path(f"/proc/{worker}/fd").iterdir() if str(file.readlink()).startswith("socket:")]


def path_of_large_patch(up: Running) -> str:
    """Send it, wait until it is shown, and give the path of its mbox."""
    sender = Client(up.smtp[1]).greet()
    assert sender.send(large_patch())[:3] == "250"
    sender.close()
    found = eventually(lambda: up.get_json("patches/")["results"])
    return f"patches/{found[0]['id']}/mbox/"


def test_memory_is_bounded_and_others_are_served(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "patchlog.toml").write_text(SETTINGS)
    with running(data) as up:
        named = ("large", "--name", "L", "--listid", "large.example.org", "--listemail", "large@example.org")
        assert patchlog("project", "add", *named, data=data).returncode == 0
        add_user(up, NAME, PASSWORD)
        path = path_of_large_patch(up)
        whole = up.get(path)
        assert len(whole) > DIFF_LINES * len(LINE)
        worker = worker_of(up)
        before = len(sockets(worker))
        strangers = Strangers(up.http[1], f"/api/1.0/{path}")
        with strangers.at_work():
            strangers.come()
            for _ in range(HONEST_TIMES):
                assert up.get_json("series/")["count"] == 1
                assert up.get(path) == whole
            eventually(lambda: len(sockets(worker)) <= before)
            assert up.get(path) == whole
        most = memory_max_bytes(worker)
        record_property("met", f"{most // MIB} MiB at most, of which {HELD_BYTES // MIB} for answers that wait")
        assert most < MEMORY_MAX_BYTES
        assert worker_of(up) == worker
    assert "Traceback" not in up.stderr.read_text()
