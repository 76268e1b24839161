"""`patchlog up` as an operator lives with it: it starts, mends itself, refuses what cannot work, and stops."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.running import Running, alive, eventually, patchlog, running, start

REFUSAL_SECONDS = 30


@pytest.fixture
def up(data_directory: Path) -> Iterator[Running]:
    with running(data_directory) as started:
        yield started


@pytest.fixture
def up_anywhere(whole_directory: Path) -> Iterator[Running]:
    """On Kafka too, for what may be otherwise there."""
    with running(whole_directory) as started:
        yield started


def refusal(data: Path, *arguments: str) -> str:
    """What a `patchlog up` says that ends at once with exit status 1."""
    process = start(data, *arguments)
    output, _ = process.communicate(timeout=REFUSAL_SECONDS)
    assert process.returncode == 1, output
    assert output == b""
    return (data.parent / f"{data.name}.stderr").read_text()


def test_when_it_says_ready_both_doors_are_open_and_it_says_what_to_try(up_anywhere: Running) -> None:
    up = up_anywhere
    assert up.greeting().startswith(b"220 ")
    assert up.get_json("") == {"revision": 3}
    assert up.process.stdout is not None
    lines = iter(up.process.stdout.readline, f"     http://{up.http[0]}:{up.http[1]}/\n".encode())
    advice = b"".join(lines).decode()
    assert "patchlog project add" in advice
    assert f"--smtp-server-port={up.smtp[1]}" in advice


@pytest.mark.parametrize("name", ["ingest", "projector", "api"])
def test_a_part_that_is_killed_is_started_again(up_anywhere: Running, name: str) -> None:
    up = up_anywhere
    killed = eventually(lambda: up.parts().get(name))
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: up.parts().get(name, killed) != killed)
    eventually(lambda: up.greeting().startswith(b"220 "))
    eventually(lambda: up.get_json("") == {"revision": 3})
    assert f"exited: {name} (terminated by SIGKILL" in up.stderr.read_text()


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda s: s.name)
def test_it_stops_cleanly_and_leaves_nothing_behind(up: Running, signal_number: signal.Signals) -> None:
    parts = eventually(lambda: found if len(found := up.parts()) == 3 else None)
    up.process.send_signal(signal_number)
    assert up.process.wait(60) == 0
    assert [name for name, pid in parts.items() if alive(pid)] == []
    assert "SIGKILL" not in up.stderr.read_text()


def test_when_it_is_killed_its_parts_end_and_it_can_be_started_at_the_same_ports_again(tmp_path: Path) -> None:
    with running(tmp_path / "data") as first:
        parts = eventually(lambda: found if len(found := first.parts()) == 3 else None)
        first.process.kill()
        first.process.wait()
        eventually(lambda: not any(alive(pid) for pid in parts.values()))
    ports = ("--smtp", "{}:{}".format(*first.smtp), "--http", "{}:{}".format(*first.http))
    with running(tmp_path / "data", *ports) as second:
        assert second.greeting().startswith(b"220 ")
        assert second.stop() == 0


def test_a_second_one_in_the_same_data_directory_is_refused(up: Running) -> None:
    refused = refusal(up.data)
    assert f"in use by another `patchlog up` (process {up.process.pid})" in refused
    assert up.greeting().startswith(b"220 ")


@pytest.mark.parametrize("option", ["--smtp", "--http"])
def test_a_taken_port_is_refused(tmp_path: Path, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"cannot listen on 127.0.0.1:{port}" in refusal(tmp_path / "data", option, f"127.0.0.1:{port}")


def test_a_data_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert refusal(tmp_path / "file").strip() == f"Error: cannot make the data directory {tmp_path}/file: File exists"


def test_a_project_can_be_added_while_it_runs_and_after_it_stopped(up_anywhere: Running) -> None:
    up = up_anywhere
    first = patchlog(*project("one"), data=up.data)
    assert (first.returncode, "the projector has read it" in first.stdout) == (0, True), first
    assert [row["linkname"] for row in up.get_json("projects/")["results"]] == ["one"]
    assert up.stop() == 0
    again = patchlog(*project("one"), data=up.data)
    assert (again.returncode, again.stderr.startswith("Error: there is a project one already")) == (1, True), again


def project(linkname: str) -> tuple[str, ...]:
    named = ("--name", linkname, "--listid", f"{linkname}.example.org", "--listemail", f"{linkname}@example.org")
    return ("project", "add", linkname, *named)
