"""What a connection may take of a server: the time to ask, and its place."""

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.api.test_server import free_port, wait_until_it_listens

PROGRAM = """
import json, sys
from api.server import run
from schemas.settings import Settings
sys.exit(run(Settings(**json.loads(sys.argv[1]))))
"""
STRANGER, OTHER = "127.0.1.1", "127.0.2.1"
Serve = Callable[..., int]


@pytest.fixture
def serve(database: str) -> Iterator[Serve]:
    """Start a server of one worker with some settings, and give its port."""
    processes: list[subprocess.Popen[str]] = []

    def start(**settings: float) -> int:
        port = free_port()
        given = {"database": database, "http": f"127.0.0.1:{port}", "api_workers": 1, **settings}
        command = [sys.executable, "-c", PROGRAM, json.dumps(given)]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
        processes.append(process)
        wait_until_it_listens(process, port)
        return port

    yield start
    for process in processes:
        process.terminate()
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, "Traceback" in errors) == (0, False), errors


def connect(port: int, host: str = STRANGER) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=30, source_address=(host, 0))
    assert connection.getsockname()[0] == host
    return connection


def rest(connection: socket.socket) -> bytes:
    """All that is said until the connection ends."""
    with connection, connection.makefile("rb") as lines:
        return lines.read()


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GET /api/1.0/ HTTP/1.1\r\nHost: x\r\n", id="half a head"),
        pytest.param(b"POST /api/1.0/patches/1/comments/ HTTP/1.1\r\nHost: x\r\nContent-Le", id="half a field"),
    ],
)
def test_a_request_that_does_not_come_is_answered_with_408(serve: Serve, said: bytes) -> None:
    port = serve(http_request_seconds=0.5)
    connection = connect(port)
    connection.sendall(said)
    answer = rest(connection)
    assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert answer.endswith(b"\r\n\r\nThe request took too long to come.")


def test_a_second_request_whose_body_does_not_come_is_answered_with_408_too(serve: Serve) -> None:
    connection = connect(serve(http_request_seconds=2.0))
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"\r\n\r\nok\n")
    path = b"/api/1.0/patches/1/comments/"
    connection.sendall(b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
    assert rest(connection).startswith(b"HTTP/1.1 408 ")


def test_who_waits_for_events_is_not_late(serve: Serve) -> None:
    port = serve(http_request_seconds=2.0, http_answer_seconds=2.0)
    connection = connect(port)
    target = b"/api/1.0/projects/widgets/events/?after=999999999999&wait=5"
    connection.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert rest(connection).startswith(b"HTTP/1.1 200 ")


def test_connections_of_one_client_beyond_its_part_are_refused_and_others_are_not(serve: Serve) -> None:
    port = serve(http_client_connections_max=2)
    first, second = connect(port), connect(port)
    answer = rest(connect(port))
    assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n") and b"\r\nRetry-After: 10\r\n" in answer
    assert answer.endswith(b"Too many connections of yours, try again later.")
    request = b"GET /api/1.0/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    for served in (connect(port, OTHER), first, second):
        served.sendall(request)
        assert rest(served).startswith(b"HTTP/1.1 200 ")
    again = connect(port)
    again.sendall(request)
    assert rest(again).startswith(b"HTTP/1.1 200 ")


def test_more_connections_than_there_may_be_are_refused(serve: Serve) -> None:
    port = serve(http_connections_max=2)
    held = [connect(port), connect(port, OTHER)]
    assert b"Too many connections, try again later." in rest(connect(port, "127.0.3.1"))
    for one in held:
        one.close()


def test_a_limit_of_nothing_is_one_line(database: str) -> None:
    given = json.dumps({"database": database, "http": "127.0.0.1:0", "http_answer_seconds": 0})
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, given], capture_output=True, text=True, cwd=Path(__file__).parents[2]
    )
    assert (done.returncode, done.stderr) == (1, "api: http_answer_seconds: expected more than 0, came 0\n")
