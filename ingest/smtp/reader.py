"""A stream reader that knows when its session waits for the next command, with nothing of it there yet."""

import asyncio
from collections.abc import Iterable
from typing import Any, SupportsIndex, cast


class CommandReader(asyncio.StreamReader):
    """What a session reads from. It counts what it was fed and has not given yet."""

    def __init__(self, limit: int, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(limit, loop)
        self.awaits_line = False
        """Whether somebody waits for a line of which nothing has come."""
        self._unread_bytes = 0

    def feed_data(self, data: Iterable[SupportsIndex]) -> None:
        self.awaits_line = False
        self._unread_bytes += len(cast(bytes, data))
        super().feed_data(data)

    def forget(self) -> None:
        """What had come was thrown away (RFC 3207 section 4.2)."""
        self._unread_bytes = 0

    async def read(self, n: int = -1) -> bytes:
        return self._give(await super().read(n))

    async def readexactly(self, n: int) -> bytes:
        return self._give(await super().readexactly(n))

    async def readuntil(self, separator: Any = b"\n") -> bytes:
        self.awaits_line = separator == b"\n" and not self._unread_bytes
        try:
            return self._give(await super().readuntil(separator))
        finally:
            self.awaits_line = False

    def _give(self, data: bytes) -> bytes:
        self._unread_bytes -= len(data)
        return data
