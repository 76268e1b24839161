"""What came with a Message-ID: its deliveries, what was announced of them, and who answered."""

from collections.abc import Collection

import msgspec
from sqlalchemy import Connection, select

from projector.assembly.events import NEW_PULL_REQUEST
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

_decode = msgspec.msgpack.Decoder(Mail).decode


def redacted_message_ids(connection: Connection) -> list[str]:
    """The Message-IDs of all that was redacted, each once, in their order."""
    found = select(redaction.c.message_id).distinct().order_by(redaction.c.message_id)
    return list(connection.execute(found).scalars())


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
    found = select(event.c.id).where(event.c.patch_id.in_(sorted(mails)), event.c.name == NEW_PULL_REQUEST)
    return list(connection.execute(found.order_by(event.c.id)).scalars())


def answers_to(connection: Connection, message_id: str) -> list[int]:
    """The records of the mails that answer a Message-ID directly, lowest first."""
    threads = select(thread_name.c.thread_id).where(thread_name.c.message_id == message_id)
    rows = connection.execute(select(mail.c.id, mail.c.summary).where(mail.c.thread_id.in_(threads)))
    return sorted(id for id, summary in rows if _decode(summary).references[-1:] == (message_id,))
