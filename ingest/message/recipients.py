"""Whom a mail names as its recipients (RFC 5322 section 3.6.3)."""

from ingest.message.headers import Headers, header_bytes, raw_text
from ingest.message.mailboxes import MAILBOXES_MAX, MAILBOXES_MAX_CHARS, read_mailbox, read_mailboxes
from schemas.mail import Mailbox


def read_recipients(fields: Headers, name: bytes) -> tuple[Mailbox, ...]:
    """The mailboxes of To or Cc that have an address, in their order; of a long list those that are read as a whole."""
    text = raw_text(header_bytes(fields, name))
    if len(text) > MAILBOXES_MAX_CHARS:
        text = text[:MAILBOXES_MAX_CHARS].rpartition(",")[0]
    pieces = text.split(",")
    if '"' not in text and all("@" in piece for piece in pieces):  # each is one mailbox, which is read faster alone
        mailboxes = [read_mailbox(piece.strip()) for piece in pieces[:MAILBOXES_MAX]]
    else:
        mailboxes = read_mailboxes(text)
    return tuple(mailbox for mailbox in mailboxes if "@" in mailbox.email)
