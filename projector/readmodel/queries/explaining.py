"""Single facts that explain what became of a mail."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, select

from projector.readmodel.queries.corrections import place_of_mail
from projector.readmodel.queries.dead_letters import COLUMNS, DeadLetter, letter_of
from projector.readmodel.tables import dead_letter, duplicate, pending, revision, revision_patch, series


def dead_letters_of(connection: Connection, message_id: str) -> list[DeadLetter]:
    """The dead letters with a Message-ID, oldest first."""
    rows = connection.execute(select(*COLUMNS).where(dead_letter.c.message_id == message_id).order_by(dead_letter.c.id))
    return [letter_of(row) for row in rows.mappings()]


def duplicates_of(connection: Connection, mail: int) -> tuple[int, ...]:
    """The records of the further deliveries of a mail."""
    return tuple(
        connection.execute(select(duplicate.c.id).where(duplicate.c.mail_id == mail).order_by(duplicate.c.id)).scalars()
    )


def wait_of(connection: Connection, posting: int) -> int | None:
    """Until when more of a posting is waited for, in microseconds since 1970; None when no more is."""
    wait = select(pending.c.since).where(pending.c.kind == "wait", pending.c.cause == posting)
    return connection.execute(wait).scalar()


def revisions_with(connection: Connection, patch: int) -> tuple[int, ...]:
    """The numbers of the revisions that have a patch."""
    numbers = select(revision_patch.c.version).where(revision_patch.c.patch_id == patch)
    return tuple(connection.execute(numbers.order_by(revision_patch.c.version)).scalars())


def revisions_under(connection: Connection, cover: int, series_id: int) -> tuple[int, ...]:
    """The numbers of the revisions of a series that have a cover letter."""
    numbers = select(revision.c.version).where(revision.c.series_id == series_id, revision.c.cover_id == cover)
    return tuple(connection.execute(numbers.order_by(revision.c.version)).scalars())


def dependencies_of(connection: Connection, series_id: int) -> tuple[int, ...]:
    """The series that a series depends on."""
    found = connection.execute(select(series.c.depends_on).where(series.c.id == series_id)).scalar()
    return tuple(msgspec.json.decode(found, type=list[int])) if found is not None else ()


def addresses(connection: Connection, postings: Iterable[int]) -> dict[int, str]:
    """Where postings are, in words: "revision 2 of series 120"."""
    found = {posting: f"posting {posting}, not listed yet" for posting in sorted(set(postings))}
    for posting in found:
        place = place_of_mail(connection, posting)
        if place is not None:
            found[posting] = f"revision {place.revision} of series {place.series}"
    return found
