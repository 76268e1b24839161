"""A patch mail taken apart: from the bytes that came to what `git am` needs to make the same commit of it."""

import re
from collections.abc import Iterable
from itertools import islice

from ingest.message.am_content import CLOSED, PARTS_MAX, Leaf, read_leaves
from ingest.message.am_header import decode_charset, decode_guess, split_header, write_head
from schemas.mail import AmMail, ParsedMail

_UTF8 = frozenset({b"", b"utf-8", b"utf8"})
_SEVEN_BIT_CHARSETS = (b"iso-2022", b"utf-7", b"utf7", b"hz")
_SEPARATOR = re.compile(rb"--- (?![ \t\r\n])|---[ \t\r]*\n")


def take_apart(raw: bytes, parsed: ParsedMail) -> AmMail:
    """Take a mail apart as `git am` reads it, so that `api.mbox.compose` can write it again.

    raw has the line ends of SMTP or of a file; the CR of a line's end is the transport's, one that came through an
    encoding is the file's. The commit message becomes UTF-8, the diff keeps its bytes. `parsed` gives the author where
    a list rewrote From, and the fields that the mail lacks. Never raises; of a mail without a diff, all is message.
    Time is proportional to the size: parts, their depth and the header's fields have bounds.
    """
    text = (raw.replace(b"\r\n", b"\n") if b"\r" in raw else raw).lstrip(b" \t\r\n")
    header, at = split_header(text)
    lower = header.lower()
    body, diff_at = _join(islice(read_leaves(header, lower, text[at:]), PARTS_MAX))
    return AmMail(write_head(header, lower, parsed), body, _trailers_at(body, diff_at))


def _join(leaves: Iterable[Leaf]) -> tuple[bytes, int]:
    """Join the leaves, those of the message converted; give also the offset where the message ends."""
    body = bytearray()
    diff_at = -1
    for leaf in leaves:
        content, charset = leaf
        if body and not body.endswith(b"\n") and leaf is not CLOSED:
            body += b"\n"
        if diff_at < 0:
            found = _find_diff(content)
            if found < 0:
                body += _to_utf8(content, charset)
                continue
            # git also converts the line that tells it that the message is over.
            line_end = content.find(b"\n", found)
            line_end = len(content) if line_end < 0 else line_end
            body += _to_utf8(content[:found], charset)
            diff_at = len(body)
            content = _to_utf8(content[found:line_end], charset) + content[line_end:]
        body += content
    return bytes(body), len(body) if diff_at < 0 else diff_at


def _find_diff(content: bytes) -> int:
    """Find the line that ends the message for git: `diff -`, `Index: `, `--- name` or `---` alone; -1: no such line."""
    end = -1
    for start in (b"diff -", b"Index: "):
        at = _find_line(content, start, 0, end)
        end = at if at >= 0 else end
    at = _find_line(content, b"---", 0, end)
    while at >= 0 and not _SEPARATOR.match(content, at):
        at = _find_line(content, b"---", at + 3, end)
    return at if at >= 0 else end


def _find_line(content: bytes, start: bytes, at: int, end: int) -> int:
    if at == 0 and content.startswith(start):
        return 0
    found = content.find(b"\n" + start, at, len(content) if end < 0 else end)
    return found + 1 if found >= 0 else -1


def _to_utf8(message: bytes, charset: bytes) -> bytes:
    """Convert as declared; what is not in that charset is UTF-8, else windows-1252, else ISO-8859-1 (git gives it up).

    Where nothing is declared the bytes stay: git keeps them until the commit is written.
    """
    label = charset.lower()
    if label in _UTF8 or (message.isascii() and not label.startswith(_SEVEN_BIT_CHARSETS)):
        return message
    text = decode_charset(message, label)
    if text is None:
        text = decode_charset(message, b"utf-8") or decode_charset(message, b"windows-1252") or decode_guess(message)
    return text.encode("utf-8", "replace")


def _trailers_at(body: bytes, diff_at: int) -> int:
    """Behind the last line of body[:diff_at] that is not blank."""
    last = len(body[:diff_at].rstrip(b" \t\r\n"))
    line_end = body.find(b"\n", last, diff_at)
    return 0 if last == 0 else line_end + 1 if line_end >= 0 else diff_at
