"""Reads mbox files: mboxrd and mboxo, LF or CRLF, as mailing list software and public-inbox write them (RFC 4155)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from itertools import chain
from pathlib import Path

from ingest.archive.compressed import Unpacking
from ingest.archive.contract import ArchivedMail, OversizeMail, PlaceLost
from schemas.records import ArchivePlace

READ_BYTES = 1 << 20
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_TIME = re.compile(
    rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +(" + b"|".join(_MONTHS) + rb") +(\d\d?) +(\d\d?):(\d\d)(?::(\d\d))?"
    rb"(?: +(?:[A-Za-z]{1,5}|([+-]\d{4})))? +(\d{4})(?: +([+-]\d{4}))?"
)
_NO_TIMES = (datetime(1970, 1, 1, tzinfo=UTC), datetime(2001, 9, 17, tzinfo=UTC))
"""What public-inbox and `git format-patch` write into separator lines instead of a time."""


class MboxArchive:
    """One mbox file, packed or not. A place is the byte of the unpacked text at which a mail's separator line begins;
    a key is a digest of the mail's bytes, by which a mail is known again in a file that was written anew.
    """

    unit = "bytes"

    def __init__(self, path: Path, compression: str | None, max_mail_bytes: int) -> None:
        self.kind = f"mbox ({compression})" if compression else "mbox"
        self.size = path.stat().st_size
        self._path = path
        self._compression = compression
        self._max_mail_bytes = max_mail_bytes
        self._position = 0

    def mails(self, after: ArchivePlace | None = None) -> Iterator[ArchivedMail | OversizeMail]:
        start = int(after.place) if after else 0
        found = map(self._mail, split(self._text(start), start, self._max_mail_bytes))
        if after:
            last = next(found, None)
            if not isinstance(last, ArchivedMail) or last.key != after.key:
                raise PlaceLost
        yield from found

    def _mail(self, piece: "Piece") -> ArchivedMail | OversizeMail:
        if piece.body is None:
            return OversizeMail(f"byte {piece.offset}", piece.size_bytes, self._position)
        key = sha256(piece.body).hexdigest()[:32]
        done = min(self._position, self.size) if self._compression else piece.offset + piece.size_bytes
        return ArchivedMail(piece.body, key, str(piece.offset), separator_time(piece.separator), done)

    def _text(self, start: int) -> Iterator[bytes]:
        if self._compression is None:
            with self._path.open("rb") as file:
                file.seek(start)
                while chunk := file.read(READ_BYTES):
                    self._position = file.tell()
                    yield chunk
            return
        unpacking = Unpacking(self._path, self._compression)
        for chunk in unpacking.chunks():
            self._position = unpacking.position
            if start < len(chunk):
                yield chunk[start:]
            start = max(0, start - len(chunk))


@dataclass(frozen=True, slots=True)
class Piece:
    """One mail of an mbox: offset and size_bytes with its separator line and the blank line behind it. body is None for
    one above the limit.
    """

    offset: int
    size_bytes: int
    separator: bytes
    body: bytes | None


def split(chunks: Iterable[bytes], offset: int, max_mail_bytes: int) -> Iterator[Piece]:
    """Cut the text of an mbox, which comes in chunks and begins with a separator line at `offset`, into its mails.

    A line that begins with `From ` is a separator if it is the first or follows a blank line, and bears a time or
    stands before a header field: archives whose writer forgot to escape have sentences that begin so. What begins
    otherwise gives nothing. Blank lines before the first separator are passed over.
    """
    chunks = iter(chunks)
    first, blank_bytes = _first_line_of(chunks)
    if not first.startswith(b"From "):
        return
    held = bytearray(first)
    offset += blank_bytes
    dropped = 0  # of the mail in hand, which is above the limit
    searched = 0
    for chunk in chain(
        [b""], chunks, [b"\n\n"]
    ):  # the last two lines are no part of it: they let what stands last be told
        held += chunk
        begin = 0
        end, searched = next_separator(held, searched)
        while end >= 0:
            piece = _piece(offset, held, begin, end, dropped, max_mail_bytes)
            offset, dropped, begin = offset + dropped + end - begin, 0, end
            if begin > READ_BYTES:  # of a large mail no second copy stays while its record is made
                del held[:begin]
                begin, searched = 0, searched - begin
            yield piece
            del piece
            end, searched = next_separator(held, searched)
        del held[:begin]
        searched -= begin
        if searched > max_mail_bytes + READ_BYTES:
            del held[: searched - 2]
            dropped, searched = dropped + searched - 2, 2
    yield _piece(offset, held, 0, len(held) - 2, dropped, max_mail_bytes)


def _first_line_of(chunks: Iterator[bytes]) -> tuple[bytes, int]:
    """Take chunks until it shows how the text begins behind its blank lines; how many bytes of those there were."""
    held = b""
    for chunk in chunks:
        held += chunk
        if len(text := held.lstrip(b"\r\n")) >= 5:
            return text, len(held) - len(text)
    return b"", 0


def next_separator(held: bytes | bytearray, searched: int) -> tuple[int, int]:
    """Find where the next mail begins in `held`, whose first `searched` bytes were looked through.

    Returns that index, or -1 where what follows is too short to tell, and what has been looked through now.
    """
    while (newline := held.find(b"\nFrom ", searched)) >= 0:
        searched = newline + 1
        if held[newline - 1 : newline] != b"\n" and held[newline - 2 : newline] != b"\n\r":
            continue
        line_end = held.find(b"\n", searched)
        if line_end >= 0 and _TIME.search(held, searched, line_end):
            return searched, searched
        next_end = held.find(b"\n", line_end + 1) if line_end >= 0 else -1
        if next_end < 0:
            return -1, newline
        if _FIELD.match(held, line_end + 1, next_end):
            return searched, searched
    return -1, max(searched, len(held) - 5)


def _piece(offset: int, held: bytearray, begin: int, end: int, dropped: int, max_mail_bytes: int) -> Piece:
    size_bytes = dropped + end - begin
    line_end = held.find(b"\n", begin, end)
    line_end = end if line_end < 0 else line_end
    start = min(line_end + 1, end)
    end = _without_blank_line(held, start, end)
    if dropped or end - start > max_mail_bytes:
        return Piece(offset, size_bytes, b"", None)
    with memoryview(held) as view:
        body = bytes(view[start:end])
    if b">From " in body:
        body = _ESCAPED.sub(rb"\1", body)
    return Piece(offset, size_bytes, bytes(held[begin:line_end]), body)


def _without_blank_line(held: bytearray, start: int, end: int) -> int:
    """Where a body ends without the blank line that the archive put behind it; at the end of a file that may miss."""
    for blank in (b"\r\n", b"\n"):
        if held.endswith(b"\n" + blank, start, end) or (
            held.startswith(blank, start, end) and start + len(blank) == end
        ):
            return end - len(blank)
    return end


def separator_time(line: bytes) -> datetime | None:
    """Read the time in a separator line as aware UTC; it is in UTC (RFC 4155) unless an offset stands there.

    None where there is no time, or one that stands for none.
    """
    found = _TIME.search(line)
    if found is None:
        return None
    month, day, hour, minute, second, zone, year, zone_behind = found.groups()
    offset = zone or zone_behind or b"+0000"
    minutes = int(offset[1:3]) * 60 + int(offset[3:])
    try:
        local = timezone(timedelta(minutes=-minutes if offset.startswith(b"-") else minutes))
        time = datetime(
            int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second or 0), tzinfo=local
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return None if time in _NO_TIMES else time
