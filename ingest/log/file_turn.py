"""Whose turn it is, by a lock on a file beside the log: the kernel gives it back however its process ends."""

import fcntl
import hashlib
import os
import time

PAUSE_SECONDS = 0.1


class FileTurn:
    """See `ingest.log.contract.Turn`."""

    def __init__(self, log_path: str, name: str) -> None:
        path = f"{log_path}.turn-{hashlib.sha256(name.encode()).hexdigest()[:12]}"
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._ours = False

    def wait(self, timeout_seconds: float) -> bool:
        deadline = time.monotonic() + timeout_seconds
        while not self._ours:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._ours = True
            except BlockingIOError:
                if time.monotonic() > deadline:
                    return False
                time.sleep(PAUSE_SECONDS)
        return True

    def is_ours(self) -> bool:
        return self._ours

    def tell(self, record_id: int) -> None:
        """Nobody looks: the read model says how far it is."""

    def close(self) -> None:
        self._ours = False
        os.close(self._file)
