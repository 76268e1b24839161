"""Content-Transfer-Encoding undone (RFC 2045 section 6)."""

import binascii
import re
from typing import NamedTuple

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\n\t\r "
_QUOTED = re.compile(rb"=([0-9A-Fa-f]{2})|=(?:\n|\Z)|\0[^\n]*\n?")


class Transferred(NamedTuple):
    """What was sent, and what stands behind the end of a base64 text, as it is in the mail.

    had_line_ends: every line ended in CRLF, which were the transport's (RFC 2045 section 6.8) and are LF here.
    """

    content: bytes
    behind: bytes = b""
    had_line_ends: bool = False


def decode_transfer(content: bytes, encoding: bytes) -> Transferred:
    """Give the bytes that were sent, with the line ends of their file. encoding is the field's folded value.

    An encoding that is unknown is none. Where every line ends in CRLF those are the transport's and become LF; where
    some do, a file's lines are among them and keep their CR. Quoted-printable is read as git reads it. Never raises.
    """
    encoding = encoding.lower()
    behind = b""
    if b"base64" in encoding:
        decoded, behind = _decode_base64(content)
        if decoded is content:
            return Transferred(content)
    elif b"quoted-printable" in encoding:
        decoded = _decode_quoted(content)
    else:
        return Transferred(content)
    if b"\r" in decoded and decoded.count(b"\r\n") == decoded.count(b"\n"):
        return Transferred(decoded.replace(b"\r\n", b"\n"), behind, True)
    return Transferred(decoded, behind)


def decode_base64_lines(content: bytes) -> bytes:
    """Decode each line by itself and pass over what is not of the alphabet, as git does."""
    return b"".join(map(_decode_base64_line, content.split(b"\n")))


def _decode_base64_line(line: bytes) -> bytes:
    digits = line.translate(None, _NOT_BASE64)
    spare = len(digits) % 4
    return binascii.a2b_base64(digits[: len(digits) - 1] if spare == 1 else digits + b"=" * (-spare % 4))


_NOT_BASE64 = bytes(byte for byte in range(256) if byte not in _BASE64[:64])


def _decode_quoted(content: bytes) -> bytes:
    if b"==" in content or b"=\r" in content or b"\0" in content:  # Python reads these in another way than git
        return _QUOTED.sub(lambda found: bytes.fromhex(found[1].decode()) if found[1] else b"", content)
    return binascii.a2b_qp(content)


def _decode_base64(content: bytes) -> tuple[bytes, bytes]:
    """Decode up to the padding or the first line that is no base64: lists append their footers to the encoded text.

    Gives also what stands behind. content itself comes back where it never was base64.
    """
    behind = b""
    if content.translate(None, _BASE64):
        lines = content.split(b"\n")
        good = next(number for number, line in enumerate(lines) if line.translate(None, _BASE64))
        if not any(lines[:good]):
            return content, b""
        content, behind = b"\n".join(lines[:good]), b"\n".join(lines[good:])
    digits, padding, rest = content.partition(b"=")
    if padding:
        behind = rest.lstrip(b"= \t\r\n") + behind
    digits = digits.translate(None, b"\n\t\r ")
    return binascii.a2b_base64((digits[:-1] if len(digits) % 4 == 1 else digits) + b"=="), behind
