"""One mail read: bytes in, ParsedMail out. Pure, total, and the same for CRLF and LF."""

import re
from datetime import datetime
from hashlib import blake2b

from ingest.message.author import read_author, read_sender
from ingest.message.body import read_body
from ingest.message.dates import read_date, read_received
from ingest.message.diff import find_diff
from ingest.message.files import read_files
from ingest.message.headers import Headers, header_text, normalise, split_mail
from ingest.message.identifiers import read_list_ids, read_message_id, read_references
from ingest.message.pull_request import read_pull_url
from ingest.message.trailers import read_trailers
from schemas.mail import Mailbox, ParsedMail

_ANSWER = re.compile(
    r"(?:\[[^\[\]]{0,100}\]\s*|(?:fwd?|wg|tr)\s*:\s*)*+(?:re|aw|sv|vs|antw|odp|ynt)\s*(?:\[\d+\]|\(\d+\)|\^\d+)?\s*:",
    re.IGNORECASE,
)


def parse(raw: bytes, received_at: datetime) -> ParsedMail:
    """Read one mail as it came over SMTP (CRLF) or out of an archive (LF); both give the same.

    received_at is aware. Never raises, whatever the bytes are: what cannot be read is empty, and `schemas.mail` says
    what a field means then. Time is proportional to the size: whatever could be piled up in a mail is read up to a
    bound, which stands as a `..._MAX` in the file that reads it.
    """
    mail = normalise(raw)
    fields, start = split_mail(mail)
    text, wrapped_from, is_flowed = read_body(mail, start, fields)
    message_id = read_message_id(fields)
    list_ids = read_list_ids(fields)
    subject = header_text(fields, b"subject")
    author = read_author(fields, list_ids, text, wrapped_from)
    date, date_from, written = read_date(fields, received_at)
    content_hash = _hash(author, written, subject, text)
    message, diff, around = _take_apart(text, is_flowed, is_answer=_ANSWER.match(subject) is not None)
    trailers = read_trailers(around)
    return ParsedMail(
        message_id=message_id or f"{content_hash.hex()}@patchlog.invalid",
        message_id_derived=not message_id,
        references=read_references(fields, message_id),
        subject=subject,
        author=author,
        rewritten=sender if (sender := read_sender(fields)) != author else None,
        date=date,
        date_from=date_from,
        list_ids=list_ids,
        hint=header_text(fields, b"x-patchwork-hint").lower(),
        first_state=header_text(fields, b"x-patchwork-state"),
        delegate=header_text(fields, b"x-patchwork-delegate"),
        message=message,
        diff=diff,
        files=read_files(diff) if diff else (),
        pull_url=None if diff else read_pull_url(around),
        change_id=trailers.change_id,
        supersedes=trailers.supersedes,
        depends_on=trailers.depends_on,
        base_commit=trailers.base_commit,
        trailers=trailers.given,
        content_hash=content_hash,
    )


def received_time(raw: bytes) -> datetime | None:
    """The time in the topmost Received field, aware UTC in whole seconds; None where there is none that can be read."""
    fields: Headers = split_mail(normalise(raw))[0]
    return read_received(fields)


def _take_apart(text: str, is_flowed: bool, *, is_answer: bool) -> tuple[str, str, str]:
    """Give the message, the diff, and all but the diff in lines that start and end with a line end.

    The message of an answer is all its text, with the diff in it; of any other mail with a diff, what stands before it,
    so that signatures and list footers are left out. A CR is kept in the diff alone, where it is a file's.
    Space-stuffing (RFC 3676 section 4.4) is undone where there is no diff: mailers say format=flowed and then send
    patches as they are.
    """
    lined = f"\n{text}\n"
    place = find_diff(lined)
    if place is None:
        message = text.replace("\r", "") if "\r" in text else text
        if is_flowed:
            message = f"\n{message}".replace("\n ", "\n")[1:]
        return message, "", f"\n{message}\n"
    start, end = place
    message = text if is_answer else text[: start - 1]
    around = lined[:start] + lined[end - 1 :]
    return message.replace("\r", ""), lined[start:end], around.replace("\r", "")


def _hash(author: Mailbox, written: datetime | None, subject: str, text: str) -> bytes:
    """Hash what the sender wrote: the Date as written, even if wrong, since one found elsewhere differs by delivery."""
    head = f"{author.name}\0{author.email}\0{written.isoformat() if written else ''}\0{subject}\0"
    return blake2b((head + text).encode(), digest_size=16).digest()
