"""The server as a process: it answers, says what is wrong in one line, and ends when it is told to."""

import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from api.meter_files import LOCK, MEMORY, PREFIX
from tests.ingest.test_probes import ask

PROGRAM = """
import sys
from api.server import run
from schemas.settings import Settings
sys.exit(run(Settings(database=sys.argv[1], http=sys.argv[2], log=sys.argv[3], api_workers=2)))
"""


def start(database: str, address: str, log: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, database, address, log],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def wait_until_it_listens(process: subprocess.Popen[str], port: int) -> None:
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            continue
        return
    pytest.fail(process.communicate()[1])


@pytest.fixture
def port(database: str) -> Iterator[int]:
    port = free_port()
    process = start(database, f"127.0.0.1:{port}")
    try:
        wait_until_it_listens(process, port)
        yield port
    finally:
        process.kill()
        process.communicate()


def test_serves_reads_on_one_connection(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    for path in ("/api/1.0/", "/api/1.0/series/20/", "/api/1.0/projects/widgets/events/?since=2024-05-01"):
        connection.request("GET", path)
        response = connection.getresponse()
        assert response.status == 200
        assert response.read().startswith(b"{")
    connection.request("HEAD", "/api/1.0/series/20/")
    response = connection.getresponse()
    assert (response.status, response.read()) == (200, b"")
    connection.close()


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"/api/1.0/series/?name=\xff\xfe", 400),
        (b"/api/1.0/series/?name=%00%ff", 200),
        (b"/api/1.0/projects/\xff/", 400),
        (b"/api/1.0/projects/%ff%00/", 404),
        (b"/patch/msgid/a%2Fb%25c+d@example.org/", 302),
        (b"/api/1.0/series/?name=" + b"x" * 6000, 200),
    ],
)
def test_bytes_that_are_no_text_do_no_harm(port: int, target: bytes, status: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = connection.makefile("rb").readline()
    assert answer.split()[1] == str(status).encode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ends_when_it_is_told_to(database: str, number: int) -> None:
    port = free_port()
    process = start(database, f"127.0.0.1:{port}")
    wait_until_it_listens(process, port)
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/api/1.0/")
    assert connection.getresponse().status == 200
    connection.close()
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors


def test_database_of_another_kind_is_refused_in_one_line_without_its_password() -> None:
    process = start("mysql://me:secret@host/x", f"127.0.0.1:{free_port()}")
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (1, "")
    assert errors.startswith("api: database URL: expected sqlite:///PATH or postgresql+psycopg://USER@HOST/DATABASE")
    assert (errors.count("\n"), "secret" in errors) == (1, False)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        pytest.param("127.0.0.1:{port}", "Address already in use", id="taken port"),
        pytest.param("8000", "expected HOST:PORT", id="no address"),
        pytest.param("127.0.0.1:99999", "expected HOST:PORT", id="no port"),
        pytest.param("192.0.2.1:8000", "Cannot assign requested address", id="address of another machine"),
    ],
)
def test_address_that_it_cannot_listen_at_is_one_line(database: str, address: str, reason: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = address.format(port=taken.getsockname()[1])
        process = start(database, address)
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors == f"api: cannot listen at {address}: {reason}\n"
    assert output == ""


def test_workers_count_together_and_leave_nothing(database: str) -> None:
    left = Path(tempfile.mkdtemp(prefix=PREFIX, dir=MEMORY))
    (left / LOCK).touch()
    port = free_port()
    process = start(database, f"127.0.0.1:{port}")
    try:
        wait_until_it_listens(process, port)
        assert ask(port, "/api/1.0/")[0] == 200
        opened = [fd.resolve() for fd in Path(f"/proc/{process.pid}/fd").iterdir()]
        (folder,) = {path.parent for path in opened if path.name == LOCK and path.parent.name.startswith(PREFIX)}
        asked = 1
        while len(list(folder.glob("histogram_*.db"))) < 2:  # until both workers had something to count
            asked += 1
            assert ask(port, "/api/1.0/")[0] == 200
            assert asked < 10_000, "one of the workers counts nothing"
        _, text = ask(port, "/metrics")
        process.terminate()
        process.communicate(timeout=60)
    finally:
        process.kill()
    assert f'patchlog_http_request_seconds_count{{method="GET",route="/api/1.0",status="200"}} {asked}.0' in text
    assert (folder.exists(), left.exists()) == (False, False)
