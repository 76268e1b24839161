"""In which way the rows of a list are found, so that its first page costs the same however many rows there are.

A list is read in its order, by an index that has it, until the page is full. That is a long way to what is rare. So a
filter by which an index finds few rows comes first, and these are sorted. One that has an index in the order of the
list for each of its values is read value by value, and what comes is merged. SQLite has no statistics, so it is told
which index to use. PostgreSQL decides by itself, but sorts few rows as told: it thinks them spread over the order.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Table,
    bindparam,
    func,
    literal,
    select,
    table,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from projector.readmodel.queries.matching import has_parts
from projector.readmodel.reading import AnySelect, fetch_all, fetch_value
from projector.readmodel.tables import project

Filters = Mapping[str, Any]
"""Filters by name, as each list's `conditions` says; only those that were asked for."""
Ordering = tuple[str, ...]
"""Fields, each with a `-` in front where the order is descending. An unknown field is left out."""


class NeedsPatience(Exception):
    """What is asked for may take long: to be asked again, with patience, where that holds nobody up."""


FEW = 10_000
"""So many rows are sorted, or counted, in some milliseconds."""
ALWAYS = "unasked"
"""A condition of a list itself, which stands in its indexes where the project does."""
MERGED_MAX = 60
"""So many values, in all projects, are read side by side."""
PROJECT = "project"
NAME = "name"
"""The filter that is compared with every name that the others leave: how long that takes depends on the names."""
PARTS = "parts"
"""The filter that says what a name has to have for another filter, "name", to hold; it finds few where that does."""


@dataclass(frozen=True)
class Condition:
    """What a filter asks of a column. holds: the condition on the column, or on what stands for it.

    The bound parameter is called as the filter is.
    """

    column: ColumnElement[Any]
    holds: Callable[[Any], ColumnElement[bool]]


@dataclass(frozen=True, eq=False)
class Listing:
    """How one kind of object is listed, and what its indexes are good for."""

    table: Table
    rows: AnySelect
    expanded: AnySelect
    """The rows with what `related=expand` adds behind them."""
    conditions: Mapping[str, Condition]
    """By the name of the filter."""
    orders: Mapping[str, ColumnElement[Any]]
    default_order: Ordering
    tiebreak: ColumnElement[Any]
    exact: Mapping[str, bool] = field(default_factory=dict)
    """Filters that have an index whatever the project, the best first, and whether some of their values have many."""
    merged: tuple[str, ...] = ()
    """Filters with an index each: by project, value, and the default order."""
    merged_everywhere: frozenset[str] = frozenset()
    """Of these, the filters with an index without the project, too."""
    narrow: Mapping[str, bool] = field(default_factory=dict)
    """Filters that an index may find few rows by, and whether the index begins with the project."""
    indexed_orders: frozenset[str] = frozenset()
    """Fields that an index of all rows is in the order of."""
    project_orders: frozenset[str] = frozenset()
    """Fields that an index of each project's rows is in the order of."""
    scanned: frozenset[str] = frozenset()
    """Filters that no index finds rows by but those of `merged`."""
    parts: str | None = None
    """The table that finds parts of names, in SQLite."""


@dataclass(frozen=True)
class Way:
    """How rows are found. by: the filters whose indexes are to be used; None: all that the database thinks fit.

    values: of lists that are merged, by the names of the parameters; nulls: for each value whether it stands for null.
    is_everywhere: each value has one list, of all projects. is_limited: each of these lists ends where the page does.
    is_sorted: all rows that match are read and sorted.
    is_long: perhaps most of the table has to be read.
    without: a filter that is of no use. in_all_projects: `by` needs the project in front.
    """

    by: tuple[str, ...] | None = None
    merged: str = ""
    projects: int = 0
    nulls: tuple[bool, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict, compare=False)
    is_everywhere: bool = False
    is_limited: bool = False
    is_sorted: bool = False
    in_all_projects: bool = False
    is_long: bool = field(default=False, compare=False)
    without: str = field(default="", compare=False)


IN_ORDER = Way()


class unindexed(FunctionElement[Any]):
    """A column of which SQLite uses no index here."""

    inherit_cache = True
    name = "unindexed"

    def __init__(self, column: ColumnElement[Any]) -> None:
        super().__init__(column)
        self.type = column.type


class unordered(unindexed):
    """A column that rows are sorted by, of which neither database uses an index here."""

    inherit_cache = True
    name = "unordered"


def find_way(
    connection: Connection, listing: Listing, filters: Filters, order: Ordering, *, is_patient: bool = True
) -> Way:
    """The way to the rows that meet all filters. Raises NeedsPatience where to find it may take long, unless
    `is_patient`.
    """
    if not is_patient and NAME in filters:
        raise NeedsPatience
    for name, may_be_many in listing.exact.items():
        if name in filters:
            by = _with_column(listing, filters, name)
            return Way(by, is_long=may_be_many and not _is_few(connection, listing, filters, by))
    if PARTS in filters:
        if _is_few(connection, listing, filters, (PARTS,)):
            return Way((PARTS,), is_sorted=True)
        return _in_order(connection, listing, filters, order, without=PARTS)
    merged = _merged(connection, listing, filters, order)
    if merged is not None:
        return merged
    if not is_patient and filters.keys() & listing.scanned:
        raise NeedsPatience
    return _narrowed(connection, listing, filters, order) or _in_order(connection, listing, filters, order)


def ordered_by(listing: Listing, order: Ordering) -> Ordering:
    """The fields that a list is ordered by."""
    return tuple(field for field in order if field.removeprefix("-") in listing.orders) or listing.default_order


def _merged(connection: Connection, listing: Listing, filters: Filters, order: Ordering) -> Way | None:
    """Read side by side what each project, or all of them, have of each value; None where no filter has values, or
    these are too many.
    """
    name = next((name for name in listing.merged if name in filters), None)
    if name is None or _fields(ordered_by(listing, order)) != _fields(listing.default_order):
        return None
    wanted = filters[name] if isinstance(filters[name], list) else [filters[name]]
    is_everywhere = PROJECT not in filters and name in listing.merged_everywhere
    if PROJECT in filters or is_everywhere:
        projects = [filters.get(PROJECT)]
    else:
        projects = [row[0] for row in fetch_all(connection, _PROJECTS, {})]
    if not 0 < len(projects) * len(wanted) <= MERGED_MAX:
        return None
    values = {} if is_everywhere else {f"project_{n}": id for n, id in enumerate(projects)}
    values.update({f"{name}_{n}": value for n, value in enumerate(wanted)})
    by = _on_order(listing, filters, order)
    others = set(filters) - {name, PROJECT, ALWAYS, *by}
    return Way(
        by,
        merged=name,
        projects=len(projects),
        nulls=tuple(not value for value in wanted),
        values=values,
        is_everywhere=is_everywhere,
        is_limited=connection.dialect.name == "postgresql",  # else it does not see that they are in order
        is_long=bool(others),
    )


def _narrowed(connection: Connection, listing: Listing, filters: Filters, order: Ordering) -> Way | None:
    """Sort what an index finds by one filter; None where no filter leaves few or has an index."""
    if ALWAYS in listing.conditions and ALWAYS not in filters:
        return None
    for name, needs_project in listing.narrow.items():
        if name not in filters or name in _on_order(listing, filters, order):
            continue
        in_all_projects = needs_project and PROJECT not in filters
        by = _with_column(listing, filters, name)
        by = (*by, PROJECT) if needs_project and not in_all_projects else by
        if _is_few(connection, listing, filters, by, in_all_projects=in_all_projects):
            return Way(by, is_sorted=True, in_all_projects=in_all_projects)
    return None


def _in_order(connection: Connection, listing: Listing, filters: Filters, order: Ordering, *, without: str = "") -> Way:
    """Read the list in its order, whatever is passed over."""
    (first, *_) = _fields(ordered_by(listing, order))
    by = _on_order(listing, filters, order)
    is_long = bool(set(filters) - {PROJECT, ALWAYS, without, *by})
    if PROJECT not in filters:
        return Way(by, is_long=is_long or first not in listing.indexed_orders, without=without)
    if first in listing.project_orders:
        return Way((PROJECT, *by), is_long=is_long, without=without)
    is_indexed = first in listing.indexed_orders
    if not is_indexed or _is_few(connection, listing, filters, (PROJECT,)):
        return Way((PROJECT,), is_sorted=True, is_long=not is_indexed, without=without)
    return Way(by, is_long=is_long, without=without)


def _on_order(listing: Listing, filters: Filters, order: Ordering) -> tuple[str, ...]:
    """The filters on the column that the list is ordered by first."""
    (first, *_) = _fields(ordered_by(listing, order))
    return tuple(name for name in filters if listing.conditions[name].column is listing.orders[first])


def _with_column(listing: Listing, filters: Filters, name: str) -> tuple[str, ...]:
    """A filter and those on the same column."""
    column = listing.conditions[name].column
    return tuple(each for each in filters if listing.conditions[each].column is column)


def _fields(order: Ordering) -> list[str]:
    return [field.removeprefix("-") for field in order]


def _is_few(
    connection: Connection, listing: Listing, filters: Filters, by: tuple[str, ...], *, in_all_projects: bool = False
) -> bool:
    """Whether no more than FEW rows meet these filters alone."""
    parameters = {**{name: filters[name] for name in by}, "at_most": FEW + 1}
    return int(fetch_value(connection, _few(listing, by, in_all_projects), parameters)) <= FEW


@lru_cache(maxsize=256)
def _few(listing: Listing, by: tuple[str, ...], in_all_projects: bool) -> AnySelect:
    one = select(literal(1).label("one"))
    if by == (PARTS,):
        assert listing.parts is not None
        found = one.select_from(table(listing.parts)).where(has_parts(listing.parts))
    else:
        conditions = [listing.conditions[name].holds(listing.conditions[name].column) for name in by]
        found = one.select_from(listing.table).where(*conditions, *([in_a_project(listing)] if in_all_projects else []))
    return select(func.count()).select_from(found.limit(bindparam("at_most", type_=BigInteger)).subquery())


def in_a_project(listing: Listing) -> ColumnElement[bool]:
    """What always holds, and lets an index be used that begins with the project."""
    return listing.table.c.project_id.in_(_PROJECTS)


_PROJECTS = select(project.c.id)


def equals(column: ColumnElement[Any], name: str) -> Condition:
    return Condition(column, lambda of: of == bindparam(name))


def among(column: ColumnElement[Any], name: str) -> Condition:
    return Condition(column, lambda of: of.in_(bindparam(name, expanding=True)))


def above(column: ColumnElement[Any], name: str) -> Condition:
    return Condition(column, lambda of: of > bindparam(name))


def at_most(column: ColumnElement[Any], name: str) -> Condition:
    return Condition(column, lambda of: of <= bindparam(name))


@compiles(unindexed)
def _compile_plain(element: unindexed, compiler: SQLCompiler, **options: Any) -> str:
    (column,) = element.clauses
    return compiler.process(column, **options)


@compiles(unindexed, "sqlite")
def _compile_unary_plus(element: unindexed, compiler: SQLCompiler, **options: Any) -> str:
    (column,) = element.clauses
    return f"+{compiler.process(column, **options)}"


@compiles(unordered, "postgresql")
def _compile_sum(element: unordered, compiler: SQLCompiler, **options: Any) -> str:
    """It sorts what it thinks is many rows only where no index has them in order; texts have none."""
    (column,) = element.clauses
    plain = compiler.process(column, **options)
    return f"({plain} + 0)" if isinstance(element.type, Integer) else plain
