"""Asks one URL as often as it is answered, for some seconds: with wrk, or else with a client of our own."""

import http.client
import re
import selectors
import shutil
import socket
import subprocess
import time

CONNECTIONS = 16


def tool() -> str:
    """What asks."""
    return "wrk" if shutil.which("wrk") else "a client of our own"


def load(port: int, path: str, seconds: int) -> int:
    """Ask 127.0.0.1:port for a path over CONNECTIONS connections; gives how many answers came, all of them 200."""
    return _by_wrk(port, path, seconds) if shutil.which("wrk") else by_ourselves(port, path, seconds)


def get(port: int, path: str) -> bytes:
    """The body of one answer, which has to be 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    assert response.status == 200, (path, response.status, body)
    return body


def _by_wrk(port: int, path: str, seconds: int) -> int:
    url = f"http://127.0.0.1:{port}{path}"
    command = ["wrk", "--threads=1", f"--connections={CONNECTIONS}", f"--duration={seconds}s", url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in said and "Socket errors" not in said, said
    found = re.search(r"(\d+) requests in", said)
    assert found, said
    return int(found[1])


def by_ourselves(port: int, path: str, seconds: float) -> int:
    """See `load`."""
    question = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
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
                if _is_whole(key.data):
                    answers += 1
                    key.data.clear()
                    connection.sendall(question)
        for key in list(selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]  # as above
    return answers


def _is_whole(received: bytearray) -> bool:
    head, end, body = received.partition(b"\r\n\r\n")
    if not end:
        return False
    assert head.startswith(b"HTTP/1.1 200 "), bytes(head)
    found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    assert found, bytes(head)
    return len(body) >= int(found[1])
