"""A Postfix of one's own: Debian's programs, with a configuration, a queue and a port apart from the machine's."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.processes import free_port

PROGRAMS = Path("/usr/sbin")
MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
inet_protocols = ipv4
myhostname = mx.example.org
mydestination =
mynetworks = 127.0.0.0/8
# Nobody waits for the time when a mail server would try again: who wants that says so.
minimal_backoff_time = 300s
queue_run_delay = 300s
"""
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup    unix  n - n 60  1 pickup
cleanup   unix  n - n -   0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n -   - trivial-rewrite
bounce    unix  - - n -   0 bounce
defer     unix  - - n -   0 bounce
trace     unix  - - n -   0 bounce
proxymap  unix  - - n -   - proxymap
smtp      unix  - - n -   - smtp
lmtp      unix  - - n -   - lmtp
showq     unix  n - n -   - showq
error     unix  - - n -   - error
retry     unix  - - n -   - error
anvil     unix  - - n -   1 anvil
scache    unix  - - n -   1 scache
tlsmgr    unix  - - n 1000? 1 tlsmgr
postlog   unix-dgram n - n - 1 postlogd
"""
HOLD = """
# What comes is put on hold: written durably, delivered nowhere. Who sends is not slowed down for it.
smtpd_client_restrictions = check_client_access static:HOLD
in_flow_delay = 0
"""
NONE: Mapping[str, str] = {}


@dataclass(frozen=True)
class Postfix:
    """One that runs."""

    folder: Path
    port: int

    @property
    def pid(self) -> int:
        """Of its master; all its other processes come from that."""
        return int((self.folder / "queue/pid/master.pid").read_text())

    def journal(self) -> list[str]:
        return (self.folder / "mail.log").read_text().splitlines()

    def outcomes(self, status: str) -> list[str]:
        """The lines that say what became of a mail for a recipient: `sent`, `deferred` or `bounced`."""
        return [line for line in self.journal() if f"status={status} " in line]

    def try_again(self) -> None:
        """Have it deliver what it kept."""
        _run("postqueue", "-c", self.folder / "etc", "-f")

    def queue(self) -> str:
        """What it keeps: one JSON object a line."""
        return _run("postqueue", "-c", self.folder / "etc", "-j")


def why_not() -> str:
    """Why it cannot be had here, or nothing: Postfix wants root, and users of its own."""
    if os.geteuid() != 0:
        return "Postfix has to be started by root"
    if not (PROGRAMS / "postfix").exists():
        return "Postfix is not installed (deploy/install-test-tools)"
    return ""


@contextmanager
def postfix(main: str = "", master: str = "", tables: Mapping[str, str] = NONE) -> Iterator[Postfix]:
    """Start one with more lines in main.cf and master.cf, and lookup tables; /etc/postfix in them is its own folder."""
    folder = Path(tempfile.mkdtemp(prefix="patchlog-postfix-"))  # pytest's own folders are closed to Postfix's user
    try:
        port = _configure(folder, main, master, tables)
        _run("postfix", "-c", folder / "etc", "start")
        try:
            yield Postfix(folder, port)
        finally:
            _run("postfix", "-c", folder / "etc", "stop")
    finally:
        shutil.rmtree(folder)


def _configure(folder: Path, main: str, master: str, tables: Mapping[str, str]) -> int:
    folder.chmod(0o755)
    for name in ("etc", "queue", "data"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    port = free_port()
    own = str(folder / "etc")
    (folder / "etc/main.cf").write_text(MAIN.format(folder=folder) + main.replace("/etc/postfix", own))
    (folder / "etc/master.cf").write_text(MASTER.format(port=port) + master)
    for name, lines in tables.items():
        (folder / "etc" / name).write_text(lines)
        _run("postmap", "-c", folder / "etc", folder / "etc" / name)
    return port


def _run(*command: str | Path) -> str:
    words = [str(word) for word in command]
    done = subprocess.run([str(PROGRAMS / words[0]), *words[1:]], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, (words, done)
    return done.stdout
