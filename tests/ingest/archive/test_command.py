"""`patchlog import` as it is run: what it says, how it exits, and what is left when it is killed."""

import gzip
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.log import open_log
from schemas.records import ImportFinished, MailReceived
from tests.ingest.archive.making import mail, mails, mboxrd

MANY = 9000


def start(data: Path, *arguments: str | Path) -> "subprocess.Popen[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PATCHLOG_")}
    command = [sys.executable, "-m", "patchlog", "import", "--data", str(data), *map(str, arguments)]
    return subprocess.Popen(
        command, env=kept, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def run(data: Path, *arguments: str | Path) -> tuple[int, str, str]:
    process = start(data, *arguments)
    out, err = process.communicate()
    return process.returncode, out, err


def recorded(data: Path) -> tuple[list[bytes], list[int]]:
    log = open_log(f"sqlite:///{data}/log.db")
    raws: list[bytes] = []
    finished: list[int] = []
    at = 0
    while records := log.read(at):
        at = records[-1].id
        raws += [record.fact.raw for record in records if isinstance(record.fact, MailReceived)]
        finished += [record.fact.mails for record in records if isinstance(record.fact, ImportFinished)]
    log.close()
    return raws, finished


def start_and_stop(data: Path, path: Path, sent: signal.Signals, mails: int) -> tuple[int, str]:
    """Run an import and send it a signal as soon as so many mails are on the log; its exit status and last words."""
    process = start(data, path)
    log = open_log(f"sqlite:///{data}/log.db")
    while log.end() < mails:
        assert log.wait(log.end(), 60)
    log.close()
    if sent == signal.SIGINT:
        os.killpg(process.pid, sent)  # as a terminal does
    else:
        process.send_signal(sent)
    _, err = process.communicate()  # both pipes end when the processes that parse have ended too
    return process.returncode, err


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "demo.mbox"
    path.write_bytes(mboxrd(mail(number % 1000, body=f"{number}\n") for number in range(MANY)))
    return path


def test_first_second_and_grown_import_say_what_they_did(tmp_path: Path) -> None:
    path = tmp_path / "demo.mbox"
    path.write_bytes(mboxrd(mails(3)))
    assert run(tmp_path / "data", path) == (0, f"{path}: mbox\n3 mails recorded, 3 of {path} in all\n", "")
    status, out, _ = run(tmp_path / "data", path)
    assert (status, out.splitlines()[-1]) == (0, f"nothing new: all 3 mails of {path} are on the log")
    path.write_bytes(mboxrd(mails(4)))
    status, out, _ = run(tmp_path / "data", path)
    assert (status, out) == (
        0, f"{path}: mbox, going on behind mail 3\n1 mail recorded, 4 of {path} in all\n"
    )  # fmt: skip


def test_only_what_came_since_a_time(tmp_path: Path) -> None:
    path = tmp_path / "a.mbox"
    path.write_bytes(mboxrd(mails(5)))
    code, out, _ = run(tmp_path / "data", path, "--since", "2020-01-01T00:04")
    assert (code, out.splitlines()[-1]) == (0, f"2 mails recorded, 2 of {path} in all")
    assert recorded(tmp_path / "data")[0] == mails(5)[3:]
    code, _, err = run(tmp_path / "data", path, "--since", "last week")
    assert (code, err.splitlines()[-1]) == (2, "Error: --since: expected an ISO date or time, came 'last week'")


def test_mails_without_a_list_are_told_how_to_get_one(tmp_path: Path) -> None:
    path = tmp_path / "demo.mbox"
    path.write_bytes(mboxrd([mail(1, list_id="")]))
    assert "1 of them name no list" in run(tmp_path / "data", path)[2]
    status, _, err = run(tmp_path / "data", path, "--list-id", "<Demo.example.org>")
    assert (status, err) == (0, "")
    assert "as mail of demo.example.org as before" in run(tmp_path / "data", path)[1]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        pytest.param(["none"], 1, "none: no such file or folder", id="no such path"),
        pytest.param(["."], 1, "expected an archive of mail", id="not an archive"),
        pytest.param(
            [".", "--list-id", "a b"], 2, "expected a list id such as demo.example.org, came 'a b'", id="list"
        ),
        pytest.param([], 2, "Missing argument 'PATH'", id="no path"),
    ],
)
def test_what_cannot_be_imported_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], status: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    came, _, err = run(tmp_path / "data", *arguments)
    assert came == status
    assert said in err


def test_broken_archive_exits_with_1_and_says_what_was_kept(tmp_path: Path) -> None:
    path = tmp_path / "demo.mbox.gz"
    path.write_bytes(gzip.compress(mboxrd(mails(3))) + gzip.compress(mboxrd([mail(4)])) + b"junk")
    status, _, err = run(tmp_path / "data", path)
    assert status == 1
    assert f"{path}: expected gzip data, came something else" in err
    assert "3 mails recorded; run the same command again" in err
    assert recorded(tmp_path / "data")[0] == mails(3)


@pytest.mark.parametrize("stopped_at", [1, 400, 7000])
def test_import_that_is_killed_loses_and_doubles_nothing(tmp_path: Path, archive: Path, stopped_at: int) -> None:
    status, _ = start_and_stop(tmp_path, archive, signal.SIGKILL, stopped_at)
    assert status == -signal.SIGKILL
    raws, finished = recorded(tmp_path)
    assert 0 < len(raws) + 1 >= stopped_at
    assert run(tmp_path, archive)[0] == 0
    raws, finished = recorded(tmp_path)
    assert raws == [mail(number % 1000, body=f"{number}\n") for number in range(MANY)]
    assert finished == [MANY]


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("stopped_at", [500, 5100, 7000])
def test_import_that_is_interrupted_says_how_to_go_on(
    tmp_path: Path, archive: Path, sent: signal.Signals, stopped_at: int
) -> None:
    status, err = start_and_stop(tmp_path, archive, sent, stopped_at)
    kept, finished = recorded(tmp_path)
    assert (status, finished) == (1, [])
    assert err.endswith(f"Error: stopped, {len(kept)} mails recorded; run the same command again to go on from there\n")
    assert "Traceback" not in err
    assert run(tmp_path, archive)[0] == 0
    assert len(recorded(tmp_path)[0]) == MANY


def test_second_import_of_the_same_archive_at_the_same_time_is_refused(tmp_path: Path) -> None:
    (tmp_path / "box").mkdir()
    (tmp_path / "box/1.eml").write_bytes(mail(1))
    first = start(tmp_path / "data", tmp_path / "box")
    assert first.wait() == 0  # a lock that is over is no lock
    held = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "data"), str(tmp_path / "box")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    with held:
        assert held.stdout is not None
        assert held.stdout.readline() == b"held\n"
        assert run(tmp_path / "data", tmp_path / "box") == (
            1, "", f"Error: {tmp_path / 'box'}: another import of it is running\n"
        )  # fmt: skip
    assert run(tmp_path / "data", tmp_path / "box")[0] == 0


HOLD = """
import sys
from pathlib import Path
from patchlog.cli.import_ import alone
with alone(Path(sys.argv[1]), Path(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.read()
"""
