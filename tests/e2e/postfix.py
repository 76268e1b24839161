"""A Postfix of our own: Debian's programs with a configuration, a queue and ports of a test's."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[2] / "deploy" / "postfix"
DOMAIN = "patchlog.example.org"
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
smtp_tls_security_level = {tls}
# A test does not wait for the time when a mail server would try again: it says when.
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


@dataclass(frozen=True)
class Postfix:
    """One that runs."""

    folder: Path
    port: int

    def journal(self) -> list[str]:
        return (self.folder / "mail.log").read_text().splitlines()

    def outcomes(self, status: str) -> list[str]:
        """The lines that say what became of a mail for a recipient: `sent`, `deferred` or `bounced`."""
        return [line for line in self.journal() if f"status={status} " in line]

    def try_again(self) -> None:
        """Have it deliver what it kept."""
        _run("postqueue", "-c", self.folder / "etc", "-f")

    def queue(self) -> str:
        return _run("postqueue", "-c", self.folder / "etc", "-j")


@contextmanager
def postfix(transport: str, tls: str = "none") -> Iterator[Postfix]:
    """Start one that hands mail for DOMAIN to a transport; the lines in deploy/postfix are part of what it reads.

    Skips where it cannot be had: Postfix wants root, and users of its own.
    """
    if os.geteuid() != 0:
        pytest.skip("Postfix has to be started by root")
    if not Path("/usr/sbin/postfix").exists():
        pytest.skip("Postfix is not installed (deploy/install-test-tools)")
    folder = Path(tempfile.mkdtemp(prefix="patchlog-postfix-"))  # pytest's own folders are closed to Postfix's user
    try:
        port = _configure(folder, transport, tls)
        _run("postfix", "-c", folder / "etc", "start")
        try:
            yield Postfix(folder, port)
        finally:
            _run("postfix", "-c", folder / "etc", "stop")
    finally:
        shutil.rmtree(folder)


def _configure(folder: Path, transport: str, tls: str) -> int:
    folder.chmod(0o755)
    for name in ("etc", "queue", "data"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    lines = (DEPLOY / "main.cf").read_text().replace("/etc/postfix", str(folder / "etc"))
    (folder / "etc/main.cf").write_text(MAIN.format(folder=folder, tls=tls) + lines)
    (folder / "etc/master.cf").write_text(MASTER.format(port=port) + (DEPLOY / "master.cf").read_text())
    (folder / "etc/transport").write_text(f"{DOMAIN} {transport}\n")
    _run("postmap", "-c", folder / "etc", folder / "etc/transport")
    return port


def _run(*command: str | Path) -> str:
    words = [str(word) for word in command]
    done = subprocess.run(["/usr/sbin/" + words[0], *words[1:]], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, (words, done)
    return done.stdout
