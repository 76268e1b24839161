"""What every list has in common: filters by name, an order that ends in the id, pages, a count.

The statements are made once for each set of filters and order that is asked for, and kept, so that SQLAlchemy compiles
none twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Connection, Table, bindparam, func, select

from projector.readmodel import tables
from projector.readmodel.queries.matching import pattern_for
from projector.readmodel.reading import AnySelect, Row, fetch_all, fetch_value

Document = TypeVar("Document")
Filters = Mapping[str, Any]
"""Filters by name, as each list's `conditions` says; only those that were asked for."""
Ordering = tuple[str, ...]
"""Fields, each with a `-` in front where the order is descending. An unknown field is left out."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_PAGE_NUMBER_MAX = 2**31


class NoSuchPage(Exception):
    """The list ends before that page."""


class WasRedacted(Exception):
    """What was asked for has no words any more, because its mail was redacted."""


class Page(msgspec.Struct, frozen=True):
    """Which part of a list: `size` elements, the part's `number` counted from 1."""

    size: int = 20
    number: int = 1


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


@dataclass(frozen=True, eq=False)
class Listing:
    """How one kind of object is listed."""

    table: Table
    rows: AnySelect
    expanded: AnySelect
    """The rows with what `related=expand` adds behind them."""
    conditions: Mapping[str, ColumnElement[bool]]
    """By the name of the filter, which is also the name of the bound parameter."""
    orders: Mapping[str, ColumnElement[Any]]
    default_order: Ordering
    tiebreak: ColumnElement[Any]


def time_of(microseconds: int) -> datetime:
    """The naive UTC time of a `*_us` column."""
    return _EPOCH + timedelta(0, 0, microseconds)


def fetch_page(
    connection: Connection, listing: Listing, filters: Filters, order: Ordering, page: Page, *, expand: bool
) -> Sequence[Row]:
    """Give the rows of one page. Raises NoSuchPage for any but the first that would be empty."""
    if page.number > _PAGE_NUMBER_MAX:
        raise NoSuchPage
    statement = _rows_statement(listing, tuple(filters), order, expand)
    parameters = {**_bound(connection, filters), "limit": page.size, "offset": (page.number - 1) * page.size}
    rows = fetch_all(connection, statement, parameters)
    if not rows and page.number > 1:
        raise NoSuchPage
    return rows


def count_all(
    connection: Connection,
    listing: Listing,
    filters: Filters,
    page: Page,
    fetched: int,
    known: Callable[[], int | None],
) -> int:
    """Count a list of which `fetched` rows stand on `page`. A page that is not full says it all; else the number that
    `known` gives counts, and without one the rows are counted.
    """
    if fetched < page.size:
        return (page.number - 1) * page.size + fetched
    total = known()
    if total is None:
        total = fetch_value(connection, _count_statement(listing, tuple(filters)), _bound(connection, filters))
        assert isinstance(total, int)
    return max(total, (page.number - 1) * page.size + fetched)


def kept_count(connection: Connection, name: str) -> int:
    """The number that the projector keeps under this name; 0 when there is none."""
    kept: int = fetch_value(connection, _KEPT_COUNT, {"count_name": name}) or 0
    return kept


_KEPT_COUNT = select(tables.count.c.n).where(tables.count.c.name == bindparam("count_name"))


def _bound(connection: Connection, filters: Filters) -> dict[str, Any]:
    bound = dict(filters)
    if "name" in bound and isinstance(bound["name"], str):
        bound["name"] = pattern_for(connection.dialect.name, bound["name"])
    return bound


@lru_cache(maxsize=512)
def _rows_statement(listing: Listing, filters: tuple[str, ...], order: Ordering, expand: bool) -> AnySelect:
    statement = listing.expanded if expand else listing.rows
    statement = statement.where(*(listing.conditions[name] for name in filters)).order_by(*_order_by(listing, order))
    return statement.limit(bindparam("limit", type_=BigInteger)).offset(bindparam("offset", type_=BigInteger))


@lru_cache(maxsize=256)
def _count_statement(listing: Listing, filters: tuple[str, ...]) -> AnySelect:
    return select(func.count()).select_from(listing.table).where(*(listing.conditions[name] for name in filters))


def _order_by(listing: Listing, order: Ordering) -> list[ColumnElement[Any]]:
    """Null stands before every value, on every database; the id goes the way of the last field."""
    known = [field for field in order if field.removeprefix("-") in listing.orders] or listing.default_order
    clauses = [_directed(listing.orders[field.removeprefix("-")], field.startswith("-")) for field in known]
    return [*clauses, _directed(listing.tiebreak, known[-1].startswith("-"))]


def _directed(column: ColumnElement[Any], descending: bool) -> ColumnElement[Any]:
    directed = column.desc() if descending else column.asc()
    if not getattr(column, "nullable", True):
        return directed
    return directed.nulls_last() if descending else directed.nulls_first()
