"""Revisions of a series, and where a revision went that is no longer at its old place."""

from collections.abc import Sequence

import msgspec
from msgspec import Raw
from sqlalchemy import Connection, bindparam, func, select

from projector.readmodel.queries.large import COVER, shown
from projector.readmodel.queries.listing import Listed, Listing, Ordering, Page, list_in_order
from projector.readmodel.queries.patches import patches_of_revisions
from projector.readmodel.queries.ways import equals
from projector.readmodel.reading import Row, fetch_all, fetch_first
from projector.readmodel.tables import project, revision, revision_alias, series
from schemas.rest import RevisionDocument


class RevisionKey(msgspec.Struct, frozen=True):
    """Where a revision stands."""

    series_id: int
    version: int


class Announced(msgspec.Struct, frozen=True):
    """Whether a revision is on its project's feed, and the time of the last event there, microseconds since 1970."""

    project_id: int
    last_event_us: int
    is_announced: bool


def list_revisions(
    connection: Connection, series_id: int, order: Ordering, page: Page, *, expand: bool
) -> Listed[RevisionDocument] | None:
    """The revisions of a series, by version unless ordered otherwise; None when there is no such series.

    Raises NoSuchPage.
    """
    filters = {"series": series_id}
    rows, total = list_in_order(connection, _LISTING, filters, order, page)
    if not rows and fetch_first(connection, _SERIES, {"series": series_id}) is None:
        return None
    return Listed(total, _documents(connection, series_id, rows, expand))


def get_revision(connection: Connection, key: RevisionKey, *, expand: bool = False) -> RevisionDocument | None:
    """One revision; None when there is none at this place, perhaps because it moved."""
    rows = fetch_all(connection, _ONE, {"series": key.series_id, "version": key.version})
    return _documents(connection, key.series_id, rows, expand)[0] if rows else None


def revision_moved_to(connection: Connection, key: RevisionKey) -> RevisionKey | None:
    """Where a revision is that was once shown at this place; None when none was."""
    row = fetch_first(connection, _ALIAS, {"series": key.series_id, "version": key.version})
    return RevisionKey(*row) if row else None


def revision_announced(connection: Connection, key: RevisionKey) -> Announced | None:
    """How far a revision is on its way to the feed; None when there is none at this place."""
    row = fetch_first(connection, _ANNOUNCED, {"series": key.series_id, "version": key.version})
    return Announced(row[0], row[1], bool(row[2])) if row else None


def _documents(connection: Connection, series_id: int, rows: Sequence[Row], expand: bool) -> list[RevisionDocument]:
    if not expand:
        return [RevisionDocument(row[0], _cover_letter(row), Raw(row[2]), row[3], row[4]) for row in rows]
    patches = patches_of_revisions(connection, series_id, [row[0] for row in rows])
    return [RevisionDocument(row[0], _cover_letter(row), patches.get(row[0], []), row[3], row[4]) for row in rows]


def _cover_letter(row: Row) -> str | None:
    return shown(row[1], COVER, row[5], row[6])


_OF_SERIES = select(series.c.submitter_id).where(series.c.id == revision.c.series_id).scalar_subquery()
_ROWS = select(
    revision.c.version,
    revision.c.cover_letter,
    revision.c.patches,
    revision.c.rerun_of,
    func.nullif(revision.c.submitter_id, _OF_SERIES),
    revision.c.cover_id,
    revision.c.cover_digest,
)
_ONE = _ROWS.where(revision.c.series_id == bindparam("series"), revision.c.version == bindparam("version"))
_ANNOUNCED = (
    select(series.c.project_id, project.c.last_event_us, revision.c.event_id.is_not(None))
    .select_from(revision)
    .join(series, series.c.id == revision.c.series_id)
    .join(project, project.c.id == series.c.project_id)
    .where(revision.c.series_id == bindparam("series"), revision.c.version == bindparam("version"))
)
_SERIES = select(series.c.id).where(series.c.id == bindparam("series"))
_ALIAS = select(revision_alias.c.target_series_id, revision_alias.c.target_version).where(
    revision_alias.c.series_id == bindparam("series"), revision_alias.c.version == bindparam("version")
)

_LISTING = Listing(
    table=revision,
    rows=_ROWS,
    expanded=_ROWS,
    conditions={"series": equals(revision.c.series_id, "series")},
    orders={"version": revision.c.version},
    default_order=("version",),
    tiebreak=revision.c.version,
)
