"""The command line: every command explains itself, takes --data, and fails in one sentence."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from ingest.log import open_log
from patchlog.__main__ import patchlog_commands
from schemas.records import ProjectAdded

HEAVY = ("sqlalchemy", "rich.progress", "falcon", "gunicorn", "aiosmtpd", "supervisor", "sqlite3", "uvloop")
ADD_DEMO = (
    "project",
    "add",
    "demo",
    "--name",
    "Demo",
    "--listid",
    "Demo.Example.org",
    "--listemail",
    "demo@example.org",
)


def all_commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from all_commands(command, (*path, name))
        else:
            yield (*path, name)


def find_command(path: Iterable[str], group: click.Command = patchlog_commands) -> click.Command:
    for name in path:
        assert isinstance(group, click.Group)
        found = group.get_command(click.Context(group), name)
        assert found is not None, f"there is no command {name}"
        group = found
    return group


def shown_help(command: tuple[str, ...]) -> str:
    """What `--help` prints on a terminal of 80 columns, of which click leaves two."""
    shown = CliRunner().invoke(patchlog_commands, [*command, "--help"], prog_name="patchlog", terminal_width=78)
    assert shown.exit_code == 0, shown.output
    return shown.stdout


COMMANDS = list(all_commands(patchlog_commands))
GROUPS = sorted({command[:1] for command in COMMANDS if len(command) > 1})


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


def patchlog(*arguments: str, data: Path) -> Result:
    return CliRunner().invoke(patchlog_commands, [*arguments, "--data", str(data)])


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_has_an_example_and_the_data_directory(command: tuple[str, ...]) -> None:
    shown = shown_help(command)
    assert f"Example: patchlog {' '.join(command)}" in shown
    assert "--data DIR" in shown


@pytest.mark.parametrize("group", [(), *GROUPS], ids=" ".join)
def test_help_of_a_group_has_an_example_and_a_whole_line_for_each_command(group: tuple[str, ...]) -> None:
    shown = shown_help(group)
    assert f"patchlog {' '.join(group)}" in shown.partition("\n")[2].partition("Options:")[0]
    commands = shown.partition("Commands:\n")[2].splitlines()
    assert commands and all(line.endswith(".") and not line.endswith("...") for line in commands)


@pytest.mark.parametrize("command", [(), *GROUPS, *COMMANDS], ids=" ".join)
def test_help_fits_a_terminal_of_80_columns(command: tuple[str, ...]) -> None:
    assert [line for line in shown_help(command).splitlines() if len(line) > 80] == []


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; from patchlog.__main__ import main\n"
        "try: main()\n"
        f"except SystemExit: print([name for name in {HEAVY} if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", program, "--help"], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("arguments", "status", "expected"),
    [
        pytest.param(("no-such-command",), 2, "No such command", id="unknown command"),
        pytest.param(("project", "add", "demo"), 2, "Missing option", id="missing option"),
        pytest.param(("status",), 1, "Error: no ", id="nothing there yet"),
        pytest.param(("log", "info"), 1, "Error: no log at", id="no log yet"),
        pytest.param(("project", "set", "demo", "--name", "x"), 1, "Error: no log at", id="no log to change"),
        pytest.param(("project", "set", "demo"), 2, "nothing to change", id="no change"),
        pytest.param((*ADD_DEMO[:2], "1", *ADD_DEMO[3:]), 1, "linkname: expected", id="bad linkname"),
        pytest.param(("up", "--smtp", "nowhere"), 1, "smtp: expected HOST:PORT", id="bad address"),
    ],
)
def test_failure(data: Path, arguments: tuple[str, ...], status: int, expected: str) -> None:
    failed = patchlog(*arguments, data=data)
    assert (failed.exit_code, expected in failed.stderr) == (status, True), failed.output


def test_a_bad_setting_is_a_usage_error(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATCHLOG_MAX_MAIL_BYTES", "much")
    failed = patchlog("status", data=data)
    assert failed.exit_code == 2
    assert "max_mail_bytes" in failed.stderr


def test_a_project_is_added_to_the_log_listed_changed_and_not_added_twice(data: Path) -> None:
    assert patchlog(*ADD_DEMO, data=data).exit_code == 0
    twice = patchlog(*ADD_DEMO, data=data)
    assert (twice.exit_code, twice.stderr) == (1, "Error: there is a project demo already (record 2)\n")
    assert patchlog("project", "set", "demo", "--web-url", "https://demo.example.org/", data=data).exit_code == 0
    assert json.loads(patchlog("project", "list", "--json", data=data).stdout) == [
        {
            "id": 2,
            "linkname": "demo",
            "name": "Demo",
            "listid": "demo.example.org",
            "listemail": "demo@example.org",
            "web_url": "https://demo.example.org/",
            "scm_url": "",
            "webscm_url": "",
            "subject_prefix_tags": [],
            "wait_seconds": 1800,
            "partial_wait_seconds": 120,
            "branch_tokens": None,
            "author_aliases": {},
            "supersedes": False,
            "from_list": [],
            "rewriters": [],
            "require_dkim": "",
            "submitter_states": None,
        }
    ]


def test_the_log_is_printed_record_by_record(data: Path) -> None:
    data.mkdir()
    log = open_log(f"sqlite:///{data}/log.db")
    log.append([ProjectAdded(linkname="demo", name="Demo", listid="demo.example.org", listemail="demo@example.org")])
    log.close()
    lines = patchlog("log", "cat", "--json", data=data).stdout.splitlines()
    assert [json.loads(line)["type"] for line in lines] == ["log.opened", "project.added"]
    assert patchlog("log", "cat", "--json", "--after", "1", "--limit", "1", data=data).stdout.splitlines() == lines[1:]
    assert json.loads(patchlog("log", "info", "--json", data=data).stdout)["end"] == 2
