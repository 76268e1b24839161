"""The commit that `git am` makes of a mail, but for its diff: its author, date and title, and where its message is.

This follows git's mailinfo.c, so that a mail that can be read in one way makes the commit that it makes for git: a
header at the start of the text counts before the mail's own, brackets before the title are dropped, a name that is no
name gives way to the address.
"""

import re
from datetime import UTC, datetime
from typing import NamedTuple

from ingest.message import marks
from ingest.message.dates import read_zoned
from ingest.message.diff import find_message_end
from ingest.message.encoded_words import are_doubtful, decode_words
from ingest.message.headers import Headers, fold, has_odd_spaces, header_bytes, header_text, is_cut, raw_text
from ingest.message.mailboxes import read_mailbox
from schemas.mail import Commit, Mailbox, Mark

LINES_MAX = 100
"""Lines of the header in a text that are read."""
_SPACES = " \t\r\n"
LINE_MAX_CHARS = 4000
"""What is read of one field of it."""

_FIELD = re.compile(r"(From|Subject|Date):", re.IGNORECASE)
_TITLE = re.compile(r"\[PATCH\](?=[ \t\r\n])")
_SEPARATOR = re.compile(r">From [0-9a-f]{40} Mon Sep 17 00:00:00 2001\n")
_NAME_MAX_BYTES = 60
_CRUD = "".join(map(chr, range(33))) + ".,:;<>\"\\'"
"""What git takes off both ends of a name and of an address."""
_QUOTING = re.compile(r"[\"\\(]")
_ADDRESS = re.compile(
    r"[^\s<>()@\"\\,;:\x00-\x1f\x7f]+@[^\s<>()@\"\\,;:\x00-\x1f\x7f]*[^\s<>()@\"\\,;:.'\x00-\x1f\x7f]"
)
"""It ends in nothing that git takes off."""
_DATE = re.compile(
    rb"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:[0-5]\d ?(?:[+-]0\d:?[0-5]\d|Z)"
    rb"|(?:[A-Za-z]{3,9}, ?)?\d{1,2} [A-Za-z]{3} \d{4} \d\d:\d\d(?::[0-5]\d)? (?:[+-][01]\d[0-5]\d|GMT|UT|UTC|Z)"
    rb"(?: \((?: ?(?!(?:[AP]M|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC))[A-Z]+)+\))?",
    re.IGNORECASE,
)
"""RFC 5322 section 3.3 or ISO 8601, folded; names of zones other than UTC's mean several things, and git reads what it
knows in a comment."""
_PARAGRAPH = re.compile(r"^[ \t\r]*+[^ \t\r\n][^\n]*(?:\n[ \t\r]*+[^ \t\r\n][^\n]*)*+", re.MULTILINE)
_EARLIEST_YEAR, _LATEST_YEAR = 1970, 2099
"""Of a date that git takes, in its own zone and in UTC."""


class InBody(NamedTuple):
    """The header at the start of a text: its fields by their lower-case names, unfolded, and the offset behind it."""

    fields: dict[str, str]
    end: int
    is_cut: bool = False
    """There is more of it than is read."""


def read_commit(
    fields: Headers, message: str, author: Mailbox, received: datetime, *, has_diff: bool
) -> tuple[Commit, list[Mark]]:
    """Read the commit of a mail with that message.

    author is the mail's, with a list's rewriting undone; received stands in for a date that cannot be read; has_diff:
    whether a diff follows behind the message. Never raises.
    """
    in_body = read_in_body(message)
    told: list[Mark] = []
    name, email = _read_author(fields, in_body.fields.get("from"), author, told)
    told += [marks.odd_header(key.title()) for key, value in in_body.fields.items() if has_odd_spaces(value)]
    told += [marks.doubtful_field(key.title()) for key, value in in_body.fields.items() if are_doubtful(value)]
    told += [marks.cut()] if in_body.is_cut or is_cut(fields) else []
    end = find_message_end("\n" + message) - 1 if has_diff else len(message)
    start = min(in_body.end, end)
    header_subject = header_text(fields, b"subject")
    subject = header_subject
    if "subject" in in_body.fields:
        title = clean_subject(fold(decode_words(in_body.fields["subject"])))
        subject = header_subject.removesuffix(clean_subject(header_subject)) + title
    title = clean_subject(subject) or _first_paragraph(message[start:end])
    if not clean_subject(subject) and len(title) > LINE_MAX_CHARS:
        subject = title = fold(title[:LINE_MAX_CHARS])
        told.append(marks.cut())
    date = _read_date(fields, in_body.fields.get("date"), received, told)
    last = len(message[:end].rstrip(" \t\r\n"))
    line_end = message.find("\n", last, end) + 1
    message_end = max(start, (line_end or end) if last else 0)
    return Commit(name, email, date, title, subject, start, message_end), told


def read_in_body(message: str) -> InBody:
    """Read the header that a text begins with, as git does: From, Subject and Date, each once, with lines that go on.

    Blank lines before it are skipped, the blank line behind it ends it; so does any other line, which is the message's.
    """
    found: dict[str, str] = {}
    held = ""
    at = 0
    is_long = False
    for _ in range(LINES_MAX):
        end = message.find("\n", at) + 1 or len(message)
        line = message[at:end]
        if line in ("\n", ""):
            if held or not line:
                at = end
                break
        elif held and line[0] in " \t":
            found[held] += " " + line.strip(_SPACES)
        elif not _SEPARATOR.fullmatch(line):
            field = _FIELD.match(line)
            held = field[1].lower() if field else ""
            if field and held not in found:
                found[held] = line[field.end() :].strip(_SPACES)
            elif _TITLE.match(line):
                held, found["subject"] = "", line.strip(_SPACES)
            else:
                break
        at = end
    else:
        is_long = True
    is_long |= any(len(value) > LINE_MAX_CHARS for value in found.values())
    return InBody({name: value[:LINE_MAX_CHARS] for name, value in found.items()}, at, is_long)


def clean_subject(subject: str) -> str:
    """Drop what `git am` drops before a title: brackets, "Re:", colons and spaces. subject is decoded and folded."""
    at = 0
    while at < len(subject):
        if subject[at] in " :":
            at += 1
        elif subject[at] == "[" and (end := subject.find("]", at)) >= 0:
            at = end + 1
        elif subject[at : at + 3].lower() == "re:" and len(subject) > at + 3:
            at += 3
        else:
            break
    return subject[at:].strip()


def _first_paragraph(message: str) -> str:
    """The title of a commit without a Subject: the first lines of its message, in one, with git's spaces."""
    found = _PARAGRAPH.search(message)
    return " ".join(line.rstrip(" \t\r") for line in found[0].split("\n")) if found else ""


def _read_author(fields: Headers, in_body: str | None, author: Mailbox, told: list[Mark]) -> tuple[str, str]:
    """The author's name and address as git has them; `author` counts where they are not to be read in one way."""
    spelled = raw_text(header_bytes(fields, b"from"))
    if in_body is not None:
        said = read_mailbox(fold(in_body))
        if "@" in said.email:
            author, spelled = said, fold(in_body)
        else:
            told.append(marks.author_passed_over())
    decoded = fold(decode_words(spelled))
    name, email = read_git_author(decoded)
    is_plain = bool(_without_crud(name)) and _unquote(decoded)[1]
    if email.lower() != author.email:
        is_ours = read_mailbox(spelled) == author
        told.append(marks.author_read(author.email) if is_ours else marks.from_rewritten(author.email))
        name, email = author.name, author.email
    name, address = as_git_takes(name, email)
    if not address:
        told.append(marks.author_missing())
    elif address != email:
        told.append(marks.author_read(address))
    elif not is_plain:
        told.append(marks.author_named(name))
    return name, address


def as_git_takes(name: str, email: str) -> tuple[str, str]:
    """A name and an address as git takes them for a commit: without what it would cut off or read otherwise."""
    plain = _ADDRESS.match(_without_crud(email))
    address = plain[0] if plain else ""
    if not address:  # then git does not undo quotes
        name = name.replace('"', "").replace("\\", "")
    name = _without_crud(sane_name(name, address))
    return name or _without_crud(address.partition("@")[0]) or "unknown", address


def read_git_author(text: str) -> tuple[str, str]:
    """Read a decoded From as git does: the first word with an @ is the address, the rest without quotes the name."""
    text, _ = _unquote(text)
    at = text.find("@")
    if at < 0:
        name, bracket, rest = text.partition("<")
        email = rest.partition(">")[0]
        return (sane_name(" ".join(name.split()), email), email) if bracket and ">" in rest else ("", "")
    start = at
    while start > 0 and not text[start - 1].isspace() and text[start - 1] != "<":
        start -= 1
    end = next((place for place in range(at, len(text)) if text[place] in " \t>"), len(text))
    before = text[: start - 1] + " " if start and text[start - 1] == "<" else text[:start]
    name = " ".join((before + text[end + 1 :]).split())
    if name.startswith("(") and name.endswith(")") and len(name) > 1:
        name = name[1:-1]
    return sane_name(name, text[start:end]), text[start:end]


def _unquote(text: str) -> tuple[str, bool]:
    """Take the quotes from quoted strings, and backslashes in these and in comments (RFC 5322 section 3.2.4).

    Also tells whether each is closed. Where one is not, git goes on with what stands in memory behind the field.
    """
    if not _QUOTING.search(text):
        return text, True
    pieces: list[str] = []
    quoted, depth, literal = False, 0, False
    for character in text:
        if literal:
            literal = False
        elif character == "\\" and (quoted or depth):
            literal = True
            continue
        elif character == '"' and not depth:
            quoted = not quoted
            continue
        elif not quoted and character == "(":
            depth += 1
        elif not quoted and depth and character == ")":
            depth -= 1
        pieces.append(character)
    return "".join(pieces), not (quoted or depth)


def sane_name(name: str, email: str) -> str:
    """The name, or where git takes it for none (empty, over 60 bytes, or with @, < or >), the address."""
    is_name = name and len(name.encode("utf-8", "replace")) <= _NAME_MAX_BYTES and not set("@<>") & set(name)
    return name if is_name else email


def _without_crud(text: str) -> str:
    return text.strip(_CRUD).replace("<", "").replace(">", "")


def _read_date(fields: Headers, in_body: str | None, received: datetime, told: list[Mark]) -> str:
    values = [header_bytes(fields, b"date")]
    if in_body is not None:
        values.insert(0, fold(decode_words(in_body)).encode("utf-8", "replace"))
    for value in values:
        date = read_zoned(value)
        if date is not None and date.year >= _EARLIEST_YEAR and date.astimezone(UTC).year < _LATEST_YEAR:
            written = date.isoformat()
            if not _DATE.fullmatch(value):
                told.append(marks.date_read(written))
            return written
        told.append(marks.date_passed_over())
    return received.replace(microsecond=0).isoformat()
