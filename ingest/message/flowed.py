"""format=flowed undone (RFC 3676 section 4)."""


def unstuff(text: str) -> str:
    """Take the stuffing spaces away and leave the lines as they are: for people to read."""
    return f"\n{text}".replace("\n ", "\n")[1:]


def unflow(content: bytes, *, delsp: bool, joined_first: bool) -> bytes:
    """Join flowed lines and take the stuffing spaces away, in git's order.

    joined_first: git joins the lines of an encoded part before it looks for a stuffing space, of a plain one after.
    """
    lines: list[bytes] = []
    held: list[bytes] = []
    for line in content.split(b"\n"):
        line = line.removesuffix(b"\r")
        if line == b"-- ":
            lines += [b"".join(held), line] if held else [line]
            held = []
            continue
        if not (joined_first and held):
            line = line.removeprefix(b" ")
        if line.endswith(b" "):
            held.append(line[:-1] if delsp else line)
        else:
            lines.append(b"".join([*held, line]))
            held = []
    return b"\n".join([*lines, b"".join(held)] if held else lines)
