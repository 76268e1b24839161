"""How long it takes until `patchlog --help` has helped and until `patchlog up` is ready, and stopped."""

import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure, over_rounds
from bench.filled import filled
from bench.processes import environment, patchlog

ROUNDS, QUICK_ROUNDS = 5, 2
MAILS, QUICK_MAILS = 100_000, 5_000


def measure(quick: bool) -> Iterator[Figure]:
    """Seconds on the wall."""
    rounds = range(QUICK_ROUNDS if quick else ROUNDS)
    yield over_rounds("patchlog --help", [_help() for _ in rounds], "s", at_most=0.25)
    with tempfile.TemporaryDirectory() as folder:
        ups = [_up(Path(folder) / str(number)) for number in rounds]
    yield over_rounds("patchlog up, in an empty directory, to ready", [ready for ready, _ in ups], "s")
    yield over_rounds("SIGTERM to the end of patchlog up", [stopped for _, stopped in ups], "s")
    mails = QUICK_MAILS if quick else MAILS
    data = Path(filled(mails).settings.data)
    ready = [_up(data)[0] for _ in rounds]
    yield over_rounds(f"patchlog up, on {mails:,} mails, to ready", ready, "s", at_most=1.5)


def _help() -> float:
    start = time.perf_counter()
    subprocess.run(patchlog("--help"), check=True, stdout=subprocess.DEVNULL, env=environment())
    return time.perf_counter() - start


def _up(data: Path) -> tuple[float, float]:
    command = patchlog("up", "--data", data, "--smtp=127.0.0.1:0", "--http=127.0.0.1:0")
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment()) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        ready = time.perf_counter()
        process.send_signal(signal.SIGTERM)
        process.wait()
    assert b"ready" in line, line
    return ready - start, time.perf_counter() - ready
