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
    blocks, size = [start], len(start)
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
            blocks.append(block)
    if dropped is not None:
        return dropped
    blocks[-1] = blocks[-1][: 2 - len(END)]  # the lone dot's line
    body = _joined(blocks)
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


def _joined(blocks: list[bytes]) -> bytes:
    """The mail, without the first dot of every line that begins with one. Empties the list, as mails may be large."""
    body = b"".join(blocks)
    blocks.clear()
    if body.startswith(b"."):
        body = body[1:]
    return body.replace(b"\r\n.", b"\r\n")
