"""What commands show on terminals of 60, 80 and 120 columns: nothing wraps, nothing but terminals has colours."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.receipt import receive
from patchlog.cli.differences import show_differences
from projector.differences import Differences, RevisionDifference, SeriesDifference
from schemas.records import ProjectAdded
from tests.ingest.archive.making import mails, mboxrd
from tests.patchlog.screen import on_a_terminal
from tests.patchlog.station import Station
from tests.projector.fold.mailing import START, mail, series

LONG = ProjectAdded(
    linkname="long",
    name="A protocol whose name is longer than others",
    listid="development-of-the-protocol.lists.example.org",
    listemail="development-of-the-protocol@lists.example.org",
)
WORDS = "net: a subject that says more than a line of any terminal that people look at can say of it, and goes on"
UNREAD = [
    mail(f"[PATCH] {number}: {WORDS}", f"un-{number}-{'x' * 40}", list_id="un.example.org") for number in range(3)
]
BROKEN = receive(b"Subject: broken\r\nX-Relay : lost\r\n\r\n", source="smtp", received_at=START)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with projects, a series, and dead letters of which one alarms."""
    station = Station(tmp_path_factory.mktemp("data"), LONG, *series("a", 2), *UNREAD, BROKEN)
    station.follow()
    station.log.close()
    return station.folder


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("status",), id="status"),
        pytest.param(("project", "list"), id="project list"),
        pytest.param(("dead-letters", "list"), id="dead-letters list"),
        pytest.param(("replay", "--list"), id="replay --list"),
        pytest.param(("replay", "--dry-run"), id="replay --dry-run"),
        pytest.param(("replay",), id="replay"),
    ],
)
def test_no_line_is_wider_than_the_terminal(folder: Path, command: tuple[str, ...], columns: int) -> None:
    screen = on_a_terminal(columns, *command, "--data", str(folder))
    assert screen.text.strip()
    assert screen.widest <= columns, screen.text


def test_running_hash_has_a_line_of_its_own(folder: Path) -> None:
    asked = [sys.executable, "-m", "patchlog", "log", "info", "--json", "--data", str(folder)]
    running = json.loads(subprocess.run(asked, capture_output=True, check=True).stdout)["running_hash"]
    for command in ("verify", "info"):
        screen = on_a_terminal(80, "log", command, "--data", str(folder))
        assert screen.status == 0 and running in screen.text.splitlines(), screen.text


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_bars_have_room(folder: Path, tmp_path: Path, columns: int) -> None:
    box = tmp_path / "box"
    box.write_bytes(mboxrd(mails(20)))
    imported = on_a_terminal(columns, "import", str(box), "--data", str(tmp_path / "data"))
    verified = on_a_terminal(columns, "log", "verify", "--data", str(folder))
    replayed = on_a_terminal(columns, "replay", "--data", str(folder))
    for screen in (imported, verified, replayed):
        bars = [line for line in screen.shown() if "━" in line]
        assert bars and max(map(len, bars)) <= columns
        assert {line.strip()[0] for line in bars} <= set("━╸r")


def test_differences_are_lines_with_their_mails_below(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lists = {**{name: [] for name in Differences.__struct_fields__}, "compared": True, "rebuilt": 0}
    changed = RevisionDifference("demo", WORDS, "7/1", "9/2", ("a@example.org",), gained=("b@example.org",))
    added = SeriesDifference(12, "demonstration", "short", ("c@example.org",))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    show_differences(Differences(**{**lists, "series_added": [added], "revisions_moved": [changed]}))
    first, _, second, *names = capsys.readouterr().out.splitlines()
    assert first == "series added    demonstration  12  short"
    assert second.startswith("revision moved  demo           7/1 -> 9/2  net: a subject") and second.endswith("…")
    assert len(second) == 80
    assert names == ["    <a@example.org>", "    gained <b@example.org>"]


def test_list_leaves_out_what_others_can_do_without(folder: Path) -> None:
    narrow, wide = (on_a_terminal(columns, "project", "list", "--data", str(folder)).text for columns in (80, 150))
    assert narrow.splitlines()[0].split() == ["linkname", "name", "list", "id"]
    assert LONG.name in narrow and "…" in narrow and LONG.listemail not in narrow
    assert LONG.name in wide and f"<{LONG.listid}>" in wide and LONG.listemail in wide
    starts = {line.index("<") for line in wide.splitlines()[1:]}
    assert starts == {wide.index("list id")}


def test_only_terminals_have_colours_and_only_where_they_are_wanted(folder: Path) -> None:
    command = ["status", "--data", str(folder)]
    assert on_a_terminal(80, *command).is_coloured, "a dead letter alarms"
    assert not on_a_terminal(80, *command, NO_COLOR="1").is_coloured
    piped = subprocess.run([sys.executable, "-m", "patchlog", *command], capture_output=True, check=False)
    assert piped.returncode == 1 and b"\x1b" not in piped.stdout + piped.stderr
