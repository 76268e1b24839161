"""The content of a mail as `git mailinfo` sees it: the leaves of its MIME tree in order, without transfer encoding."""

import re
from binascii import Error as Base64Error
from binascii import a2b_base64, a2b_qp
from collections.abc import Iterator
from typing import NamedTuple

from ingest.message.am_header import field, split_header

_DEPTH_MAX = 16
"""Multiparts deeper than this are read as text, so that hostile mail cannot exhaust the stack."""

PARTS_MAX = 1000
"""Parts of one multipart that are told apart; what follows them is one more."""

_DROPPED_TYPES = (
    b"image/",
    b"audio/",
    b"video/",
    b"application/pgp-signature",
    b"application/pkcs7-signature",
    b"application/x-pkcs7-signature",
)
_QUOTED = re.compile(rb"=([0-9A-Fa-f]{2})|=(?:\n|\Z)|\0[^\n]*\n?")
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_ATTRIBUTE_END = re.compile(rb"[; \t]")


class Leaf(NamedTuple):
    """One piece of content: its bytes, decoded, and the charset that its part declares (maybe empty)."""

    content: bytes
    charset: bytes


CLOSED = Leaf(b"\n", b"")
"""The empty line that `git mailinfo` reads where a multipart ends."""


def read_leaves(header: bytes, lower: bytes, body: bytes, depth: int = 0) -> Iterator[Leaf]:
    """Give the pieces of content of a mail, or of a part of it, in their order; of a plain mail the only one.

    header, lower and body are as `split_header` cuts them. HTML, pictures and signatures that are parts of a multipart
    are left out: they belong to no commit; HTML with a file name may be a patch to it, and stays. A multipart whose
    boundary never comes is read as text. Better than git: a delimiter that follows another at once, as nested
    multiparts have it, is none of the text.
    """
    folded = field(header, lower, b"content-type") or b""
    content_type = folded.replace(b"\n", b"")
    names = content_type.lower()
    boundary = _attribute(content_type, names, b"boundary=")
    parts, closed = _split_parts(body, boundary) if boundary and depth < _DEPTH_MAX else ([], False)
    for part in parts:
        part_header, at = split_header(part)
        yield from read_leaves(part_header, part_header.lower(), part[at:], depth + 1)
    if closed:
        yield CLOSED
    elif not parts and not (depth and _is_dropped(names, header, lower)):
        encoding = (field(header, lower, b"content-transfer-encoding") or b"").lower()
        content = _undo_transfer(encoding, body)
        if _attribute(names, names, b"format=") == b"flowed":
            delsp = _attribute(names, names, b"delsp=") == b"yes"
            content = _unflow(content, delsp=delsp, joined_first=content is not body)
        yield Leaf(content, _attribute(content_type, names, b"charset="))


def _is_dropped(names: bytes, header: bytes, lower: bytes) -> bool:
    if names.startswith(b"text/html"):
        return b"name=" not in names + (field(header, lower, b"content-disposition") or b"").lower()
    return names.startswith(_DROPPED_TYPES)


def _attribute(content_type: bytes, lower: bytes, name: bytes) -> bytes:
    at = lower.find(name)
    if at < 0:
        return b""
    value = content_type[at + len(name) :]
    if value.startswith(b'"'):
        return value[1:].partition(b'"')[0]
    return _ATTRIBUTE_END.split(value, maxsplit=1)[0]


def _split_parts(body: bytes, boundary: bytes) -> tuple[list[bytes], bool]:
    """Cut a multipart at its delimiter lines (RFC 2046 section 5.1.1); tell whether the closing one came."""
    delimiter = b"\n--" + boundary
    text = b"\n" + body
    parts: list[bytes] = []
    start = -1
    at = text.find(delimiter)
    while at >= 0:
        line_end = text.find(b"\n", at + 1)
        line_end = len(text) if line_end < 0 else line_end
        tail = text[at + len(delimiter) : line_end].rstrip()
        if tail in (b"", b"--"):
            if start >= 0:
                parts.append(text[start : at + 1])
            if tail:
                return parts, True
            start = line_end + 1
            if len(parts) == PARTS_MAX:
                break
        at = text.find(delimiter, line_end)
    if start >= 0:
        parts.append(text[start:])
    return parts, False


def _undo_transfer(encoding: bytes, body: bytes) -> bytes:
    if b"base64" in encoding:
        return _undo_base64(body)
    if b"quoted-printable" in encoding:
        if b"==" in body or b"=\r" in body or b"\0" in body:  # Python reads these in another way than git.
            return _QUOTED.sub(lambda found: bytes.fromhex(found[1].decode()) if found[1] else b"", body)
        return a2b_qp(body)
    return body


def _undo_base64(body: bytes) -> bytes:
    """Decode strictly, else as git does: each line by itself, what is not of the alphabet skipped."""
    try:
        return a2b_base64(body.replace(b"\n", b""), strict_mode=True)
    except Base64Error:
        return b"".join(map(_undo_base64_line, body.split(b"\n")))


def _undo_base64_line(line: bytes) -> bytes:
    digits = _NO_BASE64.sub(b"", line)
    spare = len(digits) % 4
    return a2b_base64(digits[: len(digits) - 1] if spare == 1 else digits + b"=" * (-spare % 4))


def _unflow(content: bytes, *, delsp: bool, joined_first: bool) -> bytes:
    """Join flowed lines and take the stuffing spaces away (RFC 3676 section 4), in git's order.

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
