"""Postfix's own load generator, `smtp-source`: a client in C, which costs a server's neighbour the least."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from bench.smtp_client import Delivery

PATH = shutil.which("smtp-source") or "/usr/sbin/smtp-source"


def is_here() -> bool:
    """Whether it is installed."""
    return Path(PATH).exists()


def deliver(port: int, raw: bytes, mails: int, *, sessions: int) -> Delivery:
    """Deliver one mail so many times to 127.0.0.1:port, over sessions that stay open; raises where one is refused.

    It comes with an empty line at its end.
    """
    with tempfile.NamedTemporaryFile() as file:
        file.write(raw.replace(b"\r\n", b"\n"))
        file.flush()
        command = [PATH, "-4", "-d", "-s", str(sessions), "-m", str(mails), "-F", file.name]
        command += ["-M", "client.example.org", "-f", "sender@example.org", "-t", "bench@lists.example.org"]
        start = time.perf_counter()
        process = subprocess.Popen([*command, f"inet:127.0.0.1:{port}"])
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"smtp-source ended with {process.returncode}"
    return Delivery(mails, time.perf_counter() - start, usage.ru_utime + usage.ru_stime)
