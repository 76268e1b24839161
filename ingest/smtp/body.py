"""The mail between DATA and the lone dot, read in blocks (RFC 5321 sections 4.1.1.4 and 4.5.2).

Only CRLF . CRLF ends it: a bare CR or LF is content and stays as it came. The CRLF of the DATA line itself counts as
the first of the terminator, so an empty mail is a lone dot.
"""

import asyncio

END = b"\r\n.\r\n"
_STARTS_OF_END = (b"\r\n.\r", b"\r\n.", b"\r\n", b"\r")


async def read_body(reader: asyncio.StreamReader, size_max_bytes: int) -> bytes | None:
    """Read up to and with the terminator; give the mail without transparency dots, its last CRLF included.

    None for a mail of more than `size_max_bytes`: it is read to its end, but not kept. While reading, at most 4/3 of
    the limit is held, whatever the client sends.
    """
    start, ended = await _read_start(reader)
    blocks, size = [start], len(start)
    while not ended:
        try:
            block = await reader.readuntil(END)
            ended = True
        except asyncio.LimitOverrunError as overrun:
            block = await reader.readexactly(overrun.consumed)
        size += len(block)
        if size > size_max_bytes + size_max_bytes // 3 + len(
            END
        ):  # beyond what dots can account for: ".." for each "."
            blocks.clear()
        else:
            blocks.append(block)
    body = _without_transparency(b"".join(blocks))
    return body if blocks and len(body) <= size_max_bytes else None


async def _read_start(reader: asyncio.StreamReader) -> tuple[bytes, bool]:
    """Read up to the first byte that cannot belong to a terminator which began before it; nearly always one byte.

    Behind it, searching for the whole terminator is enough. Also says whether the terminator itself came.
    """
    seen = bytearray(b"\r\n")
    while seen.endswith(_STARTS_OF_END) and not seen.endswith(END):
        seen += await reader.readexactly(1)
    return bytes(seen[2:]), seen.endswith(END)


def _without_transparency(received: bytes) -> bytes:
    """Drop the lone dot's line, and the first dot of every line that begins with one."""
    body = received[: -len(END) + 2]
    if body.startswith(b"."):
        body = body[1:]
    return body.replace(b"\r\n.", b"\r\n")
