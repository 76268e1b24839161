"""The example for CI authors: it tests what comes, reports it, and goes on where it was when it was killed."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.am.git import git
from tests.e2e.running import Running, eventually, patchlog, running
from tests.e2e.sending import LIST, PATCHES, make_repository, need_git_send_email, send

BOT = Path(__file__).parents[2] / "docs" / "examples" / "ci_bot.py"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    need_git_send_email()
    (tmp_path / "repository").mkdir()
    return make_repository(tmp_path / "repository")


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path / "data") as started:
        names = ("--name=Demo", "--listid=demo.example.org", f"--listemail={LIST}")
        assert patchlog("project", "add", "demo", *names, data=started.data).returncode == 0
        yield started


def test_every_revision_is_tested_also_those_that_came_while_the_bot_was_dead(
    up: Running, repository: Path, tmp_path: Path
) -> None:
    assert patchlog("user", "add", "ci", data=up.data).returncode == 0
    issued = patchlog("token", "issue", "ci", "--project=demo", "--test=ci/*", data=up.data).stdout
    (tmp_path / "token").write_text(issued.split()[-1])

    count = "test $(git rev-list --count base..) = $1 && echo all $1 are there"
    with bot(up, repository, "base", "sh", "-c", count, "-", str(PATCHES)) as state:
        eventually(state.exists)  # from here on it is told of everything
        send(repository, up)
        assert result(up, 1) == ("success", f"all {PATCHES} are there")

    branch_off(repository, "elsewhere")
    send_one(repository, up, "main~4")
    with bot(up, repository, "elsewhere", "true"):
        assert result(up, 2) == ("failure", "does not apply to elsewhere")

    send_one(repository, up, "main~3")
    with bot(up, repository, "base", "sh", "-c", "echo something is broken; exit 3"):
        assert result(up, 3) == ("failure", "something is broken")
    assert git(repository, "status", "--porcelain") == b""


@contextmanager
def bot(up: Running, repository: Path, base: str, *command: str) -> Iterator[Path]:
    """A life of the bot, which ends by SIGKILL. Gives the file in which it remembers where it was."""
    folder = repository.parent
    host, port = up.http
    given = ["--repo", repository, "--base", base, "--test", "ci/build", "--token-file", folder / "token"]
    place = [f"http://{host}:{port}/api/1.0", "demo", "--state", folder / "state"]
    process = subprocess.Popen([sys.executable, "-SE", BOT, *place, *given, "--", *command])
    try:
        yield folder / "state"
        assert process.poll() is None, "the bot ended by itself"
    finally:
        process.kill()
        process.wait()


def result(up: Running, number: int) -> tuple[str, str]:
    """State and summary of the test of what was announced as the n-th, once it has ended."""

    def ended() -> Any:
        events = up.get_json("projects/demo/events/?name=series-new-revision&ordering=event_time")["results"]
        if len(events) < number:
            return None
        event = events[number - 1]
        path = f"series/{event['series']}/revisions/{event['parameters']['revision']}/test-results/"
        results = up.get_json(path)
        return results if results and results[0]["state"] != "pending" else None

    (found,) = eventually(ended)
    assert found["test_name"] == "ci/build"
    return found["state"], found["summary"]


def branch_off(repository: Path, branch: str) -> None:
    """A branch that has other lines where the first of the five commits changes some."""
    git(repository, "checkout", "-q", "-b", branch, "base")
    (repository / "a.txt").write_text("eins\nzwei\ndrei\n")
    git(repository, "commit", "-q", "--all", "-m", "say it otherwise")


def send_one(repository: Path, up: Running, commit: str) -> None:
    """Send one commit as a series of its own."""
    host, port = up.smtp
    server = (f"--smtp-server={host}", f"--smtp-server-port={port}", "--no-validate", "--confirm=never")
    addresses = ("--from=S. Ender <sender@example.org>", f"--to={LIST}", "--suppress-cc=all")
    git(repository, "send-email", "--quiet", *server, *addresses, "-1", commit)
