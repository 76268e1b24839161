"""The events of a project's feed, and of the feed of all projects.

Events of all projects are looked up by name, with an index that begins with it. The order of times is that of ids.
"""

from collections.abc import Sequence
from dataclasses import replace as changed

import msgspec
from msgspec import Raw
from msgspec.structs import replace
from sqlalchemy import Connection, Text, bindparam, column, func, select, union_all

from projector.assembly.events import AS_TOLD, REBUILT, REBUILT_MARK, SHOWN_UNASKED
from projector.readmodel.queries.listing import (
    Filters,
    Listed,
    Listing,
    Ordering,
    Page,
    fetch_page,
    kept_count,
    list_rows,
    time_of,
)
from projector.readmodel.queries.patches import get_many_patches
from projector.readmodel.queries.series import get_many_series
from projector.readmodel.queries.ways import ALWAYS, PROJECT, Condition, NeedsPatience, above, among, equals, find_way
from projector.readmodel.reading import AnySelect, Row, fetch_value
from projector.readmodel.tables import event, project
from schemas.rest import EventDocument

REBUILT_TOO = "rebuilt"
"""The filter that asks for more instead of leaving out."""
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
    is_patient: bool = True,
) -> Listed[EventDocument]:
    """Events that meet all filters, the newest first unless ordered otherwise. Raises NoSuchPage, and NeedsPatience
    unless `is_patient`.

    Filters: project (without it those of all), names (a list; without it SHOWN_UNASKED), series, patch, since
    (microseconds); rebuilt: also those of these kinds that come of changed rules alone. known_total is the number of
    SHOWN_UNASKED events of the project where the caller knows it.
    """

    def known() -> int | None:
        if filters.keys() == {PROJECT}:
            return known_total
        return None if filters else kept_count(connection, "event")

    if PROJECT not in filters:
        order = tuple(_BY_TIME.get(field, field) for field in order)
    listing = _LISTING_REBUILT if REBUILT_TOO in filters else _LISTING
    rows, total = list_rows(connection, listing, _with_kinds(filters), order, page, known, is_patient=is_patient)
    documents = [_document(row) for row in rows]
    return Listed(total, _expand(connection, documents) if expand else documents)


class Followed(msgspec.Struct, frozen=True):
    """A part of a feed: its events, oldest first, and the record behind which the next part begins.

    is_full: there may be more by now.
    """

    documents: list[EventDocument]
    cursor: int
    is_full: bool


def follow_events(
    connection: Connection, filters: Filters, after: int, size: int, *, expand: bool, is_patient: bool = True
) -> Followed:
    """Events behind a record, by their ids; filters as for `list_events`. Raises NeedsPatience unless `is_patient`.

    What one record put on the feed stays together: a part may be longer than `size` for its sake.
    """
    filters = _with_kinds(filters)
    rows = list(_behind(connection, filters, after, size, is_patient))
    if len(rows) == size:
        rest = {**filters, "record": rows[-1][0]}
        of_record = _followed(connection, _FOLLOWING, rest, rest, EVENTS_OF_ONE_RECORD_MAX, is_patient)
        rows = [row for row in rows if row[0] != rows[-1][0]] + list(of_record)
    documents = [_document(row) for row in rows]
    cursor = rows[-1][0] if rows else after
    return Followed(_expand(connection, documents) if expand else documents, cursor, len(rows) >= size)


def _behind(connection: Connection, filters: Filters, after: int, size: int, is_patient: bool) -> Sequence[Row]:
    """The first events behind a record. Those of some names or since a time are found by their times, which grow as
    the ids do: so the way need not look at these.
    """
    listing = _FOLLOWING
    if "names" in filters or "since" in filters:
        of_one = {PROJECT: filters[PROJECT]} if PROJECT in filters else {}
        last_time = _LAST_TIME if of_one else _LAST_TIME_OF_ALL
        behind_us = fetch_value(connection, last_time, {**of_one, "record": after})
        since_us = max(-1 if behind_us is None else behind_us, filters.get("since", -1))
        listing, filters = _FOLLOWING_TIMES, {**filters, "since": since_us}
    sought = filters if listing is _FOLLOWING_TIMES else {**filters, "after": after}
    return _followed(connection, listing, {**filters, "after": after}, sought, size, is_patient)


def _followed(
    connection: Connection, listing: Listing, filters: Filters, sought: Filters, size: int, is_patient: bool
) -> Sequence[Row]:
    """The first events that meet all filters. sought: the filters by which they are found."""
    way = find_way(connection, listing, sought, (), is_patient=is_patient)
    if way.is_long and not is_patient:
        raise NeedsPatience
    return fetch_page(connection, listing, filters, (), Page(size), expand=False, way=way)


def last_event_us(connection: Connection) -> int:
    """The time of the last event of all, in microseconds since 1970; 0 for none."""
    last: int | None = fetch_value(connection, _LAST_OF_ALL, {})
    return last or 0


def _with_kinds(filters: Filters) -> Filters:
    """Leave out the kinds that are shown to those alone who ask for them."""
    if REBUILT_TOO in filters:
        filters = {name: value for name, value in filters.items() if name != REBUILT_TOO}
        names = filters.get("names", SHOWN_UNASKED)
        return {**filters, "names": [*names, *(REBUILT[name] for name in names if name in REBUILT)]}
    if "names" in filters:
        return filters
    return {**filters, ALWAYS: None} if PROJECT in filters else {**filters, "names": list(SHOWN_UNASKED)}


def _document(row: Row) -> EventDocument:
    name: str = row[1]
    return EventDocument(row[0], AS_TOLD.get(name, name), time_of(row[2]), row[3], row[4], row[5], Raw(row[6]))


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
    "project": equals(event.c.project_id, "project"),
    ALWAYS: Condition(event.c.by_name_only, lambda of: of.is_(False)),
    "names": among(event.c.name, "names"),
    "series": equals(event.c.series_id, "series"),
    "patch": equals(event.c.patch_id, "patch"),
    "since": above(event.c.event_time_us, "since"),
    "after": above(event.c.id, "after"),
    "record": equals(event.c.id, "record"),
}
_LAST_TIME: AnySelect = select(func.max(column("time_us"))).select_from(
    union_all(
        *(
            select(event.c.event_time_us.label("time_us"))
            .where(
                event.c.project_id == bindparam("project"),
                event.c.by_name_only.is_(by_name_only),
                event.c.id <= bindparam("record"),
            )
            .order_by(event.c.id.desc(), event.c.number.desc())
            .limit(1)
            .subquery()
            .select()
            for by_name_only in (False, True)
        )
    ).subquery()
)
"""The time of the last event of a project up to a record."""
_LAST_TIME_OF_ALL = (
    select(event.c.event_time_us)
    .where(event.c.id <= bindparam("record"))
    .order_by(event.c.id.desc(), event.c.number.desc())
    .limit(1)
)
_LAST_OF_ALL = select(func.max(project.c.last_event_us))
_BY_TIME = {"id": "event_time", "-id": "-event_time"}
"""What has an index, and gives the same order."""

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
    exact={"series": True, "patch": True},
    merged=("names",),
    merged_everywhere=frozenset({"names"}),
    narrow={"since": True},
    project_orders=frozenset({"id", "event_time"}),
)
_LISTING_REBUILT = changed(
    _LISTING, orders={**_LISTING.orders, "name": func.replace(event.c.name, REBUILT_MARK, "", type_=Text)}
)

_FOLLOWING = Listing(
    table=event,
    rows=_ROWS,
    expanded=_ROWS,
    conditions=_CONDITIONS,
    orders={"id": event.c.id},
    default_order=("id",),
    tiebreak=event.c.number,
    exact={"record": False, "series": True, "patch": True},
    project_orders=frozenset({"id"}),
)
_FOLLOWING_TIMES = Listing(
    table=event,
    rows=_ROWS,
    expanded=_ROWS,
    conditions=_CONDITIONS,
    orders={"event_time": event.c.event_time_us},
    default_order=("event_time",),
    tiebreak=event.c.id,
    exact={"series": True, "patch": True},
    merged=("names",),
    merged_everywhere=frozenset({"names"}),
    project_orders=frozenset({"event_time"}),
)
