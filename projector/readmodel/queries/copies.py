"""The mails that bear the Message-ID of another one and say something else."""

from typing import Any

import msgspec
from sqlalchemy import Connection, Select, bindparam, func, select

from projector.readmodel.tables import conflicting_copy, mail, project

_decode = msgspec.json.Decoder(tuple[str, ...]).decode


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """A mail that says something else than the one that is shown under its Message-ID.

    record: the record that it came as; mail: the record by which the mail that is shown is called. differs: the parts
    in which it differs from what counted when it came. received_us: microseconds UTC. acknowledged_id: the record by
    which somebody said that they have looked.
    """

    record: int
    mail: int
    project: str
    message_id: str
    differs: tuple[str, ...]
    received_us: int
    acknowledged_id: int | None


def list_copies(
    connection: Connection, *, after_record: int = 0, limit: int = 100, alarming: bool = False
) -> list[Copy]:
    """Give up to `limit` copies that do not count, from records above after_record, the oldest first."""
    query = _COPIES.where(conflicting_copy.c.id > after_record).order_by(conflicting_copy.c.id).limit(limit)
    if alarming:
        query = query.where(conflicting_copy.c.acknowledged_id.is_(None))
    return _copies(connection, query)


def find_copies(connection: Connection, records: tuple[int, ...]) -> dict[int, Copy]:
    """The copies that do not count among some records."""
    return {copy.record: copy for copy in _copies(connection, _COPIES.where(conflicting_copy.c.id.in_(records)))}


def copies_of_all(
    connection: Connection, mail_ids: list[int], limit: int
) -> dict[int, list[tuple[int, int, tuple[str, ...]]]]:
    """The newest copies of some mails that do not count, so many of each mail, by mail; the oldest of these first.

    Each copy: record, received_us and differs.
    """
    rows = connection.execute(_OF_MAILS, {"mails": mail_ids, "n": limit}).all()
    found: dict[int, list[tuple[int, int, tuple[str, ...]]]] = {}
    for mail_id, record, received_us, differs in rows[::-1]:
        found.setdefault(mail_id, []).append((record, received_us, _decode(differs)))
    return found


def count_alarming(connection: Connection) -> dict[str, int]:
    """How many copies nobody has acknowledged, by the project's linkname; those without any are left out."""
    found = (
        select(project.c.linkname, func.count())
        .join(conflicting_copy, conflicting_copy.c.project_id == project.c.id)
        .where(conflicting_copy.c.acknowledged_id.is_(None))
        .group_by(project.c.linkname)
        .order_by(project.c.linkname)
    )
    return dict(map(tuple, connection.execute(found)))


_COPIES = (
    select(
        conflicting_copy.c.id,
        conflicting_copy.c.mail_id,
        project.c.linkname,
        mail.c.message_id,
        conflicting_copy.c.differs,
        conflicting_copy.c.received_us,
        conflicting_copy.c.acknowledged_id,
    )
    .join(mail, mail.c.id == conflicting_copy.c.mail_id)
    .join(project, project.c.id == conflicting_copy.c.project_id)
    .where(conflicting_copy.c.counts.is_(False))
)
_RANKED = (
    select(
        conflicting_copy.c.mail_id,
        conflicting_copy.c.id,
        conflicting_copy.c.received_us,
        conflicting_copy.c.differs,
        func.row_number()
        .over(partition_by=conflicting_copy.c.mail_id, order_by=conflicting_copy.c.id.desc())
        .label("place"),
    )
    .where(conflicting_copy.c.mail_id.in_(bindparam("mails", expanding=True)), conflicting_copy.c.counts.is_(False))
    .subquery()
)
_OF_MAILS = (
    select(_RANKED.c.mail_id, _RANKED.c.id, _RANKED.c.received_us, _RANKED.c.differs)
    .where(_RANKED.c.place <= bindparam("n"))
    .order_by(_RANKED.c.id.desc())
)


def _copies(connection: Connection, query: Select[Any]) -> list[Copy]:
    return [
        Copy(
            record=record,
            mail=mail_id,
            project=linkname,
            message_id=message_id,
            differs=_decode(differs),
            received_us=received_us,
            acknowledged_id=acknowledged,
        )
        for record, mail_id, linkname, message_id, differs, received_us, acknowledged in connection.execute(query)
    ]
