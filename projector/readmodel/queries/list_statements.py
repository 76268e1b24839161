"""The statements of lists.

Each is made once for each set of filters, order and way that is asked for, and kept, so that SQLAlchemy compiles none
twice.
"""

from functools import lru_cache
from itertools import product
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    bindparam,
    func,
    literal,
    literal_column,
    select,
    tuple_,
    union_all,
)

from projector.readmodel.queries.ways import (
    ALWAYS,
    PROJECT,
    Listing,
    Ordering,
    Way,
    in_a_project,
    ordered_by,
    unindexed,
    unordered,
)
from projector.readmodel.reading import AnySelect

_LIMIT, _OFFSET = bindparam("limit", type_=BigInteger), bindparam("offset", type_=BigInteger)
_REACH = bindparam("reach", type_=BigInteger)
"""The sum of both."""


@lru_cache(maxsize=1024)
def rows_statement(
    listing: Listing, filters: tuple[str, ...], order: Ordering, way: Way, expand: bool, is_deep: bool
) -> AnySelect:
    """The rows of one page. Where rows are passed over or sorted, these are keys, and the page's rows come last.

    Where all are sorted, each row of the page ends with their number.
    """
    rows, by = listing.expanded if expand else listing.rows, _order_by(listing, order)
    if not (is_deep or way.is_sorted or len(way.nulls) * way.projects > 1):
        where = (*_conditions(listing, filters, way), *_values(listing, way, 0, 0))
        return rows.where(*where).order_by(*by).limit(_LIMIT).offset(_OFFSET)
    key = list(listing.table.primary_key.columns)
    if way.is_sorted:
        found = _found(listing, filters, order, way)
        rows = rows.add_columns(select(func.count()).select_from(found).scalar_subquery().label("total"))
        keys = _page_of(found, listing, order)
    elif way.merged:
        keys = _merged_keys(listing, filters, order, way)
    else:
        keys = select(*key).where(*_conditions(listing, filters, way)).order_by(*by).limit(_LIMIT).offset(_OFFSET)
    page = keys.subquery("page")
    wanted = select(*(page.c[column.name] for column in key))
    same = key[0].in_(wanted) if len(key) == 1 else tuple_(*key).in_(wanted)
    return rows.where(same).order_by(*_order_by(listing, order, is_sorted=True))


@lru_cache(maxsize=512)
def count_statement(listing: Listing, filters: tuple[str, ...], way: Way, is_patient: bool) -> AnySelect:
    """The number of all rows; unless `is_patient` no more than the parameter `at_most`."""
    one = select(literal(1).label("one")).select_from(listing.table)
    (first, *others) = [one.where(*where) for where in _each(listing, filters, way)]
    every: Any = union_all(first, *others) if others else first
    if not is_patient:
        every = every.limit(bindparam("at_most", type_=BigInteger))
    return select(func.count()).select_from(every.subquery())


def _each(listing: Listing, filters: tuple[str, ...], way: Way) -> list[list[ColumnElement[bool]]]:
    where = _conditions(listing, filters, way)
    if not way.merged:
        return [where]
    pairs = product(range(way.projects), range(len(way.nulls)))
    return [[*where, *_values(listing, way, *pair)] for pair in pairs]


def _found(listing: Listing, filters: tuple[str, ...], order: Ordering, way: Way) -> CTE:
    """The keys of all rows that match, with what they are ordered by; found once, to be sorted and counted."""
    ordered = [column.label(f"order_{n}") for n, (column, _) in enumerate(_ordered(listing, order))]
    key = (column.label(f"key_{column.name}") for column in listing.table.primary_key.columns)
    return select(*key, *ordered).where(*_conditions(listing, filters, way)).cte("found")


def _page_of(found: CTE, listing: Listing, order: Ordering) -> AnySelect:
    by = [
        _directed(column, found.c[f"order_{n}"], descending)
        for n, (column, descending) in enumerate(_ordered(listing, order))
    ]
    key = (found.c[f"key_{column.name}"].label(column.name) for column in listing.table.primary_key.columns)
    return select(*key).order_by(*by).limit(_LIMIT).offset(_OFFSET)


def _merged_keys(listing: Listing, filters: tuple[str, ...], order: Ordering, way: Way) -> Any:
    """The keys of a page out of what each project has of each value, which the database reads side by side."""
    ordered = [listing.orders[field.removeprefix("-")] for field in ordered_by(listing, order)]
    columns = {column.name: column for column in (*listing.table.primary_key.columns, *ordered, listing.tiebreak)}
    each = [select(*columns.values()).where(*where) for where in _each(listing, filters, way)]
    if way.is_limited:
        by = _order_by(listing, order)
        each = [one.order_by(*by).limit(_REACH).subquery(f"part_{n}").select() for n, one in enumerate(each)]
    every: Any = union_all(*each) if len(each) > 1 else each[0]
    return every.order_by(*_order_by(listing, order, by_name=True)).limit(_LIMIT).offset(_OFFSET)


def _conditions(listing: Listing, filters: tuple[str, ...], way: Way) -> list[ColumnElement[bool]]:
    """All filters; those that the way does not go by use no index. What is merged is said by `_values`."""
    found = []
    for name in filters:
        condition = listing.conditions[name]
        if way.merged and name in (PROJECT, way.merged):
            continue
        is_indexed = way.by is None or name in way.by or name == ALWAYS
        found.append(condition.holds(condition.column if is_indexed else unindexed(condition.column)))
    if way.in_all_projects:
        found.append(in_a_project(listing))
    return found


def _values(listing: Listing, way: Way, project: int, value: int) -> list[ColumnElement[bool]]:
    """The project and the value of one of the lists that are merged."""
    if not way.merged:
        return []
    column = listing.conditions[way.merged].column
    own = column.is_(None) if way.nulls[value] else column == bindparam(f"{way.merged}_{value}")
    return [own] if way.is_everywhere else [listing.table.c.project_id == bindparam(f"project_{project}"), own]


def _order_by(
    listing: Listing, order: Ordering, *, is_sorted: bool = False, by_name: bool = False
) -> list[ColumnElement[Any]]:
    """Null stands before every value, on every database; the id goes the way of the last field."""

    def stands(column: ColumnElement[Any]) -> ColumnElement[Any]:
        if by_name:
            return literal_column(getattr(column, "name", ""))
        return unordered(column) if is_sorted else column

    return [_directed(column, stands(column), descending) for column, descending in _ordered(listing, order)]


def _ordered(listing: Listing, order: Ordering) -> list[tuple[ColumnElement[Any], bool]]:
    """What a list is ordered by, and whether from the last to the first."""
    fields = ordered_by(listing, order)
    known = [(listing.orders[field.removeprefix("-")], field.startswith("-")) for field in fields]
    return [*known, (listing.tiebreak, fields[-1].startswith("-"))]


def _directed(column: ColumnElement[Any], stands: ColumnElement[Any], descending: bool) -> ColumnElement[Any]:
    directed = stands.desc() if descending else stands.asc()
    if not getattr(column, "nullable", True):
        return directed
    return directed.nulls_last() if descending else directed.nulls_first()
