"""`patchlog accept` finds the patches that commits were made of."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import patchlog.stores
from ingest.receipt import receive
from schemas.fact import Fact
from schemas.records import PatchStateChanged
from tests.e2e.running import patchlog as run_patchlog
from tests.e2e.running import running
from tests.patchlog.station import Station, followed
from tests.projector.assembly.test_diff_id import commit, git
from tests.projector.fold.mailing import START

STEPS = ({"a": (b"one\n", False)}, {"a": (b"one\ntwo\n", False)}, {"a": (b"one\ntwo\n", True), "b": (b"b\n", False)})


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Three commits that were mailed, then one that was not, and an empty one."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q")
    for step in (*STEPS, {"c": (b"c\n", False)}, {"c": (b"c\n", False)}):
        commit(folder, step)
    return folder


@pytest.fixture
def station(data_directory: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Station]:
    yield from followed(Station(data_directory, *mails(repository)), monkeypatch)


def mails(repository: Path) -> list[Fact]:
    facts: list[Fact] = []
    for back in (4, 3, 2):
        sent = git(repository, "format-patch", "--stdout", "-1", f"HEAD~{back}")
        fields = b"Message-ID: <%d@example.org>\nList-Id: <demo.example.org>\n" % back
        raw = fields + sent.partition(b"\n")[2]
        facts.append(receive(raw, source="smtp", received_at=START, envelope_sender="", recipients=()))
    return facts


def commits(repository: Path) -> list[str]:
    return git(repository, "rev-list", "--reverse", "HEAD").decode().split()


def test_patches_that_became_commits_are_accepted(station: Station, repository: Path) -> None:
    station.log.append([PatchStateChanged(patch=4, state="Rejected")])
    shas = commits(repository)
    would = station.run("accept", "--repo", str(repository), "HEAD", "--dry-run")
    assert would.stdout.splitlines()[1] == f"{shas[1][:12]}\t5\twould be accepted"
    station.follow()
    shown = station.run("accept", "--repo", str(repository), "HEAD", "--project", "demo")
    assert shown.stdout.splitlines() == [
        f"{shas[0][:12]}\t4\twas Rejected already",
        f"{shas[1][:12]}\t5\taccepted",
        f"{shas[2][:12]}\t6\taccepted",
        f"{shas[3][:12]}\t-\tno patch",
        f"{shas[4][:12]}\t-\tno patch",
        "2 records of the log; the projector has done it",
    ]
    assert station.said() == PatchStateChanged(patch=6, state="Accepted", commit=shas[2])
    again = station.json("accept", "--repo", str(repository), "HEAD~3..HEAD~2")
    assert (again["records"], again["commits"][0]["became"]) == ([], "was Accepted already")
    assert station.json("accept", "--repo", str(repository), "HEAD", "--project", "two")["records"] == []


def test_of_two_that_look_at_once_the_second_is_told(
    station: Station, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    station.log.append([PatchStateChanged(patch=5, state="Accepted")])
    shown = station.json("accept", "--repo", str(repository), "HEAD~4..HEAD~3")
    assert shown["commits"][0]["became"] == "was Accepted already"


def test_without_a_projector_it_waits_for_one(
    station: Station, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patchlog.stores, "wait_until_folded", lambda *_: False)
    shown = station.run("accept", "--repo", str(repository), "HEAD~4..HEAD~3")
    assert shown.stdout.splitlines()[-1] == "1 records of the log; a projector will do it when it runs"


@pytest.mark.parametrize(
    ("arguments", "status", "expected"),
    [
        pytest.param(("HEAD", "--repo", "nowhere"), 1, "no directory at nowhere", id="no folder"),
        pytest.param(("HEAD", "--repo", "."), 1, "not a git repository", id="no repository"),
        pytest.param(("x..y", "--repo", "repository"), 1, "bad revision 'x..y'", id="no range"),
        pytest.param(("HEAD", "--repo", "repository", "--project", "x"), 1, "there is no project x", id="no project"),
        pytest.param(("HEAD", "--repo", "repository", "--state", "x"), 2, "there is no state 'x'", id="no state"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    station: Station,
    repository: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    status: int,
    expected: str,
) -> None:
    monkeypatch.chdir(repository.parent)
    refused = station.run("accept", *arguments)
    assert (refused.exit_code, expected in refused.stderr) == (status, True), refused.output


def test_accounts_while_everything_runs(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(data):
        assert (
            run_patchlog("user", "add", "ada", data=data).stdout
            == "user ada is record 2 of the log; the projector has done it\n"
        )
        assert run_patchlog("user", "add", "ada", data=data).returncode == 1
