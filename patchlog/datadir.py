"""The data directory: made when it is missing, and held by one `patchlog up` at a time."""

import fcntl
import os
from pathlib import Path

from patchlog.modes import DIRECTORY_MODE

LOCK_NAME = "up.lock"


def make_data_directory(path: Path) -> None:
    """Make the directory if it is not there. Raises ValueError in one sentence when it cannot be written to."""
    try:
        path.mkdir(DIRECTORY_MODE, parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"cannot make the data directory {path}: {error.strerror}") from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise ValueError(f"cannot write to the data directory {path}")


def hold_data_directory(path: Path) -> int:
    """Take the directory for this process until it ends, however it ends: the kernel gives the lock back.

    Returns the lock's file descriptor, which nobody has to close. Raises ValueError naming who holds it.
    """
    lock = path / LOCK_NAME
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ValueError(f"cannot write to the data directory {path}: {error.strerror}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
        os.close(descriptor)
        raise ValueError(f"the data directory {path} is in use by another `patchlog up` (process {holder})") from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor
