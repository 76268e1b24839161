"""`patchlog replay` as a command: how it is stopped and gone on with, and what it says."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from click.testing import CliRunner

import projector.replay
from api.server import run
from patchlog.__main__ import patchlog_commands
from patchlog.configuration import load_settings
from tests.api.test_server import free_port, wait_until_it_listens
from tests.patchlog.station import Station
from tests.projector.fold.mailing import series
from tests.replay.test_rehearsal import fix_the_parser, in_bars


@pytest.fixture
def station(data_directory: Path) -> Iterator[Station]:
    station = Station(data_directory, *series("a", 2))
    station.follow()
    yield station
    station.log.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_stops_it_and_the_next_one_goes_on(
    station: Station, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fold_one(generation: projector.replay.Generation, limit: int) -> int:
        if generation.position == 3:
            os.kill(os.getpid(), number)
        return fold(generation, 1)

    fold = projector.replay.Generation.fold
    handler = signal.getsignal(number)
    with monkeypatch.context() as patched:
        patched.setattr(projector.replay.Generation, "fold", fold_one)
        stopped = station.run("replay")
    assert stopped.exit_code == 1
    assert (
        f"Error: stopped at record 4 of {station.log.end()}; `patchlog replay` goes on from there\n" in stopped.stderr
    )
    assert signal.getsignal(number) == handler
    assert station.models.live() == 1
    done = station.run("replay", "--drop-old")
    assert done.stdout == "replayed: generation 2 of the read model has caught up with the log and is live\n"
    assert station.models.numbers() == [2]


def test_fresh_one_begins_anew(station: Station) -> None:
    begun = projector.replay.Generation(station.log, station.models, station.models.create())
    begun.fold(3)
    begun.close()
    told = station.run("replay", "--fresh")
    assert (told.exit_code, station.models.numbers()) == (0, [1, 2])
    assert station.models.successor(2) == (0, station.log.end())


def test_dry_run_says_what_would_change_and_changes_nothing(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    assert station.run("replay", "--dry-run").stdout == "nothing would change\n"
    station.log.append(in_bars("d", 1, "net: [d]"))
    station.follow()
    fix_the_parser(monkeypatch)
    found = station.json("replay", "--dry-run")
    (added,) = found["series_added"]
    assert (added["project"], added["name"]) == ("demo", "net: [d]")
    assert added["message_ids"] == [f"d-{number}@example.org" for number in range(3)]
    assert [one["after"] for one in found["revisions_added"]] == [f"{added['series']}/1"]
    lines = station.run("replay", "--dry-run").stdout.splitlines()
    assert lines[0].split() == ["series", "added", "demo", str(added["series"]), "net:", "[d]"]
    assert lines[1:4] == [f"    <d-{number}@example.org>" for number in range(3)]
    changes = [line.split()[0] for line in lines if not line.startswith(" ")]
    assert changes == ["series", "revision", "patch", "patch", "event", "events"]
    assert lines[-1] == "events to be announced: 1, of which rebuilt: 1"
    assert (found["compared"], found["rebuilt"]) == (True, 1)
    assert station.models.numbers() == [1]


def test_state_as_of_a_moment_is_built_listed_and_dropped(station: Station) -> None:
    built = station.run("replay", "--until", "2999-01-01")
    assert built.stdout == (
        "generation 2 has the state as of 2999-01-01 00:00:00 UTC:"
        " `patchlog api --generation 2` serves it, `patchlog replay --drop 2` removes it\n"
    )
    listed = station.json("replay", "--list")
    assert [(one["generation"], one["state"], one["until"]) for one in listed] == [
        (1, "live", None),
        (2, "as of", "2999-01-01T00:00:00Z"),
    ]
    lines = station.run("replay", "--list").stdout.splitlines()
    assert [line.split("\t")[:2] for line in lines] == [["1", "live"], ["2", "as of 2999-01-01 00:00:00 UTC"]]
    assert station.run("replay", "--drop", "2").stdout == "generation 2 is gone\n"
    assert station.run("replay", "--drop", "2").exit_code == 1
    refused = station.run("replay", "--drop", "1")
    assert (refused.exit_code, refused.stderr) == (
        1,
        "Error: generation 1 is live: it can be dropped when another one is\n",
    )
    assert "nothing had been recorded by 1998-12-31T22" in station.run("replay", "--until", "1999-01-01T00+02").stderr


def test_api_serves_the_generation_that_is_named(station: Station) -> None:
    station.run("replay", "--until", "2999-01-01")
    station.log.append(series("b", 2, name="net: b"))
    station.follow()
    port = free_port()
    command = [sys.executable, "-m", "patchlog", "api", "--generation", "2", "--http", f"127.0.0.1:{port}"]
    process = subprocess.Popen([*command, "--data", str(station.folder)], stderr=subprocess.PIPE, text=True)
    try:
        wait_until_it_listens(process, port)
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", "/api/1.0/series/")
        assert [one["name"] for one in json.load(connection.getresponse())["results"]] == ["net: fix leaks"]
        connection.request("PATCH", "/api/1.0/series/4/", body="{}")
        assert connection.getresponse().status == 409
    finally:
        process.terminate()
        assert process.wait(30) == 0


def test_api_says_that_there_is_no_such_generation(station: Station) -> None:
    refused = run(load_settings({}, {"data": str(station.folder)}), 9)
    assert refused == 1


@pytest.mark.parametrize(
    "options",
    [
        ["--dry-run", "--fresh"],
        ["--dry-run", "--drop-old"],
        ["--json"],
        ["--list", "--drop", "1"],
        ["--until", "2026-01-01", "--json"],
        ["--until", "soon"],
    ],
    ids=" ".join,
)
def test_options_that_do_not_go_together(station: Station, options: list[str]) -> None:
    assert station.run("replay", *options).exit_code == 2


def test_there_is_nothing_to_replay_without_a_log(tmp_path: Path) -> None:
    refused = CliRunner().invoke(patchlog_commands, ["replay", "--data", str(tmp_path)])
    assert refused.exit_code == 1
    assert "no log at" in refused.stderr
