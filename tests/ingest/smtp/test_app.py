"""The receiver's process: it starts, it says why it cannot, it ends when it is told to."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from ingest.app import read_address, run
from ingest.log import open_log
from schemas.settings import Settings
from tests.ingest.smtp.dialogue import Client

RUN = """
import sys
from ingest.app import run
from schemas.settings import Settings
sys.exit(run(Settings(data=sys.argv[1], smtp="127.0.0.1:0", log_format="json")))
"""


def started(folder: Path) -> tuple[subprocess.Popen[str], int]:
    """A receiver in a process of its own, and the port that it says it receives at."""
    process = subprocess.Popen([sys.executable, "-c", RUN, str(folder)], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    line = process.stderr.readline()
    return process, json.loads(line)["port"]


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


def test_a_taken_port_is_one_line_and_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        assert run(Settings(data=str(tmp_path), smtp=address)) == 1
    assert capsys.readouterr().err.startswith(f"patchlog ingest: smtp: cannot listen on {address}: ")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        pytest.param({"smtp": "8025"}, "smtp: expected HOST:PORT, came '8025'", id="no host"),
        pytest.param({"smtp": "localhost:70000"}, "smtp: expected HOST:PORT, came 'localhost:70000'", id="port"),
        pytest.param({"smtp_clients": "all"}, "smtp_clients: expected networks", id="clients"),
        pytest.param({"smtp_recipients": "me"}, "smtp_recipients: expected NAME@DOMAIN", id="recipients"),
        pytest.param({"max_mail_bytes": 0}, "max_mail_bytes: expected a number above 0, came 0", id="size"),
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
