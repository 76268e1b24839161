"""Who sent a mail: the From field, with what a list made of it for DMARC's sake undone."""

import re

from ingest.message.headers import Headers, header_bytes, raw_text
from ingest.message.mailboxes import read_mailbox, read_mailboxes
from schemas.mail import Mailbox

_VIA = re.compile(r"(.*\S)\s+via(?:\s.*)?", re.IGNORECASE)
_MAILTO = re.compile(rb"mailto:([^>?\s]+)", re.IGNORECASE)
_NOBODY = Mailbox("", "")


def read_author(fields: Headers, list_ids: tuple[str, ...], in_body: str, wrapped_from: bytes) -> Mailbox:
    """Give the author. in_body is the From at the start of the mail's text ("": none), wrapped_from that of a
    message/rfc822 part in it (b"": none).

    From counts as rewritten where its name is "Name via ..." or its address is the list's own. Then the author is the
    first of these that is there and is not the list again: X-Original-From; in Reply-To, then Cc, the mailbox of that
    name, or the nameless one whose local part it is; the only mailbox of a Reply-To, if it is nameless;
    X-Original-Sender; the From at the start of the text; that of the wrapped mail; the address that a list service
    spelled into its own (`jane=example.org@lists.example.com`). Else From stays as it is.
    """
    sender = read_sender(fields)
    via = _VIA.fullmatch(sender.name)
    lists = _list_addresses(fields, list_ids)
    if via is None and not _is_list(sender.email, lists):
        return sender
    name = via[1].strip("'\" ") if via else sender.name
    found = _unmunge(fields, name, {sender.email, *lists}, in_body, wrapped_from)
    if found == _NOBODY and via:
        found = _spelled_out(sender.email)
    return Mailbox(found.name or name, found.email) if found != _NOBODY else sender


def read_sender(fields: Headers) -> Mailbox:
    """The mailbox in From as it came."""
    return read_mailbox(raw_text(header_bytes(fields, b"from")))


def _list_addresses(fields: Headers, list_ids: tuple[str, ...]) -> frozenset[str]:
    """The list's posting addresses, and its List-Ids, which are posting addresses with a dot for the @."""
    posting = _MAILTO.search(header_bytes(fields, b"list-post"))
    return frozenset(list_ids) | ({raw_text(posting[1]).lower()} if posting else frozenset())


def _is_list(email: str, lists: frozenset[str]) -> bool:
    return bool(email) and (email in lists or email.replace("@", ".") in lists)


def _unmunge(fields: Headers, name: str, not_these: set[str], in_body: str, wrapped_from: bytes) -> Mailbox:
    lists = frozenset(not_these)

    def mailboxes(field: bytes) -> list[Mailbox]:
        return [
            mailbox
            for mailbox in read_mailboxes(raw_text(header_bytes(fields, field)))
            if "@" in mailbox.email and not _is_list(mailbox.email, lists)
        ]

    original = mailboxes(b"x-original-from")
    if original:
        return original[0]
    replies = mailboxes(b"reply-to")
    for mailbox in replies + mailboxes(b"cc"):
        if _is_named(mailbox, name):
            return mailbox
    if len(replies) == 1 and not replies[0].name:
        return replies[0]
    original = mailboxes(b"x-original-sender")
    if original:
        return original[0]
    for line in (in_body, raw_text(wrapped_from)):
        mailbox = read_mailbox(" ".join(line[:1000].split()))
        if "@" in mailbox.email and not _is_list(mailbox.email, lists):
            return mailbox
    return _NOBODY


def _is_named(mailbox: Mailbox, name: str) -> bool:
    if mailbox.name:
        return mailbox.name.casefold() == name.casefold()
    return mailbox.email.partition("@")[0] == name.removesuffix("---").lower()


def _spelled_out(email: str) -> Mailbox:
    local, _, domain = email.partition("@")[0].rpartition("=")
    return Mailbox("", f"{local}@{domain}") if local and "." in domain else _NOBODY
