"""One mail read: bytes in, ParsedMail out. Pure, total, and the same for CRLF and LF."""

from datetime import datetime
from hashlib import blake2b

from ingest.message.answers import is_answer
from ingest.message.author import read_author, read_sender
from ingest.message.body import Body, read_body
from ingest.message.commit import read_commit, read_in_body
from ingest.message.dates import read_date, read_received
from ingest.message.diff import is_like_a_diff
from ingest.message.files import read_files
from ingest.message.given import read_given
from ingest.message.headers import (
    Headers,
    doubtful,
    find_break,
    head_of,
    header_text,
    normalise,
    repeated,
    split_mail,
    with_controls,
)
from ingest.message.identifiers import read_former_ids, read_list_ids, read_message_id, read_references
from ingest.message.marks import broken_header, deceiving, doubtful_field, notes, odd_header, repeated_field
from ingest.message.notices import read_notice
from ingest.message.pull_request import read_pull_url
from ingest.message.recipients import read_recipients
from ingest.message.text import Text, read_text
from ingest.message.trailers import read_trailers
from schemas.mail import LIKE_A_DIFF, Commit, Mailbox, Mark, ParsedMail


def parse(raw: bytes, received_at: datetime) -> ParsedMail:
    """Read one mail as it came over SMTP (CRLF) or out of an archive (LF); both give the same.

    received_at is aware. Never raises, whatever the bytes are: what cannot be read is empty, and `schemas.mail` says
    what a field means then. Time is proportional to the size: whatever could be piled up in a mail is read up to a
    bound, which stands as a `..._MAX` in the file that reads it.
    """
    mail = normalise(raw)
    fields, start = split_mail(mail)
    break_line = find_break(mail, start) if fields and mail[:1] not in b" \t" else 1
    body = read_body(mail, start, fields)
    del mail  # its text is read from the body, and there may be much of it
    subject = header_text(fields, b"subject")
    answers = is_answer(subject)
    text = read_text(body, is_answer=answers)
    message_id = read_message_id(fields)
    list_ids = read_list_ids(fields)
    author = read_author(fields, list_ids, read_in_body(text.before).fields.get("from", ""), body.wrapped_from)
    date, date_from, written = read_date(fields, received_at)
    content_hash = _hash(author, written, subject, text)
    pull_url = read_pull_url(text.around)
    commit, marks = (
        _read_commit(fields, break_line, body, text, author, date, subject) if text.diff or pull_url else (None, ())
    )
    trailers = read_trailers(text.around)
    references = read_references(fields, message_id)
    is_comment = answers or (bool(references) and not subject.startswith("["))
    given = read_given(text.before, text.behind, author.email if is_comment else None, has_diff=bool(text.diff))
    return ParsedMail(
        message_id=message_id or f"{content_hash.hex()}@patchlog.invalid",
        message_id_derived=not message_id,
        references=references,
        former_ids=read_former_ids(fields, message_id),
        subject=subject,
        author=author,
        rewritten=sender if (sender := read_sender(fields)) != author else None,
        date=date,
        date_from=date_from,
        list_ids=list_ids,
        hint=header_text(fields, b"x-patchwork-hint").lower(),
        notice=read_notice(fields, subject, author.email, text.before, text.behind) if text.diff else "",
        first_state=header_text(fields, b"x-patchwork-state"),
        delegate=header_text(fields, b"x-patchwork-delegate"),
        message=text.message,
        diff=text.diff,
        is_diff_unreadable=not (text.diff or answers) and is_like_a_diff(text.before),
        diff_bytes=text.diff_bytes if text.diff_bytes != text.diff.encode() else b"",
        diff_at=len(text.before) if text.diff and text.message is not text.before else None,
        commit=commit,
        to=read_recipients(fields, b"to") if commit is not None else (),
        cc=read_recipients(fields, b"cc") if commit is not None else (),
        marks=marks,
        files=read_files(text.diff) if text.diff else (),
        pull_url=pull_url,
        change_id=trailers.change_id,
        supersedes=trailers.supersedes,
        depends_on=trailers.depends_on,
        base_commit=trailers.base_commit,
        trailers=tuple(trailer.text for trailer in given if trailer.patches is None),
        limited_trailers=tuple(trailer for trailer in given if trailer.patches is not None),
        content_hash=content_hash,
    )


def received_time(raw: bytes) -> datetime | None:
    """The time in the topmost Received field, aware UTC in whole seconds; None where there is none that can be read."""
    return read_received(split_mail(normalise(head_of(raw)))[0])


def _read_commit(
    fields: Headers, break_line: int | None, body: Body, text: Text, author: Mailbox, date: datetime, subject: str
) -> tuple[Commit, tuple[Mark, ...]]:
    """The commit of a mail with a diff, or of a pull request, and what is marked in it."""
    commit, told = read_commit(fields, text.before, author, date, has_diff=bool(text.diff))
    told += [notes()] if text.diff and LIKE_A_DIFF.search(text.before, commit.message_end) else []
    marks = [repeated_field(name, count) for name, count in repeated(fields)]
    marks += [broken_header(break_line)] if break_line is not None else []
    marks += [odd_header(name) for name in with_controls(fields)]
    marks += [doubtful_field(name) for name in doubtful(fields)]
    shown = (subject, commit.name, commit.title, text.before, text.diff)
    return commit, (*marks, *told, *text.marks, *deceiving(shown))


def _hash(author: Mailbox, written: datetime | None, subject: str, text: Text) -> bytes:
    """Hash what the sender wrote: the Date as written, even if wrong, since one found elsewhere differs by delivery."""
    head = f"{author.name}\0{author.email}\0{written.isoformat() if written else ''}\0{subject}\0"
    hashed = blake2b(head.encode("utf-8", "surrogatepass"), digest_size=16)
    for piece in text.whole():
        hashed.update(piece.encode("utf-8", "surrogatepass"))
    return hashed.digest()
