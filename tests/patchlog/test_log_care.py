"""`patchlog log info`, `cat`, `verify`, `export` and `import`, on a log whose read model is there too."""

import json
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from ingest.log import open_log
from ingest.log.codec import CHANGED
from ingest.log.running import CHECKPOINT_EVERY
from patchlog.__main__ import patchlog_commands
from schemas.records import ClockAdvanced
from tests.ingest.log.damage import body, delete, exchange, flip_byte, put, rewrite
from tests.ingest.log.facts import MAIL, WHEN, state
from tests.patchlog.station import Station

ROOT = Path(__file__).resolve().parents[2]
TITLE = "\x1b[31m[PATCH] red"


@pytest.fixture
def station(tmp_path: Path) -> Station:
    """A log with a mail at record 4 and much behind it."""
    assert MAIL.parsed is not None
    mail = msgspec.structs.replace(MAIL, parsed=msgspec.structs.replace(MAIL.parsed, subject=TITLE))
    station = Station(tmp_path, mail, *[ClockAdvanced(until=WHEN)] * CHECKPOINT_EVERY)
    station.follow()
    station.log.close()
    return station


def path(station: Station) -> Path:
    return station.folder / "log.db"


def test_verify_prints_the_running_hash_that_info_has_and_that_can_be_expected(station: Station) -> None:
    shown = station.run("log", "verify")
    running = station.json("log", "info")["running_hash"]
    assert running.endswith("@1004")
    assert (shown.exit_code, shown.stdout) == (0, f"1004 records are what they were; running hash {running}\n")
    assert station.run("log", "verify", "--expect", running, "--expect", running.upper()).exit_code == 0


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        pytest.param("00" * 32 + "@500", "between record 1 and record 500: records were exchanged", id="another"),
        pytest.param("00" * 32 + "@2000", "behind record 1004: records up to 2000 are missing", id="longer"),
    ],
)
def test_a_log_that_is_not_what_was_written_down_fails(station: Station, expected: str, said: str) -> None:
    shown = station.run("log", "verify", "--expect", expected)
    assert (shown.exit_code, shown.stdout.startswith(said), "one thing is wrong" in shown.stderr) == (1, True, True)


@pytest.mark.parametrize("expected", ["", "12@5", "00" * 32, f"{'00' * 32}@x", f"{'0g' * 32}@5"])
def test_what_is_no_running_hash_is_refused(station: Station, expected: str) -> None:
    shown = station.run("log", "verify", "--expect", expected)
    assert (shown.exit_code, "expected 64 hexadecimal digits, @ and a record id" in shown.output) == (2, True)


def test_all_that_is_wrong_is_listed_and_the_status_is_1(station: Station) -> None:
    flip_byte(path(station), 4)
    exchange(path(station), 1001, 4)
    delete(path(station), 1003)
    shown = station.run("log", "verify")
    assert shown.exit_code == 1
    assert shown.stdout.splitlines()[0].startswith("between record 1 and record 1000: ")
    assert shown.stdout.splitlines()[1:] == [f"record 1001: {CHANGED}", "record 1003 is missing"]
    assert "3 things are wrong with the log" in shown.stderr


def test_a_record_rewritten_with_its_digest_is_found_by_the_read_model(station: Station) -> None:
    log = open_log(f"sqlite:///{path(station)}")
    (record,) = log.get([4])
    log.close()
    rewrite(path(station), record, state(1))
    shown = station.run("log", "verify")
    assert (shown.exit_code, shown.stdout.startswith("between record 1 and record 1000: ")) == (1, True)


def test_a_record_that_was_taken_from_a_backup_mends_it(station: Station) -> None:
    backup = body(path(station), 4)
    flip_byte(path(station), 4)
    assert station.run("log", "verify").exit_code == 1
    put(path(station), 4, backup)
    assert station.run("log", "verify").exit_code == 0


def test_without_a_read_model_it_says_so_and_verifies_the_rest(station: Station) -> None:
    for file in station.folder.glob("readmodel.db*"):
        file.unlink()
    shown = station.run("log", "verify")
    assert (shown.exit_code, shown.stderr.startswith("not held to a read model: ")) == (0, True)
    assert station.json("log", "info")["running_hash"] is None


def test_info_counts_by_type_when_asked(station: Station) -> None:
    flip_byte(path(station), 4)
    put(path(station), 5, b"")
    shown = station.json("log", "info", "--count")
    assert shown["bytes"] > 30_000
    assert shown["types"] == {
        "clock.advanced": 999,
        "project.added": 2,
        "(damaged)": 1,
        "log.opened": 1,
        "mail.received": 1,
    }
    assert "  clock.advanced: 999\n" in station.run("log", "info", "--count").stdout
    assert "types" not in station.json("log", "info")


def test_cat_prints_lines_for_people(station: Station) -> None:
    lines = station.run("log", "cat", "--from", "3", "--limit", "2").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["3", "4"]
    assert lines[0].index("project.added") == lines[1].index("mail.received")
    assert "linkname=two" in lines[0]
    assert lines[1].endswith("smtp: <one@example.org> \ufffd[31m[PATCH] red"), "no control character reaches a terminal"


def test_cat_takes_some_types_and_a_place_to_begin(station: Station) -> None:
    shown = station.run("log", "cat", "--json", "--type", "mail.received", "--type", "log.opened")
    assert [json.loads(line)["id"] for line in shown.stdout.splitlines()] == [1, 4]
    shown = station.run("log", "cat", "--after", "1", "--type", "project.added", "--json")
    assert [json.loads(line)["id"] for line in shown.stdout.splitlines()] == [2, 3]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(("--from", "1", "--after", "1"), "expected one of --from and --after", id="both"),
        pytest.param(("--raw",), "--raw: expected --json beside it", id="raw"),
        pytest.param(("--type", "mail"), "--type: expected one of clock.advanced, ", id="type"),
    ],
)
def test_cat_refuses_what_makes_no_sense(station: Station, arguments: tuple[str, ...], said: str) -> None:
    shown = station.run("log", "cat", *arguments)
    assert (shown.exit_code, said in shown.stderr) == (2, True)


def test_cat_stops_at_a_damaged_record_and_names_it(station: Station) -> None:
    flip_byte(path(station), 4)
    shown = station.run("log", "cat")
    assert (shown.exit_code, shown.stderr) == (1, f"Error: record 4: {CHANGED}\n")


def test_a_log_is_exported_and_imported_with_every_id(station: Station, tmp_path: Path) -> None:
    file, there = tmp_path / "log.zst", tmp_path / "there"
    exported = station.run("log", "export", str(file))
    running = station.json("log", "info")["running_hash"]
    assert exported.stdout == f"{file} has 1004 records up to record 1004; running hash {running}\n"
    imported = CliRunner().invoke(patchlog_commands, ["log", "import", str(file), "--data", str(there)])
    assert imported.exit_code == 0
    assert imported.stdout == (
        f"sqlite:///{there}/log.db has the records up to 1004 of {file}, and record 1005, which says so;"
        " next: `patchlog replay --fresh`\n"
    )
    again = CliRunner().invoke(patchlog_commands, ["log", "import", str(file), "--data", str(there)])
    assert (again.exit_code, "records of its own" in again.stderr) == (1, True)
    assert Station(there).run("log", "verify", "--expect", running).exit_code == 0


def test_a_file_that_was_cut_leaves_no_log(station: Station, tmp_path: Path) -> None:
    file, there = tmp_path / "log.zst", tmp_path / "there"
    station.run("log", "export", str(file))
    file.write_bytes(file.read_bytes()[:-5])
    imported = CliRunner().invoke(patchlog_commands, ["log", "import", str(file), "--data", str(there)])
    assert (imported.exit_code, "cut" in imported.stderr, there.exists()) == (1, True, False)


def test_the_program_in_the_docs_reads_an_export(station: Station, tmp_path: Path) -> None:
    file = tmp_path / "log.zst"
    station.run("log", "export", str(file))
    (program,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "log.md").read_text(), re.DOTALL)
    run = subprocess.run([sys.executable, "-c", program, str(file)], capture_output=True, text=True, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    assert len(lines) == 1 + 1004 + 1
    assert lines[4].split()[0] == "4" and str(MAIL.raw) in lines[4]
    assert station.json("log", "info")["running_hash"].partition("@")[0] in lines[-1]
