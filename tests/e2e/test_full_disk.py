"""A disk of 64 MB fills up with mail: mail is deferred, nothing breaks, and it goes on when there is room again."""

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.e2e.running import PATIENCE_SECONDS, READY, eventually
from tests.ingest.archive.making import mboxrd
from tests.ingest.smtp.dialogue import Client

MIB = 1024 * 1024
MOUNT = "mount -t tmpfs -o size=64m none {disk} && dd if=/dev/zero of={disk}/ballast bs=1M count=24 status=none"
MOST_MAILS = 200
"""More than fit, whatever the log makes of them."""


class OnDisk(NamedTuple):
    """A `patchlog up` whose data is on the small disk, which nobody else sees but through its process."""

    process: subprocess.Popen[bytes]
    disk: Path
    port: int
    stderr: Path
    environment: dict[str, str]


@contextmanager
def small_disk(folder: Path, reserve_bytes: int) -> Iterator[OnDisk]:
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("a file system of its own takes root and unshare")
    if subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True).returncode:
        pytest.skip("file systems cannot be mounted here")
    disk, stderr = folder / "disk", folder / "stderr"
    disk.mkdir()
    up = f"exec {sys.executable} -m patchlog up --data {disk}/data --smtp 127.0.0.1:0 --http 127.0.0.1:0"
    environment = {**os.environ, "PATCHLOG_DISK_RESERVE_BYTES": str(reserve_bytes)}
    with stderr.open("wb") as said:
        command = ["unshare", "-m", "sh", "-c", f"{MOUNT.format(disk=disk)} && {up}"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, env=environment)
    try:
        assert process.stdout is not None
        found = READY.search(process.stdout.readline().decode())
        assert found, stderr.read_text()
        yield OnDisk(process, Path(f"/proc/{process.pid}/root{disk}"), int(found[2]), stderr, environment)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_SECONDS)
        assert process.stdout is not None
        process.stdout.close()


def mail(number: int) -> bytes:
    """A mail of a megabyte that cannot be made smaller."""
    body = random.Random(number).randbytes(MIB // 2).hex().encode()
    return b"Message-ID: <%d@example.org>\r\nSubject: %d\r\n\r\n%s\r\n" % (number, number, body)


def send(on_disk: OnDisk, *numbers: int) -> list[tuple[int, str]]:
    """Send mails up to the first that is not taken; gives what was said to each."""
    client = Client(on_disk.port).greet()
    said: list[tuple[int, str]] = []
    for number in numbers:
        answer = client.say(b"MAIL FROM:<s@example.org> SIZE=%d\r\n" % MIB)
        if answer.startswith("250"):
            assert client.say(b"RCPT TO:<r@example.org>\r\n").startswith("250")
            assert client.say(b"DATA\r\n").startswith("354")
            answer = client.say(mail(number) + b".\r\n")
        said.append((number, answer))
        if not answer.startswith("250"):
            break
    client.close()
    return said


def inside(on_disk: OnDisk, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run Python where the disk is, with the settings of `patchlog up`: SQLite finds no way through /proc."""
    command = ["nsenter", "-t", str(on_disk.process.pid), "-m", sys.executable, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=on_disk.environment, timeout=PATIENCE_SECONDS)


def path_inside(on_disk: OnDisk) -> str:
    return "/" + str(on_disk.disk).partition("/root/")[2]


def records(on_disk: OnDisk) -> int:
    """How many records the log has; it must be whole."""
    query = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
print(db.execute("PRAGMA integrity_check").fetchone()[0], db.execute("SELECT count(*) FROM record").fetchone()[0])
"""
    said = inside(on_disk, "-c", query, f"{path_inside(on_disk)}/data/log.db").stdout.split()
    assert said[0] == "ok"
    return int(said[1])


@pytest.mark.parametrize(
    ("reserve_bytes", "answer"),
    [
        pytest.param(12 * MIB, "451 4.3.1 Disk nearly full, try again later", id="before the disk is full"),
        pytest.param(0, "451 4.3.0 Log unavailable, try again later", id="when it is full"),
    ],
)
def test_a_full_disk_defers_mail_and_goes_on_when_there_is_room(
    tmp_path: Path, reserve_bytes: int, answer: str
) -> None:
    with small_disk(tmp_path, reserve_bytes) as on_disk:
        said = send(on_disk, *range(MOST_MAILS))
        taken = [number for number, one in said if one.startswith("250")]
        assert (len(taken) > 2, said[-1][1]) == (True, answer)
        found = os.statvfs(on_disk.disk)
        assert found.f_bavail > 0 or not reserve_bytes  # the read model grows in what is left
        assert records(on_disk) == 1 + len(taken)
        (on_disk.disk / "ballast").unlink()
        more = send(on_disk, said[-1][0], MOST_MAILS + 1, MOST_MAILS + 2)
        assert [one[:3] for _, one in more] == ["250"] * 3
        eventually(lambda: records(on_disk) == 1 + len(taken) + 3)
        nearly = [line for line in on_disk.stderr.read_text().splitlines() if "disk nearly full" in line]
        again = [line for line in on_disk.stderr.read_text().splitlines() if "disk has room again" in line]
        assert (len(nearly), len(again)) == ((1, 1) if reserve_bytes else (0, 0))
        assert all("level=error" in line and f"reserve_bytes={reserve_bytes}" in line for line in nearly)


@pytest.mark.parametrize(
    ("reserve_bytes", "mails", "said"),
    [
        pytest.param(12 * MIB, 36, "an import leaves 25165824 so that mail can come", id="before the disk is full"),
        pytest.param(0, 90, "database or disk is full", id="when it is full"),
    ],
)
def test_an_import_that_runs_short_of_disk_stops_and_goes_on_when_there_is_room(
    tmp_path: Path, reserve_bytes: int, mails: int, said: str
) -> None:
    """So many mails fit without the ballast, and not with it."""
    path = tmp_path / "a.mbox"
    path.write_bytes(mboxrd(mail(number) for number in range(mails)))
    with small_disk(tmp_path, reserve_bytes) as on_disk:
        run = ("-m", "patchlog", "import", path, "--data", f"{path_inside(on_disk)}/data")
        stopped = inside(on_disk, *run)
        recorded = records(on_disk) - 1
        assert (stopped.returncode, 2 < recorded < mails) == (1, True)
        line = stopped.stderr.splitlines()[-1]
        assert said in line
        assert line.endswith(f"; {recorded} mails recorded; run the same command again to go on from there")
        if reserve_bytes:
            assert [one[:3] for _, one in send(on_disk, MOST_MAILS)] == ["250"]
            recorded += 1
        (on_disk.disk / "ballast").unlink()
        assert inside(on_disk, *run).returncode == 0
        assert records(on_disk) == 1 + mails + bool(reserve_bytes) + 1  # and that the import is finished
    assert "Traceback" not in stopped.stderr
