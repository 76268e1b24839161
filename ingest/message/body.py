"""The text of a mail: its text parts, then its patches, out of whatever MIME structure they came in (RFC 2046)."""

import msgspec

from ingest.message.charset import decode_text
from ingest.message.content_type import ContentType, read_content_type
from ingest.message.headers import Headers, header_bytes, split_part
from ingest.message.html_text import html_to_text
from ingest.message.transfer import decode_transfer

DEPTH_MAX = 16
"""Multiparts and wrapped mails inside each other; what is deeper is left out."""
PARTS_MAX = 100
"""Parts of one mail; what comes behind them is left out."""


class Body(msgspec.Struct):
    """What the parts of a mail add up to, as they are walked."""

    texts: list[str]
    patches: list[str]
    pages: list[str]
    """Texts of HTML parts that no plain text stands before or beside."""
    wrapped_from: bytes = b""
    """The From of the first message/rfc822 part."""
    parts: int = 0
    is_flowed: bool = False


def read_body(raw: bytes, start: int, fields: Headers) -> tuple[str, bytes, bool]:
    """Give a mail's text with LF lines and no NULs, the From of a mail wrapped in it, and whether the text is flowed.

    The text is HTML that stands before any plain text and is no alternative to one, the text/plain parts in their
    order, then the patches. Of other parts nothing is read. A CR stays only where a file has it.
    """
    kind = read_content_type(fields)
    encoding = header_bytes(fields, b"content-transfer-encoding")
    if kind.kind == "text/plain":
        return decode_text(decode_transfer(raw[start:], encoding), kind.charset), b"", kind.is_flowed
    body = Body([], [], [])
    _walk(body, raw, start, len(raw), kind, encoding, 0)
    pieces = body.pages + body.texts + body.patches
    return (
        "".join(piece if piece.endswith("\n") else piece + "\n" for piece in pieces),
        body.wrapped_from,
        body.is_flowed,
    )


def _walk(body: Body, raw: bytes, start: int, end: int, kind: ContentType, encoding: bytes, depth: int) -> None:
    family, _, subtype = kind.kind.partition("/")
    if family == "multipart" or kind.kind == "message/rfc822":
        if depth == DEPTH_MAX:
            return
        parts = [(start, end)] if family == "message" else _split(raw, start, end, kind.boundary)
        if parts:
            _walk_parts(
                body, raw, parts, depth + 1, is_alternative=subtype == "alternative", is_mail=family == "message"
            )
            return
    if kind.is_patch or family == "multipart" or kind.kind in ("text/plain", "text/html"):
        _read_leaf(body, raw[start:end], kind, encoding)


def _walk_parts(
    body: Body, raw: bytes, parts: list[tuple[int, int]], depth: int, *, is_alternative: bool, is_mail: bool
) -> None:
    pages, texts = len(body.pages), len(body.texts)
    for part_start, part_end in parts:
        body.parts += 1
        if body.parts > PARTS_MAX:
            return
        fields, content = split_part(raw, part_start, part_end)
        if is_mail and not body.wrapped_from:
            body.wrapped_from = header_bytes(fields, b"from")
        encoding = header_bytes(fields, b"content-transfer-encoding")
        _walk(body, raw, content, part_end, read_content_type(fields), encoding, depth)
        if is_alternative and len(body.texts) > texts:
            del body.pages[pages:]
            return


def _read_leaf(body: Body, content: bytes, kind: ContentType, encoding: bytes) -> None:
    text = decode_text(decode_transfer(content, encoding), kind.charset)
    if kind.is_patch:
        body.patches.append(text)
    elif kind.kind == "text/html":
        if not body.texts:
            body.pages.append(html_to_text(text))
    else:
        body.texts.append(text)
        body.is_flowed |= kind.is_flowed


def _split(raw: bytes, start: int, end: int, boundary: str) -> list[tuple[int, int]]:
    """Where the parts between the boundary's lines are. None for a multipart without a boundary: then it is text.

    The line end before a boundary is the boundary's (RFC 2046 section 5.1.1). The end stands for a missing last one.
    """
    delimiter = b"\n--" + boundary.encode()
    parts: list[tuple[int, int]] = []
    part_start = -1
    at = start - 1 if raw.startswith(delimiter, start - 1) else raw.find(delimiter, start, end)
    misses = 0
    while boundary and at >= 0 and len(parts) < PARTS_MAX and misses < 10 * PARTS_MAX:
        line_end = raw.find(b"\n", at + 1, end)
        line_end = end if line_end < 0 else line_end
        tail = raw[at + len(delimiter) : line_end].rstrip(b" \t")
        if tail in (b"", b"--"):
            if part_start >= 0:
                parts.append((part_start, max(at, part_start)))
            part_start = -1 if tail else min(line_end + 1, end)
            if tail:
                break
            at = raw.find(delimiter, line_end, end)
        else:
            misses += 1
            at = raw.find(delimiter, at + 1, end)
    if part_start >= 0:
        parts.append((part_start, end))
    return parts
