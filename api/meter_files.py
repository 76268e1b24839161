"""Where the workers of one API keep what they count, so that whoever is asked can add up what all of them have.

Each worker writes to files of its own by the client library's multi-process mode: memory, not a disk, where there is
such a place. A lock says that somebody still counts there; what a killed API left goes with the next start.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

PREFIX = "patchlog-meters-"
LOCK = "lock"
MEMORY = Path("/dev/shm")
VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""By what the library knows, when it is loaded, that there are many processes, and where they write."""


@contextmanager
def shared_meters() -> Iterator[None]:
    """Let the processes that are forked in the body count together. They load the library after they were forked."""
    base = MEMORY if os.access(MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    owner = os.getpid()
    _sweep(base)
    folder, lock = _make(base)
    os.environ[VARIABLE] = str(folder)
    try:
        yield
    finally:
        if os.getpid() == owner:  # a worker comes this way too when it ends
            del os.environ[VARIABLE]
            shutil.rmtree(folder, ignore_errors=True)
            lock.close()


def _make(base: Path) -> tuple[Path, TextIO]:
    """Make a folder with a lock that is held until this process and all that it forks are gone."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
        lock = (folder / LOCK).open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / LOCK).exists():  # else another one that starts just now took it for left behind
            return folder, lock
        lock.close()


def _sweep(base: Path) -> None:
    """Take away the folders of ours that nobody uses any more."""
    for folder in base.glob(f"{PREFIX}*"):
        try:
            with (folder / LOCK).open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # somebody counts there, or it is somebody else's
            continue
