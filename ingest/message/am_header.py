"""The header of a patch mail: where it ends, what a field says, and the fields that `git am` needs in 7-bit form."""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from email.utils import format_datetime

from ingest.message.dates import parse_date
from schemas.mail import Mailbox, ParsedMail

LINE_MAX_BYTES = 990
"""RFC 5322 section 2.1.1 allows 998 without CRLF; a few are left for the field's name."""
FIELD_MAX_BYTES = 10_000
"""More of a field than this is not read: the time that a mail takes stays in proportion to its size."""

_FIELD_START = re.compile(rb"[!-9;-~]+:|>?From ")
_HEADER_END = re.compile(rb"\n(?![!-9;-~]+:|[ \t]|>?From )")
_ENCODED_WORD = re.compile(rb"=\?([^?]*)\?([bBqQ])\?(.*?)\?=", re.DOTALL)
_BETWEEN_WORDS = re.compile(rb"(\?=)[ \t\n]+(?==\?[^?]*\?[bBqQ]\?)")
_HEX_PAIR = re.compile(rb"=([0-9A-Fa-f]{2})")
_INVALID_UTF8 = re.compile("[\udc80-\udcff]")
_CONTROLS = re.compile("[\0-\x1f\x7f]")
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_WORD_MAX_BYTES = 60
_NO_TEXT_CODECS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"})


def split_header(text: bytes) -> tuple[bytes, int]:
    """Find the header of a mail or of a MIME part whose lines end in LF.

    Gives the header, with an LF in front of its first line and behind its last, and the offset of the body. For git the
    header ends at the first line that is no field, no continuation and no mbox "From " line; such a line is dropped if
    it is blank, else it is the body's first.
    """
    if not _FIELD_START.match(text):
        return b"\n", 1 if text.startswith(b"\n") else 0
    found = _HEADER_END.search(text)
    if found is None:
        return b"\n" + text + b"\n", len(text)
    start = found.start() + 1
    line_end = text.find(b"\n", start)
    if line_end >= 0 and not text[start:line_end].strip():
        return b"\n" + text[:start], line_end + 1
    return b"\n" + text[:start], start


def field(header: bytes, lower: bytes, name: bytes) -> bytes | None:
    """Give the last field of that name, as it is folded, without white space around it; None if there is none.

    `header` is as `split_header` gives it, `lower` is `header.lower()`, `name` is lower case.
    """
    at = lower.rfind(b"\n" + name + b":")
    if at < 0:
        return None
    start = at + len(name) + 2
    end = header.find(b"\n", start)
    while header[end + 1 : end + 2] in (b" ", b"\t"):
        end = header.find(b"\n", end + 1)
    return header[start:end].strip()


def write_head(header: bytes, lower: bytes, parsed: ParsedMail) -> bytes:
    """Write From, Date, Subject and Message-ID so that git reads from them what it reads from the mail (RFC 2047).

    A field that is 7-bit and that git can decode stays as it is. What is absent, or hidden by a list's DMARC rewriting,
    comes from `parsed`. Bytes that are no UTF-8 are read as ISO-8859-1, as `git commit` reads them.
    """
    author, date, subject, message_id = (
        None if (value := field(header, lower, name)) is None else value[:FIELD_MAX_BYTES]
        for name in (b"from", b"date", b"subject", b"message-id")
    )
    lines = b"From: " + _author(author, parsed.author) + b"\nDate: " + _date(date, parsed)
    if subject is not None:
        lines += b"\nSubject: " + _seven_bit(subject)
    return lines + b"\nMessage-ID: " + _message_id(message_id, parsed) + b"\n"


def decode_charset(content: bytes, charset: bytes) -> str | None:
    """Decode by the declared charset; None where it is none that can be known, or is not what the bytes are in."""
    name = charset.decode("ascii", "replace").strip("'\" ").replace("-", "_").lower()
    if name in _NO_TEXT_CODECS:
        return None
    try:
        return content.decode(name)
    except (LookupError, ValueError):
        return None


def decode_guess(content: bytes) -> str:
    """Decode bytes of no known charset: UTF-8, and what is none, byte by byte, as ISO-8859-1, as `git commit` does."""
    text = content.decode("utf-8", "surrogateescape")
    return _INVALID_UTF8.sub(lambda byte: chr(ord(byte[0]) & 0xFF), text)


def _author(value: bytes | None, author: Mailbox) -> bytes:
    if value is not None and (not author.email or author.email.encode("utf-8", "replace") in value.lower()):
        return _seven_bit(value)
    name = author.name
    if name.isascii() and not _PLAIN_PHRASE.fullmatch(name):
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return _seven_bit(" ".join(f"{name} <{author.email}>".split()).encode("utf-8", "replace"))


def _date(value: bytes | None, parsed: ParsedMail) -> bytes:
    readable = value is not None and (parsed.date_from == "date" or parse_date(value) is not None)
    return _seven_bit(value) if value is not None and readable else format_datetime(parsed.date).encode()


def _message_id(value: bytes | None, parsed: ParsedMail) -> bytes:
    if value is not None and value.isascii() and not _has_controls(value) and len(value) <= LINE_MAX_BYTES:
        return value
    return b"<" + b"".join(parsed.message_id.encode("ascii", "replace").split()) + b">"


def _seven_bit(value: bytes) -> bytes:
    if value.isascii() and not _has_controls(value) and (b"=?" not in value or _git_decodes(value)):
        if len(value) <= LINE_MAX_BYTES or max(map(len, value.split(b"\n"))) <= LINE_MAX_BYTES:
            return value
        return _encode(value.replace(b"\n", b"").decode("ascii"), whole=True)
    text = _decode(value)
    return _encode(text, whole="=?" in text or len(text) > LINE_MAX_BYTES)


def _has_controls(value: bytes) -> bool:
    return b"\r" in value or b"\0" in value


def _git_decodes(value: bytes) -> bool:
    """Tell whether every encoded word is whole and in a known charset, else `git mailinfo` gives the mail up."""
    if b"=?" in _ENCODED_WORD.sub(b" ", value):
        return False
    return all(
        word[1].lower() == b"utf-8" or decode_charset(_word_bytes(word), word[1]) is not None
        for word in _ENCODED_WORD.finditer(value)
    )


def _word_bytes(word: re.Match[bytes]) -> bytes:
    if word[2] in b"qQ":
        return _HEX_PAIR.sub(lambda pair: bytes.fromhex(pair[1].decode()), word[3].replace(b"_", b" "))
    try:
        return b64decode(word[3] + b"=" * (-len(word[3]) % 4))
    except Base64Error:
        return word[0]


def _decode(value: bytes) -> str:
    """Decode an unfolded header value, whatever is in it; control characters become spaces."""
    value = _BETWEEN_WORDS.sub(rb"\1", value.replace(b"\n", b""))
    text = ""
    at = 0
    for word in _ENCODED_WORD.finditer(value):
        charset, content = word[1].partition(b"*")[0], _word_bytes(word)
        text += decode_guess(value[at : word.start()]) + (decode_charset(content, charset) or decode_guess(content))
        at = word.end()
    return _CONTROLS.sub(" ", text + decode_guess(value[at:]))


def _encode(text: str, *, whole: bool) -> bytes:
    """Put the words from the first that is not ASCII to the last, or all, into encoded words (RFC 2047), one a line."""
    words = text.split(" ")
    odd = [number for number, word in enumerate(words) if whole or not word.isascii()]
    if not odd:
        return text.encode()
    before, phrase, after = words[: odd[0]], words[odd[0] : odd[-1] + 1], words[odd[-1] + 1 :]
    return " ".join([*before, "\n ".join(_encoded_words(" ".join(phrase))), *after]).encode("ascii", "replace")


def _encoded_words(phrase: str) -> list[str]:
    encoded = [""]
    for character in phrase:
        if character.isascii() and character.isalnum():
            code = character
        else:
            code = "_" if character == " " else "".join(f"={byte:02X}" for byte in character.encode("utf-8", "replace"))
        if len(encoded[-1]) + len(code) > _WORD_MAX_BYTES:
            encoded.append("")
        encoded[-1] += code
    return [f"=?utf-8?q?{word}?=" for word in encoded]
