"""Content-Transfer-Encoding undone (RFC 2045 section 6)."""

import binascii

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\n\t\r "


def decode_transfer(content: bytes, encoding: bytes) -> bytes:
    """Give the bytes that were sent, with the line ends of their file. encoding is the field's folded value.

    An encoding that is unknown is none. Where every line ends in CRLF those are the transport's (RFC 2045 section 6.8)
    and become LF; where some do, a file's lines are among them and keep their CR. Never raises.
    """
    encoding = encoding.lower()
    if encoding == b"quoted-printable":
        decoded = binascii.a2b_qp(content)
    elif encoding == b"base64":
        decoded = _decode_base64(content)
    else:
        return content
    if b"\r" in decoded and decoded.count(b"\r\n") == decoded.count(b"\n"):
        return decoded.replace(b"\r\n", b"\n")
    return decoded


def _decode_base64(content: bytes) -> bytes:
    """Decode up to the padding or the first line that is no base64: lists append their footers to the encoded text."""
    if content.translate(None, _BASE64):
        lines = content.split(b"\n")
        good = next(number for number, line in enumerate(lines) if line.translate(None, _BASE64))
        if not any(lines[:good]):
            return content  # it never was base64
        content = b"\n".join(lines[:good])
    digits = content.partition(b"=")[0].translate(None, b"\n\t\r ")
    return binascii.a2b_base64((digits[:-1] if len(digits) % 4 == 1 else digits) + b"==")
