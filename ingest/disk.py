"""Whether the disk has room for more mail: what is short is said before the disk is full, while all can still write."""

import os
import time
from pathlib import Path

import structlog

COPIES = 2
"""A mail is in the write-ahead log and in the file for a while."""
PLENTY = 4
SURE_SECONDS = 0.1
"""With so many times the reserve free, nobody writes so much in this time that there is need to ask again."""
IMPORTS_RESERVES = 2
"""An import leaves so many times the reserve, so that it is not what keeps mail out."""

_logger = structlog.get_logger(__name__)


class DiskShort(Exception):
    """The disk has no room for more of an import; the message is one clear sentence."""


class Disk:
    """The disk where a log is. It is short once a mail would not leave the reserve free, until an eighth more is."""

    def __init__(self, folder: Path | None, reserve_bytes: int) -> None:
        """folder: None where the log is no file of this machine."""
        self._folder = folder if reserve_bytes > 0 else None
        self._reserve_bytes = reserve_bytes
        self._short_until_bytes = 0
        """So much has to be free before mail is taken again; 0 while it is taken."""
        self._sure_until = 0.0

    def has_room(self, size_bytes: int) -> bool:
        """Whether so many bytes of mail can be written and leave the reserve. Logs a line when the answer turns."""
        if self._folder is None or time.monotonic() < self._sure_until:
            return True
        free_bytes = self._free_bytes(self._folder)
        if free_bytes is None:
            return True
        wanted_bytes = self._reserve_bytes + COPIES * size_bytes
        if free_bytes < max(wanted_bytes, self._short_until_bytes):
            self._run_short(free_bytes, wanted_bytes)
            return False
        if self._short_until_bytes:
            self._short_until_bytes = 0
            _logger.info("disk has room again: mail is taken", **self._found(free_bytes))
        if free_bytes > PLENTY * wanted_bytes:
            self._sure_until = time.monotonic() + SURE_SECONDS
        return True

    def check_import(self, size_bytes: int) -> None:
        """Raise DiskShort where an import of so many bytes of mail would leave less than twice the reserve."""
        if self._folder is None or (free_bytes := self._free_bytes(self._folder)) is None:
            return
        left_bytes = IMPORTS_RESERVES * self._reserve_bytes
        if free_bytes < left_bytes + COPIES * size_bytes:
            raise DiskShort(
                f"{self._folder}: {free_bytes} bytes are free, and an import leaves {left_bytes} so that mail can come "
                "(twice disk_reserve_bytes)"
            )

    @staticmethod
    def _free_bytes(folder: Path) -> int | None:
        """None where it cannot be asked: then the log cannot be written either, and says why."""
        try:
            found = os.statvfs(folder)
        except OSError:
            return None
        return found.f_bavail * found.f_frsize

    def _run_short(self, free_bytes: int, wanted_bytes: int) -> None:
        if not self._short_until_bytes:
            self._short_until_bytes = wanted_bytes + self._reserve_bytes // 8
            _logger.error("disk nearly full: mail is deferred until there is room", **self._found(free_bytes))

    def _found(self, free_bytes: int) -> dict[str, str | int]:
        return {"folder": str(self._folder), "free_bytes": free_bytes, "reserve_bytes": self._reserve_bytes}
