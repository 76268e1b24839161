"""How long it takes until `patchlog --help` has helped and until `patchlog up` is ready, and stopped."""

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.figures import Figure

ROUNDS = 5
PATCHLOG = (sys.executable, "-m", "patchlog")


def measure() -> list[Figure]:
    """The best of some rounds, in seconds: the machine has other work."""
    helped = min(_help() for _ in range(ROUNDS))
    ups = [_up() for _ in range(ROUNDS)]
    return [
        Figure("patchlog --help", helped, "s"),
        Figure("patchlog up, in an empty directory, to ready", min(ready for ready, _ in ups), "s"),
        Figure("SIGTERM to the end of patchlog up", min(stopped for _, stopped in ups), "s"),
    ]


def _help() -> float:
    start = time.perf_counter()
    subprocess.run([*PATCHLOG, "--help"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def _up() -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        command = [*PATCHLOG, "up", "--data", str(Path(folder) / "data"), "--smtp=127.0.0.1:0", "--http=127.0.0.1:0"]
        start = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            ready = time.perf_counter()
            process.send_signal(signal.SIGTERM)
            process.wait()
        assert b"ready" in line, line
        return ready - start, time.perf_counter() - ready
