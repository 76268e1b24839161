"""The mbox of patches, as `git am` takes it: 7-bit clean, with the trailers that reviewers gave."""

import re
from binascii import b2a_base64
from collections.abc import Iterable, Sequence

from api.mbox_header import write_header, write_mailbox, write_told
from schemas.characters import DECEIVING
from schemas.mail import LIKE_A_DIFF, MboxMail

LEFT_OUT = "X-Patchlog-Left-Out"
_FROM_LINE = b"From patchlog Mon Sep 17 00:00:00 2001\n"
_TYPE = b"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: "
_LINE_MAX_BYTES = 990
_QUOTED_LINE_MAX_BYTES = 74
_BASE64_LINE_BYTES = 57
_FROM_AT_START = re.compile(rb"^(>*)From ", re.MULTILINE)
_SAFE = bytes(byte for byte in range(32, 127) if byte != ord("=")) + b"\t\n"
_UNSAFE = re.compile(rb"[^\t\n -<>-~]|[\t ](?=\n)")
_LINE = re.compile(r"[^\n]+(?:\n [^\n]*)*")
"""A line, and those that go on with it."""
_TRAILER = re.compile(r"([A-Za-z0-9-]+) ?: ?\S")
_TRAILER_LINE = re.compile(r"[A-Za-z0-9-]+[ \t]*:")
_LIKE_A_HEADER = re.compile(r"[ \t\r\n]*(?:>?From|Subject|Date|\[PATCH\])", re.IGNORECASE)
"""Where a message begins so, git may read a header in it; behind one of our own it looks for none."""
_READ_OTHERWISE = frozenset({"from", "date", "subject", "index"})
"""Lines that git reads as the mail's author, date or title where the message is empty, and as the start of a diff."""


def compose(mails: Iterable[tuple[MboxMail, Sequence[str]]], left_out: str = "") -> bytes:
    """Write mails as one mbox. It is made of what is shown, so `git am` makes the commits that are shown.

    With each mail come trailers ("Tag: value") to add to its message: once each, not those that are there already
    (compared without case and by single spaces), and none that git would read as something else (From, Date, Subject,
    Index, or no trailer at all); control characters and those that deceive the eye become spaces. left_out: what the
    first mail says in a field of its own, which git passes over. All of the mbox is 7-bit (RFC 2045 section 2.7); a
    body that is not clean is quoted-printable or base64, whichever is shorter. Never raises.
    """
    written: list[bytes] = []
    for mail, trailers in mails:
        body = write_text(mail, trailers, has_diff=bool(mail.diff)) + mail.diff
        encoding, content = (b"7bit", body) if _is_clean(body) else _encode(body)
        written += (write_head(mail, left_out if not written else ""), encoding, b"\n\n", content, b"\n")
    return b"".join(written)


def write_head(mail: MboxMail, left_out: str) -> bytes:
    """The header of one mail, up to where it names the encoding of its body."""
    head = write_header(mail.commit, mail.message_id)
    if mail.header is not None:
        head += write_told(mail.header)
    if left_out:
        head += f"{LEFT_OUT}: {left_out}\n".encode()
    return _FROM_LINE + head + _TYPE


class Measured:
    """Finds out piece by piece how a body is encoded. Pieces end where lines end, unless a line is longer than one."""

    def __init__(self) -> None:
        self._is_clean = True
        self._size_bytes = self._unsafe_bytes = 0
        self._last = b""

    def add(self, piece: bytes) -> None:
        self._is_clean = self._is_clean and _is_clean(piece)
        self._size_bytes += len(piece)
        self._unsafe_bytes += len(piece.translate(None, _SAFE))
        self._last = piece[-1:]

    @property
    def encoding(self) -> bytes:
        if self._is_clean:
            return b"7bit"
        is_short = 6 * self._unsafe_bytes < self._size_bytes
        return b"quoted-printable" if is_short and self._last == b"\n" else b"base64"


class Encoder:
    """Encodes a body piece by piece. The pieces are those that `Measured` was given."""

    def __init__(self, encoding: bytes) -> None:
        self._encoding = encoding
        self._rest = b""

    def add(self, piece: bytes) -> bytes:
        if self._encoding == b"base64":
            piece = self._rest + piece
            end = len(piece) // _BASE64_LINE_BYTES * _BASE64_LINE_BYTES
            self._rest = piece[end:]
            return _base64(piece[:end])
        if self._encoding == b"quoted-printable":
            return _quote(piece) if piece.endswith(b"\n") else _quote(piece) + b"=\n"
        return piece

    def end(self) -> bytes:
        return _base64(self._rest)


def _is_clean(body: bytes) -> bool:
    return (
        body.isascii()
        and body.endswith(b"\n")
        and b"\r" not in body
        and b"\0" not in body
        and not (b"From " in body and _FROM_AT_START.search(body))
        and _has_short_lines(body)
    )


def _has_short_lines(body: bytes) -> bool:
    """Jump from line end to line end, as far as a line may be long."""
    at = 0
    while at + _LINE_MAX_BYTES < len(body):
        at = body.rfind(b"\n", at, at + _LINE_MAX_BYTES + 1) + 1
        if at == 0:
            return False
    return True


def _encode(body: bytes) -> tuple[bytes, bytes]:
    """Encode by RFC 2045 section 6.7 or 6.8. Only base64 can keep a body whose last line has no end."""
    if body.endswith(b"\n") and 6 * len(body.translate(None, _SAFE)) < len(body):
        return b"quoted-printable", _quote(body)
    return b"base64", _base64(body)


def _base64(body: bytes) -> bytes:
    starts = range(0, len(body), _BASE64_LINE_BYTES)
    return b"".join(b2a_base64(body[at : at + _BASE64_LINE_BYTES]) for at in starts)


def _quote(body: bytes) -> bytes:
    quoted = _UNSAFE.sub(lambda found: b"=%02X" % found[0][0], body)
    lines = [line if len(line) <= _QUOTED_LINE_MAX_BYTES else _break(line) for line in quoted.split(b"\n")]
    return _FROM_AT_START.sub(rb"\1=46rom ", b"\n".join(lines))


def _break(line: bytes) -> bytes:
    """Break a quoted-printable line softly, never within an escape."""
    pieces: list[bytes] = []
    at = 0
    while len(line) - at > _QUOTED_LINE_MAX_BYTES:
        end = at + _QUOTED_LINE_MAX_BYTES - 1
        end = line.rfind(b"=", end - 2, end) if b"=" in line[end - 2 : end] else end
        pieces.append(line[at:end])
        at = end
    pieces.append(line[at:])
    return b"=\n".join(pieces)


def write_text(mail: MboxMail, trailers: Sequence[str], *, has_diff: bool) -> bytes:
    """What stands before the diff: the message with trailers added. git takes no line of it for a header."""
    commit = mail.commit
    message, rest = mail.message[commit.message_start : commit.message_end], mail.message[commit.message_end :]
    if trailers:
        message = _add_trailers(message, trailers)
    if has_diff and LIKE_A_DIFF.search(rest):
        rest = "---\n"
    if _LIKE_A_HEADER.match(message or rest):
        header = b"From: " + write_mailbox(commit.name, commit.email) + b"\n\n"
    else:
        header = b""
    return header + f"{message}{rest}".encode("utf-8", "replace")


def _add_trailers(message: str, trailers: Sequence[str]) -> str:
    lines = [" ".join(DECEIVING.sub(" ", trailer).split()) for trailer in trailers]
    wanted = set(map(_key, lines))
    present = {key for line in _LINE.finditer(message) if (key := _key(line[0].replace("\n ", " "))) in wanted}
    added: list[str] = []
    for line in lines:
        found = _TRAILER.match(line)
        if found and found[1].lower() not in _READ_OTHERWISE and _key(line) not in present:
            present.add(_key(line))
            added.append(line + "\n")
    if not added:
        return message
    if message and not message.endswith("\n"):
        message += "\n"
    gap = "" if not message or _ends_in_trailers(message) else "\n"
    return "".join((message, gap, *added))


def _key(line: str) -> str:
    return " ".join(line.split()).casefold()


def _ends_in_trailers(message: str) -> bool:
    """Tell whether git takes the last paragraph for trailers: all lines are, or one in four and one is git's own."""
    trailers = others = 0
    signed = False
    for line in reversed(message.rstrip().split("\n")):
        if not line.strip():
            break
        if line.startswith(("Signed-off-by: ", "(cherry picked from commit ")):
            signed = True
            trailers += 1
        elif _TRAILER_LINE.match(line):
            trailers += 1
        elif not line.startswith((" ", "\t", "#")):
            others += 1
    return trailers > 0 and (others == 0 or (signed and trailers * 3 >= others))
