"""What came with a Message-ID: its deliveries, what was announced of them, and who answered."""

from collections.abc import Collection

import msgspec
from sqlalchemy import Connection, select

from projector.assembly.events import NEW_PULL_REQUEST, REBUILT
from projector.assembly.mail import Mail
from projector.readmodel.tables import (
    conflicting_copy,
    dead_letter,
    duplicate,
    event,
    mail,
    project,
    redaction,
    thread_name,
)

_decode_records = msgspec.json.Decoder(list[int]).decode
_decode = msgspec.msgpack.Decoder(Mail).decode
_PULL_REQUESTS = (NEW_PULL_REQUEST, REBUILT[NEW_PULL_REQUEST])


def redacted_message_ids(connection: Connection) -> list[str]:
    """The Message-IDs of all that was redacted with every copy, each once, in their order."""
    found = select(redaction.c.message_id).where(redaction.c.records.is_(None)).distinct()
    return list(connection.execute(found.order_by(redaction.c.message_id)).scalars())


def redacted_copies(connection: Connection) -> list[int]:
    """The records of the copies that were redacted by themselves."""
    rows = connection.execute(select(redaction.c.records).where(redaction.c.records.is_not(None))).scalars()
    return sorted({record for records in rows for record in _decode_records(records)})


class Delivered(msgspec.Struct, frozen=True):
    """A copy of a mail: its Message-ID, the records of its deliveries, and the patch whose announcements are of it."""

    message_id: str
    mails: tuple[int, ...]
    announced: int | None = None


def copy_of(connection: Connection, record: int) -> Delivered | None:
    """All deliveries that say what a record says; None where it is no mail, or is not folded yet."""
    copy, chosen = conflicting_copy.c, conflicting_copy.c.counts
    again = connection.execute(select(duplicate.c.copy_id).where(duplicate.c.id == record)).scalar()
    first = record if again is None else again
    mails = tuple(connection.execute(select(duplicate.c.id).where(duplicate.c.copy_id == first)).scalars())
    other = connection.execute(select(copy.mail_id, chosen).where(copy.id == first)).first()
    holder = other.mail_id if other is not None else first
    name = connection.execute(select(mail.c.message_id).where(mail.c.id == holder)).scalar()
    if name is not None:
        return Delivered(name, (first, *mails), holder if first == holder or (other and other.counts) else None)
    letter = connection.execute(select(dead_letter.c.message_id).where(dead_letter.c.id == record)).scalar()
    return Delivered(letter, (record,)) if letter is not None else None


def redactions_of(connection: Connection, message_id: str) -> list[int]:
    """The records that redacted a mail, lowest first."""
    found = select(redaction.c.id).where(redaction.c.message_id == message_id).order_by(redaction.c.id)
    return list(connection.execute(found).scalars())


def deliveries_of(connection: Connection, message_id: str) -> list[int]:
    """The records of all mails with a Message-ID, lowest first: in every project, all copies, dead letters."""
    projects = list(connection.execute(select(project.c.id)).scalars())
    first = select(mail.c.id).where(mail.c.project_id.in_(projects), mail.c.message_id == message_id)
    mails = list(connection.execute(first).scalars())
    again = connection.execute(select(duplicate.c.id).where(duplicate.c.mail_id.in_(mails))).scalars()
    copies = select(conflicting_copy.c.id).where(conflicting_copy.c.mail_id.in_(mails))
    others = connection.execute(copies).scalars()
    letters = connection.execute(select(dead_letter.c.id).where(dead_letter.c.message_id == message_id)).scalars()
    return sorted({*mails, *again, *others, *letters})


def announcements_of(connection: Connection, mails: Collection[int]) -> list[int]:
    """The records that announced pull requests, by the mails of these."""
    found = select(event.c.id).where(event.c.patch_id.in_(sorted(mails)), event.c.name.in_(_PULL_REQUESTS))
    return list(connection.execute(found.order_by(event.c.id)).scalars())


def answers_to(connection: Connection, message_id: str) -> list[int]:
    """The records of the mails that answer a Message-ID directly, lowest first."""
    threads = select(thread_name.c.thread_id).where(thread_name.c.message_id == message_id)
    rows = connection.execute(select(mail.c.id, mail.c.summary).where(mail.c.thread_id.in_(threads)))
    return sorted(id for id, summary in rows if _decode(summary).references[-1:] == (message_id,))
