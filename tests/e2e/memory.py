"""What processes take in memory, as a container that they run in would count it, and what they may take."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
MIB = 1024 * 1024
LOOK_SECONDS = 0.005
_UNITS = {"M": MIB, "G": 1024 * MIB}


class Watched:
    """The most that a process and all that it started had at a time: anonymous memory, for which nothing makes room."""

    def __init__(self, pid: int) -> None:
        self.most_bytes = 0
        self._pid = pid

    def look(self) -> None:
        self.most_bytes = max(self.most_bytes, sum(map(_anonymous_bytes, _with_children(self._pid))))


@contextmanager
def watched(pid: int) -> Iterator[Watched]:
    """Look at a process again and again until the end of the block."""
    found, over = Watched(pid), threading.Event()

    def watch() -> None:
        while not over.wait(LOOK_SECONDS):
            found.look()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


def limit_of(service: str) -> int:
    """The bytes of memory that a service of docker-compose.yml may take."""
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return read_bytes(services[service]["deploy"]["resources"]["limits"]["memory"])


def read_bytes(said: str) -> int:
    return int(said[:-1]) * _UNITS[said[-1]]


def _with_children(pid: int) -> Iterator[int]:
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found = children.read_text().split()
        except OSError:
            continue
        for child in found:
            yield from _with_children(int(child))


def _anonymous_bytes(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return sum(int(kb) * 1024 for kb in re.findall(r"^(?:RssAnon|RssShmem):\s+(\d+)", status, re.MULTILINE))
