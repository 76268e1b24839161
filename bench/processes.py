"""Programs under measurement: started, waited for, and what they cost."""

import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
Result = TypeVar("Result")

PATIENCE_SECONDS = 60.0
NONE: Mapping[str, str] = {}
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """What a program took until it ended: seconds on the wall, CPU seconds of it and its children, its largest
    process's memory."""

    wall_seconds: float
    cpu_seconds: float
    memory_mib: float


def patchlog(*arguments: str | Path) -> list[str]:
    """The command line of one patchlog command, run by this Python."""
    return [sys.executable, "-m", "patchlog", *map(str, arguments)]


def run(command: Sequence[str], settings: Mapping[str, str] = NONE) -> Cost:
    """Run a program to its end, which has to be a good one."""
    start = time.perf_counter()
    own = {**environment(), **settings}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=own)
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    assert process.returncode == 0, f"{command}: {said.decode(errors='replace')}"
    return Cost(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


@contextmanager
def serving(command: Sequence[str], *ports: int, settings: Mapping[str, str] = NONE) -> Iterator[int]:
    """Run a server and give its process id once all its ports take connections; end it afterwards."""
    own = {**environment(), **settings}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=own) as process:
        try:
            for port in ports:
                _wait_for(process, port)
            yield process.pid
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def apart(work: Callable[P, Result], *arguments: P.args, **options: P.kwargs) -> Result:
    """Call a module's function in a process of its own: what it takes in memory is not counted for children of ours,
    whose peak begins with our size."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(work, *arguments, **options).result()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody has now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def cpu_seconds(pid: int) -> float:
    """CPU that a process and its children, living or waited for, have taken so far; counted in ticks of 10 ms."""
    return sum(map(float, cpu_by_process(pid).values()))


def cpu_by_process(pid: int) -> dict[int, float]:
    """CPU seconds of a process and of each of its descendants."""
    parents: dict[int, int] = {}
    taken: dict[int, float] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents[int(folder.name)] = int(fields[1])
            taken[int(folder.name)] = sum(map(int, fields[11:15])) / _TICKS
    return {process: seconds for process, seconds in taken.items() if _descends(process, pid, parents)}


def own_cpu_seconds() -> float:
    """CPU that this process has taken so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def environment() -> dict[str, str]:
    """The environment without settings of patchlog's."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PATCHLOG_")}


def stores() -> dict[str, str]:
    """The log and the database that PATCHLOG_LOG and PATCHLOG_DATABASE name, for what can be measured on others."""
    return {name: value for name in ("PATCHLOG_LOG", "PATCHLOG_DATABASE") if (value := os.environ.get(name))}


def _descends(process: int, ancestor: int, parents: dict[int, int]) -> bool:
    while process in parents:
        if process == ancestor:
            return True
        process = parents[process]
    return False


def _wait_for(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), 1.0):
                return
        except OSError:
            assert process.poll() is None, f"{process.args!r} ended with {process.returncode}"
            assert time.monotonic() < deadline, f"{process.args!r}: nobody listens on port {port}"
            time.sleep(0.02)
