"""What is kept is for nobody else's eyes, whatever the umask of who starts a command."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from patchlog.datadir import make_data_directory
from patchlog.modes import found_wider, keep_to_oneself

MAIL = b"From a@b Thu Jan  1 00:00:00 1970\nFrom: a@b\nTo: demo@example.org\nList-Id: <demo.example.org>\n\
Message-ID: <1@b>\nDate: Thu, 1 Jan 2026 00:00:00 +0000\nSubject: hello\n\nText.\n"
COMMANDS = (
    "project add demo --name Demo --listid demo.example.org --listemail demo@example.org",
    "import mails.mbox",
    "replay",
    "user add max --email max@example.org",
    "log export kept.log",
    "backup saved",
)


def test_files_of_all_commands_are_for_their_owner_alone(tmp_path: Path) -> None:
    (tmp_path / "mails.mbox").write_bytes(MAIL)
    for command in COMMANDS:
        run = f'umask 000; exec "{sys.executable}" -m patchlog {command} --data data'
        done = subprocess.run(
            ["sh", "-c", run],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, (command, done.stderr)
    made = [path for path in tmp_path.rglob("*") if path.name != "mails.mbox"]
    assert {"log.db", "readmodel.db", "kept.log", "saved"} <= {path.name for path in made}
    modes = {str(path): oct(path.stat().st_mode & 0o777) for path in made}
    assert {mode for path, mode in modes.items() if Path(path).is_dir()} == {"0o700"}, modes
    assert {mode for path, mode in modes.items() if Path(path).is_file()} == {"0o600"}, modes


def test_what_is_wider_is_found(tmp_path: Path) -> None:
    data = tmp_path / "data"
    before = os.umask(0)
    try:
        make_data_directory(data)
        assert data.stat().st_mode & 0o777 == 0o700
        (data / "wide").touch(0o640)
        keep_to_oneself()
        (data / "narrow").touch()
        with socket.socket(socket.AF_UNIX) as door:
            door.bind(str(data / "lmtp"))
        (data / "lmtp").chmod(0o666)
        (data / "link").symlink_to("/nowhere")
    finally:
        os.umask(before)
    assert found_wider(data) == [str(data / "wide")]
    data.chmod(0o755)
    assert found_wider(data) == [str(data), str(data / "wide")]


def test_of_what_is_not_there_nothing_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found_wider(tmp_path / "nowhere") == []
    (tmp_path / "gone").touch()
    tmp_path.chmod(0o700)
    monkeypatch.setattr(Path, "lstat", lambda path: (_ for _ in ()).throw(FileNotFoundError(path)))
    assert found_wider(tmp_path) == []
