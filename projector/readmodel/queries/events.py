"""The events of a project's feed."""

from collections.abc import Sequence

import msgspec
from msgspec import Raw
from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, select

from projector.readmodel.queries.listing import (
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
from projector.readmodel.reading import Row
from projector.readmodel.tables import event
from schemas.rest import EventDocument

EVENTS_OF_ONE_RECORD_MAX = 100_000
"""Far above what one record can put on a feed: one event or two for each of 500 dead letters that are read again."""


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


class Followed(msgspec.Struct, frozen=True):
    """A part of a feed: its events, oldest first, and the record behind which the next part begins.

    is_full: there may be more by now.
    """

    documents: list[EventDocument]
    cursor: int
    is_full: bool


def follow_events(connection: Connection, filters: Filters, after: int, size: int, *, expand: bool) -> Followed:
    """Events of one project behind a record, by their ids; filters as for `list_events`.

    What one record put on the feed stays together: a part may be longer than `size` for its sake.
    """
    if "names" not in filters:
        filters = {**filters, "unasked": None}
    filters = {**filters, "after": after}
    rows = list(fetch_page(connection, _FOLLOWING, filters, (), Page(size), expand=False))
    if len(rows) == size:
        rest = {**{name: value for name, value in filters.items() if name != "after"}, "record": rows[-1][0]}
        of_record = fetch_page(connection, _FOLLOWING, rest, (), Page(EVENTS_OF_ONE_RECORD_MAX), expand=False)
        rows = [row for row in rows if row[0] != rows[-1][0]] + list(of_record)
    documents = [_document(row) for row in rows]
    cursor = rows[-1][0] if rows else after
    return Followed(_expand(connection, documents) if expand else documents, cursor, len(rows) >= size)


def _document(row: Row) -> EventDocument:
    return EventDocument(row[0], row[1], time_of(row[2]), row[3], row[4], row[5], Raw(row[6]))


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
    event.c.id,
    event.c.name,
    event.c.event_time_us,
    event.c.series_id,
    event.c.patch_id,
    event.c.user_id,
    event.c.parameters,
)

_CONDITIONS = {
    "project": event.c.project_id == bindparam("project"),
    "unasked": event.c.by_name_only.is_(False),
    "names": event.c.name.in_(bindparam("names", expanding=True)),
    "series": event.c.series_id == bindparam("series"),
    "patch": event.c.patch_id == bindparam("patch"),
    "since": event.c.event_time_us > bindparam("since"),
    "after": event.c.id > bindparam("after"),
    "record": event.c.id == bindparam("record"),
}

_LISTING = Listing(
    table=event,
    rows=_ROWS,
    expanded=_ROWS,
    conditions=_CONDITIONS,
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

_FOLLOWING = Listing(
    table=event,
    rows=_ROWS,
    expanded=_ROWS,
    conditions=_CONDITIONS,
    orders={"id": event.c.id},
    default_order=("id",),
    tiebreak=event.c.number,
)
