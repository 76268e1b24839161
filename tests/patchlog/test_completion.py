"""Shells complete commands and options, by what click asks of a program; in bash it is tried as a whole."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from patchlog.__main__ import patchlog_commands
from tests.patchlog.pages import read

SHELLS = ("bash", "zsh", "fish")


def asked(shell: str, line: str) -> list[str]:
    """What a shell hears when somebody presses the tabulator behind `line`."""
    words = line.split(" ")
    position = words[-1] if shell == "fish" else str(len(words) - 1)
    environment = {"_PATCHLOG_COMPLETE": f"{shell}_complete", "COMP_WORDS": line, "COMP_CWORD": position}
    told = CliRunner().invoke(patchlog_commands, prog_name="patchlog", env=environment)
    assert told.exit_code == 0, told.output
    return told.stdout.splitlines()


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("patchlog stat", "status", id="a command"),
        pytest.param("patchlog dead-letters ack", "acknowledge", id="a command of a group"),
        pytest.param("patchlog project add demo --super", "--supersede", id="an option"),
        pytest.param("patchlog dead-letters list --reason bad", "bad-header", id="a value"),
    ],
)
def test_one_that_fits_is_completed(shell: str, line: str, expected: str) -> None:
    told = asked(shell, line)
    words = {word for one in told for word in one.replace("\t", ",").split(",")}
    assert expected in words, told
    assert not {"up", "--json", "no-project"} & words, told


@pytest.mark.parametrize("shell", SHELLS)
def test_the_data_directory_is_completed_by_the_shell(shell: str) -> None:
    assert asked(shell, "patchlog status --data /var/li")[0].startswith("dir")


@pytest.mark.parametrize("shell", SHELLS)
def test_a_setting_that_is_wrong_is_in_nobodys_way(shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATCHLOG_API_WORKERS", "many")
    assert any("--no-alarm" in line for line in asked(shell, "patchlog status --no"))


@pytest.mark.parametrize("shell", SHELLS)
def test_the_page_says_how_a_shell_learns_it(shell: str) -> None:
    assert f"_PATCHLOG_COMPLETE={shell}_source patchlog" in read("docs/install.md")
    script = CliRunner().invoke(patchlog_commands, prog_name="patchlog", env={"_PATCHLOG_COMPLETE": f"{shell}_source"})
    assert "_patchlog_completion" in script.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes_a_command_and_an_option(tmp_path: Path) -> None:
    program = tmp_path / "patchlog"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m patchlog "$@"\n')
    program.chmod(0o755)
    script = """
        source <(_PATCHLOG_COMPLETE=bash_source patchlog)
        for COMP_LINE in "patchlog dead-letters ackn" "patchlog status --no-a"; do
            COMP_WORDS=($COMP_LINE) COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 )) COMPREPLY=()
            _patchlog_completion patchlog
            echo "${COMPREPLY[@]}"
        done
    """
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": os.pathsep.join(sys.path)}
    told = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, env=environment, check=True)
    assert told.stdout.split() == ["acknowledge", "--no-alarm"], told.stderr
