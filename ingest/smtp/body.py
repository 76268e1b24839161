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
    kept too. let_go() is called as soon as nothing is kept any more. While reading, at most 4/3 of the size limit is
    held, whatever the client sends.
    """
    start, ended = await _read_start(reader)
    lines, size = _Lines(), len(start)
    blocks = [lines.first(start[: 2 - len(END)] if ended else start)]
    most = size_max_bytes + size_max_bytes // 3 + len(END)  # beyond what dots can account for: ".." for each "."
    dropped: Dropped | None = None
    while not ended:
        try:
            block = await reader.readuntil(END)
            ended = True
        except asyncio.LimitOverrunError as overrun:
            block = await reader.readexactly(overrun.consumed)
        size += len(block)
        if dropped is None:
            dropped = _reason(size > most, ended or keep(len(block)))
            if dropped is not None:
                blocks.clear()
                let_go()
        if dropped is None:
            blocks.append(lines.next(block[: 2 - len(END)] if ended else block))  # without the lone dot's line
    if dropped is not None:
        return dropped
    body = b"".join([*blocks, lines.last()])
    blocks.clear()  # mails may be large
    return body if len(body) <= size_max_bytes else Dropped.TOO_LARGE


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


class _Lines:
    """Takes the first dot of every line that begins with one, block by block: of a whole mail at once that takes long,
    and nobody else is answered meanwhile.

    What may be the beginning of such a dot's CRLF is held until more comes.
    """

    def __init__(self) -> None:
        self._held = b""

    def first(self, block: bytes) -> bytes:
        """What is certain of the mail's first block, which begins a line."""
        return self.next(block.removeprefix(b"."))

    def next(self, block: bytes) -> bytes:
        """What is certain of the mail with the next block."""
        block = self._held + block
        certain = len(block) - (2 if block.endswith(b"\r\n") else block.endswith(b"\r"))
        self._held = block[certain:]
        return block[:certain].replace(b"\r\n.", b"\r\n")

    def last(self) -> bytes:
        """What was held, once there is no more."""
        held, self._held = self._held, b""
        return held
