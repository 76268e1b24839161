"""format=flowed undone (RFC 3676 section 4)."""

from collections.abc import Iterator

BLOCK_BYTES = 65536
"""So much of a text, and the rest of its line, is taken apart at a time."""


def unstuff(text: str) -> str:
    """Take the stuffing spaces away and leave the lines as they are: for people to read."""
    return f"\n{text}".replace("\n ", "\n")[1:]


def unflow(content: bytes, *, delsp: bool, joined_first: bool) -> bytes:
    """Join flowed lines and take the stuffing spaces away, in git's order.

    joined_first: git joins the lines of an encoded part before it looks for a stuffing space, of a plain one after.
    """
    unflowed = bytearray()
    is_joined = False  # the line goes on with the one before it
    for block in _blocks(content):
        for line in block.split(b"\n"):
            line = line.removesuffix(b"\r")
            if line == b"-- ":
                unflowed += b"\n-- \n" if is_joined else b"-- \n"
                is_joined = False
                continue
            if not (joined_first and is_joined):
                line = line.removeprefix(b" ")
            is_joined = line.endswith(b" ")
            unflowed += (line[:-1] if delsp else line) if is_joined else line + b"\n"
    return bytes(unflowed if is_joined else unflowed[:-1])


def _blocks(content: bytes) -> Iterator[bytes]:
    """Cut a text between lines, so that there are not millions of lines at the same time."""
    start = 0
    while (end := content.find(b"\n", start + BLOCK_BYTES)) >= 0:
        yield content[start:end]
        start = end + 1
    yield content[start:]
