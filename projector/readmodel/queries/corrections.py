"""What an operator who corrects series asks: what a number means by now, and what would leave with a revision."""

import msgspec
from sqlalchemy import Connection, select

from projector.assembly.corrections import below_of
from projector.readmodel.rows import PostingState
from projector.readmodel.tables import posting, revision, revision_alias, series, series_alias

_decode = msgspec.msgpack.Decoder(PostingState).decode


class Place(msgspec.Struct, frozen=True):
    """A revision as it is now. mail is one of its posting's, by record id."""

    project: int
    series: int
    revision: int
    mail: int


def place_of_revision(connection: Connection, series_id: int, version: int) -> Place | None:
    """The revision that is shown at a place, or was once; None where none was."""
    found = _place(connection, revision.c.series_id == series_id, revision.c.version == version)
    if found is not None:
        return found
    moved = connection.execute(
        select(revision_alias.c.target_series_id, revision_alias.c.target_version).where(
            revision_alias.c.series_id == series_id, revision_alias.c.version == version
        )
    ).first()
    if moved is None:
        return None
    return _place(connection, revision.c.series_id == moved[0], revision.c.version == moved[1])


def first_place(connection: Connection, series_id: int) -> Place | None:
    """The lowest revision of a series, or of what it became; None where there is no such series."""
    now = connection.execute(select(series_alias.c.target_id).where(series_alias.c.id == series_id)).scalar()
    return _place(connection, revision.c.series_id == (series_id if now is None else now))


def place_of_mail(connection: Connection, mail: int) -> Place | None:
    """Where the posting is that is called by a mail; None where it is listed nowhere."""
    return _place(connection, revision.c.posting_id == mail)


def leaving(connection: Connection, place: Place) -> tuple[list[int], list[int]]:
    """The numbers of the revisions that a split of one takes along, itself among them, and of those that stay."""
    rows = connection.execute(select(posting.c.id, posting.c.state).where(posting.c.series_id == place.series))
    states = {row.id: _decode(row.state) for row in rows}
    below = below_of({id: state.link.to if state.link else None for id, state in states.items()}, place.mail)
    listed = connection.execute(
        select(revision.c.version, revision.c.posting_id)
        .where(revision.c.series_id == place.series)
        .order_by(revision.c.version)
    ).all()
    return [row[0] for row in listed if row[1] in below], [row[0] for row in listed if row[1] not in below]


def _place(connection: Connection, *conditions: object) -> Place | None:
    row = connection.execute(
        select(series.c.project_id, revision.c.series_id, revision.c.version, revision.c.posting_id)
        .join(series, series.c.id == revision.c.series_id)
        .where(*conditions)  # type: ignore[arg-type]  # what comparing a column gives
        .order_by(revision.c.version)
        .limit(1)
    ).first()
    return Place(*row) if row is not None else None
