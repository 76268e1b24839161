"""The header section: where it ends, and the fields that are wanted from it (RFC 5322 section 2.2)."""

import re

from ingest.message.charset import decode_text, is_doubtful
from ingest.message.encoded_words import are_doubtful, decode_words

Headers = dict[bytes, list[bytes]]
"""Lower-case field name -> the raw values in their order, without the line end, folding left in."""

VALUE_MAX_BYTES = 65536
"""What is read of one value: nobody writes more. Of References the end counts, of the others the start."""

LINE_MAX_BYTES = 998

_ENVELOPE_LINES = re.compile(rb"(?:>*From [^\n]*\n)+")
_BLANK_LINE = re.compile(rb"\n\r?\n")
_NOT_A_FIELD = re.compile(rb"\n(?![ \t]|[!-9;-~]*:|>?From )")
_FIRST_LINE = re.compile(rb"[ \t]|[!-9;-~]*:|>?From ")

_MAIL_FIELD = re.compile(
    rb"\n(message-id|subject|from|date|in-reply-to|references|list-(?:id|post)|received|reply-to|to|cc|"
    rb"content-(?:type|transfer-encoding|disposition)|original-message-id|"
    rb"x-(?:(?:microsoft-|google-)?original-message-id|original-(?:from|sender)|mailing-list|list|patchwork-(?:hint|state|"
    rb"delegate)|bugzilla-(?:reason|type)|jira-fingerprint|launchpad-bug|roundup-name)):([^\n]*(?:\n[ \t][^\n]*)*+)",
    re.IGNORECASE,
)
_PART_FIELD = re.compile(
    rb"\n(content-(?:type|transfer-encoding|disposition)|from):([^\n]*(?:\n[ \t][^\n]*)*+)", re.IGNORECASE
)


def normalise(raw: bytes) -> bytes:
    """Give a mail with LF line ends, without the `From ` line of a mail folder, whichever of CRLF and LF it came in.

    A CR before an LF is the transport's: SMTP has it on every line, and git takes it off every line of a file.
    """
    envelope = _ENVELOPE_LINES.match(raw)
    if envelope:
        raw = raw[envelope.end() :]
    return raw.replace(b"\r\n", b"\n") if b"\r" in raw else raw


def head_of(raw: bytes) -> bytes:
    """A mail as it came, up to its first blank line: what is read of its header is read of this, too."""
    blank = _BLANK_LINE.search(raw)
    return raw if blank is None else raw[: blank.end()]


def split_mail(raw: bytes) -> tuple[Headers, int]:
    """Collect the wanted fields of a mail with LF line ends, and say where its body starts.

    The header section ends at the first empty line, or before the first line that cannot be part of one: then the blank
    line is missing (`email.feedparser` reads it the same way).
    """
    head, body = _split(raw, 0, len(raw))
    return _collect(_MAIL_FIELD, head), body


def find_break(mail: bytes, start: int) -> int | None:
    """The number, from 1, of the line at which the header section of a mail with LF line ends breaks off.

    That line is neither a field, nor the going on of one, nor the blank line that has to end the section (RFC 5322
    section 2.1). None where it ends as it should. start: where the body starts, as `split_mail` says.
    """
    if start == len(mail) or mail.startswith(b"\n") or mail.endswith(b"\n\n", 0, start):
        return None
    return mail.count(b"\n", 0, start) + 1


def split_part(raw: bytes, start: int, end: int) -> tuple[Headers, int]:
    """Like `split_mail`, for the part of a multipart that is raw[start:end]; only its MIME fields and From."""
    head, body = _split(raw, start, end)
    return _collect(_PART_FIELD, head), body


def _split(raw: bytes, start: int, end: int) -> tuple[bytes, int]:
    """Give the header section, with a line end before each line, and the offset of the body."""
    if raw.startswith(b"\n", start, end) or not _FIRST_LINE.match(raw, start, end):
        return b"", start + raw.startswith(b"\n", start, end)
    blank = raw.find(b"\n\n", start, end)
    head = b"\n" + raw[start : end if blank < 0 else blank]
    stray = _NOT_A_FIELD.search(head)
    if stray and stray.end() < len(head):
        return head[: stray.start()], start + stray.start()
    return head, end if blank < 0 else blank + 2


def _collect(field: re.Pattern[bytes], head: bytes) -> Headers:
    fields: Headers = {}
    for name, value in field.findall(head):
        fields.setdefault(name.lower(), []).append(value)
    return fields


ONCE = (
    b"from",
    b"subject",
    b"date",
    b"message-id",
    b"content-type",
    b"content-transfer-encoding",
    b"content-disposition",
)
"""Fields that a mail may have once (RFC 5322 section 3.6, RFC 2045 section 3) and of which one would hide another."""


SHOWN = (b"from", b"subject", b"date")


def repeated(fields: Headers) -> list[tuple[str, int]]:
    """The fields that come more often than they may, and how often each comes; with the bytes of both equal, once."""
    return [
        (name.decode().title(), len(values))
        for name in ONCE
        if len(values := fields.get(name, ())) > 1 and len(set(map(bytes.strip, values))) > 1
    ]


def with_controls(fields: Headers) -> list[str]:
    """The fields of those that are shown whose first value has control characters, or spaces that are none to git."""
    return [
        name.decode().title()
        for name in SHOWN
        if _CONTROL_BYTES.search(value := (fields.get(name) or [b""])[0]) or has_odd_spaces(raw_text(value))
    ]


def has_odd_spaces(text: str) -> bool:
    """Tell whether a value, once it is decoded, has characters that `fold` makes spaces and git does not."""
    return _ODD.search(decode_words(text)) is not None


def doubtful(fields: Headers) -> list[str]:
    """The fields of those that are shown whose first value can be read in several ways."""
    values = [(name.decode().title(), (fields.get(name) or [b""])[0]) for name in SHOWN]
    return [name for name, value in values if is_doubtful(value, "") or are_doubtful(raw_text(value))]


def is_cut(fields: Headers) -> bool:
    """Tell whether a field that is shown has more than is read of it."""
    return any(len((fields.get(name) or [b""])[0]) > VALUE_MAX_BYTES for name in SHOWN)


def header_bytes(fields: Headers, name: bytes) -> bytes:
    """The first value of a field with its white space folded to single spaces; b"" where there is none."""
    values = fields.get(name)
    return b" ".join(values[0][:VALUE_MAX_BYTES].split()) if values else b""


def header_text(fields: Headers, name: bytes) -> str:
    """The first value of a field, decoded and folded; "" where there is none."""
    return decode_header(header_bytes(fields, name))


def decode_header(value: bytes) -> str:
    """Decode a folded value: raw 8-bit text, then RFC 2047; white space and control characters become single spaces."""
    return fold(decode_words(raw_text(value)))


def raw_text(value: bytes) -> str:
    """Read the bytes of a value as text (UTF-8, else windows-1252), with encoded words as they stand."""
    return decode_text(value, "")


def fold(text: str) -> str:
    """Make each run of white space and control characters one space, with none at the ends."""
    if not text.isprintable():
        text = _CONTROL.sub(" ", text)
    return " ".join(text.split())


def within_line(text: str) -> str:
    """Cut what names something, as a Message-ID or an address does, to what a line may have (RFC 5322 section 2.1.1).

    So it fits the keys of every database: an index of PostgreSQL takes 2,704 bytes.
    """
    if len(text) * 4 <= LINE_MAX_BYTES:
        return text
    return text.encode()[:LINE_MAX_BYTES].decode(errors="ignore")


_CONTROL_BYTES = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_ODD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
