"""The header of a mail in an mbox: 7-bit, and read by git as it was meant, whatever is in the values."""

import re
from datetime import datetime
from email.utils import format_datetime

from schemas.mail import Commit

LINE_MAX_BYTES = 990
"""RFC 5322 section 2.1.1 allows 998 without CRLF; a few are left for the field's name."""

_CONTROLS = re.compile("[\0-\x1f\x7f]+")
_SPECIALS = re.compile(r"[^A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]")
_WORD_MAX_BYTES = 60
_ID_MAX_BYTES = 900


def write_header(commit: Commit, message_id: str) -> bytes:
    """Write From, Date, Subject and Message-ID (RFC 5322, RFC 2047), so that git reads in them what the commit has."""
    date = format_datetime(datetime.fromisoformat(commit.date))
    lines = (
        b"From: " + write_mailbox(commit.name, commit.email),
        b"Date: " + date.encode(),
        b"Subject: " + _write_text(commit.subject),
        b"Message-ID: " + _write_id(message_id),
    )
    return b"\n".join(lines) + b"\n"


def write_mailbox(name: str, email: str) -> bytes:
    """Write a name and an address, as the value of a From field.

    Beside an address, git takes a pair of parentheses off the name. Whatever git could take for the start of a comment
    is quoted: git reads beyond the end of a field whose comment is not closed.
    """
    if email and name.startswith("(") and name.endswith(")"):
        name = f"({name})"
    if '"' in name or "(" in name or (name.isascii() and _SPECIALS.search(name)):
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    address = _CONTROLS.sub("", f" <{email}>")
    if email.isascii() and "=?" not in email and len(address) < LINE_MAX_BYTES - _WORD_MAX_BYTES:
        return _write_text(name) + address.encode()
    return _write_text(name + address)


def _write_text(text: str) -> bytes:
    """Write a value by words, the odd ones encoded, on lines that are not too long."""
    text = _CONTROLS.sub(" ", text)
    if text.isascii() and "=?" not in text and len(text) <= LINE_MAX_BYTES:
        return text.encode()
    words = text.split(" ")
    whole = "=?" in text or len(text) > LINE_MAX_BYTES
    odd = [number for number, word in enumerate(words) if whole or not word.isascii()]
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


def _write_id(message_id: str) -> bytes:
    """A Message-ID on a line of its own: one that is too long is cut, and then is not the mail's any more."""
    return b"<" + b"".join(message_id.encode("ascii", "replace").split())[:_ID_MAX_BYTES] + b">"
