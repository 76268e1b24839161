"""The mail between DATA and the lone dot, read in blocks (RFC 5321 sections 4.1.1.4 and 4.5.2).

Only CRLF . CRLF ends it: a bare CR or LF is content and stays as it came. The CRLF of the DATA line itself counts as
the first of the terminator, so an empty mail is a lone dot.
"""

import asyncio
from collections.abc import Callable
from enum import Enum, auto

END = b"\r\n.\r\n"
_STARTS_OF_END = (b"\r\n.\r", b"\r\n.", b"\r\n", b"\r")


class Dropped(Enum):
    """Why a mail was read to its end, but not kept."""

    TOO_LARGE = auto()
    NO_ROOM = auto()


async def read_body(
    reader: asyncio.StreamReader, size_max_bytes: int, keep: Callable[[int], bool], let_go: Callable[[], None]
) -> bytes | Dropped:
    """Read up to and with the terminator; give the mail without transparency dots, its last CRLF included.

    keep(bytes) is asked for every block but the last, which is no longer than the reader's limit: whether it may be
    kept too. let_go() is called as soon as nothing is kept any more. While reading, no more than the size limit and a
    block is held, whatever the client sends; the mail is put together in one copy more.
    """
    block, ended = await _read_start(reader)
    kept = _Kept()
    kept.add(block[: 2 - len(END)] if ended else block)
    dropped: Dropped | None = None
    while not ended:
        try:
            block = await reader.readuntil(END)
            ended = True
        except asyncio.LimitOverrunError as overrun:
            block = await reader.readexactly(overrun.consumed)
        if dropped is None:
            size = kept.add(block[: 2 - len(END)] if ended else block)
            dropped = _reason(kept.size_bytes > size_max_bytes, ended or keep(size))
            if dropped is not None:
                kept = _Kept()
                let_go()
    return dropped or kept.joined()


def _reason(is_too_large: bool, has_room: bool) -> Dropped | None:
    if is_too_large:
        return Dropped.TOO_LARGE
    return None if has_room else Dropped.NO_ROOM


async def _read_start(reader: asyncio.StreamReader) -> tuple[bytes, bool]:
    """Read up to the first byte that cannot belong to a terminator which began before it; nearly always one byte.

    Behind it, searching for the whole terminator is enough. Also says whether the terminator itself came.
    """
    seen = bytearray(b"\r\n")
    while seen.endswith(_STARTS_OF_END) and not seen.endswith(END):
        seen += await reader.readexactly(1)
    return bytes(seen[2:]), seen.endswith(END)


class _Kept:
    """The mail so far, without the first dot of every line that begins with one."""

    def __init__(self) -> None:
        self.size_bytes = 0
        self._blocks: list[bytes] = []
        self._last = b"\r\n"
        """The last two bytes that came: at first DATA's line end."""

    def add(self, block: bytes) -> int:
        """Keep one more block; gives what it takes."""
        last, self._last = self._last, (self._last + block[-2:])[-2:]
        if b"\r\n." in block or block.startswith((b".", b"\n.")):
            block = (last + block).replace(b"\r\n.", b"\r\n")[len(last) :]
        self._blocks.append(block)
        self.size_bytes += len(block)
        return len(block)

    def joined(self) -> bytes:
        """All of it. Keeps nothing, as mails may be large."""
        blocks, self._blocks = self._blocks, []
        return b"".join(blocks)
