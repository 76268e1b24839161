"""deploy/systemd: systemd takes the units, and they give the services no more than they need."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "systemd"
UNITS = sorted(FOLDER.glob("*.service"), key=lambda unit: unit.stem)


def test_there_is_a_unit_for_all_and_for_each_part() -> None:
    assert [unit.stem for unit in UNITS] == ["patchlog", "patchlog-api", "patchlog-ingest", "patchlog-projector"]


def test_systemd_takes_the_units_without_a_word(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed (deploy/install-test-tools)")
    program = Path(sys.prefix) / "bin" / "patchlog"  # it has to be there, and is not in /opt on this machine
    for unit in UNITS:
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/patchlog/.venv/bin/patchlog", str(program)))
    command = ["systemd-analyze", "verify", *map(str, sorted(tmp_path.iterdir()))]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_service_has_a_user_and_a_place_of_its_own_and_nothing_else(unit: Path) -> None:
    lines = unit.read_text().splitlines()
    assert {"DynamicUser=yes", "ProtectSystem=strict", "StateDirectory=patchlog", "NoNewPrivileges=yes"} <= set(lines)


def test_the_command_beside_the_services_is_run_as_they_are() -> None:
    script = (FOLDER / "patchlog-command").read_text()
    assert {"DynamicUser=yes", "User=patchlog", "StateDirectory=patchlog"} <= {
        word.removeprefix("--property=") for word in script.split()
    }


@pytest.mark.parametrize("program", ["", "/opt/patchlog-next/.venv/bin/patchlog"])
def test_the_command_runs_the_version_of_the_services_unless_another_one_is_named(program: str, tmp_path: Path) -> None:
    stand_in = tmp_path / "systemd-run"
    stand_in.write_text('#!/bin/sh\nfor word; do echo "$word"; done\n')
    stand_in.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "PROGRAM": program}
    command = ["sh", str(FOLDER / "patchlog-command"), "status", "--no-alarm"]
    told = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.splitlines()
    assert told[-3:] == [program or "/opt/patchlog/.venv/bin/patchlog", "status", "--no-alarm"]
