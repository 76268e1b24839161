"""The mails of which nothing could be made, each with its reason, and what became of those that were read again."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from projector.assembly.dead_letters import REASONS, is_alarm
from projector.readmodel.statements import select_in
from projector.readmodel.tables import conflicting_copy, dead_letter, duplicate, mail

COLUMNS = (
    dead_letter.c.id, dead_letter.c.reason, dead_letter.c.detail, dead_letter.c.message_id, dead_letter.c.subject,
    dead_letter.c.received_us, dead_letter.c.acknowledged_id,
)  # fmt: skip
DUPLICATE, CONFLICTING_COPY = "duplicate", "conflicting-copy"
ALARMING = sorted(name for name, reason in REASONS.items() if reason.alarms)


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """id: the mail's record. reason: a word such as "no-project"; detail: a sentence. received_us: microseconds UTC.

    alarms: somebody has to look at it. acknowledged_id: the record by which somebody said that they have.
    """

    id: int
    reason: str
    detail: str
    message_id: str
    subject: str
    received_us: int
    acknowledged_id: int | None
    alarms: bool


def letter_of(row: Mapping[Any, Any]) -> DeadLetter:
    """A row with COLUMNS as a dead letter."""
    values = {column.name: row[column.name] for column in COLUMNS}
    return DeadLetter(**values, alarms=is_alarm(row["reason"], row["acknowledged_id"]))


def list_dead_letters(
    connection: Connection, *, after_id: int = 0, limit: int = 100, reason: str | None = None, alarming: bool = False
) -> list[DeadLetter]:
    """Give up to `limit` dead letters with ids above after_id, oldest first: all, of one reason, or what alarms."""
    query = select(*COLUMNS).where(dead_letter.c.id > after_id).order_by(dead_letter.c.id).limit(limit)
    if reason is not None:
        query = query.where(dead_letter.c.reason == reason)
    if alarming:
        query = query.where(dead_letter.c.reason.in_(ALARMING), dead_letter.c.acknowledged_id.is_(None))
    return [letter_of(row) for row in connection.execute(query).mappings()]


def find_dead_letters(connection: Connection, mails: Sequence[int]) -> dict[int, DeadLetter]:
    """The dead letters among some mails, by their ids."""
    return {row["id"]: letter_of(row) for row in select_in(connection, dead_letter, dead_letter.c.id, mails)}


def kinds_of(connection: Connection, mails: Sequence[int]) -> dict[int, str]:
    """What mails of projects were found to be: "patch", "comment", ..., or a further copy; others are left out."""
    found: dict[int, str] = {}
    for table, kind in ((duplicate, DUPLICATE), (conflicting_copy, CONFLICTING_COPY)):
        found.update((row["id"], kind) for row in select_in(connection, table, table.c.id, mails))
    return found | {row["id"]: row["kind"] for row in select_in(connection, mail, mail.c.id, mails)}
