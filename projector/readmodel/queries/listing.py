"""What every list has in common: filters by name, an order that ends in the id, pages, a count."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Connection, bindparam, select

from projector.readmodel import tables
from projector.readmodel.queries.list_statements import count_statement, rows_statement
from projector.readmodel.queries.matching import parts_of, pattern_for
from projector.readmodel.queries.ways import (
    FEW,
    IN_ORDER,
    PARTS,
    Filters,
    Listing,
    NeedsPatience,
    Ordering,
    Way,
    find_way,
)
from projector.readmodel.reading import Row, fetch_all, fetch_value
from projector.readmodel.sqlite_parts import knows_parts

__all__ = [
    "LAST",
    "Filters",
    "Listed",
    "Listing",
    "NeedsPatience",
    "NoSuchPage",
    "Ordering",
    "Page",
    "Versioned",
    "WasRedacted",
    "fetch_page",
    "kept_count",
    "list_in_order",
    "list_rows",
    "time_of",
]

Document = TypeVar("Document")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_PAGE_NUMBER_MAX = 2**31


class NoSuchPage(Exception):
    """The list ends before that page."""


class WasRedacted(Exception):
    """What was asked for has no words any more, because its mail was redacted."""


LAST = 0
"""The number of the last page, whichever that is."""


class Page(msgspec.Struct, frozen=True):
    """Which part of a list: `size` elements, the part's `number` counted from 1, or LAST."""

    size: int = 20
    number: int = 1

    def of(self, total: int) -> "Page":
        """This page of a list of so many elements: with its number, where it is the last."""
        return Page(self.size, max(1, -(-total // self.size))) if self.number == LAST else self


@dataclass(frozen=True)
class Listed(Generic[Document]):
    """One page of documents, and how many there are on all pages."""

    total: int
    documents: list[Document]


@dataclass(frozen=True)
class Versioned(Generic[Document]):
    """A document, and the record that changed it last."""

    document: Document
    version: int


def time_of(microseconds: int) -> datetime:
    """The naive UTC time of a `*_us` column."""
    return _EPOCH + timedelta(0, 0, microseconds)


def fetch_page(
    connection: Connection,
    listing: Listing,
    filters: Filters,
    order: Ordering,
    page: Page,
    *,
    expand: bool,
    way: Way = IN_ORDER,
) -> Sequence[Row]:
    """Give the rows of one page, which has a number. Raises NoSuchPage for any but the first that would be empty."""
    if page.number > _PAGE_NUMBER_MAX:
        raise NoSuchPage
    statement = rows_statement(listing, tuple(filters), order, way, expand, page.number > 1)
    part = {"limit": page.size, "offset": _offset(page), "reach": _offset(page) + page.size}
    rows = fetch_all(connection, statement, {**_bound(connection, filters), **way.values, **part})
    if not rows and page.number > 1:
        raise NoSuchPage
    return rows


def list_in_order(
    connection: Connection,
    listing: Listing,
    filters: Filters,
    order: Ordering,
    page: Page,
    known: Callable[[], int | None] = lambda: None,
    *,
    expand: bool = False,
    way: Way = IN_ORDER,
    is_patient: bool = True,
) -> tuple[Sequence[Row], int]:
    """The rows of one page, and how many there are on all: what `known` gives, and without one they are counted.

    Raises NoSuchPage; NeedsPatience for what may take long, unless `is_patient`.
    """

    def total() -> int:
        number = known()
        return _count(connection, listing, filters, way, is_patient) if number is None else number

    if page.number == LAST:
        page = page.of(total())
    if not is_patient and _offset(page) > FEW:
        raise NeedsPatience
    rows = fetch_page(connection, listing, filters, order, page, expand=expand, way=way)
    if way.is_sorted:
        return rows, rows[0][-1] if rows else 0
    fetched = _offset(page) + len(rows)
    return rows, max(total(), fetched) if len(rows) == page.size else fetched


def list_rows(
    connection: Connection,
    listing: Listing,
    filters: Filters,
    order: Ordering,
    page: Page,
    known: Callable[[], int | None],
    *,
    expand: bool = False,
    is_patient: bool = True,
) -> tuple[Sequence[Row], int]:
    """The rows of one page, found in the best way, and how many there are on all. Raises NoSuchPage, NeedsPatience."""
    filters = _with_parts(connection, listing, filters)
    way = find_way(connection, listing, filters, order, is_patient=is_patient)
    if not is_patient and way.is_long:
        raise NeedsPatience
    if way.without:
        filters = {name: value for name, value in filters.items() if name != way.without}
    return list_in_order(
        connection, listing, filters, order, page, known, expand=expand, way=way, is_patient=is_patient
    )


def kept_count(connection: Connection, name: str) -> int:
    """The number that the projector keeps under this name; 0 when there is none."""
    kept: int = fetch_value(connection, _KEPT_COUNT, {"count_name": name}) or 0
    return kept


_KEPT_COUNT = select(tables.count.c.n).where(tables.count.c.name == bindparam("count_name"))


def _count(connection: Connection, listing: Listing, filters: Filters, way: Way, is_patient: bool) -> int:
    """Count the rows that meet all filters. Raises NeedsPatience for many, unless `is_patient`."""
    bound = {**_bound(connection, filters), **way.values, "at_most": FEW + 1}
    total = fetch_value(connection, count_statement(listing, tuple(filters), way, is_patient), bound)
    assert isinstance(total, int)
    if not is_patient and total > FEW:
        raise NeedsPatience
    return total


def _offset(page: Page) -> int:
    return (page.number - 1) * page.size


def _bound(connection: Connection, filters: Filters) -> dict[str, Any]:
    bound = dict(filters)
    if "name" in bound and isinstance(bound["name"], str):
        bound["name"] = pattern_for(connection.dialect.name, bound["name"])
    return bound


def _with_parts(connection: Connection, listing: Listing, filters: Filters) -> Filters:
    """Add what an index of SQLite's finds a part of a name by, where it is there and the part is long enough."""
    if "name" not in filters or listing.parts is None or not knows_parts(connection, listing.parts):
        return filters
    parts = parts_of(filters["name"])
    return {**filters, PARTS: parts} if parts else filters
