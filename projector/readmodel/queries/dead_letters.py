"""The mails of which nothing could be made, each with its reason."""

import msgspec
from sqlalchemy import Connection, select

from projector.readmodel.tables import dead_letter

COLUMNS = (
    dead_letter.c.id, dead_letter.c.reason, dead_letter.c.detail, dead_letter.c.message_id, dead_letter.c.subject,
    dead_letter.c.received_us,
)  # fmt: skip


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """id: the mail's record. reason: a word such as "no-project"; detail: a sentence. received_us: microseconds UTC."""

    id: int
    reason: str
    detail: str
    message_id: str
    subject: str
    received_us: int


def list_dead_letters(
    connection: Connection, *, after_id: int = 0, limit: int = 100, reason: str | None = None
) -> list[DeadLetter]:
    """Give up to `limit` dead letters with ids above after_id, oldest first; all reasons or one."""
    query = select(*COLUMNS).where(dead_letter.c.id > after_id).order_by(dead_letter.c.id).limit(limit)
    if reason is not None:
        query = query.where(dead_letter.c.reason == reason)
    return [DeadLetter(**row) for row in connection.execute(query).mappings()]


def find_dead_letter(connection: Connection, mail_id: int) -> DeadLetter | None:
    """The dead letter of one mail; None when the mail is none."""
    row = connection.execute(select(*COLUMNS).where(dead_letter.c.id == mail_id)).mappings().first()
    return None if row is None else DeadLetter(**row)
