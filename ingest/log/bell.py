"""A bell on a file: the kernel tells whoever waits for a change, who need not look again and again.

Whoever changes the file rings when its change can be seen, not before: a file's own writes come too early for that, as
SQLite writes what it will commit. So a ring is a new time on the file, which changes nothing else of it.
"""

import ctypes
import os
import select
import time
from contextlib import suppress

LOOK_SECONDS = 1.0
"""How soon a change is seen whose author was killed before the bell."""
UNHEARD_LOOK_SECONDS = 0.02
"""How soon every change is seen where the system has no bells."""

_IN_ATTRIB = 0x004  # inotify(7)


def ring(path: str) -> None:
    """Say that a file has changed. Never fails: a change that nobody is told of is only seen later."""
    with suppress(OSError):
        os.utime(path)


class Bell:
    """Hears the rings on a file, from when it is made. For one thread at a time."""

    def __init__(self, path: str) -> None:
        self._heard = _listen(path)
        self._poll = select.poll()
        if self._heard is not None:
            self._poll.register(self._heard, select.POLLIN)

    def wait(self, seconds: float) -> bool:
        """Wait for a ring since the last wait, but no longer than a look may be put off; False where none was heard."""
        if self._heard is None:
            time.sleep(min(seconds, UNHEARD_LOOK_SECONDS))
            return False
        if not self._poll.poll(1000 * min(seconds, LOOK_SECONDS)):
            return False
        os.read(self._heard, 4096)
        return True

    def close(self) -> None:
        if self._heard is not None:
            os.close(self._heard)
            self._heard = None


def _listen(path: str) -> int | None:
    """A descriptor that is readable after a ring; None where there are none, or none are left."""
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "inotify_init1"):
        return None
    descriptor: int = library.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
    if descriptor >= 0 and library.inotify_add_watch(descriptor, os.fsencode(path), _IN_ATTRIB) < 0:
        os.close(descriptor)
        return None
    return descriptor if descriptor >= 0 else None
