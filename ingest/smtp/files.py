"""Files that others replace while we run: a certificate, a list of users."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import structlog

_T = TypeVar("_T")
_Stamp = tuple[tuple[int, int, int] | None, ...]

_logger = structlog.get_logger(__name__)


class Fresh(Generic[_T]):
    """What `read` makes of some files; made anew when one of them has changed."""

    def __init__(self, paths: Sequence[Path], read: Callable[[], _T]) -> None:
        """read raises ValueError for what it cannot use, here, so that nobody starts with a file that is wrong."""
        self._paths = tuple(paths)
        self._read = read
        self._stamp = self._look()
        self.latest = read()

    def get(self) -> _T:
        """What the files say now; if that is of no use, say so once and go on with what they said before."""
        stamp = self._look()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self.latest = self._read()
            except ValueError as error:
                _logger.error("file not read again", why=str(error))
            else:
                _logger.info("file read again", paths=[str(path) for path in self._paths])
        return self.latest

    def _look(self) -> _Stamp:
        return tuple(map(_stamp_of, self._paths))


def _stamp_of(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
