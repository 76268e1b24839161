"""The receiver's process: it starts, it says why it cannot, it ends when it is told to."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from ingest.app import run
from ingest.doors import read_address
from ingest.log import open_log
from schemas.settings import Settings
from tests.e2e.running import eventually
from tests.ingest.smtp.dialogue import Client
from tests.ingest.test_probes import ask

RUN = """
import json, sys
from ingest.app import run
from schemas.settings import Settings
given = {"smtp": "127.0.0.1:0", **json.loads(sys.argv[2])}
sys.exit(run(Settings(data=sys.argv[1], log_format="json", **given)))
"""


def started(folder: Path, **settings: str | bool) -> tuple[subprocess.Popen[str], int]:
    """A receiver in a process of its own, and the first port that it says."""
    command = [sys.executable, "-c", RUN, str(folder), json.dumps(settings)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    return process, port_said(process)


def port_said(process: subprocess.Popen[str]) -> int:
    assert process.stderr is not None
    port: int = json.loads(process.stderr.readline())["port"]
    return port


def connected(place: Path) -> socket.socket:
    """A connection to a Unix socket. Raises OSError while nobody listens."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(place))
    except OSError:
        connection.close()
        raise
    return connection


@pytest.fixture(autouse=True)
def journal_as_before() -> Iterator[None]:
    """`run` sets up the journal of the whole process, on a stderr that pytest takes away afterwards."""
    yield
    structlog.reset_defaults()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_421_for_the_idle_and_nothing_recorded_is_lost(tmp_path: Path, number: int) -> None:
    process, port = started(tmp_path)
    client, idle = Client(port).greet(), Client(port).greet()
    assert client.send(b"x\r\n").startswith("250 ")
    os.kill(process.pid, number)
    assert (idle.hear(), idle.hear()) == ("421 4.3.2 Shutting down", "")
    process.communicate(timeout=30)
    client.close()
    idle.close()
    log = open_log(f"sqlite:///{tmp_path}/log.db")
    assert (process.returncode, log.end()) == (0, 2)
    log.close()


def test_it_tells_how_it_is_over_http(tmp_path: Path) -> None:
    process, probes = started(tmp_path, ingest_http="127.0.0.1:0")
    client = Client(port_said(process)).greet()
    assert client.send(b"x\r\n").startswith("250 ")
    assert ask(probes, "/healthz") == ask(probes, "/readyz") == (200, "ok\n")
    lines = ask(probes, "/metrics")[1].splitlines()
    assert 'patchlog_mails_received_total{answer="250",list="none"} 1.0' in lines
    assert {"patchlog_smtp_sessions 1.0", "patchlog_log_end 2.0"} <= set(lines)
    assert 'patchlog_disk_reserve_bytes{store="log"} 2.68435456e+08' in lines
    process.terminate()
    process.communicate(timeout=30)
    client.close()


def test_lmtp_on_a_unix_socket_has_the_permissions_asked_for_and_the_socket_goes_with_the_receiver(
    tmp_path: Path,
) -> None:
    place = tmp_path / "lmtp"
    for _ in range(2):  # the second one finds what a receiver that was killed left
        process, _ = started(tmp_path, lmtp=str(place), lmtp_mode="666")
        connection = eventually(lambda: connected(place))
        assert stat.S_IMODE(place.stat().st_mode) == 0o666
        with connection, connection.makefile("rwb", buffering=0) as lines:
            assert lines.readline().startswith(b"220 ")
            for line in (b"LHLO x", b"MAIL FROM:<a@example.org>", b"RCPT TO:<b@example.org>", b"DATA", b"x\r\n."):
                lines.write(line + b"\r\n")
                while (answer := lines.readline())[3:4] == b"-":
                    pass
            assert answer.startswith(b"250 2.0.0 Recorded as ")
        process.kill()
        process.communicate()
    process, _ = started(tmp_path, lmtp=str(place))
    eventually(lambda: connected(place)).close()
    assert stat.S_IMODE(place.stat().st_mode) == 0o660
    assert run(Settings(data=str(tmp_path), smtp="127.0.0.1:0", lmtp=str(place))) == 1  # it is in use
    process.terminate()
    process.communicate()
    assert (process.returncode, place.exists()) == (0, False)


def test_what_stands_where_the_socket_should_be_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "lmtp").write_text("mine")
    assert run(Settings(data=str(tmp_path), smtp="127.0.0.1:0", lmtp=str(tmp_path / "lmtp"))) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == f"patchlog ingest: lmtp: expected a place for a socket at {tmp_path}/lmtp, there is another file"
    assert (tmp_path / "lmtp").read_text() == "mine"


def test_a_taken_port_is_one_line_and_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        assert run(Settings(data=str(tmp_path), smtp=address)) == 1
    assert capsys.readouterr().err.startswith(f"patchlog ingest: smtp: cannot listen on {address}: ")


def test_receivers_that_share_a_port_write_to_one_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, port = started(tmp_path, smtp_shared=True)
    second, same = started(tmp_path, smtp_shared=True, smtp=f"127.0.0.1:{port}")
    assert same == port
    first.terminate()  # what is sent now, the second one takes, whoever was given the sessions before
    first.communicate(timeout=30)
    client = Client(port).greet()
    assert client.send(b"x\r\n").startswith("250 ")
    client.close()
    assert run(Settings(data=str(tmp_path), smtp=f"127.0.0.1:{port}")) == 1  # it does not say that it shares
    assert "cannot listen on" in capsys.readouterr().err
    second.terminate()
    second.communicate(timeout=30)
    assert (first.returncode, second.returncode) == (0, 0)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        pytest.param({"smtp": "8025"}, "smtp: expected HOST:PORT, came '8025'", id="no host"),
        pytest.param({"smtp": "localhost:70000"}, "smtp: expected HOST:PORT, came 'localhost:70000'", id="port"),
        pytest.param({"smtp_clients": "all"}, "smtp_clients: expected networks", id="clients"),
        pytest.param({"smtp_recipients": "me"}, "smtp_recipients: expected NAME@DOMAIN", id="recipients"),
        pytest.param({"max_mail_bytes": 0}, "max_mail_bytes: expected a number above 0, came 0", id="size"),
        pytest.param({"lmtp": "lmtp.sock"}, "lmtp: expected HOST:PORT or the absolute path of", id="lmtp"),
        pytest.param({"lmtp": "/x", "lmtp_mode": "rw"}, "lmtp_mode: expected permissions such as 660", id="mode"),
        pytest.param({"smtp_proxies": "here"}, "smtp_proxies: expected networks", id="proxies"),
        pytest.param({"smtp_certificate": "/absent"}, "smtp_certificate: expected a PEM file", id="certificate"),
        pytest.param({"smtp_users": "/absent"}, "smtp_users: expected smtp_certificate beside", id="users"),
        pytest.param({"smtp_memory_bytes": 1}, "smtp_memory_bytes: expected ", id="memory"),
        pytest.param({"ingest_http": "8026"}, "ingest_http: expected HOST:PORT, came '8026'", id="probes"),
        pytest.param({"metrics_clients": "all"}, "metrics_clients: expected networks", id="readers of figures"),
        pytest.param({"log_format": "xml"}, "log_format: expected one of text, json, came 'xml'", id="format"),
        pytest.param({"log": "tape:///dev/st0"}, "log URL: expected ", id="log"),
    ],
)
def test_a_bad_setting_is_one_line_and_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: dict[str, str], message: str
) -> None:
    assert run(Settings(data=str(tmp_path), **wrong)) == 1  # type: ignore[arg-type]  # a table of fields of any type
    error = capsys.readouterr().err
    assert error.startswith(f"patchlog ingest: {message}") and error.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("0.0.0.0:25", ("0.0.0.0", 25), id="IPv4"),
        pytest.param("[::1]:25", ("::1", 25), id="IPv6"),
        pytest.param("mx.example.org:0", ("mx.example.org", 0), id="name"),
    ],
)
def test_address(text: str, expected: tuple[str, int]) -> None:
    assert read_address(text) == expected
