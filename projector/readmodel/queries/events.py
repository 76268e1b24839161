"""The events of a project's feed."""

from collections.abc import Sequence

from msgspec import Raw
from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, or_, select

from projector.readmodel.queries.listing import (
    AnyRow,
    Filters,
    Listed,
    Listing,
    Ordering,
    Page,
    count_all,
    fetch_page,
    time_of,
)
from projector.readmodel.queries.patches import get_many_patches
from projector.readmodel.queries.series import get_many_series
from projector.readmodel.tables import event
from schemas.rest import EventDocument

SHOWN_UNASKED = ("series-new-revision", "patch-state-change", "pull-request-new")
"""The kinds that a reader sees who names none: those that existed when today's readers were written."""


def list_events(
    connection: Connection,
    filters: Filters,
    order: Ordering,
    page: Page,
    *,
    expand: bool,
    known_total: int | None = None,
) -> Listed[EventDocument]:
    """Events of one project that meet all filters, the newest first unless ordered otherwise. Raises NoSuchPage.

    Filters: project, names (a list; without it SHOWN_UNASKED), series, patch, since (microseconds). known_total is the
    number of SHOWN_UNASKED events of the project where the caller knows it.
    """
    unfiltered = filters.keys() == {"project"}
    if "names" not in filters:
        filters = {**filters, "unasked": None}
    rows = fetch_page(connection, _LISTING, filters, order, page, expand=False)
    total = count_all(connection, _LISTING, filters, page, len(rows), lambda: known_total if unfiltered else None)
    documents = [_document(row) for row in rows]
    return Listed(total, _expand(connection, documents) if expand else documents)


def _document(row: AnyRow) -> EventDocument:
    return EventDocument(row[0], time_of(row[1]), row[2], row[3], row[4], Raw(row[5]))


def _expand(connection: Connection, documents: Sequence[EventDocument]) -> list[EventDocument]:
    """Put series and patches in the place of their ids, with two queries for all. One that is gone stays an id."""
    series = get_many_series(
        connection, sorted({d.series for d in documents if isinstance(d.series, int)}), expand=True
    )
    patches = get_many_patches(connection, sorted({d.patch for d in documents if isinstance(d.patch, int)}))
    return [
        replace(
            document,
            series=series.get(document.series, document.series) if isinstance(document.series, int) else None,
            patch=patches.get(document.patch, document.patch) if isinstance(document.patch, int) else None,
        )
        for document in documents
    ]


_ROWS = select(
    event.c.name,
    event.c.event_time_us,
    event.c.series_id,
    event.c.patch_id,
    event.c.user_id,
    event.c.parameters,
)

_LISTING = Listing(
    table=event,
    rows=_ROWS,
    expanded=_ROWS,
    conditions={
        "project": event.c.project_id == bindparam("project"),
        "unasked": or_(*(event.c.name == name for name in SHOWN_UNASKED)),
        "names": event.c.name.in_(bindparam("names", expanding=True)),
        "series": event.c.series_id == bindparam("series"),
        "patch": event.c.patch_id == bindparam("patch"),
        "since": event.c.event_time_us > bindparam("since"),
    },
    orders={
        "id": event.c.id,
        "event_time": event.c.event_time_us,
        "name": event.c.name,
        "series": event.c.series_id,
        "patch": event.c.patch_id,
    },
    default_order=("-event_time",),
    tiebreak=event.c.id,
)
