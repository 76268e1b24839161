"""How long it takes until `patchlog --help` has helped and until `patchlog up` is ready, and stopped."""

import signal
import subprocess
import tempfile
import time
from pathlib import Path

from bench.figures import Figure, over_rounds
from bench.processes import environment, patchlog

ROUNDS, QUICK_ROUNDS = 5, 2


def measure(quick: bool) -> list[Figure]:
    """Seconds on the wall."""
    rounds = range(QUICK_ROUNDS if quick else ROUNDS)
    helped = [_help() for _ in rounds]
    ups = [_up() for _ in rounds]
    return [
        over_rounds("patchlog --help", helped, "s"),
        over_rounds("patchlog up, in an empty directory, to ready", [ready for ready, _ in ups], "s"),
        over_rounds("SIGTERM to the end of patchlog up", [stopped for _, stopped in ups], "s"),
    ]


def _help() -> float:
    start = time.perf_counter()
    subprocess.run(patchlog("--help"), check=True, stdout=subprocess.DEVNULL, env=environment())
    return time.perf_counter() - start


def _up() -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        command = patchlog("up", "--data", Path(folder) / "data", "--smtp=127.0.0.1:0", "--http=127.0.0.1:0")
        start = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment()) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            ready = time.perf_counter()
            process.send_signal(signal.SIGTERM)
            process.wait()
        assert b"ready" in line, line
        return ready - start, time.perf_counter() - ready
