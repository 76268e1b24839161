"""A `patchlog up` of our own: started on free ports, waited for, asked, stopped."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

PATIENCE_SECONDS = 60.0
"""Only a test that fails waits this long."""
READY = re.compile(r"ready: pages on http://\S+/, SMTP on (\S+):(\d+), API on http://(\S+):(\d+)/api/1\.0/")
Found = TypeVar("Found")


class NotFoundYetError(AssertionError):
    """A page was answered with 404: the projector may not have come so far, or it is not there at all."""


@dataclass(frozen=True)
class Running:
    """A `patchlog up` that said it is ready."""

    process: subprocess.Popen[bytes]
    data: Path
    smtp: tuple[str, int]
    http: tuple[str, int]
    stderr: Path

    def parts(self) -> dict[str, int]:
        """The process ids of its parts, by name."""
        return {words[4]: pid for pid, words in _commands_of_children(self.process.pid) if len(words) > 4}

    def greeting(self) -> bytes:
        """What SMTP says first. Raises OSError while nobody listens."""
        with socket.create_connection(self.smtp, timeout=5) as connection:
            line = connection.recv(512)
            connection.sendall(b"QUIT\r\n")
            connection.recv(512)
        return line

    def get(self, path: str) -> bytes:
        """The body at `/api/1.0/PATH`, which must answer with 200. Raises NotFoundYetError for 404."""
        connection = http.client.HTTPConnection(*self.http, timeout=10)
        try:
            connection.request("GET", f"/api/1.0/{path}")
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        if response.status == 404:
            raise NotFoundYetError(f"expected a page at {path}, came 404: {body!r}")
        assert response.status == 200, (path, response.status, body)
        return body

    def get_json(self, path: str) -> Any:
        return json.loads(self.get(path))

    def stop(self) -> int:
        """Send SIGTERM and give the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_SECONDS)


def patchlog(*arguments: str | Path, data: Path) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    command = [*_patchlog(arguments), "--data", str(data)]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, env=_environment())


def start(data: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Start `patchlog up` on free ports, unless the arguments say others, and do not wait for it."""
    ports = ("--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0")
    with (data.parent / f"{data.name}.stderr").open("ab") as stderr:
        command = _patchlog(("up", "--data", str(data), *ports, *arguments))
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, env=_environment())


@contextmanager
def running(data: Path, *arguments: str) -> Iterator[Running]:
    """Start `patchlog up`, wait until it says that it is ready, and end it afterwards if it still runs."""
    process = start(data, *arguments)
    stderr = data.parent / f"{data.name}.stderr"
    watchdog = threading.Timer(PATIENCE_SECONDS, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        watchdog.cancel()
        found = READY.search(line)
        assert found, f"expected the ready line, came {line!r} and on stderr: {stderr.read_text()}"
        smtp_host, smtp_port, http_host, http_port = found.groups()
        yield Running(process, data, (smtp_host, int(smtp_port)), (http_host, int(http_port)), stderr)
    finally:
        watchdog.cancel()
        if process.poll() is None:
            process.terminate()
            process.wait(PATIENCE_SECONDS)
        assert process.stdout is not None
        process.stdout.close()


def eventually(ask: Callable[[], Found | None]) -> Found:
    """Ask again and again until the answer is neither None nor False, and give it.

    OSError and a page that is not there mean: not yet. A project that was added before `up` said ready is a page like
    any other: it is there when the projector has read its record.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            answer = ask()
        except (OSError, NotFoundYetError):
            answer = None
        if answer:
            return answer
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


def _commands_of_children(parent: int) -> Iterator[tuple[int, list[str]]]:
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                yield int(folder.name), (folder / "cmdline").read_text().split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue


def _patchlog(arguments: Sequence[str | Path]) -> list[str]:
    return [sys.executable, "-m", "patchlog", *map(str, arguments)]


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PATCHLOG_")}
