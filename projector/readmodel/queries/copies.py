"""The mails that bear the Message-ID of another one and say something else."""

from functools import cache
from typing import Any

import msgspec
from sqlalchemy import CompoundSelect, Connection, Select, bindparam, func, select, union_all

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
    found: dict[int, list[tuple[int, int, tuple[str, ...]]]] = {}
    if not mail_ids:
        return found
    named = {f"mail_{place}": mail_id for place, mail_id in enumerate(mail_ids)}
    rows = connection.execute(_of_mails(len(mail_ids)), {**named, "n": limit}).all()
    for mail_id, record, received_us, differs in sorted(rows, key=lambda row: row.id):
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


@cache
def _of_mails(number: int) -> CompoundSelect[Any]:
    """The newest copies of so many mails, of each by a walk of its own: no mail's copies stand in another's way."""
    copy, newest = conflicting_copy.c, conflicting_copy.alias().c
    parts = [
        select(copy.mail_id, copy.id, copy.received_us, copy.differs).where(
            copy.id.in_(
                select(newest.id)
                .where(newest.mail_id == bindparam(f"mail_{place}"), newest.counts.is_(False))
                .order_by(newest.id.desc())
                .limit(bindparam("n"))
            )
        )
        for place in range(number)
    ]
    return union_all(*parts)


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
