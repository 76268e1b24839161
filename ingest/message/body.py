"""The content of a mail: its text parts, then its patches, out of whatever MIME structure they came in (RFC 2046)."""

import re
from typing import NamedTuple

import msgspec

from ingest.message.charset import decode_text
from ingest.message.content_type import ContentType, read_content_type
from ingest.message.headers import Headers, header_bytes, split_part
from ingest.message.html_text import html_to_text
from ingest.message.transfer import decode_base64_lines, decode_transfer

DEPTH_MAX = 16
"""Multiparts and wrapped mails inside each other; what is deeper is left out."""
PARTS_MAX = 100
"""Parts of one mail; what comes behind them is left out."""

_MORE_BASE64 = re.compile(rb"(?:\A|\n)[A-Za-z0-9+/]{16,}=*\r?(?:\n|\Z)")
"""A line behind the end of an encoded text that is more of it, and no line of a list's footer."""


_NO_TEXT = ("image/", "audio/", "video/", "application/pgp-", "application/pkcs7-", "application/x-pkcs7-")
"""What comes along with mail and is not told of where it has no diff."""


class Piece(NamedTuple):
    """A part that is read: its bytes, decoded from their transfer encoding, and what is known of them."""

    content: bytes
    kind: ContentType
    is_encoded: bool = False
    had_line_ends: bool = False
    is_misnamed: bool = False
    """It says that it is base64, and is not."""
    is_nested: bool = False
    """It stands in a multipart that is a part of another, whose boundary git takes for text."""
    mails: int = 0
    """How many mails it is inside of, beside the mail itself."""
    place: int = 0
    """Its place among the parts as they were sent."""
    is_base64: bool = False
    """It was base64: git does not take the line end before the next boundary for a part of the text."""
    is_open: bool = False
    """Its last line has no end, for it was encoded without one; git puts the next part's first line behind it."""


class LeftOut(NamedTuple):
    """A piece of the mail that is not read; what says where it stands, for people.

    is_told: whether it is told of even where no diff is in it. place: of a part, its place among the parts; git reads
    it there; -1 where git reads none of it.
    """

    content: bytes
    what: str
    is_told: bool = False
    place: int = -1


class Body(msgspec.Struct):
    """What the parts of a mail add up to, as they are walked."""

    texts: list[Piece]
    patches: list[Piece]
    pages: list[Piece]
    """Texts of HTML parts that no plain text stands before or beside, as UTF-8."""
    left_out: list[LeftOut]
    wrapped_from: bytes = b""
    """The From of the first message/rfc822 part."""
    parts: int = 0
    is_broken: bool = False
    """The header of a part that is read is not ended by a blank line; git drops a line of such a part."""
    is_doubtful: bool = False
    """A Content-Type says to git something else, or a line of a text begins as a boundary does."""

    @property
    def pieces(self) -> list[Piece]:
        """What is read, in the order of reading: HTML that stands before any plain text, the text, the patches."""
        return self.pages + self.texts + self.patches


def read_body(raw: bytes, start: int, fields: Headers) -> Body:
    """Walk through the MIME parts of a mail with LF lines whose content begins at start.

    Of HTML that is an alternative to plain text, of pictures and of other parts nothing is read; what is not read is
    told of as left out. Never raises; parts and their depth have bounds.
    """
    kind = read_content_type(fields)
    body = Body([], [], [], [])
    _walk(body, raw, start, len(raw), kind, header_bytes(fields, b"content-transfer-encoding"), 0, 0)
    return body


def _walk(
    body: Body, raw: bytes, start: int, end: int, kind: ContentType, encoding: bytes, depth: int, mails: int
) -> None:
    family, _, subtype = kind.kind.partition("/")
    is_mail = kind.kind == "message/rfc822"
    body.is_doubtful |= kind.is_doubtful
    if family == "multipart" or is_mail:
        if depth == DEPTH_MAX:
            body.left_out.append(LeftOut(raw[start:end], "a part inside too many others", place=body.parts))
            return
        parts, has_others = ([(start, end)], False) if is_mail else _split(raw, start, end, kind.boundary)
        body.is_doubtful |= has_others
        if parts:
            _leave_out_around(body, raw, start, end, parts)
            is_alternative = subtype == "alternative"
            _walk_parts(body, raw, parts, depth + 1, mails + is_mail, is_alternative=is_alternative, is_mail=is_mail)
            return
    if kind.is_patch or family == "multipart" or kind.kind in ("text/plain", "text/html"):
        _read_leaf(body, raw[start:end], kind, encoding, depth, mails)
    else:
        content = decode_transfer(raw[start:end], encoding).content
        is_told = not kind.kind.startswith(_NO_TEXT)
        body.left_out.append(LeftOut(content, f"a part of the type {kind.kind}", is_told, body.parts))


def _leave_out_around(body: Body, raw: bytes, start: int, end: int, parts: list[tuple[int, int]]) -> None:
    if parts[0][0] > start:
        body.left_out.append(LeftOut(raw[start : parts[0][0]], "the text before the first part"))
    if parts[-1][1] < end:
        body.left_out.append(LeftOut(raw[parts[-1][1] : end], "the text behind the last part"))


def _walk_parts(
    body: Body, raw: bytes, parts: list[tuple[int, int]], depth: int, mails: int, *, is_alternative: bool, is_mail: bool
) -> None:
    pages, texts = len(body.pages), len(body.texts)
    for part in parts:
        if is_alternative and len(body.texts) > texts:
            _leave_out_alternative(body, raw, part, depth, mails)
            continue
        _walk_part(body, raw, part, depth, mails, is_mail=is_mail)
        if is_alternative and len(body.texts) > texts:
            body.left_out += [
                LeftOut(page.content, "HTML beside the text", place=page.place) for page in body.pages[pages:]
            ]
            del body.pages[pages:]


def _walk_part(body: Body, raw: bytes, part: tuple[int, int], depth: int, mails: int, *, is_mail: bool) -> None:
    start, end = part
    body.parts += 1
    if body.parts > PARTS_MAX:
        body.left_out.append(LeftOut(raw[start:end], f"a part behind {PARTS_MAX} others", place=body.parts))
        return
    fields, content = split_part(raw, start, end)
    is_broken = start < end and not raw.startswith(b"\n", start) and raw[start:content][-2:] != b"\n\n"
    if is_mail and not body.wrapped_from:
        body.wrapped_from = header_bytes(fields, b"from")
    encoding = header_bytes(fields, b"content-transfer-encoding")
    known = len(body.pieces)
    _walk(body, raw, content, end, read_content_type(fields), encoding, depth, mails)
    if is_broken and len(body.pieces) > known:
        body.is_broken = True


def _leave_out_alternative(body: Body, raw: bytes, part: tuple[int, int], depth: int, mails: int) -> None:
    aside = Body([], [], [], [], parts=body.parts)
    _walk_part(aside, raw, part, depth, mails, is_mail=False)
    body.parts = aside.parts
    body.left_out += [LeftOut(piece.content, "an alternative to the text", place=piece.place) for piece in aside.pieces]
    body.left_out += aside.left_out


def _read_leaf(body: Body, content: bytes, kind: ContentType, encoding: bytes, depth: int, mails: int) -> None:
    decoded = decode_transfer(content, encoding)
    is_encoded, says_base64 = decoded.content is not content, b"base64" in encoding.lower()
    is_base64 = is_encoded and says_base64
    piece = Piece(
        content=decoded.content,
        kind=kind,
        is_encoded=is_encoded,
        had_line_ends=decoded.had_line_ends,
        is_misnamed=says_base64 and not is_encoded and bool(content.strip()),
        is_nested=depth - mails > 1,
        mails=mails,
        place=body.parts,
        is_base64=is_base64,
        is_open=not decoded.content.endswith(b"\n") if is_base64 else is_encoded and content.endswith(b"="),
    )
    if decoded.behind:
        _leave_out_behind(body, decoded.behind)
    if kind.is_patch:
        body.patches.append(piece)
    elif kind.kind == "text/html":
        if body.texts:
            body.left_out.append(LeftOut(decoded.content, "HTML behind the text", place=body.parts))
        else:
            page = html_to_text(decode_text(decoded.content, kind.charset))
            body.pages.append(piece._replace(content=page.encode("utf-8", "replace"), kind=_PAGE))
    else:
        body.texts.append(piece)


_PAGE = ContentType(kind="text/html", charset="utf-8")


def _leave_out_behind(body: Body, behind: bytes) -> None:
    """Leave out what follows an encoded text: mostly a list's footer, which is not encoded and goes unmarked."""
    what = "the lines behind the end of a base64 text"
    body.left_out.append(LeftOut(behind, what, _MORE_BASE64.search(behind) is not None))
    body.left_out.append(LeftOut(decode_base64_lines(behind), what, place=body.parts))


def _split(raw: bytes, start: int, end: int, boundary: str) -> tuple[list[tuple[int, int]], bool]:
    """Where the parts between the boundary's lines are. None for a multipart without a boundary: then it is text.

    The line end before a boundary is the boundary's (RFC 2046 section 5.1.1). The end stands for a missing last one.
    Gives also whether other lines begin as the boundary does.
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
    return parts, misses > 0
