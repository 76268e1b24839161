"""Asks one URL as often as it is answered, for some seconds: with wrk, or else with a client of our own."""

import http.client
import re
import selectors
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

from bench.processes import cpu_seconds

CONNECTIONS = 16


def tool() -> str:
    """What asks."""
    return "wrk" if shutil.which("wrk") else "a client of our own"


def load(port: int, path: str, seconds: int, tag: str = "") -> int:
    """Ask 127.0.0.1:port for a path over CONNECTIONS connections; gives how many answers came.

    All have to be 200, or 304 where the reader shows the tag that the answer has.
    """
    return _by_wrk(port, path, seconds, tag) if shutil.which("wrk") else by_ourselves(port, path, seconds, tag)


def cost(pid: int, port: int, path: str, seconds: int, tag: str = "") -> tuple[float, float]:
    """Answers a second, see `load`, and milliseconds of CPU of a process and its children for each."""
    before = cpu_seconds(pid)
    answers = load(port, path, seconds, tag)
    return answers / seconds, 1000 * (cpu_seconds(pid) - before) / answers


def get(port: int, path: str) -> bytes:
    """The body of one answer, which has to be 200."""
    return ask(port, path)[1]


def walk(path: str, read: Callable[[str], Any]) -> Iterator[Any]:
    """What stands in all pages of a list of the API. read: gives the document at a path."""
    following: str | None = path
    while following:
        document = read(following)
        yield from document["results"]
        following = document["next"] and "/" + document["next"].split("/", 3)[3]


def ask(port: int, path: str, tag: str = "") -> tuple[str, bytes]:
    """The tag and the body of one answer, which has to be 200, or 304 where a tag is shown."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers=_headers(tag))
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    assert response.status == (304 if tag else 200), (path, response.status, body)
    return response.headers.get("ETag", ""), body


def _headers(tag: str) -> dict[str, str]:
    return {"If-None-Match": tag} if tag else {}


def _by_wrk(port: int, path: str, seconds: int, tag: str) -> int:
    url = f"http://127.0.0.1:{port}{path}"
    command = ["wrk", "--threads=1", f"--connections={CONNECTIONS}", f"--duration={seconds}s", url]
    for name, value in _headers(tag).items():
        command += ["--header", f"{name}: {value}"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in said and "Socket errors" not in said, said
    found = re.search(r"(\d+) requests in", said)
    assert found, said
    return int(found[1])


def by_ourselves(port: int, path: str, seconds: float, tag: str = "") -> int:
    """See `load`."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in _headers(tag).items())
    question = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{lines}\r\n".encode()
    answers = 0
    deadline = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        for _ in range(CONNECTIONS):
            connection = socket.create_connection(("127.0.0.1", port))
            connection.sendall(question)
            selector.register(connection, selectors.EVENT_READ, bytearray())
        while time.monotonic() < deadline:
            for key, _ in selector.select(0.1):
                connection = key.fileobj  # type: ignore[assignment]  # it is what was registered
                came = connection.recv(1 << 18)
                assert came, "the server hung up"
                key.data.extend(came)
                if _is_whole(key.data, b"304" if tag else b"200"):
                    answers += 1
                    key.data.clear()
                    connection.sendall(question)
        for key in list(selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]  # as above
    return answers


def _is_whole(received: bytearray, status: bytes) -> bool:
    head, end, body = received.partition(b"\r\n\r\n")
    if not end:
        return False
    assert head.startswith(b"HTTP/1.1 " + status + b" "), bytes(head)
    if status == b"304":
        return True
    found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    assert found, bytes(head)
    return len(body) >= int(found[1])
