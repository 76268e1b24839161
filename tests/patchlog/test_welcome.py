"""What a newcomer is told when everything runs."""

from pathlib import Path

import pytest

from patchlog.address import Address
from patchlog.welcome import CURL, SEND_EMAIL, missing_programs, next_steps, ready_text

SMTP, HTTP = Address("0.0.0.0", 8025), Address("127.0.0.1", 8000)
NOTES = {
    SEND_EMAIL: "(there is no `git send-email` on this machine; on Debian: apt-get install git-email)",
    CURL: "(there is no `curl` on this machine; on Debian: apt-get install curl)",
}


def program(folder: Path, name: str, script: str = "exit 0") -> None:
    """Make a program."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of the PATH, and where git says that its other programs are in `core`."""
    program(tmp_path / "bin", "git", f"echo {tmp_path}/core")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path


def test_pages_are_named_first(monkeypatch: pytest.MonkeyPatch) -> None:
    line = ready_text("data", SMTP, HTTP, fresh=False)
    assert line.startswith("patchlog is ready: pages on http://127.0.0.1:8000/, SMTP on 0.0.0.0:8025, API on ")
    assert "\n" not in line
    assert ready_text("data", SMTP, HTTP, fresh=True).startswith(f"{line}\n\nTry it, in another terminal:\n")


@pytest.mark.parametrize("missing", [(), (SEND_EMAIL,), (CURL,), (SEND_EMAIL, CURL)], ids="+".join)
def test_steps_say_what_brings_a_program_that_is_missing(missing: tuple[str, ...]) -> None:
    steps = next_steps("data", SMTP, "http://127.0.0.1:8000/", frozenset(missing))
    assert {name for name, note in NOTES.items() if note in steps} == set(missing)


def test_programs_that_a_shell_finds_are_not_missing(path: Path) -> None:
    assert missing_programs() == {SEND_EMAIL, CURL}
    program(path / "bin", "curl")
    program(path / "core", "git-send-email")
    assert missing_programs() == frozenset()


def test_git_send_email_may_be_on_the_path_itself(path: Path) -> None:
    program(path / "bin", "git-send-email")
    assert missing_programs() == {CURL}


def test_without_git_there_is_no_git_send_email(path: Path) -> None:
    program(path / "core", "git-send-email")
    (path / "bin/git").unlink()
    assert missing_programs() == {SEND_EMAIL, CURL}
