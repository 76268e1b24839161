"""The header of a mail in an mbox: 7-bit, and read by git as it was meant, whatever is in the values."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from email.utils import format_datetime

from schemas.mail import Commit, Mailbox, MboxHeader

LINE_MAX_BYTES = 990
"""RFC 5322 section 2.1.1 allows 998 without CRLF; a few are left for the field's name."""

_CONTROLS = re.compile("[\0-\x1f\x7f]+")
_SPECIALS = re.compile(r"[^A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]")
_WORD_MAX_BYTES = 60
_ID_MAX_BYTES = 900
_TOLD_MAX = 320
"""Of names and addresses that nothing is made of: RFC 5321 section 4.5.3.1 has 64 and 255 for the parts of one."""
_ADDRESS = re.compile(r"[^\0-\x20\x7f-\U0010ffff<>()\[\]\\,;:\"@]+@[^\0-\x20\x7f-\U0010ffff<>()\\,;\"@]+")
_TOKEN = re.compile(r"[!-;=?-~]+")


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


def write_told(header: MboxHeader) -> bytes:
    """Write the fields of a patch that git passes over: ours, and those of its mail that say where it was sent.

    What cannot be written in 7 bits on a line as it is, an address or a Message-ID, is left out: a bot would send mail
    to another one.
    """
    return b"".join(name + b": " + value + b"\n" for name, value in _told(header) if value)


def _told(header: MboxHeader) -> Iterator[tuple[bytes, bytes]]:
    sent = header.sent
    references = [written for each in sent.references if (written := _write_token(each))]
    yield b"X-Patchwork-Id", b"%d" % header.patch_id
    yield b"X-Patchwork-Submitter", _write_mailboxes((header.submitter,))
    yield b"X-Patchwork-Delegate", _write_text(header.delegate[:_TOLD_MAX])
    yield b"To", _write_mailboxes(sent.to)
    yield b"Cc", _write_mailboxes(sent.cc)
    yield b"In-Reply-To", references[-1] if references and _write_token(sent.references[-1]) else b""
    yield b"References", b"\n ".join(references)
    yield b"List-Id", _write_token(sent.list_id)


def _write_mailboxes(mailboxes: Iterable[Mailbox]) -> bytes:
    """Write a list of mailboxes, a line each."""
    return b",\n ".join(_write_recipient(mailbox) for mailbox in mailboxes if _is_told(mailbox.email))


def _is_told(address: str) -> bool:
    return len(address) <= _TOLD_MAX and "=?" not in address and _ADDRESS.fullmatch(address) is not None


def _write_recipient(mailbox: Mailbox) -> bytes:
    """Write a mailbox in a list: its name has nothing that a reader of lists could take for the end of it."""
    name = " ".join(_CONTROLS.sub(" ", mailbox.name[:_TOLD_MAX]).split())
    if not name:
        return mailbox.email.encode()
    if not name.isascii() or "=?" in name:
        name = "\n ".join(_encoded_words(name))
    elif _SPECIALS.search(name):
        name = _quoted(name)
    return f"{name} <{mailbox.email}>".encode()


def _write_token(token: str) -> bytes:
    """Write a Message-ID or a list's id in its brackets; nothing where it cannot be one."""
    return b"<" + token.encode() + b">" if len(token) <= _ID_MAX_BYTES and _TOKEN.fullmatch(token) else b""


def write_mailbox(name: str, email: str) -> bytes:
    """Write a name and an address, as the value of a From field.

    Beside an address, git takes a pair of parentheses off the name. Whatever git could take for the start of a comment
    is quoted: git reads beyond the end of a field whose comment is not closed.
    """
    if email and name.startswith("(") and name.endswith(")"):
        name = f"({name})"
    if '"' in name or "(" in name or (name.isascii() and _SPECIALS.search(name)):
        name = _quoted(name)
    address = _CONTROLS.sub("", f" <{email}>")
    if email.isascii() and "=?" not in email and len(address) < LINE_MAX_BYTES - _WORD_MAX_BYTES:
        return _write_text(name) + address.encode()
    return _write_text(name + address)


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


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
