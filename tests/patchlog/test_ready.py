"""Whether both doors are open, as a knock at them finds out."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from patchlog.address import Address
from patchlog.ready import Readiness, probe, wait_until_open

GREETING = b"220 host ESMTP\r\n"
PROJECTS = b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"count": 3}'
UNAVAILABLE = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 13\r\n\r\nno read model"


@contextmanager
def door(answer: bytes, *, speaks_first: bool) -> Iterator[Address]:
    """Something that gives everybody the same answer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_answer, args=(listener, answer, speaks_first), daemon=True).start()
        yield Address("127.0.0.1", listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)


def _answer(listener: socket.socket, answer: bytes, speaks_first: bool) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            if not speaks_first:
                _read_request(connection)
            connection.sendall(answer)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(4096):
                pass  # what is closed with something unread is reset, and the answer may be lost


def _read_request(connection: socket.socket) -> None:
    request = b""
    while b"\r\n\r\n" not in request and (more := connection.recv(4096)):
        request += more


@pytest.mark.parametrize(
    ("greeting", "response", "expected"),
    [
        pytest.param(GREETING, PROJECTS, Readiness("", "", 3), id="both open"),
        pytest.param(b"554 5.7.1 Client not allowed\r\n", PROJECTS, Readiness("", "", 3), id="we are no client"),
        pytest.param(
            b"421 busy\r\n", PROJECTS, Readiness("expected 220, came b'421 busy\\r\\n'", "", 3), id="SMTP refuses"
        ),
        pytest.param(
            GREETING, UNAVAILABLE, Readiness("", "expected status 200, came 503: no read model"), id="no read model"
        ),
    ],
)
def test_probe(greeting: bytes, response: bytes, expected: Readiness) -> None:
    with door(greeting, speaks_first=True) as smtp, door(response, speaks_first=False) as http:
        assert probe(smtp, http) == expected


def test_waiting_ends_when_the_time_is_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = Address("127.0.0.1", taken.getsockname()[1])
    assert not wait_until_open(closed, closed, 0.0).open
